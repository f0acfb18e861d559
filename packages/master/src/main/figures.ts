import type { Auth } from '../auth/auth.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Hub } from '../hub/hub.ts';
import { HUB_LIMITS } from '../hub/hub-limits.ts';
import { type Ingest, WAITING_LIMIT_COUNT } from '../ingest/ingest.ts';
import type { MasterDatabase } from '../log/open-database.ts';
import type { EventLoop } from '../ops/event-loop.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { PushBoard } from '../ops/push-board.ts';
import type { ShownBoard } from '../ops/shown-board.ts';
import type { WaitBoard } from '../ops/wait-board.ts';
import type { ClientServer } from '../sockets/client-server.ts';
import type { WorkerServer } from '../sockets/worker-server.ts';
import type { Store } from '../store/store.ts';
import type { WatchedCommitter } from './watched-committer.ts';

type Rooms = {
  readonly metrics: Metrics;
  readonly eventLoop: EventLoop;
  readonly database: MasterDatabase;
  readonly store: Store;
  readonly hub: Hub;
  readonly pushes: PushBoard;
  readonly waits: WaitBoard;
  readonly shown: ShownBoard;
  readonly sockets: ClientServer;
  readonly auth: Auth;
  readonly committer: WatchedCommitter;
  readonly ingest: Ingest;
  readonly fleet: Fleet;
  readonly workerSockets: WorkerServer;
  readonly connectionLimitCount: number;
};

/** Every figure of the Master, read from the rooms when somebody asks. docs/operations.md lists each, held by a test. */
export function addFigures(rooms: Rooms): void {
  addProcessFigures(rooms);
  addLogFigures(rooms);
  addIngestFigures(rooms);
  addStoreFigures(rooms);
  addHubFigures(rooms);
  addSocketFigures(rooms);
  addWorkerFigures(rooms);
}

function addProcessFigures({ metrics, eventLoop, auth }: Rooms): void {
  const delay = (read: (delay: ReturnType<EventLoop['delay']>) => number) => () => read(eventLoop.delay()) / 1_000;
  metrics.gauge({
    name: 'event_loop_delay_p99_seconds',
    help: 'How late the event loop runs its timers, 99th percentile since the start.',
    read: delay(({ p99Ms }) => p99Ms),
  });
  metrics.gauge({
    name: 'event_loop_delay_max_seconds',
    help: 'The longest delay of the event loop since the start.',
    read: delay(({ maxMs }) => maxMs),
  });
  metrics.gauge({ name: 'sessions', help: 'Sessions that have not ended.', read: () => auth.sessionCount });
  const { tokenLimitCount, throttleLimitCount } = auth.figures();
  metrics.buffer({
    name: 'session_tokens',
    unit: 'count',
    limit: tokenLimitCount,
    read: () => auth.figures().tokenCount,
  });
  metrics.buffer({
    name: 'login_counters',
    unit: 'count',
    limit: throttleLimitCount,
    read: () => auth.figures().throttleCount,
  });
}

function addLogFigures({ metrics, database, store, committer }: Rooms): void {
  const { inFlightLimitBytes, ringLimitBytes } = database.figures();
  metrics.buffer({
    name: 'log_in_flight',
    unit: 'bytes',
    limit: inFlightLimitBytes,
    read: () => database.figures().inFlightBytes,
  });
  metrics.buffer({
    name: 'log_ring',
    unit: 'bytes',
    limit: ringLimitBytes,
    read: () => database.figures().ringBytes,
  });
  metrics.counter({ name: 'rows_total', help: 'Rows committed to the log.', read: () => committer.rowCount });
  metrics.gauge({
    name: 'commits_under_way',
    help: 'Commits that wait for the disk; bounded by the buffer log_in_flight.',
    read: () => committer.underWayCount,
  });
  metrics.gauge({ name: 'log_seq', help: 'Place of the newest row in the log.', read: () => store.head() });
  metrics.gauge({
    name: 'log_kept_rows',
    help: 'Rows that a client can still catch up from.',
    read: () => database.log.head() - database.log.firstSeq() + 1,
  });
}

function addIngestFigures({ metrics, ingest, waits }: Rooms): void {
  metrics.buffer({ name: 'outbox_wait_board', unit: 'count', limit: waits.limitCount, read: () => waits.count });
  metrics.buffer({
    name: 'ingest_waiting',
    unit: 'count',
    limit: WAITING_LIMIT_COUNT,
    read: () => ingest.figures().waitingCount,
  });
  metrics.gauge({
    name: 'ingest_in_flight',
    help: 'Things of which a newer fact is on its way to the log; bounded by the buffer log_in_flight.',
    read: () => ingest.figures().inFlightCount,
  });
  metrics.counter({
    name: 'ingest_batches_total',
    help: 'Batches that Workers sent, taken or not.',
    read: () => ingest.figures().batchCount,
  });
  metrics.counter({
    name: 'ingest_refused_total',
    help: 'Batches refused; the Worker keeps them, splits them or lets go of the account.',
    read: () => ingest.figures().refusedCount,
  });
  metrics.counter({
    name: 'ingest_stored_total',
    help: 'Reports that said something new.',
    read: () => ingest.figures().storedCount,
  });
  metrics.counter({
    name: 'ingest_duplicates_total',
    help: 'Reports that said what was known: acknowledged, not stored.',
    read: () => ingest.figures().duplicateCount,
  });
}

