/**
 * An answer that an operator asked for. A reply is never sent twice by the machine (P4): the attempt is kept before the
 * click, and what happened after it is `sent`, `rejected` or `unknown`. Only the page read again, or a person, settles
 * an unknown one.
 */
import Type from 'typebox';
import { unreachable } from '../lib/must.ts';
import {
  type AccountId,
  accountIdSchema,
  type ItemId,
  itemIdSchema,
  type ReplyId,
  replyIdSchema,
  timeMsSchema,
  type UserId,
  userIdSchema,
} from './ids.ts';
import { type TopicRef, topicRefSchema } from './topic-ref.ts';

const strict = { additionalProperties: false } as const;

/** The longest text one reply may have. Platforms allow less; they say so themselves. */
export const REPLY_TEXT_LIMIT_CHARS = 2_000;

/** Why a platform or a Worker refused, in words that do not belong to one platform. */
export const rejectionSchema = Type.Union([
  Type.Literal('targetNotFound'),
  Type.Literal('targetAmbiguous'),
  Type.Literal('topicPrivate'),
  Type.Literal('topicInReview'),
  Type.Literal('repliesDisabled'),
  Type.Literal('tooFrequent'),
  Type.Literal('quotaExceeded'),
  Type.Literal('contentRefused'),
  Type.Literal('peerRefuses'),
  Type.Literal('loginRequired'),
  Type.Literal('challenge'),
  Type.Literal('notDriven'),
  Type.Literal('interrupted'),
  Type.Literal('other'),
]);
export type Rejection = Type.Static<typeof rejectionSchema>;

export const settledBySchema = Type.Union([Type.Literal('page'), Type.Literal('person')]);

export const replyRequestSchema = Type.Object(
  {
    id: replyIdSchema,
    topic: topicRefSchema,
    /** The comment or message answered; absent = a comment on the work itself, or a plain message. */
    toItemId: Type.Optional(itemIdSchema),
    text: Type.String({ minLength: 1, maxLength: REPLY_TEXT_LIMIT_CHARS }),
    byUserId: userIdSchema,
    /** The client's idempotency key: the same key never makes a second reply. */
    key: Type.String({ minLength: 8, maxLength: 100 }),
    requestedAt: timeMsSchema,
  },
  strict,
);
export type ReplyRequest = Type.Static<typeof replyRequestSchema>;

const base = { accountId: accountIdSchema, replyId: replyIdSchema, at: timeMsSchema };
const detail = Type.Optional(Type.String({ maxLength: 500 }));

export const replyAttemptedSchema = Type.Object({ kind: Type.Literal('reply.attempted'), ...base }, strict);
export const replySentSchema = Type.Object(
  {
    kind: Type.Literal('reply.sent'),
    ...base,
    itemId: Type.Optional(itemIdSchema),
    settledBy: Type.Optional(settledBySchema),
    byUserId: Type.Optional(userIdSchema),
  },
  strict,
);
export const replyRejectedSchema = Type.Object(
  {
    kind: Type.Literal('reply.rejected'),
    ...base,
    reason: rejectionSchema,
    /** The platform's own code and words, for people. */
    detail,
    settledBy: Type.Optional(settledBySchema),
    byUserId: Type.Optional(userIdSchema),
  },
  strict,
);
export const replyUnknownSchema = Type.Object({ kind: Type.Literal('reply.unknown'), ...base, detail }, strict);

/** What a Worker may report about a reply. */
export const replyOutcomeSchema = Type.Union([
  replyAttemptedSchema,
  replySentSchema,
  replyRejectedSchema,
  replyUnknownSchema,
]);
export type ReplyOutcome = Type.Static<typeof replyOutcomeSchema>;

export type ReplyState =
  | { readonly kind: 'requested' }
  | { readonly kind: 'attempted'; readonly at: number }
  | { readonly kind: 'sent'; readonly at: number; readonly itemId?: ItemId; readonly settledBy?: 'page' | 'person' }
  | {
      readonly kind: 'rejected';
      readonly at: number;
      readonly reason: Rejection;
      readonly detail?: string;
      readonly settledBy?: 'page' | 'person';
    }
  | { readonly kind: 'unknown'; readonly at: number; readonly detail?: string };

export type ReplyRecord = {
  readonly id: ReplyId;
  readonly accountId: AccountId;
  readonly topic: TopicRef;
  readonly toItemId?: ItemId;
  readonly text: string;
  readonly byUserId: UserId;
  readonly key: string;
  readonly requestedAt: number;
  readonly state: ReplyState;
};

/**
 * Which report moves which state; `same` means that the report adds nothing and is acknowledged without being stored.
 * `sent` is final. A rejection can still turn out to have been sent when the page shows the text: the page is right.
 */
export const REPLY_TABLE: Record<ReplyState['kind'], Record<ReplyOutcome['kind'], ReplyState['kind'] | 'same'>> = {
  requested: {
    'reply.attempted': 'attempted',
    'reply.sent': 'sent',
    'reply.rejected': 'rejected',
    'reply.unknown': 'unknown',
  },
  attempted: {
    'reply.attempted': 'same',
    'reply.sent': 'sent',
    'reply.rejected': 'rejected',
    'reply.unknown': 'unknown',
  },
  unknown: { 'reply.attempted': 'same', 'reply.sent': 'sent', 'reply.rejected': 'rejected', 'reply.unknown': 'same' },
  rejected: { 'reply.attempted': 'same', 'reply.sent': 'sent', 'reply.rejected': 'same', 'reply.unknown': 'same' },
  sent: { 'reply.attempted': 'same', 'reply.sent': 'same', 'reply.rejected': 'same', 'reply.unknown': 'same' },
};

/** The state after a report, or the same object when the report adds nothing. */
export function nextReplyState(state: ReplyState, outcome: ReplyOutcome): ReplyState {
  if (REPLY_TABLE[state.kind][outcome.kind] === 'same') return state;
  switch (outcome.kind) {
    case 'reply.attempted':
      return { kind: 'attempted', at: outcome.at };
    case 'reply.sent':
      return {
        kind: 'sent',
        at: outcome.at,
        ...(outcome.itemId && { itemId: outcome.itemId }),
        ...(outcome.settledBy && { settledBy: outcome.settledBy }),
      };
    case 'reply.rejected':
      return {
        kind: 'rejected',
        at: outcome.at,
        reason: outcome.reason,
        ...(outcome.detail && { detail: outcome.detail }),
        ...(outcome.settledBy && { settledBy: outcome.settledBy }),
      };
    case 'reply.unknown':
      return { kind: 'unknown', at: outcome.at, ...(outcome.detail && { detail: outcome.detail }) };
    default:
      return unreachable(outcome);
  }
}

/** Whether somebody still has to do something: the machine for the first two, the page or a person for the third. */
export const isOpenReply = (reply: ReplyRecord): boolean =>
  reply.state.kind === 'requested' || reply.state.kind === 'attempted' || reply.state.kind === 'unknown';
