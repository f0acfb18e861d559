/** What a system notice is: one message that an administrator or a rule sends to a set of users. */
import Type, { type Static } from 'typebox';
import { accountIdSchema, timeMsSchema, userIdSchema } from './ids.ts';

const strict = { additionalProperties: false } as const;

/** In rising order: the index is the number that programs may give instead of the name. */
export const NOTICE_PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
export type NoticePriority = (typeof NOTICE_PRIORITIES)[number];
export const noticePrioritySchema = Type.Union([
  Type.Literal('low'),
  Type.Literal('normal'),
  Type.Literal('high'),
  Type.Literal('urgent'),
]);

/** Chosen by the sender, or made; the same id is the same notice for ever. */
export const messageIdSchema = Type.String({ minLength: 1, maxLength: 120, pattern: '^[A-Za-z0-9_.:~-]+$' });
/** An open set. */
export const noticeTypeSchema = Type.String({ pattern: '^[a-z][a-z0-9_]{1,63}$' });
/** More recipients than users that one Master holds make no sense. */
export const RECIPIENTS_LIMIT_COUNT = 100_000;
export const groupNameSchema = Type.String({ minLength: 1, maxLength: 60, pattern: '^[^\\s/]+$' });
const users = Type.Array(userIdSchema, { maxItems: RECIPIENTS_LIMIT_COUNT });
const excludeUserIds = Type.Optional(users);

/** Resolved to users at the moment of sending. `readers` are those who may see an account: what rules send to. */
export const noticeTargetSchema = Type.Union([
  Type.Object({ kind: Type.Literal('all'), excludeUserIds }, strict),
  Type.Object({ kind: Type.Literal('admins'), excludeUserIds }, strict),
  Type.Object({ kind: Type.Literal('role'), role: Type.String({ maxLength: 40 }), excludeUserIds }, strict),
  Type.Object({ kind: Type.Literal('group'), group: groupNameSchema, excludeUserIds }, strict),
  Type.Object({ kind: Type.Literal('users'), userIds: users, excludeUserIds }, strict),
  Type.Object({ kind: Type.Literal('readers'), accountId: accountIdSchema, excludeUserIds }, strict),
]);
export type NoticeTarget = Static<typeof noticeTargetSchema>;

export const NOTICE_CONTENT_LIMIT_CHARS = 10_000;
export const NOTICE_TITLE_LIMIT_CHARS = 200;
export const noticeTitleSchema = Type.String({ maxLength: NOTICE_TITLE_LIMIT_CHARS });
export const noticeContentSchema = Type.String({ minLength: 1, maxLength: NOTICE_CONTENT_LIMIT_CHARS });

/** The same words for users who read the other language. */
export const noticeWordsSchema = Type.Object(
  { title: Type.Optional(noticeTitleSchema), content: noticeContentSchema },
  strict,
);
export type NoticeWords = Static<typeof noticeWordsSchema>;

/** What happens while somebody has not confirmed. Times are counted from the sending. */
export const confirmPlanSchema = Type.Object(
  {
    /** A reminder goes to whoever has not confirmed, this often, at most `repeatCount` times. */
    repeatEveryMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 30 * 24 * 3_600_000 })),
    repeatCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    /** After this long the deputy is told who has not confirmed. */
    escalateAfterMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 90 * 24 * 3_600_000 })),
    deputyUserId: Type.Optional(userIdSchema),
  },
  strict,
);
export type ConfirmPlan = Static<typeof confirmPlanSchema>;

export const noticeSchema = Type.Object(
  {
    messageId: messageIdSchema,
    type: noticeTypeSchema,
    title: Type.Optional(noticeTitleSchema),
    content: noticeContentSchema,
    /** The words in Chinese and English, where they differ from the ones above. */
    words: Type.Optional(
      Type.Object({ zh: Type.Optional(noticeWordsSchema), en: Type.Optional(noticeWordsSchema) }, strict),
    ),
    /** Anything the sender's clients understand; at most NOTICE_DATA_LIMIT_BYTES as JSON. */
    data: Type.Optional(Type.Unknown()),
    priority: noticePrioritySchema,
    target: noticeTargetSchema,
    needConfirm: Type.Boolean(),
    confirmPlan: Type.Optional(confirmPlanSchema),
    expiresAt: Type.Optional(timeMsSchema),
    /** An earlier notice that this one takes the place of. */
    supersedes: Type.Optional(messageIdSchema),
    senderId: userIdSchema,
    /** The sender's own key for this request, and a digest of the request: a retry is told from a reuse. */
    key: Type.Optional(Type.String({ maxLength: 200 })),
    digest: Type.String({ maxLength: 100 }),
  },
  strict,
);
export type Notice = Static<typeof noticeSchema>;

/** The largest `data`, so that a notice fits many times into what one socket may have queued. */
export const NOTICE_DATA_LIMIT_BYTES = 16 * 1024;

/** The number by which receive records know a user. Given with the first notice, for ever. */
export const userNoSchema = Type.Integer({ minimum: 1 });
const username = Type.String({ maxLength: 100 });

/**
 * Who gets a notice, as columns: one row of the log makes ten thousand receive records durable. The n-th user has the n-th
 * letter of `roles` (`v`, `o`, `a`) and the n-th of `online` (`1` = had a connection at that moment).
 */
export const noticeRecipientsSchema = Type.Object(
  {
    /** Ascending, in runs of numbers that follow each other: the first one of a run, how many there are, the next run. */
    userRuns: Type.Optional(Type.Array(userNoSchema, { maxItems: 2 * RECIPIENTS_LIMIT_COUNT })),
    /** Rows written before there were runs have each number instead. */
    userNos: Type.Optional(Type.Array(userNoSchema, { maxItems: RECIPIENTS_LIMIT_COUNT })),
    /** Recipients whose number, or new name, is written down for the first time. */
    newcomers: Type.Optional(Type.Array(Type.Tuple([userNoSchema, userIdSchema, username]))),
    /** Rows written before users had numbers there have these instead: the n-th user has the n-th name. */
    userIds: Type.Optional(users),
    usernames: Type.Optional(Type.Array(username, { maxItems: RECIPIENTS_LIMIT_COUNT })),
    roles: Type.String({ maxLength: RECIPIENTS_LIMIT_COUNT }),
    online: Type.String({ maxLength: RECIPIENTS_LIMIT_COUNT }),
    /** Recipients, by place, who get it later (quiet hours, digest), and when (ms UTC). */
    held: Type.Optional(Type.Array(Type.Tuple([Type.Integer({ minimum: 0 }), timeMsSchema]))),
  },
  strict,
);
export type NoticeRecipients = Static<typeof noticeRecipientsSchema>;

/** The contract's default type. */
export const DEFAULT_NOTICE_TYPE = 'system_notice';
