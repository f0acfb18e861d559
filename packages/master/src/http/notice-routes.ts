import type { NoticeHub } from '../notices/notice-hub.ts';
import type { EventLoop } from '../ops/event-loop.ts';
import type { App } from './app.ts';
import { hubStatsSchema } from './notice-answers.ts';
import { addNoticeRecordRoutes, addPresenceRoute } from './notice-record-routes.ts';
import { answer, ok } from './notice-schemas.ts';
import { addNoticeSendRoutes } from './notice-send-routes.ts';
import { addNoticeSettingsRoutes, addNoticeUserRoutes } from './notice-user-routes.ts';

/** What the notice routes stand on. */
export type NoticeHttp = {
  readonly hub: NoticeHub;
  readonly eventLoop: Pick<EventLoop, 'delay'>;
  /** Bad frames since the start. */
  readonly badFrameCount: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Every route of the notification hub. */
export function addNoticeRoutes(app: App, notices: NoticeHttp): void {
  const { hub } = notices;
  addNoticeSendRoutes(app, hub);
  addNoticeRecordRoutes(app, hub);
  addPresenceRoute(app, hub, notices.now);
  addNoticeUserRoutes(app, hub);
  addNoticeSettingsRoutes(app, hub);
  app.get(
    '/api/admin/websocket/stats',
    {
      config: { access: 'admin' as const },
      schema: {
        summary: 'Figures of the notification hub.',
        tags: ['notices'],
        response: answer(hubStatsSchema),
      },
    },
    () => ok(statsOf(notices)),
  );
}

function statsOf({ hub, eventLoop, badFrameCount }: NoticeHttp): object {
  const figures = hub.figures();
  const [low = 0, normal = 0, high = 0, urgent = 0] = figures.queuedCounts;
  const degradations = hub.degradations();
  const total = figures.sentCount + badFrameCount();
  return {
    active_connections: figures.connectionCount,
    unique_users: figures.userCount,
    total_connections: figures.totalConnectionCount,
    total_messages: figures.sentCount,
    accepted_notices: figures.acceptedCount,
    queue_size: { low, normal, high, urgent },
    queue_peak: figures.peakCount,
    batch_size: figures.batchCount,
    waiting_offline: figures.waitingCount,
    dropped: figures.records.expired,
    refused: figures.refusedCount,
    slow_consumers: figures.slowCount,
    latency_ms: figures.latencyMs,
    error_rate: total === 0 ? 0 : badFrameCount() / total,
    event_loop_lag_ms: eventLoop.delay().p99Ms,
    uptime_s: Math.floor(process.uptime()),
    state: degradations.length > 0 ? 'degraded' : 'ok',
    degraded_because: degradations,
    directory: directoryView(hub),
  };
}

/** Whom a notice to everybody would reach, and how that is known. Times are ms UTC. */
function directoryView(hub: NoticeHub): object {
  const { kind, state, totalCount, ownCount, refusedRowCount, lastReadAt, lastError } = hub.directory.figures();
  return {
    kind,
    state,
    users: totalCount,
    ownUsers: ownCount,
    refusedRows: refusedRowCount,
    lastReadAt: lastReadAt ?? null,
    ...(lastError !== undefined && { lastError }),
  };
}
