import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { userIdSchema } from '@hiscrm/shared/model/ids.ts';
import { groupNameSchema } from '@hiscrm/shared/model/notice.ts';
import { noticeTemplateSchema, type ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { type NoticePreferences, noticePreferencesSchema } from '@hiscrm/shared/model/notice-preferences.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import { digestIdOf, isInDigest } from '../notices/digest.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import { NOTICE_LIMITS } from '../notices/notice-limits.ts';
import { isTimeZone } from '../notices/quiet-hours.ts';
import type { App } from './app.ts';
import {
  batchMarkedSchema,
  groupSetSchema,
  groupsSchema,
  markedSchema,
  namedSchema,
  ownNoticesSchema,
  summarySchema,
  templatesSchema,
} from './notice-answers.ts';
import { isoOrNull } from './notice-moments.ts';
import {
  answer,
  type BatchMarkBody,
  batchMarkBodySchema,
  type MarkBody,
  markBodySchema,
  ok,
} from './notice-schemas.ts';
import { noticeView } from './notice-views.ts';
import { need } from './who-asks.ts';

const config = { access: 'viewer' as const };
const tags = ['notices'];
const HISTORY_LIMIT_COUNT = 100;

/** What every user may do with the own notices; an administrator may name another user. */
export function addNoticeUserRoutes(app: App, hub: NoticeHub): void {
  addMark(app, hub, 'mark-read', 'read');
  addMark(app, hub, 'mark-confirmed', 'confirmed');
  addBatchMark(app, hub);
  addSummary(app, hub);
  addPreferences(app, hub);
}

function addMark(app: App, hub: NoticeHub, name: string, state: ReceiptState): void {
  app.post(
    `/api/admin/notification/${name}`,
    {
      config,
      schema: {
        summary: `Marks a notice as ${state}, once.`,
        tags,
        body: markBodySchema,
        response: answer(markedSchema),
      },
    },
    async (request) => {
      const body = request.body as MarkBody; // checked by the schema
      const messageId = body.message_id ?? body.messageId;
      if (messageId === undefined) throw new ImError('BAD_REQUEST', { reason: 'message_id is missing' });
      const userId = whose(request, body.user_id);
      const { unknownIds } = await hub.receive({ userId, messageIds: [messageId], state });
      if (unknownIds.length > 0) throw new ImError('NOT_FOUND');
      return ok({ message_id: messageId, state });
    },
  );
}

function addBatchMark(app: App, hub: NoticeHub): void {
  app.post(
    '/api/admin/notification/batch-mark-read',
    {
      config,
      schema: {
        summary: 'Marks up to 1,000 notices as read.',
        tags,
        body: batchMarkBodySchema,
        response: answer(batchMarkedSchema),
      },
    },
    async (request) => {
      const body = request.body as BatchMarkBody; // checked by the schema
      const asked = body.message_ids ?? body.messageIds;
      if (!asked) throw new ImError('BAD_REQUEST', { reason: 'message_ids is missing' });
      const messageIds = [...new Set(asked)];
      const userId = whose(request, body.user_id);
      const { unknownIds } = await hub.receive({ userId, messageIds, state: 'read' });
      const successCount = messageIds.length - unknownIds.length;
      return ok({
        success_count: successCount,
        failed_count: unknownIds.length,
        total_count: messageIds.length,
        success_rate: Math.round((successCount / messageIds.length) * 10_000) / 100,
        errors: unknownIds.map((message_id) => ({ message_id, error: 'NOT_FOUND' })),
      });
    },
  );
}

function addSummary(app: App, hub: NoticeHub): void {
  app.get(
    '/api/admin/notification/user-summary',
    {
      config,
      schema: {
        summary: 'The own badge.',
        tags,
        querystring: Type.Object({ user_id: Type.Optional(userIdSchema) }, { additionalProperties: false }),
        response: answer(summarySchema),
      },
    },
    (request) => {
      const userId = whose(request, (request.query as { user_id?: UserId }).user_id); // checked by the schema
      const mailbox = hub.book.mailboxes.get(userId);
      const [newest] = hub.history(userId, undefined, 1).items;
      return ok({
        user_id: userId,
        unread_count: mailbox?.unreadCount ?? 0,
        total_count: mailbox?.totalCount ?? 0,
        last_message_time: isoOrNull(newest?.notice.body.sentAt),
        online_status: hub.presence.isOnline(userId) ? 'online' : 'offline',
      });
    },
  );
  app.get(
    '/api/admin/notification/my-notices',
    {
      config,
      schema: {
        summary:
          'The own notices, newest first. `before` is the offset of the last one of the page before. `digest_id` names the digest it came in.',
        tags,
        querystring: Type.Object(
          {
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: HISTORY_LIMIT_COUNT })),
            before: Type.Optional(Type.Integer({ minimum: 1 })),
          },
          { additionalProperties: false },
        ),
        response: answer(ownNoticesSchema),
      },
    },
    (request) => {
      const { userId } = need(request.principal, 'viewer');
      const { limit = 20, before } = request.query as { limit?: number; before?: number }; // checked by the schema
      const found = hub.history(userId, before, limit);
      const items = found.items.map(({ notice, record }) => {
        const {
          stats: _stats,
          sender_id: _sender,
          target: _target,
          ...shown
        } = noticeView(notice) as Record<string, unknown>; // made of these
        return {
          ...shown,
          offset: record.place,
          digest_id: isInDigest(record) ? digestIdOf(record.place) : null,
          received_at: isoOrNull(record.receivedAt),
          read_at: isoOrNull(record.readAt),
          confirmed_at: isoOrNull(record.confirmedAt),
        };
      });
      return ok({ items, next_before: found.nextBefore ?? null });
    },
  );
}

