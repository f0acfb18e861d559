import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Clock, every, systemClock } from '@hiscrm/shared/lib/clock.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import { Auth } from '../auth/auth.ts';
import { loadSecretKey, SecretKeyError } from '../auth/secret-key.ts';
import type { CommandRequest, RunCommand } from '../commands/command-request.ts';
import { createRunCommand } from '../commands/run-command.ts';
import type { Config } from '../config.ts';
import { Fleet } from '../fleet/fleet.ts';
import { FLEET_LIMITS } from '../fleet/fleet-limits.ts';
import { LocalWorkers } from '../fleet/local-workers.ts';
import { SyncBoard } from '../fleet/sync-board.ts';
import { createHttpSurface, type HttpSurface } from '../http/http-surface.ts';
import { Hub } from '../hub/hub.ts';
import { HUB_LIMITS } from '../hub/hub-limits.ts';
import type { Publication } from '../ingest/committer.ts';
import { Ingest } from '../ingest/ingest.ts';
import { LogCommitter } from '../ingest/log-committer.ts';
import type { Logger } from '../lib/logger.ts';
import { AuthTables } from '../log/auth-tables.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { type MasterDatabase, openMasterDatabase } from '../log/open-database.ts';
import { EventLoop } from '../ops/event-loop.ts';
import { Health } from '../ops/health.ts';
import { Metrics } from '../ops/metrics.ts';
import { CLIENT_LIMITS } from '../sockets/client-limits.ts';
import { ClientServer } from '../sockets/client-server.ts';
import { refuseUpgrade } from '../sockets/refuse-upgrade.ts';
import { createSocketIoServer } from '../sockets/socket-io-server.ts';
import { WorkerServer } from '../sockets/worker-server.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { Closer } from './closer.ts';
import { DataFolder, fromThisMachine } from './data-folder.ts';
import { addFigures } from './figures.ts';
import { openCompat } from './open-compat.ts';
import { type Notices, openNotices } from './open-notices.ts';
import { packageVersion } from './package-version.ts';
import { StartError, toStartError } from './start-error.ts';
import { WatchedCommitter } from './watched-committer.ts';

/** Platforms that accounts may be added for: those that a Worker of ours has an adapter for. */
const PLATFORMS = ['douyin'];
/** The log is kept for clients that were away; what is older they get as a snapshot. */
const LOG_KEEP_MS = 30 * 24 * 60 * 60_000;
const LOG_KEEP_BYTES = 4 * 1024 * 1024 * 1024;
const TRIM_PERIOD_MS = 60 * 60_000;
/** Where Socket.IO serves; its clients know no other. */
const SOCKET_IO_PATH = '/socket.io/';
/** A Worker is a process of its own, never imported. */
const WORKER_ENTRY = fileURLToPath(new URL('../../../worker/src/main.ts', import.meta.url));
/** Settings of the Master that are not a Worker's business. */
const OWN_SETTINGS = ['HISCRM_ADMIN_PASSWORD', 'DATABASE_URL', 'REDIS_URL', 'HISCRM_LAUNCHER_PID', 'PORT', 'HOST'];
/** Built by `npm start`, beside this package. */
const WEB_DIR = fileURLToPath(new URL('../../../web/dist', import.meta.url));

