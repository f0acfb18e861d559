/**
 * What the log holds about notices. None of it changes the inbox; nobody is sent these rows as they are. The state of a
 * receive record only rises (pending, then expired, delivered, read, confirmed), so that a row applied twice changes nothing.
 */
import Type, { type Static } from 'typebox';
import { seqSchema, timeMsSchema, userIdSchema } from './ids.ts';
import {
  groupNameSchema,
  messageIdSchema,
  noticeRecipientsSchema,
  noticeSchema,
  noticeWordsSchema,
  RECIPIENTS_LIMIT_COUNT,
  userNoSchema,
} from './notice.ts';
import { noticePreferencesSchema } from './notice-preferences.ts';

const strict = { additionalProperties: false } as const;
const users = Type.Array(userIdSchema, { maxItems: RECIPIENTS_LIMIT_COUNT });

/** One row makes every receive record of the notice durable. Its place in the log is the notice's `offset`. */
export const noticeSentSchema = Type.Object(
  { kind: Type.Literal('notice.sent'), notice: noticeSchema, recipients: noticeRecipientsSchema },
  strict,
);
/** To be sent at `sendAt`; its target is resolved then. */
export const noticeScheduledSchema = Type.Object(
  { kind: Type.Literal('notice.scheduled'), notice: noticeSchema, sendAt: timeMsSchema },
  strict,
);
/** Held notices of a user become deliverable; this row's place is their offset. Those of a digest are shown as one. */
export const noticeReleasedSchema = Type.Object(
  {
    kind: Type.Literal('notice.released'),
    users: Type.Array(
      Type.Object(
        {
          userId: userIdSchema,
          messageIds: Type.Array(messageIdSchema, { minItems: 1 }),
          isDigest: Type.Optional(Type.Literal(true)),
        },
        strict,
      ),
    ),
  },
  strict,
);
/** Taken back, or replaced by another one: who has not got it never will, and it counts as unread for nobody. */
export const noticeRecalledSchema = Type.Object(
  {
    kind: Type.Literal('notice.recalled'),
    messageId: messageIdSchema,
    byUserId: userIdSchema,
    supersededBy: Type.Optional(messageIdSchema),
  },
  strict,
);
/** Recipients who will not get the notice any more. Without `userIds`: everybody who has not got it. */
export const noticeExpiredSchema = Type.Object(
  {
    kind: Type.Literal('notice.expired'),
    marks: Type.Array(Type.Object({ messageId: messageIdSchema, userIds: Type.Optional(users) }, strict)),
    why: Type.Union([Type.Literal('time'), Type.Literal('age'), Type.Literal('overflow')]),
  },
  strict,
);
/** From where somebody acknowledged. */
export const noticeDeviceSchema = Type.Object(
  {
    connectionId: Type.String({ maxLength: 80 }),
    address: Type.String({ maxLength: 60 }),
    agent: Type.String({ maxLength: 200 }),
  },
  strict,
);
export type NoticeDevice = Static<typeof noticeDeviceSchema>;
export const RECEIPT_STATES = ['delivered', 'read', 'confirmed'] as const;
export type ReceiptState = (typeof RECEIPT_STATES)[number];

/** A device with the number that receive records know it by. It is written down once, with the first thing that it acknowledges. */
export const numberedDeviceSchema = Type.Object(
  { ...noticeDeviceSchema.properties, no: Type.Optional(Type.Integer({ minimum: 1 })) },
  strict,
);

/**
 * What many users acknowledged in one turn: single notices, and everything that waited for a user up to a place of his stream.
 * `from` has the number of the device for each user; 0 where it came without a connection. Rows written before devices had
 * numbers have `deviceNos` instead, which points into `devices`; -1 = none.
 */
export const noticeReceiptsSchema = Type.Object(
  {
    kind: Type.Literal('notice.receipts'),
    devices: Type.Array(numberedDeviceSchema),
    marks: Type.Array(
      Type.Object(
        {
          messageId: messageIdSchema,
          state: Type.Unsafe<ReceiptState>(Type.Union(RECEIPT_STATES.map((state) => Type.Literal(state)))),
          userNos: Type.Optional(Type.Array(userNoSchema)),
          /** In rows written before users had numbers. */
          userIds: Type.Optional(users),
          from: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }))),
          deviceNos: Type.Optional(Type.Array(Type.Integer({ minimum: -1 }))),
        },
        strict,
      ),
    ),
    /** Delivered is what waits up to `place` when the row is folded in: nothing can come to wait there any more. */
    upTo: Type.Optional(
      Type.Array(
        Type.Object(
          {
            place: seqSchema,
            userNos: Type.Array(userNoSchema),
            from: Type.Array(Type.Integer({ minimum: 0 })),
          },
          strict,
        ),
      ),
    ),
  },
  strict,
);
/** Everything of the user up to a place is read. */
export const noticeAllReadSchema = Type.Object(
  { kind: Type.Literal('notice.allRead'), userId: userIdSchema, upToSeq: seqSchema },
  strict,
);
export const noticePreferencesChangedSchema = Type.Object(
  { kind: Type.Literal('notice.preferencesChanged'), userId: userIdSchema, preferences: noticePreferencesSchema },
  strict,
);
/** A named set of users. Empty = the group is gone. */
export const noticeGroupChangedSchema = Type.Object(
  { kind: Type.Literal('notice.groupChanged'), group: groupNameSchema, userIds: users },
  strict,
);
export const noticeTemplateSchema = Type.Object(
  { zh: Type.Optional(noticeWordsSchema), en: Type.Optional(noticeWordsSchema) },
  { ...strict, minProperties: 1 },
);
export type NoticeTemplate = Static<typeof noticeTemplateSchema>;
/** Words with `{{name}}` gaps. Without `template` it is gone. */
export const noticeTemplateChangedSchema = Type.Object(
  {
    kind: Type.Literal('notice.templateChanged'),
    name: groupNameSchema,
    template: Type.Optional(noticeTemplateSchema),
  },
  strict,
);

export const noticeChangeSchemas = [
  noticeSentSchema,
  noticeScheduledSchema,
  noticeReleasedSchema,
  noticeRecalledSchema,
  noticeExpiredSchema,
  noticeReceiptsSchema,
  noticeAllReadSchema,
  noticePreferencesChangedSchema,
  noticeGroupChangedSchema,
  noticeTemplateChangedSchema,
] as const;
export type NoticeChange = Static<(typeof noticeChangeSchemas)[number]>;

export const isNoticeChange = <C extends { readonly kind: string }>(change: C): change is C & NoticeChange =>
  change.kind.startsWith('notice.');
