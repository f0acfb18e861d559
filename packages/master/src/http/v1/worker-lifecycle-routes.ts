import { unreachable } from '@hiscrm/shared/lib/must.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { OutputStream } from '../../fleet/local-workers.ts';
import { STOP_LIMIT_MS, type WorkerProcess } from '../../fleet/worker-desk.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { count, flag, id, idParams, isSet, shortText, v1Route } from './v1-route.ts';
import { configId } from './worker-config-routes.ts';

const ACTIONS = ['start', 'stop', 'restart'] as const;
const BATCH_LIMIT_COUNT = 100;
const TAIL_LIMIT_LINES = 1_000;
/** Unheard for longer, a Worker is not healthy. */
const HEARTBEAT_LIMIT_MS = 60_000;
/** A heap as large as this is about to fail. */
const MEMORY_LIMIT_BYTES = 1_800 * 1024 * 1024;
const FAILURES_LIMIT_COUNT = 10;
const MIB = 1024 * 1024;

const optional = Type.Optional;
const stopSchema = Type.Union([
  Type.Object({ graceful: optional(flag), timeout: optional(count(24 * 3_600_000)) }),
  Type.Null(),
]);
const logsQuery = Type.Object({
  tail: optional(count(TAIL_LIMIT_LINES)),
  stream: optional(Type.Unsafe<OutputStream>(Type.String({ enum: ['stdout', 'stderr'] }))),
});
const batchSchema = Type.Object({
  action: optional(shortText),
  worker_ids: optional(Type.Array(id, { maxItems: BATCH_LIMIT_COUNT })),
  options: optional(stopSchema),
});

/** `/api/v1/worker-lifecycle`: starting and stopping the Workers of this machine. `:id` is the Worker's id. */
export function addWorkerLifecycleRoutes(app: App, deps: HttpDeps): void {
  const { desk } = deps.v1;
  app.post(
    '/api/v1/worker-lifecycle/:id/start',
    v1Route('admin', 'Starts a Worker.', { params: idParams }),
    (request) => act(deps, 'start', workerOf(request), undefined),
  );
  for (const action of ['stop', 'restart'] as const) {
    const summary = action === 'stop' ? 'Stops a Worker and keeps it stopped.' : 'Stops a Worker and starts it again.';
    app.post(`/api/v1/worker-lifecycle/:id/${action}`, v1Route('admin', summary, { params: idParams }), (request) =>
      act(deps, action, workerOf(request), patienceOf(request.body)),
    );
  }
  app.get(
    '/api/v1/worker-lifecycle/:id/status',
    v1Route('admin', 'What a Worker does.', { params: idParams }),
    (request) => statusOf(deps, desk.process(workerOf(request))),
  );
  app.get('/api/v1/worker-lifecycle/status/all', v1Route('admin', 'What all of them do.'), () => allStatuses(deps));
  app.get(
    '/api/v1/worker-lifecycle/:id/logs',
    v1Route('admin', 'The newest lines that a Worker wrote.', { params: idParams, querystring: logsQuery }),
    (request) => {
      const { tail = 100, stream = 'stdout' } = request.query as Static<typeof logsQuery>; // checked by the schema
      const worker_id = workerOf(request);
      return { worker_id, stream, logs: desk.lines(worker_id, stream, tail).join('\n') };
    },
  );
  app.post(
    '/api/v1/worker-lifecycle/batch',
    v1Route('admin', 'The same for several Workers, one after the other.', { body: batchSchema }),
    (request) => actOnMany(deps, request.body as Static<typeof batchSchema>), // checked by the schema
  );
  app.get('/api/v1/worker-lifecycle/stats/overview', v1Route('admin', 'How many are in which state.'), () => {
    const statuses = allStatuses(deps).map(({ status }) => status);
    const counts = ['stopped', 'starting', 'running', 'stopping', 'error', 'crashed'].map((status) => [
      status,
      statuses.filter((one) => one === status).length,
    ]);
    return { total: statuses.length, ...Object.fromEntries(counts) };
  });
  app.get(
    '/api/v1/worker-lifecycle/:id/health',
    v1Route('admin', 'Whether a Worker runs, is heard and has room.', { params: idParams }),
    (request) => healthOf(deps, desk.process(workerOf(request))),
  );
}