function addPreferences(app: App, hub: NoticeHub): void {
  app.get(
    '/api/admin/notification/preferences',
    { config, schema: { summary: 'The own preferences.', tags, response: answer(noticePreferencesSchema) } },
    (request) => ok(hub.book.preferences.get(need(request.principal, 'viewer').userId) ?? {}),
  );
  app.put(
    '/api/admin/notification/preferences',
    {
      config,
      schema: {
        summary: 'Replaces the own preferences: language, time zone, quiet hours, digest, muted types, rules.',
        tags,
        body: noticePreferencesSchema,
        response: answer(noticePreferencesSchema),
      },
    },
    async (request) => {
      const preferences = request.body as NoticePreferences; // checked by the schema
      if (preferences.timeZone !== undefined && !isTimeZone(preferences.timeZone)) {
        throw new ImError('BAD_REQUEST', { reason: `${preferences.timeZone} is no time zone` });
      }
      const { userId } = need(request.principal, 'viewer');
      await hub.change({ kind: 'notice.preferencesChanged', userId, preferences });
      return ok(preferences);
    },
  );
}

function whose(request: FastifyRequest, named: UserId | undefined): UserId {
  const principal = need(request.principal, 'viewer');
  if (named === undefined || named === principal.userId) return principal.userId;
  return need(principal, 'admin') && named;
}

const nameParams = Type.Object({ name: groupNameSchema });
const groupBody = Type.Object(
  { userIds: Type.Array(userIdSchema, { maxItems: 10_000 }) },
  { additionalProperties: false },
);

/** Named groups of users and templates, for administrators. */
export function addNoticeSettingsRoutes(app: App, hub: NoticeHub): void {
  const admin = { access: 'admin' as const };
  const add = <T>(path: string, schema: TSchema, list: () => ReadonlyMap<string, T>): void => {
    app.get(
      `/api/admin/notification/${path}`,
      { config: admin, schema: { summary: `All ${path}.`, tags, response: answer(schema) } },
      () => ok(Object.fromEntries(list())),
    );
  };
  add('groups', groupsSchema, () => hub.book.groups);
  add('templates', templatesSchema, () => hub.book.templates);
  const nameOf = (request: FastifyRequest): string => (request.params as Static<typeof nameParams>).name; // checked by the schema
  app.put(
    '/api/admin/notification/groups/:name',
    {
      config: admin,
      schema: {
        summary: 'Sets who is in a group; nobody takes it away.',
        tags,
        params: nameParams,
        body: groupBody,
        response: answer(groupSetSchema),
      },
    },
    async (request) => {
      const { userIds } = request.body as Static<typeof groupBody>; // checked by the schema
      refuseFull(hub.book.groups, nameOf(request));
      await hub.change({ kind: 'notice.groupChanged', group: nameOf(request), userIds: [...new Set(userIds)] });
      return ok({ group: nameOf(request), count: userIds.length });
    },
  );
  app.put(
    '/api/admin/notification/templates/:name',
    {
      config: admin,
      schema: {
        summary: 'Sets a template with {{name}} gaps, in Chinese, English or both.',
        tags,
        params: nameParams,
        body: noticeTemplateSchema,
        response: answer(namedSchema),
      },
    },
    async (request) => {
      refuseFull(hub.book.templates, nameOf(request));
      const template = request.body as Static<typeof noticeTemplateSchema>; // checked by the schema
      await hub.change({ kind: 'notice.templateChanged', name: nameOf(request), template });
      return ok({ name: nameOf(request) });
    },
  );
  app.delete(
    '/api/admin/notification/templates/:name',
    {
      config: admin,
      schema: { summary: 'Takes a template away.', tags, params: nameParams, response: answer(namedSchema) },
    },
    async (request) => {
      if (!hub.book.templates.has(nameOf(request))) throw new ImError('NOT_FOUND');
      await hub.change({ kind: 'notice.templateChanged', name: nameOf(request) });
      return ok({ name: nameOf(request) });
    },
  );
}

function refuseFull(known: ReadonlyMap<string, unknown>, name: string): void {
  if (known.size < NOTICE_LIMITS.settingsCount || known.has(name)) return;
  throw new ImError('BAD_REQUEST', { reason: `there are ${NOTICE_LIMITS.settingsCount} already` });
}
