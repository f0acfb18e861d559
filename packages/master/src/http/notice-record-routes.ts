import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { countReceipts } from '../notices/count-receipts.ts';
import { countsOf } from '../notices/flag-counts.ts';
import { listNotices } from '../notices/list-notices.ts';
import { listRecords, SKIP_LIMIT_COUNT } from '../notices/list-records.ts';
import type { LiveNotice } from '../notices/live-notice.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { App } from './app.ts';
import { onlineUsersSchema, receiveStatsSchema, receiveStatusSchema } from './notice-answers.ts';
import { iso, momentOf } from './notice-moments.ts';
import {
  answer,
  type DateRange,
  dateRangeSchema,
  messageParams,
  ok,
  type PushRecordsQuery,
  pageOf,
  pushRecordSchema,
  pushRecordsQuerySchema,
  type ReceiveRecordsQuery,
  type RosterFileQuery,
  type RosterQuery,
  receiveRecordSchema,
  receiveRecordsQuerySchema,
  rosterFileQuerySchema,
  rosterFileSchema,
  rosterQuerySchema,
  rosterSchema,
} from './notice-schemas.ts';
import { noticeView, recordViews, statusView } from './notice-views.ts';
import { rosterFile } from './roster-file.ts';

const DEFAULT_PAGE_COUNT = 20;
const tags = ['notices'];
const config = { access: 'admin' as const };
const NOTICE_SORT = { created_at: 'no', priority: 'priority', type: 'type', status: 'status' } as const;
const SORT = { created_at: 'created', received_at: 'received', read_at: 'read', confirmed_at: 'confirmed' } as const;

/** What was sent, to whom, and what became of it. */
export function addNoticeRecordRoutes(app: App, hub: NoticeHub): void {
  addPushRecords(app, hub);
  addReceiveRecords(app, hub);
  addReceiveStats(app, hub);
  addRoster(app, hub);
}

function addPushRecords(app: App, hub: NoticeHub): void {
  const summary = 'Notices sent or scheduled, newest first.';
  app.get(
    '/api/admin/notification/push-records',
    {
      config,
      schema: { summary, tags, querystring: pushRecordsQuerySchema, response: answer(pageOf(pushRecordSchema)) },
    },
    async (request) => {
      const query = request.query as PushRecordsQuery; // checked by the schema
      const { page, pageSize, skipCount } = pagingOf(query);
      await hub.catchUp();
      const found = listNotices(hub.book, hub.tables, {
        type: query.type,
        target: query.target === 'admin' ? 'admins' : query.target,
        status: query.status,
        keyword: query.keyword,
        senderId: query.sender_id,
        fromAt: momentOf(query.start_date, 'start_date'),
        toAt: momentOf(query.end_date, 'end_date', true),
        sort: NOTICE_SORT[(query.sort_by ?? 'created_at') as keyof typeof NOTICE_SORT], // checked by the schema
        isDescending: query.sort_order !== 'asc',
        skipCount,
        limitCount: pageSize,
      });
      const items = found.notices.map(noticeView);
      const { total, isTotalExact, stats } = found;
      return ok({ total, total_is_exact: isTotalExact, page, page_size: pageSize, items, stats });
    },
  );
}

function addReceiveRecords(app: App, hub: NoticeHub): void {
  const summary = 'Receive records: one for each notice and recipient.';
  const response = answer(pageOf(receiveRecordSchema));
  app.get(
    '/api/admin/notification/admin-receive-records',
    { config, schema: { summary, tags, querystring: receiveRecordsQuerySchema, response } },
    (request) => {
      const query = request.query as ReceiveRecordsQuery; // checked by the schema
      const { page, pageSize } = pagingOf(query);
      const found = listRecords(hub.book, {
        messageId: query.message_id,
        userId: query.user_id,
        username: query.username,
        isOnline: query.is_online,
        isReceived: query.is_received,
        isRead: query.is_read,
        isConfirmed: query.is_confirmed,
        status: query.delivery_status as 'pending' | undefined, // checked by the schema
        isLive: query.push_channel === undefined ? undefined : query.push_channel === 'websocket',
        fromAt: momentOf(query.start_date, 'start_date'),
        toAt: momentOf(query.end_date, 'end_date', true),
        sort: SORT[(query.sort_by ?? 'created_at') as keyof typeof SORT], // checked by the schema
        isDescending: query.sort_order !== 'asc',
        page,
        pageSize,
      });
      const items = recordViews(hub, found.recordNos);
      const { total, stats } = found;
      return ok({ total, total_is_exact: true, page, page_size: pageSize, items, stats });
    },
  );
}

function addReceiveStats(app: App, hub: NoticeHub): void {
  app.get(
    '/api/admin/notification/messages/:messageId/receive-status',
    {
      config,
      schema: {
        summary: 'How far one notice has come.',
        tags,
        params: messageParams,
        response: answer(receiveStatusSchema),
      },
    },
    (request) => {
      const notice = noticeOf(hub, (request.params as Static<typeof messageParams>).messageId); // checked by the schema
      const view = statusView(countsOf(notice.counts.cells()));
      return ok({ message_id: notice.messageId, status: notice.status, ...view });
    },
  );
  app.get(
    '/api/admin/notification/admin-receive-stats',
    {
      config,
      schema: {
        summary: 'Receive records of a range of dates, counted in all and for each user.',
        tags,
        querystring: dateRangeSchema,
        response: answer(receiveStatsSchema),
      },
    },
    (request) => {
      const query = request.query as DateRange; // checked by the schema
      return ok(receiveStats(hub, query));
    },
  );
}