function addStoreFigures({ metrics, store }: Rooms): void {
  const { itemLimitBytes, replyLimitBytes, checkpointCount } = store.figures();
  metrics.gauge({ name: 'accounts', help: 'Accounts.', read: () => store.figures().accountCount });
  metrics.gauge({ name: 'store_items', help: 'Items in memory.', read: () => store.figures().cachedItemCount });
  metrics.buffer({
    name: 'store_items',
    unit: 'bytes',
    limit: itemLimitBytes,
    read: () => store.figures().cachedItemBytes,
  });
  metrics.buffer({
    name: 'store_replies',
    unit: 'bytes',
    limit: replyLimitBytes,
    read: () => store.figures().cachedReplyBytes,
  });
  metrics.buffer({
    name: 'checkpoint',
    unit: 'records',
    limit: checkpointCount,
    read: () => store.figures().pinnedCount,
  });
  metrics.gauge({
    name: 'store_unsaved_rows',
    help: 'Rows that a restart would fold again.',
    read: () => store.figures().unsavedRowCount,
  });
}

function addHubFigures({ metrics, hub, pushes, shown }: Rooms): void {
  const gauge = (name: string, help: string, read: () => number): void => metrics.gauge({ name, help, read });
  const counter = (name: string, help: string, read: () => number): void => metrics.counter({ name, help, read });
  gauge('hub_subscribers', 'Clients that get changes.', () => hub.figures().subscriberCount);
  gauge('hub_catching_up', 'Clients that are being sent what they missed.', () => hub.figures().catchingUpCount);
  gauge('hub_pending_rows', 'Rows that wait for the next round.', () => hub.figures().pendingRowCount);
  counter('hub_frames_total', 'Frames sent to clients.', () => hub.figures().sentFrameCount);
  counter('hub_bytes_total', 'Bytes sent to clients.', () => hub.figures().sentBytes);
  counter('hub_slow_closes_total', 'Clients cut because they read too slowly.', () => hub.figures().slowCloseCount);
  counter('hub_resets_total', 'Clients that had to start again from a snapshot.', () =>
    Object.values(hub.figures().resetCounts).reduce((sum, count) => sum + count, 0),
  );
  metrics.buffer({
    name: 'hub_tail',
    unit: 'chars',
    limit: HUB_LIMITS.tailChars,
    read: () => hub.figures().tailChars,
  });
  metrics.buffer({ name: 'push_board', unit: 'count', limit: pushes.limitCount, read: () => pushes.count });
  metrics.buffer({ name: 'shown_board', unit: 'count', limit: shown.userLimitCount, read: () => shown.userCount });
}

function addSocketFigures({ metrics, sockets, connectionLimitCount }: Rooms): void {
  metrics.buffer({
    name: 'client_connections',
    unit: 'count',
    limit: connectionLimitCount,
    read: () => sockets.figures().connectionCount,
  });
  metrics.counter({
    name: 'client_connections_total',
    help: 'Client sockets accepted.',
    read: () => sockets.figures().acceptedCount,
  });
  metrics.counter({
    name: 'client_refused_total',
    help: 'Client sockets refused.',
    read: () => sockets.figures().refusedCount,
  });
  metrics.counter({
    name: 'client_bad_frames_total',
    help: 'Frames of clients that could not be read.',
    read: () => sockets.figures().frameCounts.bad,
  });
  metrics.gauge({
    name: 'client_waiting_bytes',
    help: 'Bytes that wait in all client sockets together.',
    read: () => sockets.waiting().bytes,
  });
  metrics.buffer({
    name: 'client_socket',
    unit: 'bytes',
    limit: HUB_LIMITS.slowConsumerBytes,
    read: () => sockets.waiting().mostBytes,
  });
}

function addWorkerFigures({ metrics, fleet, workerSockets }: Rooms): void {
  metrics.gauge({ name: 'workers_online', help: 'Workers on line.', read: () => fleet.figures().onlineCount });
  metrics.gauge({
    name: 'accounts_driven',
    help: 'Accounts that a Worker was told to drive.',
    read: () => fleet.figures().heldAccountCount,
  });
  metrics.gauge({
    name: 'replies_handed',
    help: 'Replies that a Worker has and that have no outcome yet.',
    read: () => fleet.figures().handedReplyCount,
  });
  metrics.gauge({
    name: 'worker_connections',
    help: 'Open Worker sockets.',
    read: () => workerSockets.figures().connectionCount,
  });
  metrics.counter({
    name: 'worker_refused_total',
    help: 'Worker sockets refused for their key.',
    read: () => workerSockets.figures().refusedCount,
  });
  metrics.gaugeOf({
    name: 'worker_outbox_batches',
    help: 'Batches that a Worker keeps until they are acknowledged, by its last heartbeat.',
    label: 'worker',
    read: () => fleet.status().map(({ id, outboxCount }) => [id, outboxCount] as const),
  });
  metrics.gaugeOf({
    name: 'worker_memory_bytes',
    help: 'Memory of a Worker’s own process, without its browsers, by its last heartbeat.',
    label: 'worker',
    read: () => fleet.status().map(({ id, memoryBytes }) => [id, memoryBytes] as const),
  });
}
