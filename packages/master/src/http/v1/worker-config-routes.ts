import { accountNameSchema } from '@hiscrm/shared/model/change.ts';
import { workerIdSchema } from '@hiscrm/shared/model/ids.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { RECORDS_LIMIT_COUNT } from '../../auth/sealed-records.ts';
import { RESTART_FIRST_MS } from '../../fleet/local-worker-state.ts';
import type { WorkerConfig } from '../../fleet/worker-desk.ts';
import { ALLOWED_WORKER_ENV, isAllowedWorkerEnv } from '../../fleet/worker-env.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { count, flag, id, idParams, isSet, ok, shortText, v1Route } from './v1-route.ts';

const MAX_ACCOUNTS = 1_000;
const optional = Type.Optional;
const textOrNull = optional(Type.Union([Type.String({ maxLength: 4_000 }), Type.Null()]));
const bodySchema = Type.Object({
  worker_id: optional(shortText),
  name: optional(shortText),
  description: textOrNull,
  deployment_type: optional(shortText),
  host: optional(shortText),
  port: optional(count(65_535)),
  max_accounts: optional(count(MAX_ACCOUNTS)),
  env_variables: optional(Type.Unknown()),
  command_args: textOrNull,
  working_directory: textOrNull,
  proxy_id: textOrNull,
  auto_start: optional(flag),
  auto_restart: optional(flag),
  enabled: optional(flag),
});
type Body = Static<typeof bodySchema>;
const workerParams = Type.Object({ worker_id: id });
const parseWorkerId = parserOf(workerIdSchema);
const REQUIRED = ['worker_id', 'name', 'host'] as const;

/** `/api/v1/worker-configs`: Workers that administrators wrote down. Rows are the answer itself, as they always were. */
export function addWorkerConfigRoutes(app: App, deps: HttpDeps): void {
  const { desk } = deps.v1;
  app.get('/api/v1/worker-configs', v1Route('admin', 'The Workers that are configured.'), () =>
    ok(desk.configs().map((config) => configRow(config, deps))),
  );
  app.get('/api/v1/worker-configs/stats/summary', v1Route('admin', 'How many there are of which kind.'), () => {
    const configs = desk.configs();
    const local = configs.filter(({ deployment }) => deployment === 'local').length;
    const enabled = configs.filter(({ isEnabled }) => isEnabled).length;
    return {
      total: configs.length,
      enabled,
      disabled: configs.length - enabled,
      auto_start: configs.filter(({ isAutoStarted }) => isAutoStarted).length,
      local,
      remote: configs.length - local,
      docker: 0,
      k8s: 0,
    };
  });
  app.get(
    '/api/v1/worker-configs/:id',
    v1Route('admin', 'One configuration, by its id.', { params: idParams }),
    (request) => configRow(byId(deps, request), deps),
  );
  app.get(
    '/api/v1/worker-configs/by-worker-id/:worker_id',
    v1Route('admin', 'One configuration, by its Worker.', { params: workerParams }),
    (request) => {
      const config = desk.config((request.params as Static<typeof workerParams>).worker_id); // checked by the schema
      if (!config) throw new LegacyError('NOT_FOUND', 'Worker config not found');
      return configRow(config, deps);
    },
  );
  app.post(
    '/api/v1/worker-configs',
    v1Route('admin', 'Writes a Worker down. One of this machine can be started then.', { body: bodySchema }, 201),
    (request, reply) => {
      const config = addConfig(deps, request.body as Body); // checked by the schema
      return reply.code(201).send(configRow(config, deps));
    },
  );
  app.patch(
    '/api/v1/worker-configs/:id',
    v1Route('admin', 'Changes a configuration; a running Worker takes it with its next start.', {
      params: idParams,
      body: bodySchema,
    }),
    (request) => {
      const before = byId(deps, request);
      const body = request.body as Body; // checked by the schema
      if (body.worker_id !== undefined && body.worker_id !== before.workerId) {
        throw new LegacyError('BAD_REQUEST', 'worker_id cannot be changed; add another configuration');
      }
      const config = changedBy(before, body, deps.clock.now());
      desk.put(config, envOf(body));
      return configRow(config, deps);
    },
  );
  app.delete(
    '/api/v1/worker-configs/:id',
    v1Route('admin', 'Stops the Worker and forgets its configuration.', { params: idParams }),
    async (request) => {
      const { workerId } = byId(deps, request);
      await desk.drop(workerId);
      return { success: true, message: 'Worker config deleted successfully' };
    },
  );
}