export type MasterOptions = {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
  readonly webDir?: string | undefined;
  /** Origins without TLS that the web client may show pictures from: those of a simulated platform. */
  readonly mediaOrigins?: readonly string[] | undefined;
  /** Added to the environment of local Workers, for instance the base addresses of a simulated platform. */
  readonly workerEnv?: Readonly<Record<string, string>> | undefined;
};

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
  const runCommand = createRunCommand({
    store: core.store,
    committer: core.committer,
    workers: fleet,
    clock,
    newId: randomUUID,
    platforms: PLATFORMS,
  });
  const notices = await openNotices({
    ...core,
    auth,
    allowedOrigins: config.allowedOrigins,
    maxConnections: config.maxConnections,
    clock,
    logger,
    health,
    metrics,
    eventLoop,
    closer,
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
  addFigures({ metrics, eventLoop, ...core, ...edge, auth, fleet });
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

type Edge = {
  readonly surface: HttpSurface;
  readonly sockets: ClientServer;
  readonly workerSockets: WorkerServer;
  readonly startWorkers: (url: string) => void;
};

/** Everything that takes connections. Closed in the reverse order: the port, clients, local Workers, the Worker link. */
async function openEdge(parts: {
  readonly options: MasterOptions;
  readonly clock: Clock;
  readonly folder: DataFolder;
  readonly secretKey: Buffer;
  readonly core: Core;
  readonly auth: Auth;
  readonly fleet: Fleet;
  readonly notices: Notices;
  readonly runCommand: RunCommand;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly closer: Closer;
}): Promise<Edge> {
  const { options, clock, folder, core, auth, fleet, runCommand, health, closer } = parts;
  const { config, logger } = options;
  const { store, hub } = core;
  const board = new SyncBoard();
  const figures: { sockets?: ClientServer } = {};
  const shared = { store, clock, allowedOrigins: config.allowedOrigins };
  const surface = await createHttpSurface({
    ...shared,
    auth,
    board,
    metrics: parts.metrics,
    health,
    logger,
    version: packageVersion(),
    controlToken: folder.makeControlToken(),
    webDir: options.webDir ?? WEB_DIR,
    trustProxy: config.trustProxy,
    mediaOrigins: options.mediaOrigins ?? [],
    requestSync: async (principal, accountId) => {
      await runCommand(principal, { name: 'requestSync', params: { accountId }, key: randomUUID() });
    },
    notices: parts.notices.http,
    socketFigures: () => socketFigures(figures.sockets, hub),
  });
  closer.add('http', () => surface.close());
  const httpServer = surface.server;
  refuseOtherUpgrades(httpServer);

  const ingest = new Ingest({ store, committer: core.committer, syncBoard: board, clock });
  const io = createSocketIoServer({ httpServer, allowedOrigins: config.allowedOrigins });
  closer.add('socket.io', () => {
    io.disconnectSockets(true);
    io.engine.close();
  });
  const compat = openCompat({
    ...shared,
    io,
    databasePath: folder.database,
    secretKey: parts.secretKey,
    isAnonymousServed: config.compatAnonymous,
    platforms: PLATFORMS,
    listeners: core.listeners,
    auth,
    fleet,
    ingest,
    runCommand,
    logger,
    closer,
  });
  const foreign = compat.workers;
  const workerSockets = new WorkerServer({ io, ingest, fleet, authenticator: auth, clock, lc: logger, foreign });
  closer.add('worker sockets', () => workerSockets.close());
  const sockets = new ClientServer({
    ...shared,
    httpServer,
    hub,
    authenticator: auth,
    runCommand,
    limits: { ...CLIENT_LIMITS, connectionCount: config.maxConnections },
    lc: logger,
    newId: randomUUID,
    serverVersion: packageVersion(),
    onOtherProtocol: (request, stream, head) => parts.notices.server.upgrade(request, stream, head),
  });
  figures.sockets = sockets;
  const startWorkers = (url: string): void => {
    const workerKey = auth.issueLocalKey('local');
    const workers = new LocalWorkers({
      specs: Array.from({ length: config.localWorkers }, (_, index) => ({
        workerId: `local-${index + 1}`,
        dataDir: join(folder.workers, String(index + 1)),
        masterUrl: fromThisMachine(url),
        workerKey,
      })),
      script: WORKER_ENTRY,
      env: workerEnv(options),
      clock,
      lc: logger,
    });
    closer.addBefore('client sockets', 'local workers', () => workers.close());
    workers.start();
  };
  closer.add('client sockets', () => sockets.close());
  closer.add('port', () => {
    health.becomeStopping();
    surface.stopAccepting();
    folder.withdraw();
  });
  return { surface, sockets, workerSockets, startWorkers };
}

function workerEnv({ config, workerEnv: extra }: MasterOptions): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_SETTINGS.includes(name));
  return {
    ...Object.fromEntries(inherited),
    LOG_LEVEL: config.logLevel,
    HISCRM_SECRET_KEY: config.secretKey,
    CHROMIUM_PATH: config.chromiumPath,
    HISCRM_SESSION_IMPORT_DIR: join(config.dataDir, 'session-import'),
    ...extra,
  };
}

/** Sockets are taken at two addresses; at others the peer is told so instead of being left waiting. */
function refuseOtherUpgrades(server: Server): void {
  server.on('upgrade', (request, stream) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path !== CLIENT_PATH && !path.startsWith(SOCKET_IO_PATH)) refuseUpgrade(stream, 'NOT_FOUND');
  });
}

type Core = {
  readonly database: MasterDatabase;
  readonly store: Store;
  readonly hub: Hub;
  readonly committer: WatchedCommitter;
  /** Hear every durable row, after the hub. */
  readonly listeners: ((publication: Publication) => void)[];
};

/** The way of a change: committer → log → store → hub. Closed in the same order. */
async function openCore(options: {
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly closer: Closer;
}): Promise<Core> {
  const { folder, clock, logger, health, metrics, closer } = options;
  // The log calls back only after the first append, and the committer below is the only one who appends.
  const onDurable = (rows: readonly LoggedRow[]): void => logCommitter.onDurable(rows);
  const database = await openMasterDatabase({ path: folder.database, clock, onDurable });
  closer.add('database', () => database.close());
  const store = await openStore({ log: database.log, state: database.state, clock });
  closer.add('store', () => store.close());
  const hub = new Hub({ log: database.log, store, clock, limits: HUB_LIMITS, lc: logger });
  closer.add('hub', () => hub.close());
  const listeners: Core['listeners'] = [];
  const logCommitter = new LogCommitter({
    log: database.log,
    store,
    publish: (publication) => {
      hub.publish(publication);
      for (const listener of listeners) listener(publication);
    },
  });
  closer.add('committer', () => logCommitter.close());
  const observe = metrics.histogram(
    'commit',
    'Time from a commit’s start until it is durable, folded and handed to the hub.',
  );
  const committer = new WatchedCommitter({ committer: logCommitter, clock, health, observe });
  const stopTrimming = every(clock, TRIM_PERIOD_MS, () => void trim({ database, clock, logger }));
  closer.add('log trimming', stopTrimming);
  return { database, store, hub, committer, listeners };
}

async function trim({
  database,
  clock,
  logger,
}: {
  readonly database: MasterDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<void> {
  try {
    const upTo: Seq = database.trimPlace({ keepBytes: LOG_KEEP_BYTES, oldestAt: clock.now() - LOG_KEEP_MS });
    await database.log.trimTo(upTo);
  } catch (error) {
    logger.warn({ err: error }, 'the log could not be trimmed; it is tried again in an hour');
  }
}

function socketFigures(sockets: ClientServer | undefined, hub: Hub): Record<string, number> {
  const { subscriberCount, sentFrameCount, sentBytes } = hub.figures();
  const { connectionCount = 0, userCount = 0, acceptedCount = 0, refusedCount = 0 } = sockets?.figures() ?? {};
  return { connectionCount, userCount, acceptedCount, refusedCount, subscriberCount, sentFrameCount, sentBytes };
}
