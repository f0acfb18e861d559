import { randomUUID } from 'node:crypto';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Auth } from '../auth/auth.ts';
import type { Config } from '../config.ts';
import { ExternalDirectory } from '../directory/external-directory.ts';
import { sourceOf } from '../directory/source-of.ts';
import type { NoticeHttp } from '../http/notice-routes.ts';
import type { Committer, Publication } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import type { MasterDatabase } from '../log/open-database.ts';
import { InboxRules } from '../notices/inbox-rules.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { NoticeLimits } from '../notices/notice-limits.ts';
import { openNoticeHub } from '../notices/open-notice-hub.ts';
import type { EventLoop } from '../ops/event-loop.ts';
import type { Health } from '../ops/health.ts';
import type { Metrics } from '../ops/metrics.ts';
import { NoticeServer } from '../sockets/notice-server.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { Closer } from './closer.ts';
import { hubBoundsOf, socketBoundsOf } from './notice-bounds.ts';

export type Notices = { readonly hub: NoticeHub; readonly server: NoticeServer; readonly http: NoticeHttp };

/** The notification hub with its sockets. Closed sockets first; the committer must close after it. */
export async function openNotices(parts: {
  readonly database: MasterDatabase;
  readonly store: StoreReader;
  readonly committer: Committer;
  readonly listeners: ((publication: Publication) => void)[];
  readonly auth: Auth;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly eventLoop: EventLoop;
  readonly closer: Closer;
}): Promise<Notices> {
  const { config, database, committer, auth, clock, logger, metrics, health, closer } = parts;
  const others = openOthers(parts);
  const bounds = hubBoundsOf(config);
  const hub = await openNoticeHub({
    log: database.log,
    tables: database.notices,
    committer,
    directory: { own: () => auth.users(), others },
    clock,
    limits: bounds,
    lc: logger,
    newId: randomUUID,
    onSent: metrics.histogram(
      'notice_delivery',
      'Time from a notice being durable until it is written to a socket, the longest of each turn of the dispatcher.',
    ),
  });
  const rules = new InboxRules({ hub, store: parts.store, clock, lc: logger });
  parts.listeners.push((publication) => {
    hub.onPublication(publication);
    rules.onPublication(publication);
  });
  void rules.start(database.log);
  closer.add('notices', () => hub.close());
  closer.add('notice rules', () => rules.close());
  const server = new NoticeServer({
    hub,
    authenticator: auth,
    clock,
    limits: socketBoundsOf(config),
    lc: logger,
    newId: randomUUID,
    allowedOrigins: config.allowedOrigins,
    trustProxy: config.trustProxy,
  });
  closer.add('notice sockets', () => server.close());
  health.addCheck(() => hub.degradations());
  addNoticeFigures({ metrics, hub, server, bounds });
  addDirectoryFigures(figuresOf(metrics), hub, clock);
  const badFrameCount = (): number => server.figures().badFrameCount;
  return { hub, server, http: { hub, eventLoop: parts.eventLoop, badFrameCount, now: () => clock.now() } };
}

/** The users of another system, where one is configured. */
function openOthers(parts: {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly closer: Closer;
}): ExternalDirectory | undefined {
  const { directoryUrl: url, directoryQuery: query, directoryTtlMs: ttlMs } = parts.config;
  if (url === undefined) return undefined;
  const { clock, logger: lc, closer } = parts;
  const others = new ExternalDirectory({ source: sourceOf({ url, query }), ttlMs, clock, lc });
  closer.add('user directory', () => others.close());
  return others;
}

function addDirectoryFigures({ gauge, counter }: Figures, hub: NoticeHub, clock: Clock): void {
  const { directory } = hub;
  gauge('directory_users', 'Users of another system.', () => directory.figures().userCount);
  gauge('directory_refused_rows', 'Rows of its newest good read that are no users.', () => {
    return directory.figures().refusedRowCount;
  });
  gauge('directory_age_seconds', 'Since its newest good read; 0 without one.', () => {
    const { lastReadAt } = directory.figures();
    return lastReadAt === undefined ? 0 : (clock.now() - lastReadAt) / 1_000;
  });
  counter('directory_failed_reads_total', 'Reads of it that failed.', () => directory.figures().failureCount);
}

type AddFigure = (name: string, help: string, read: () => number) => void;
type Figures = { readonly gauge: AddFigure; readonly counter: AddFigure };

const figuresOf = (metrics: Metrics): Figures => ({
  gauge: (name, help, read) => metrics.gauge({ name, help, read }),
  counter: (name, help, read) => metrics.counter({ name, help, read }),
});

function addNoticeFigures(of: {
  readonly metrics: Metrics;
  readonly hub: NoticeHub;
  readonly server: NoticeServer;
  readonly bounds: NoticeLimits;
}): void {
  const { metrics, hub, server, bounds } = of;
  const { gauge, counter } = figuresOf(metrics);
  ['low', 'normal', 'high', 'urgent'].forEach((lane, index) => {
    metrics.buffer({
      name: `notice_lane_${lane}`,
      unit: 'count',
      limit: lane === 'urgent' ? bounds.urgentDeliveriesCount : bounds.waitingDeliveriesCount,
      read: () => hub.figures().queuedCounts[index] ?? 0,
    });
  });
  gauge('notice_connections', 'Open connections that take notices.', () => hub.figures().connectionCount);
  gauge('notice_users_online', 'Users with such a connection.', () => hub.figures().userCount);
  gauge('notice_waiting', 'Notices that wait for their users, in all.', () => hub.figures().waitingCount);
  gauge('notice_untold_users', 'Users whose badge or withdrawals wait for a turn.', () => hub.figures().untoldCount);
  gauge('notice_batch_size', 'Deliveries in one turn of the event loop.', () => hub.figures().batchCount);
  gauge('notice_unsaved_records', 'Receive records that no checkpoint has.', () => hub.figures().unsavedCount);
  counter('notices_accepted_total', 'Notices accepted.', () => hub.figures().acceptedCount);
  counter('notices_refused_total', 'Notices refused because the lanes were full.', () => hub.figures().refusedCount);
  counter('notice_deliveries_total', 'Notices written to sockets.', () => hub.figures().sentCount);
  counter('notice_slow_closes_total', 'Clients cut because they read too slowly.', () => hub.figures().slowCount);
  gauge(
    'notice_expired_records',
    'Records that expired before they were delivered.',
    () => hub.figures().records.expired,
  );
  counter('notice_refused_connections_total', 'Connections refused.', () => server.figures().refusedCount);
  counter('notice_bad_frames_total', 'Frames that could not be read.', () => server.figures().badFrameCount);
}
