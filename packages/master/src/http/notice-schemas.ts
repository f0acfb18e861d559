import { timeMsSchema, userIdSchema } from '@hiscrm/shared/model/ids.ts';
import {
  confirmPlanSchema,
  groupNameSchema,
  messageIdSchema,
  noticeContentSchema,
  noticePrioritySchema,
  noticeTargetSchema,
  noticeTitleSchema,
  noticeTypeSchema,
  noticeWordsSchema,
} from '@hiscrm/shared/model/notice.ts';
import { wireErrorSchema } from '@hiscrm/shared/protocol/errors.ts';
import Type, { type Static, type TSchema } from 'typebox';
import { SKIP_LIMIT_COUNT } from '../notices/list-records.ts';

const strict = { additionalProperties: false } as const;
/** Ids of a batch of marks. */
export const BATCH_LIMIT_COUNT = 1_000;
const PAGE_LIMIT_COUNT = 100;

/** The family's envelope: `{code, message, data}`; an error has the HTTP status in `code`. */
export const answer = (data: TSchema, status: 200 | 202 = 200) => ({
  [status]: Type.Object({ code: Type.Literal(200), message: Type.Literal('OK'), data }),
  default: Type.Object({ code: Type.Integer(), message: Type.String(), error: wireErrorSchema }),
});
export const ok = <T>(data: T) => ({ code: 200, message: 'OK', data });

const flag = Type.Optional(Type.Boolean());
/** A day (`2026-03-12`), a moment in ISO 8601, or ms since the epoch. */
const moment = Type.Optional(Type.String({ minLength: 1, maxLength: 40 }));
const paging = {
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: SKIP_LIMIT_COUNT })),
  page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_COUNT })),
  sort_order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
};
const literals = (names: readonly string[]) => Type.Optional(Type.Union(names.map((name) => Type.Literal(name))));

const legacyTarget = Type.Union(['all', 'admin', 'admins', 'users'].map((name) => Type.Literal(name)));
const userIds = Type.Array(userIdSchema, { maxItems: 100_000 });
const when = Type.Union([timeMsSchema, Type.String({ minLength: 1, maxLength: 40 })]);

/** Both spellings of each field are accepted, as programs of the contract and of the system before it write them. */
export const sendBodySchema = Type.Object(
  {
    content: Type.Optional(noticeContentSchema),
    target: Type.Optional(Type.Union([noticeTargetSchema, legacyTarget])),
    user_ids: Type.Optional(userIds),
    exclude_ids: Type.Optional(userIds),
    type: Type.Optional(noticeTypeSchema),
    title: Type.Optional(noticeTitleSchema),
    data: Type.Optional(Type.Unknown()),
    priority: Type.Optional(Type.Union([noticePrioritySchema, Type.Integer({ minimum: 0, maximum: 3 })])),
    needConfirm: flag,
    need_confirm: flag,
    expiresAt: Type.Optional(when),
    expires_at: Type.Optional(when),
    sendAt: Type.Optional(when),
    send_at: Type.Optional(when),
    messageId: Type.Optional(messageIdSchema),
    message_id: Type.Optional(messageIdSchema),
    supersedes: Type.Optional(messageIdSchema),
    confirmPlan: Type.Optional(confirmPlanSchema),
    words: Type.Optional(
      Type.Object({ zh: Type.Optional(noticeWordsSchema), en: Type.Optional(noticeWordsSchema) }, strict),
    ),
    /** Takes the words from a template instead of `content`. */
    template: Type.Optional(groupNameSchema),
    variables: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 1_000 }))),
  },
  strict,
);
export type SendBody = Static<typeof sendBodySchema>;

const count = Type.Integer({ minimum: 0 });
export const sendResultSchema = Type.Object(
  {
    messageId: Type.String(),
    recipients: count,
    online: count,
    queued: count,
    scheduledAt: Type.Optional(Type.Integer()),
  },
  strict,
);

export const pushRecordsQuerySchema = Type.Object(
  {
    type: Type.Optional(noticeTypeSchema),
    target: Type.Optional(Type.String({ maxLength: 120 })),
    status: literals(['scheduled', 'sent', 'recalled', 'superseded', 'expired']),
    keyword: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    sender_id: Type.Optional(Type.String({ maxLength: 80 })),
    start_date: moment,
    end_date: moment,
    sort_by: literals(['created_at', 'priority', 'type', 'status']),
    ...paging,
  },
  strict,
);
export type PushRecordsQuery = Static<typeof pushRecordsQuerySchema>;