function receiveStats(hub: NoticeHub, query: DateRange): object {
  const { page, pageSize, skipCount } = pagingOf(query);
  const counted = countReceipts(hub.book, {
    fromAt: momentOf(query.start_date, 'start_date'),
    toAt: momentOf(query.end_date, 'end_date', true),
    skipCount,
    limitCount: pageSize,
  });
  return {
    ...statusView(counted.stats),
    total_is_exact: true,
    page,
    page_size: pageSize,
    user_count: counted.userCount,
    users: counted.users.map(({ mailbox: { userId, username }, stats }) => ({
      user_id: userId,
      username,
      ...statusView(stats),
    })),
  };
}

function addRoster(app: App, hub: NoticeHub): void {
  app.get(
    '/api/admin/notification/messages/:messageId/roster',
    {
      config,
      schema: {
        summary:
          'Who has confirmed a notice and who has not, a page at a time. `format=csv` gives all of them as a file.',
        tags,
        params: messageParams,
        querystring: rosterQuerySchema,
        response: answer(rosterSchema),
      },
    },
    (request, reply) => {
      const notice = noticeOf(hub, (request.params as Static<typeof messageParams>).messageId); // checked by the schema
      const query = request.query as RosterQuery; // likewise
      if (query.format === 'csv') return sendRosterFile(reply, hub, notice, query);
      return ok(rosterPage(hub, notice, query));
    },
  );
  app.get(
    '/api/admin/notification/messages/:messageId/roster/export',
    {
      config,
      schema: {
        summary: 'Everybody on the roster of a notice, as a file that is made while it is sent: CSV or JSON.',
        tags,
        params: messageParams,
        querystring: rosterFileQuerySchema,
        response: { ...answer(Type.Unknown()), 200: rosterFileSchema },
      },
    },
    (request, reply) => {
      const notice = noticeOf(hub, (request.params as Static<typeof messageParams>).messageId); // checked by the schema
      return sendRosterFile(reply, hub, notice, request.query as RosterFileQuery); // likewise
    },
  );
}

function rosterPage(hub: NoticeHub, notice: LiveNotice, query: RosterQuery): object {
  const { only = 'missing' } = query;
  const { page, pageSize } = pagingOf(query);
  const { recordNos, total, stats } = listRecords(hub.book, {
    messageId: notice.messageId,
    isConfirmed: only === 'all' ? undefined : only === 'confirmed',
    sort: 'created',
    isDescending: query.sort_order === 'desc',
    page,
    pageSize,
  });
  const items = recordViews(hub, recordNos);
  const counts = { count: total, total, total_is_exact: true, page, page_size: pageSize };
  return { message_id: notice.messageId, ...counts, items, stats };
}

function sendRosterFile(
  reply: FastifyReply,
  hub: NoticeHub,
  notice: LiveNotice,
  { only: part = 'missing', format = 'csv' }: RosterFileQuery,
): FastifyReply {
  const type = format === 'csv' ? 'text/csv' : 'application/json';
  reply.type(`${type}; charset=utf-8`).header('content-disposition', `attachment; filename="roster.${format}"`);
  return reply.send(rosterFile(hub, notice, { part, format }));
}

function noticeOf(hub: NoticeHub, messageId: string): LiveNotice {
  const notice = hub.book.shelf.byId(messageId);
  if (!notice) throw new ImError('NOT_FOUND');
  return notice;
}

function pagingOf(query: { readonly page?: number; readonly page_size?: number }): {
  readonly page: number;
  readonly pageSize: number;
  readonly skipCount: number;
} {
  const { page = 1, page_size: pageSize = DEFAULT_PAGE_COUNT } = query;
  const skipCount = (page - 1) * pageSize;
  if (skipCount > SKIP_LIMIT_COUNT) {
    throw new ImError('BAD_REQUEST', { reason: `at most ${SKIP_LIMIT_COUNT} entries can be paged through` });
  }
  return { page, pageSize, skipCount };
}

/** Who is there. */
export function addPresenceRoute(app: App, hub: NoticeHub, now: () => number): void {
  app.get(
    '/api/admin/notification/online-users',
    {
      config,
      schema: {
        summary: 'Users with at least one connection, and for how long.',
        tags,
        querystring: Type.Object(
          {
            page: Type.Optional(Type.Integer({ minimum: 1, maximum: SKIP_LIMIT_COUNT })),
            page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
            username: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
          },
          { additionalProperties: false },
        ),
        response: answer(onlineUsersSchema),
      },
    },
    (request) => {
      const query = request.query as { page?: number; page_size?: number; username?: string }; // checked by the schema
      const { page, pageSize, skipCount } = pagingOf(query);
      const part = query.username?.toLowerCase();
      const online = [...hub.presence.users()].filter(
        ({ username }) => part === undefined || username.toLowerCase().includes(part),
      );
      const at = now();
      const items = online.slice(skipCount, skipCount + pageSize).map((user) => ({
        user_id: user.userId,
        username: user.username,
        connections: user.connections,
        online_time: iso(user.since),
        online_duration: Math.floor((at - user.since) / 1_000),
        client_ip: user.address,
        last_seen: iso(user.lastSeenAt),
        total_online_time: Math.floor(((hub.book.mailboxes.get(user.userId)?.onlineMs ?? 0) + at - user.since) / 1_000),
      }));
      const totalS = online.reduce((sum, { since }) => sum + Math.floor((at - since) / 1_000), 0);
      return ok({
        total: online.length,
        page,
        page_size: pageSize,
        total_online_count: hub.presence.userCount,
        total_connections: hub.presence.linkCount,
        total_online_time: totalS,
        items,
      });
    },
  );
}
