import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import { Auth } from '../auth/auth.ts';
import { loadSecretKey, SecretKeyError } from '../auth/secret-key.ts';
import type { CommandRequest, RunCommand } from '../commands/command-request.ts';
import { createRunCommand } from '../commands/run-command.ts';
import { Fleet } from '../fleet/fleet.ts';
import { FLEET_LIMITS } from '../fleet/fleet-limits.ts';
import { AuthTables } from '../log/auth-tables.ts';
import { EventLoop } from '../ops/event-loop.ts';
import { Health } from '../ops/health.ts';
import { Metrics } from '../ops/metrics.ts';
import type { Store } from '../store/store.ts';
import { Closer } from './closer.ts';
import { DataFolder } from './data-folder.ts';
import { addFigures } from './figures.ts';
import { keepMemory } from './keep-memory.ts';
import type { MasterOptions } from './master-options.ts';
import { openCore } from './open-core.ts';
import { openEdge } from './open-edge.ts';
import { openNotices } from './open-notices.ts';
import { PLATFORMS } from './platforms.ts';
import { StartError, toStartError } from './start-error.ts';

export interface Master {
  /** Where everything is served. */
  readonly url: string;
  /** Of the user admin; only at the first start and only when no password was given. */
  readonly adminPassword: string | undefined;
  readonly store: Store;
  /** Does what an administrator may do, as the process itself. */
  run(request: CommandRequest): ReturnType<RunCommand>;
  /** Stops in order: no new connections, goodbye to sockets, commits finished, checkpoint, Workers, files. Safe twice. */
  close(): Promise<void>;
}

/** Acts in `run`: whoever started the process owns it. */
const OWNER: Principal = { userId: 'owner' as UserId, username: 'owner', role: 'admin', grants: 'all' };

/** Starts a Master. Rejects with a StartError that says what to do; then nothing is left open. */
export async function startMaster(options: MasterOptions): Promise<Master> {
  const closer = new Closer();
  const { dataDir, port } = options.config;
  try {
    return await assemble(options, closer);
  } catch (error) {
    await closer.close();
    if (error instanceof SecretKeyError) throw new StartError(error.message);
    throw toStartError(error, { dataDir, port });
  }
}

async function assemble(options: MasterOptions, closer: Closer): Promise<Master> {
  const { config, logger, clock = systemClock } = options;
  const { port } = config;
  const folder = new DataFolder(config.dataDir);
  folder.prepare();
  const health = new Health();
  const metrics = new Metrics();
  const eventLoop = new EventLoop();
  closer.add('event loop', () => eventLoop.close());

  const core = await openCore({ folder, clock, logger, health, metrics, closer });
  const secretKey = loadSecretKey({ dataDir: config.dataDir, fromEnv: config.secretKey });
  const tables = new AuthTables(folder.database);
  closer.add('auth tables', () => tables.close());
  const auth = new Auth({ tables, clock, logger });
  closer.add('auth', () => auth.close());
  const adminPassword = await auth.ensureAdministrator(config.adminPassword);

  const fleet = new Fleet({
    store: core.store,
    committer: core.committer,
    clock,
    limits: FLEET_LIMITS,
    lc: logger,
  });
  core.listeners.push((publication) => fleet.onPublication(publication));
  closer.add('fleet', () => fleet.close());
  const notices = await openNotices({
    ...core,
    auth,
    config,
    clock,
    logger,
    health,
    metrics,
    eventLoop,
    closer,
  });
  const runCommand = createRunCommand({
    store: core.store,
    committer: core.committer,
    workers: fleet,
    notices: notices.hub,
    clock,
    newId: randomUUID,
    platforms: PLATFORMS,
  });
  const edge = await openEdge({
    options,
    clock,
    folder,
    secretKey,
    core,
    auth,
    fleet,
    notices,
    runCommand,
    health,
    metrics,
    closer,
  });
  keepMemory({ clock, logger, metrics, closer });
  addFigures({ metrics, eventLoop, ...core, ...edge, auth, fleet, connectionLimitCount: config.maxConnections });
  const url = await edge.surface.listen({ port, host: config.host });
  folder.announce({ pid: process.pid, url });
  edge.startWorkers(url);
  health.becomeReady();
  logger.info({ url, seq: core.store.head(), epoch: core.store.epoch }, 'the Master is ready');
  return {
    url,
    adminPassword,
    store: core.store,
    run: (request) => runCommand(OWNER, request),
    close: () => closer.close((name, error) => logger.error({ err: error, what: name }, 'could not be closed')),
  };
}
