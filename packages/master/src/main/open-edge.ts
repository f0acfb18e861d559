import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import { SyncBoard } from '../fleet/sync-board.ts';
import { createHttpSurface, type HttpSurface } from '../http/http-surface.ts';
import type { Hub } from '../hub/hub.ts';
import { Ingest } from '../ingest/ingest.ts';
import { traceOf } from '../ops/trace.ts';
import { type Wait, waitedMs } from '../ops/wait-board.ts';
import type { ShownReport } from '../sockets/client-connection.ts';
import { CLIENT_LIMITS } from '../sockets/client-limits.ts';
import { ClientServer } from '../sockets/client-server.ts';
import { refuseUpgrade } from '../sockets/refuse-upgrade.ts';
import { createSocketIoServer } from '../sockets/socket-io-server.ts';
import { WorkerServer } from '../sockets/worker-server.ts';
import type { EdgeParts } from './edge-parts.ts';
import { makeV1 } from './make-v1.ts';
import { type Compat, openCompat } from './open-compat.ts';
import { type DeskParts, openWorkerDesk } from './open-worker-desk.ts';
import { packageVersion } from './package-version.ts';
import { PLATFORMS } from './platforms.ts';

/** Where Socket.IO serves; its clients know no other. */
const SOCKET_IO_PATH = '/socket.io/';
/** Built by `npm start`, beside this package. */
const WEB_DIR = fileURLToPath(new URL('../../../web/dist', import.meta.url));

/** What takes connections. */
export type Edge = {
  readonly surface: HttpSurface;
  readonly sockets: ClientServer;
  readonly ingest: Ingest;
  readonly workerSockets: WorkerServer;
  readonly startWorkers: (url: string) => void;
};

/** Everything that takes connections. Closed in the reverse order: the port, clients, local Workers, the Worker link. */
export async function openEdge(parts: EdgeParts): Promise<Edge> {
  const { options, clock, folder, core, auth, fleet, runCommand, health, closer } = parts;
  const { config, logger } = options;
  const { store, hub } = core;
  const board = new SyncBoard();
  // HTTP is opened first: the sockets are served by its server.
  const late: { sockets?: ClientServer; compat?: Compat } = {};
  const shared = { store, clock, allowedOrigins: config.allowedOrigins };
  const desk = openWorkerDesk(parts);
  const surface = await openHttp(parts, { board, desk, sockets: () => late.sockets, compat: () => late.compat });
  closer.add('http', () => surface.close());
  const httpServer = surface.server;
  refuseOtherUpgrades(httpServer);

  const ingest = openIngest(parts, board);
  const { allowedOrigins, maxConnections: connectionLimitCount } = config;
  const io = createSocketIoServer({ httpServer, allowedOrigins, connectionLimitCount });
  parts.metrics.buffer({
    name: 'socket_io_connections',
    unit: 'count',
    limit: connectionLimitCount,
    read: () => io.engine.clientsCount,
  });
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
  late.compat = compat;
  const foreign = compat.workers;
  const workerSockets = new WorkerServer({ io, ingest, fleet, authenticator: auth, clock, lc: logger, foreign });
  closer.add('worker sockets', () => workerSockets.close());
  const sockets = new ClientServer({
    ...shared,
    httpServer,
    hub,
    authenticator: auth,
    runCommand,
    limits: { ...CLIENT_LIMITS, connectionCount: config.maxConnections, goneAfterMs: config.clientGoneMs },
    lc: logger,
    newId: randomUUID,
    serverVersion: packageVersion(),
    notices: parts.notices.hub,
    onShown: watchShown(parts),
    trustProxy: config.trustProxy,
    onOtherProtocol: (request, stream, head) => parts.notices.server.upgrade(request, stream, head),
  });
  late.sockets = sockets;
  closer.add('client sockets', () => sockets.close());
  closer.add('port', () => {
    health.becomeStopping();
    surface.stopAccepting();
    folder.withdraw();
  });
  return { surface, sockets, ingest, workerSockets, startWorkers: desk.startWorkers };
}

/** REST, the web client and the pages of operations. The sockets are there once they are open. */
function openHttp(
  parts: EdgeParts,
  late: {
    readonly board: SyncBoard;
    readonly desk: DeskParts;
    readonly sockets: () => ClientServer | undefined;
    readonly compat: () => Compat | undefined;
  },
): Promise<HttpSurface> {
  const { options, clock, folder, core, auth, runCommand, health, metrics, notices } = parts;
  const { config, logger } = options;
  const { store, hub } = core;
  return createHttpSurface({
    store,
    clock,
    auth,
    metrics,
    health,
    logger,
    board: late.board,
    allowedOrigins: config.allowedOrigins,
    version: packageVersion(),
    controlToken: folder.makeControlToken(),
    webDir: options.webDir ?? WEB_DIR,
    trustProxy: config.trustProxy,
    mediaOrigins: options.mediaOrigins ?? [],
    requestSync: async (principal, accountId) => {
      await runCommand(principal, { name: 'requestSync', params: { accountId }, key: randomUUID() });
    },
    v1: makeV1(parts, late.desk, late.compat),
    isAnonymousServed: config.compatAnonymous,
    notices: notices.http,
    trace: (id) =>
      traceOf({ store, log: core.database.log, pushes: core.pushes, waits: core.waits, shown: core.shown }, id),
    socketFigures: () => socketFigures(late.sockets(), hub),
  });
}

/** Measures the newest row of each report; not one from before the page was there. */
function watchShown({ metrics, core }: EdgeParts): (report: ShownReport) => void {
  const observe = metrics.histogram(
    'logged_to_shown',
    'Time from a row’s place in the log until a visible page had drawn it, for pages that were connected by then.',
  );
  return (report) => {
    if (!core.shown.note(report)) return;
    const loggedAt = core.pushes.of(report.upTo)?.loggedAt;
    if (loggedAt !== undefined && loggedAt >= report.since) observe(Math.max(0, report.at - loggedAt));
  };
}

function openIngest({ metrics, core, clock }: EdgeParts, syncBoard: SyncBoard): Ingest {
  const onAccepted = metrics.histogram(
    'ingest',
    'Time from a Worker’s batch until it could be acknowledged: checked, durable, folded.',
  );
  const observeWait = metrics.histogram(
    'worker_outbox_wait',
    'Time that a batch waited on its Worker’s disk until it was sent, by the Worker’s clock alone.',
  );
  const onWaited = (wait: Wait): void => {
    core.waits.note(wait);
    observeWait(waitedMs(wait));
  };
  const { store, committer, turns } = core;
  return new Ingest({ store, committer, syncBoard, clock, turns, onAccepted, onWaited });
}

/** Sockets are taken at two addresses; at others the peer is told so instead of being left waiting. */
function refuseOtherUpgrades(server: Server): void {
  server.on('upgrade', (request, stream) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path !== CLIENT_PATH && !path.startsWith(SOCKET_IO_PATH)) refuseUpgrade(stream, 'NOT_FOUND');
  });
}

function socketFigures(sockets: ClientServer | undefined, hub: Hub): Record<string, number> {
  const { subscriberCount, sentFrameCount, sentBytes } = hub.figures();
  const { connectionCount = 0, userCount = 0, acceptedCount = 0, refusedCount = 0 } = sockets?.figures() ?? {};
  return { connectionCount, userCount, acceptedCount, refusedCount, subscriberCount, sentFrameCount, sentBytes };
}
