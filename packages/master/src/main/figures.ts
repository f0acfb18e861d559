import type { Auth } from '../auth/auth.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Hub } from '../hub/hub.ts';
import { HUB_LIMITS } from '../hub/hub-limits.ts';
import type { EventLoop } from '../ops/event-loop.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { ClientServer } from '../sockets/client-server.ts';
import type { WorkerServer } from '../sockets/worker-server.ts';
import type { Store } from '../store/store.ts';
import type { WatchedCommitter } from './watched-committer.ts';

/** Every figure of the Master, read from the rooms when somebody asks. */
export function addFigures(rooms: {
  readonly metrics: Metrics;
  readonly eventLoop: EventLoop;
  readonly store: Store;
  readonly hub: Hub;
  readonly sockets: ClientServer;
  readonly auth: Auth;
  readonly committer: WatchedCommitter;
  readonly fleet: Fleet;
  readonly workerSockets: WorkerServer;
}): void {
  addProcessFigures(rooms);
  addWorkerFigures(rooms);
  addHubFigures(rooms);
  addStoreFigures(rooms);
}

function addProcessFigures({ metrics, eventLoop, auth }: Parameters<typeof addFigures>[0]): void {
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
}

function addHubFigures({ metrics, hub, sockets }: Parameters<typeof addFigures>[0]): void {
  metrics.gauge({
    name: 'client_connections',
    help: 'Open client sockets.',
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
  metrics.gauge({
    name: 'hub_subscribers',
    help: 'Clients that get changes.',
    read: () => hub.figures().subscriberCount,
  });
  metrics.counter({
    name: 'hub_frames_total',
    help: 'Frames sent to clients.',
    read: () => hub.figures().sentFrameCount,
  });
  metrics.counter({ name: 'hub_bytes_total', help: 'Bytes sent to clients.', read: () => hub.figures().sentBytes });
  metrics.counter({
    name: 'hub_slow_closes_total',
    help: 'Clients cut because they read too slowly.',
    read: () => hub.figures().slowCloseCount,
  });
  metrics.buffer({
    name: 'hub_tail',
    unit: 'bytes',
    limit: HUB_LIMITS.tailChars,
    read: () => hub.figures().tailChars,
  });
}

function addStoreFigures({ metrics, store, committer }: Parameters<typeof addFigures>[0]): void {
  metrics.counter({ name: 'rows_total', help: 'Rows committed to the log.', read: () => committer.rowCount });
  metrics.gauge({ name: 'log_seq', help: 'Place of the newest row in the log.', read: () => store.head() });
  metrics.gauge({ name: 'accounts', help: 'Accounts.', read: () => store.figures().accountCount });
  metrics.gauge({
    name: 'store_unsaved_rows',
    help: 'Rows that a restart would fold again.',
    read: () => store.figures().unsavedRowCount,
  });
  metrics.gauge({ name: 'store_items', help: 'Items in memory.', read: () => store.figures().cachedItemCount });
}

function addWorkerFigures({ metrics, fleet, workerSockets }: Parameters<typeof addFigures>[0]): void {
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
}