function addConfig({ v1, clock }: HttpDeps, body: Body): WorkerConfig {
  for (const name of REQUIRED) if (!body[name]) throw new LegacyError('BAD_REQUEST', `${name} is required`);
  const parsed = parseWorkerId(body.worker_id);
  if (!parsed.ok)
    throw new LegacyError('BAD_REQUEST', 'worker_id may hold letters, digits, dots, dashes and underscores');
  const worker_id = parsed.value;
  if (v1.desk.config(worker_id)) {
    throw new LegacyError('ALREADY_EXISTS', 'Worker ID already exists', { worker_id });
  }
  if (v1.desk.configs().length >= RECORDS_LIMIT_COUNT) {
    throw new LegacyError('BAD_REQUEST', `There are ${RECORDS_LIMIT_COUNT} configurations already, which is the most`);
  }
  const now = clock.now();
  const fresh: WorkerConfig = {
    workerId: worker_id,
    name: worker_id,
    description: '',
    deployment: 'local',
    host: '',
    port: 4001,
    maxAccounts: 10,
    isEnabled: true,
    isAutoStarted: true,
    isRestarted: true,
    createdAt: now,
    updatedAt: now,
  };
  const config = changedBy(fresh, body, now);
  v1.desk.put(config, envOf(body) ?? {});
  return config;
}

/** The configuration with what the body names. Throws for what would have no meaning here. */
export function changedBy(before: WorkerConfig, body: Body, now: number): WorkerConfig {
  const { deployment_type: deployment = before.deployment } = body;
  if (deployment !== 'local' && deployment !== 'remote') {
    throw new LegacyError(
      'NOT_SUPPORTED',
      `deployment_type ${deployment} is not supported: start the Worker there yourself, with a key from hiscrm worker-key add, and write it down as remote`,
    );
  }
  for (const name of ['command_args', 'working_directory', 'proxy_id'] as const) {
    if (body[name])
      throw new LegacyError('NOT_SUPPORTED', `${name} is not supported: Workers of this Master have none`);
  }
  if (body.name !== undefined && !parserOf(accountNameSchema)(body.name).ok) {
    throw new LegacyError('BAD_REQUEST', 'name must be 1-50 characters');
  }
  return {
    ...before,
    deployment,
    ...(body.name !== undefined && { name: body.name }),
    ...(typeof body.description === 'string' && { description: body.description }),
    ...(body.host !== undefined && { host: body.host }),
    ...(body.port !== undefined && { port: body.port }),
    ...(body.max_accounts !== undefined && { maxAccounts: body.max_accounts }),
    ...(body.auto_start !== undefined && { isAutoStarted: isSet(body.auto_start) }),
    ...(body.auto_restart !== undefined && { isRestarted: isSet(body.auto_restart) }),
    ...(body.enabled !== undefined && { isEnabled: isSet(body.enabled) }),
    updatedAt: now,
  };
}

/** The settings of `env_variables`: an object or its JSON. Throws for a name that may not be changed through the network. */
function envOf({ env_variables: given }: Body): Record<string, string> | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  const value = typeof given === 'string' ? parsedJson(given) : given;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LegacyError('BAD_REQUEST', 'env_variables must be an object');
  }
  const refused = Object.keys(value).filter((name) => !isAllowedWorkerEnv(name));
  if (refused.length > 0) {
    throw new LegacyError('BAD_REQUEST', `env_variables may name only ${ALLOWED_WORKER_ENV.join(', ')}`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text).slice(0, 200)]));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller
  }
}

function byId({ v1 }: HttpDeps, request: FastifyRequest): WorkerConfig {
  const wanted = (request.params as Static<typeof idParams>).id; // checked by the schema
  const config = v1.desk.configs().find((one) => configId(one) === wanted);
  if (!config) throw new LegacyError('NOT_FOUND', 'Worker config not found');
  return config;
}

/** One configuration a Worker: its id follows from the Worker's. */
export const configId = ({ workerId }: WorkerConfig): string => `config-${workerId}`;

/** The row with the columns of the deployed system. What has no meaning here shows what holds instead. */
function configRow(config: WorkerConfig, { v1 }: HttpDeps): object {
  const env = v1.desk.envOf(config.workerId);
  return {
    id: configId(config),
    worker_id: config.workerId,
    name: config.name,
    description: config.description,
    deployment_type: config.deployment,
    host: config.host,
    port: config.port,
    max_accounts: config.maxAccounts,
    max_memory_mb: null,
    cpu_cores: null,
    env_variables: Object.keys(env).length > 0 ? JSON.stringify(env) : null,
    command_args: null,
    working_directory: null,
    proxy_id: null,
    browser_config: null,
    auto_start: Number(config.isAutoStarted),
    auto_restart: Number(config.isRestarted),
    restart_delay_ms: RESTART_FIRST_MS,
    max_restart_attempts: null,
    ssh_host: null,
    ssh_port: null,
    ssh_user: null,
    ssh_key_path: null,
    docker_image: null,
    docker_network: null,
    docker_volumes: null,
    enabled: Number(config.isEnabled),
    created_at: config.createdAt,
    updated_at: config.updatedAt,
  };
}