export const receiveRecordsQuerySchema = Type.Object(
  {
    message_id: Type.Optional(messageIdSchema),
    user_id: Type.Optional(Type.String({ maxLength: 80 })),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
    is_online: flag,
    is_received: flag,
    is_read: flag,
    is_confirmed: flag,
    delivery_status: literals(['pending', 'delivered', 'failed', 'expired']),
    push_channel: literals(['websocket', 'offline']),
    start_date: moment,
    end_date: moment,
    sort_by: literals(['created_at', 'received_at', 'read_at', 'confirmed_at']),
    ...paging,
  },
  strict,
);
export type ReceiveRecordsQuery = Static<typeof receiveRecordsQuerySchema>;

export const dateRangeSchema = Type.Object({ start_date: moment, end_date: moment, ...paging }, strict);
export type DateRange = Static<typeof dateRangeSchema>;

const text = Type.Union([Type.String(), Type.Null()]);
export const countsSchema = Type.Object({
  total: count,
  online: count,
  received: count,
  read: count,
  confirmed: count,
  pending: count,
  expired: count,
  failed: count,
});
export const receiveRecordSchema = Type.Object({
  message_id: Type.String(),
  user_id: Type.String(),
  username: Type.String(),
  user_role: Type.String(),
  is_online: Type.Boolean(),
  is_received: Type.Boolean(),
  received_at: text,
  is_read: Type.Boolean(),
  read_at: text,
  is_confirmed: Type.Boolean(),
  confirmed_at: text,
  device_type: text,
  platform: text,
  browser: text,
  client_ip: text,
  user_agent: text,
  connection_id: text,
  push_channel: Type.String(),
  delivery_status: Type.String(),
  retry_count: count,
  error_message: text,
  created_at: Type.String(),
  updated_at: Type.String(),
});
export const pageOf = (item: TSchema) =>
  Type.Object({
    total: count,
    /** False when there are at least `total`. */
    total_is_exact: Type.Boolean(),
    page: count,
    page_size: count,
    items: Type.Array(item),
    stats: countsSchema,
  });

export const pushRecordSchema = Type.Object({
  message_id: Type.String(),
  type: Type.String(),
  title: text,
  content: Type.String(),
  data: Type.Unknown(),
  target: Type.String(),
  priority: Type.String(),
  need_confirm: Type.Boolean(),
  status: Type.String(),
  sender_id: Type.String(),
  created_at: Type.String(),
  sent_at: text,
  send_at: text,
  expires_at: text,
  superseded_by: text,
  stats: countsSchema,
});
const rosterPart = Type.Optional(Type.Union([Type.Literal('missing'), Type.Literal('confirmed'), Type.Literal('all')]));
const rosterFormat = Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')]));
export const rosterQuerySchema = Type.Object({ only: rosterPart, format: rosterFormat, ...paging }, strict);
export type RosterQuery = RosterFileQuery & Static<typeof rosterQuerySchema>;
export const rosterFileQuerySchema = Type.Object({ only: rosterPart, format: rosterFormat }, strict);
export type RosterFileQuery = Static<typeof rosterFileQuerySchema>;
export const rosterSchema = Type.Object({
  message_id: Type.String(),
  /** The same as `total`. */
  count,
  ...pageOf(receiveRecordSchema).properties,
});
/** The JSON file has the envelope of the page; its `data` is `message_id`, all `items`, and at the end their `count`. */
export const rosterFileSchema = {
  description: 'The file.',
  content: {
    'text/csv': { schema: Type.String() },
    'application/json': { schema: Type.Record(Type.String(), Type.Unknown()) },
  },
};
/** Both spellings. */
export const markBodySchema = Type.Object(
  {
    message_id: Type.Optional(messageIdSchema),
    messageId: Type.Optional(messageIdSchema),
    user_id: Type.Optional(userIdSchema),
  },
  strict,
);
export type MarkBody = Static<typeof markBodySchema>;
export const batchMarkBodySchema = Type.Object(
  {
    message_ids: Type.Optional(Type.Array(messageIdSchema, { minItems: 1, maxItems: BATCH_LIMIT_COUNT })),
    messageIds: Type.Optional(Type.Array(messageIdSchema, { minItems: 1, maxItems: BATCH_LIMIT_COUNT })),
    user_id: Type.Optional(userIdSchema),
  },
  strict,
);
export type BatchMarkBody = Static<typeof batchMarkBodySchema>;
export const messageParams = Type.Object({ messageId: messageIdSchema });