async function act(
  { v1 }: HttpDeps,
  action: (typeof ACTIONS)[number],
  worker_id: string,
  patienceMs: number | undefined,
): Promise<object> {
  switch (action) {
    case 'start':
    case 'restart': {
      const { local } = action === 'start' ? v1.desk.start(worker_id) : await v1.desk.restart(worker_id, patienceMs);
      const pid = local?.state.kind === 'running' ? local.state.pid : null;
      return { success: true, worker_id, status: 'running', pid };
    }
    case 'stop':
      await v1.desk.stop(worker_id, patienceMs);
      return { success: true, worker_id, status: 'stopped' };
    default:
      return unreachable(action);
  }
}

async function actOnMany(deps: HttpDeps, body: Static<typeof batchSchema>): Promise<object> {
  const action = ACTIONS.find((one) => one === body.action);
  if (action === undefined) throw new LegacyError('BAD_REQUEST', 'Invalid action', { valid_actions: ACTIONS });
  const { worker_ids } = body;
  if (!worker_ids || worker_ids.length === 0)
    throw new LegacyError('BAD_REQUEST', 'worker_ids must be a non-empty array');
  const results: { readonly worker_id: string; readonly success: boolean }[] = [];
  for (const worker_id of new Set(worker_ids)) {
    try {
      const done = await act(deps, action, worker_id, patienceOf(body.options));
      results.push({ ...done, worker_id, success: true });
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      results.push({ worker_id, success: false, ...{ error: error.message, code: error.code } });
    }
  }
  const success = results.filter((result) => result.success).length;
  return { action, total: results.length, success, failure: results.length - success, results };
}

/** `{graceful, timeout}` as the wait before the process is killed. */
function patienceOf(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if ('graceful' in body && !isSet(body.graceful)) return 1; // killed at once
  const timeout = 'timeout' in body ? Number(body.timeout) : Number.NaN;
  return Number.isFinite(timeout) ? Math.min(Math.max(timeout, 1), STOP_LIMIT_MS) : undefined;
}

const workerOf = (request: FastifyRequest): string => (request.params as Static<typeof idParams>).id; // checked by the schema

const allStatuses = (deps: HttpDeps) =>
  deps.v1.desk.configs().map(({ workerId }) => statusOf(deps, deps.v1.desk.process(workerId)));

/** Times are ms. What a Worker does not tell is 0 or null, never made up. */
function statusOf({ store, clock, v1 }: HttpDeps, process: WorkerProcess) {
  const { config, local, member } = process;
  const state = local?.state;
  const record = store.workers().find((one) => one.id === config.workerId);
  const since = state?.kind === 'running' ? state.since : null;
  return {
    worker_id: config.workerId,
    config_id: configId(config),
    name: config.name,
    deployment_type: config.deployment,
    host: v1.placeOf(config.workerId)?.host ?? config.host,
    port: config.port,
    status: stateOf(process),
    pid: state && 'pid' in state ? state.pid : null,
    uptime: since === null ? null : clock.now() - since,
    cpu_usage: null,
    memory_usage_mb: member?.isConnected ? Math.round(member.memoryBytes / MIB) : null,
    assigned_accounts: member?.accountCount ?? 0,
    active_tasks: member?.accountCount ?? 0,
    started_at: since,
    stopped_at: local?.lastEnd?.at ?? null,
    last_heartbeat: member?.lastHeardAt ?? null,
    error_count: state?.kind === 'waiting' || state?.kind === 'running' ? state.failureCount : 0,
    last_error: local?.lastEnd?.how ?? null,
    restart_count: local?.restartCount ?? 0,
    last_restart_at: (local?.restartCount ?? 0) > 0 ? since : null,
    worker_version: record?.version ?? null,
    node_version: config.deployment === 'local' ? globalThis.process.versions.node : null,
  };
}

function stateOf({ local, member, config }: WorkerProcess): string {
  if (config.deployment === 'remote') return member?.isOnline ? 'running' : 'stopped';
  switch (local?.state.kind) {
    case undefined:
    case 'stopped':
      return 'stopped';
    case 'running':
      return member?.isConnected ? 'running' : 'starting';
    case 'waiting':
      return 'crashed';
    case 'stopping':
      return 'stopping';
    default:
      return 'error';
  }
}

function healthOf(deps: HttpDeps, process: WorkerProcess): object {
  const { worker_id, status, last_heartbeat, error_count } = statusOf(deps, process);
  const { member } = process;
  const checks = {
    running: status === 'running',
    heartbeat: last_heartbeat !== null && deps.clock.now() - last_heartbeat < HEARTBEAT_LIMIT_MS,
    memory: (member?.memoryBytes ?? 0) < MEMORY_LIMIT_BYTES,
    errors: error_count < FAILURES_LIMIT_COUNT,
  };
  return { worker_id, healthy: Object.values(checks).every(Boolean), checks, status };
}
