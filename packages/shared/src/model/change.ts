/**
 * Every fact that the log can hold. A kind never changes its meaning: a new meaning is a new kind. What is not in this
 * union cannot be stored, and a kind that the fold does not know does not compile.
 */
import Type from 'typebox';
import {
  commentFactsSchema,
  contentFactsSchema,
  conversationFactsSchema,
  messageFactsSchema,
  profileFactsSchema,
} from './facts.ts';
import {
  accountIdSchema,
  itemIdSchema,
  type Seq,
  seqSchema,
  timeMsSchema,
  userIdSchema,
  workerIdSchema,
} from './ids.ts';
import { noticeChangeSchemas } from './notice-change.ts';
import {
  replyAttemptedSchema,
  replyRejectedSchema,
  replyRequestSchema,
  replySentSchema,
  replyUnknownSchema,
} from './reply.ts';
import { sessionSchema } from './session.ts';
import { itemKindSchema, topicRefSchema } from './topic-ref.ts';

const strict = { additionalProperties: false } as const;
const ofAccount = { accountId: accountIdSchema };

/** The operator's own name for an account. */
export const accountNameSchema = Type.String({ minLength: 1, maxLength: 50 });
export const platformSchema = Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-z][a-z0-9-]*$' });

export const accountAddedSchema = Type.Object(
  {
    kind: Type.Literal('account.added'),
    ...ofAccount,
    platform: platformSchema,
    name: accountNameSchema,
    at: timeMsSchema,
    byUserId: Type.Optional(userIdSchema),
  },
  strict,
);
export const accountChangedSchema = Type.Object(
  {
    kind: Type.Literal('account.changed'),
    ...ofAccount,
    name: Type.Optional(accountNameSchema),
    isPaused: Type.Optional(Type.Boolean()),
    byUserId: Type.Optional(userIdSchema),
  },
  strict,
);
export const accountRemovedSchema = Type.Object(
  { kind: Type.Literal('account.removed'), ...ofAccount, byUserId: Type.Optional(userIdSchema) },
  strict,
);
export const accountProfileSchema = Type.Object(
  { kind: Type.Literal('account.profile'), ...ofAccount, facts: profileFactsSchema },
  strict,
);
export const accountSessionSchema = Type.Object(
  { kind: Type.Literal('account.session'), ...ofAccount, session: sessionSchema },
  strict,
);
/** Which Worker drives the account. The token only grows: a write that carries an older one is refused. */
export const accountLeasedSchema = Type.Object(
  {
    kind: Type.Literal('account.leased'),
    ...ofAccount,
    workerId: Type.Union([workerIdSchema, Type.Null()]),
    token: Type.Integer({ minimum: 1 }),
  },
  strict,
);
/** A reconciling sync came to its end. Logged at most once a minute an account. */
export const accountSyncedSchema = Type.Object(
  { kind: Type.Literal('account.synced'), ...ofAccount, at: timeMsSchema },
  strict,
);
export const contentObservedSchema = Type.Object(
  { kind: Type.Literal('content.observed'), ...ofAccount, facts: contentFactsSchema },
  strict,
);
export const conversationObservedSchema = Type.Object(
  { kind: Type.Literal('conversation.observed'), ...ofAccount, facts: conversationFactsSchema },
  strict,
);
export const commentObservedSchema = Type.Object(
  { kind: Type.Literal('comment.observed'), ...ofAccount, facts: commentFactsSchema },
  strict,
);
export const messageObservedSchema = Type.Object(
  { kind: Type.Literal('message.observed'), ...ofAccount, facts: messageFactsSchema },
  strict,
);
/** The operator has seen everything in the topic that arrived up to this place in the log. */
export const topicReadSchema = Type.Object(
  {
    kind: Type.Literal('topic.read'),
    ...ofAccount,
    topic: topicRefSchema,
    upToSeq: seqSchema,
    at: timeMsSchema,
    byUserId: userIdSchema,
  },
  strict,
);
/**
 * What the operator decided about the topic, for everybody: absent leaves as it was. A hidden topic shows again with the next
 * item that arrives in it.
 */
export const topicMarkedSchema = Type.Object(
  {
    kind: Type.Literal('topic.marked'),
    ...ofAccount,
    topic: topicRefSchema,
    isPinned: Type.Optional(Type.Boolean()),
    isMuted: Type.Optional(Type.Boolean()),
    isHidden: Type.Optional(Type.Boolean()),
    at: timeMsSchema,
    byUserId: userIdSchema,
  },
  strict,
);
/** The operator has seen these items. */
export const itemsReadSchema = Type.Object(
  {
    kind: Type.Literal('items.read'),
    ...ofAccount,
    itemKind: itemKindSchema,
    ids: Type.Array(itemIdSchema, { minItems: 1, maxItems: 1_000 }),
    at: timeMsSchema,
    byUserId: userIdSchema,
  },
  strict,
);
export const replyRequestedSchema = Type.Object(
  { kind: Type.Literal('reply.requested'), ...ofAccount, reply: replyRequestSchema },
  strict,
);
export const workerChangedSchema = Type.Object(
  {
    kind: Type.Literal('worker.changed'),
    workerId: workerIdSchema,
    name: Type.String({ maxLength: 100 }),
    isOnline: Type.Boolean(),
    version: Type.Optional(Type.String({ maxLength: 40 })),
    platforms: Type.Array(platformSchema, { maxItems: 20 }),
    maxAccounts: Type.Integer({ minimum: 0, maximum: 1_000 }),
    at: timeMsSchema,
  },
  strict,
);

/** What a Worker may report through its link; the rest is the Master's to write. */
export const workerReportSchema = Type.Union([
  accountProfileSchema,
  accountSessionSchema,
  contentObservedSchema,
  conversationObservedSchema,
  commentObservedSchema,
  messageObservedSchema,
  replyAttemptedSchema,
  replySentSchema,
  replyRejectedSchema,
  replyUnknownSchema,
]);
export type WorkerReport = Type.Static<typeof workerReportSchema>;

export const changeSchema = Type.Union([
  accountAddedSchema,
  accountChangedSchema,
  accountRemovedSchema,
  accountProfileSchema,
  accountSessionSchema,
  accountLeasedSchema,
  accountSyncedSchema,
  contentObservedSchema,
  conversationObservedSchema,
  commentObservedSchema,
  messageObservedSchema,
  topicReadSchema,
  topicMarkedSchema,
  itemsReadSchema,
  replyRequestedSchema,
  replyAttemptedSchema,
  replySentSchema,
  replyRejectedSchema,
  replyUnknownSchema,
  workerChangedSchema,
  ...noticeChangeSchemas,
]);
export type Change = Type.Static<typeof changeSchema>;
export type ChangeKind = Change['kind'];
export type ChangeOf<K extends ChangeKind> = Extract<Change, { kind: K }>;

/** A change with its place in the log and the moment it was made durable. */
export type LoggedChange = { readonly seq: Seq; readonly at: number; readonly change: Change };
