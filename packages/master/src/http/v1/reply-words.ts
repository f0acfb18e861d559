/** Replies in the words of the deployed system. Times are ms. */
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Rejection, ReplyRecord } from '@hiscrm/shared/model/reply.ts';

/** A request id of this API as an idempotency key; apart from the keys that other surfaces make. */
const KEY_PREFIX = 'request:';

export const keyOf = (requestId: string): string => KEY_PREFIX + requestId;
export const requestIdOf = ({ key }: ReplyRecord): string =>
  key.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : key;

/** `unknown` is not in the deployed system: nobody knows whether it was sent, and sending it again might send it twice. */
export type ReplyStatus = 'pending' | 'executing' | 'success' | 'failed' | 'unknown';

export function replyStatusOf({ state }: ReplyRecord): ReplyStatus {
  switch (state.kind) {
    case 'requested':
      return 'pending';
    case 'attempted':
      return 'executing';
    case 'sent':
      return 'success';
    case 'rejected':
      return 'failed';
    case 'unknown':
      return 'unknown';
    default:
      return unreachable(state);
  }
}

const CODES: Readonly<Record<Rejection, string>> = {
  targetNotFound: 'TARGET_NOT_FOUND',
  targetAmbiguous: 'TARGET_NOT_FOUND',
  topicPrivate: 'REPLY_BLOCKED',
  topicInReview: 'REPLY_BLOCKED',
  repliesDisabled: 'REPLY_BLOCKED',
  tooFrequent: 'QUOTA_EXCEEDED',
  quotaExceeded: 'QUOTA_EXCEEDED',
  contentRefused: 'REPLY_BLOCKED',
  peerRefuses: 'REPLY_BLOCKED',
  loginRequired: 'LOGIN_EXPIRED',
  challenge: 'LOGIN_EXPIRED',
  notDriven: 'NO_WORKER_ASSIGNED',
  interrupted: 'OPERATION_FAILED',
  other: 'UNKNOWN_ERROR',
};

const UNKNOWN_TEXT = 'Nobody knows whether this reply was sent. It is not sent again; the page or a person will tell.';

/** What became of a reply; null twice while nothing went wrong. */
export function replyErrorOf({ state }: ReplyRecord): {
  readonly error_code: string | null;
  readonly error_message: string | null;
} {
  if (state.kind === 'rejected')
    return { error_code: CODES[state.reason], error_message: state.detail ?? state.reason };
  if (state.kind === 'unknown') return { error_code: 'OUTCOME_UNKNOWN', error_message: state.detail ?? UNKNOWN_TEXT };
  return { error_code: null, error_message: null };
}

/** One reply as `GET /replies/:id` shows it. */
export function replyJson(reply: ReplyRecord) {
  const { state } = reply;
  const at = 'at' in state ? state.at : null;
  const isEnded = state.kind !== 'requested' && state.kind !== 'attempted';
  return {
    reply_id: reply.id,
    request_id: requestIdOf(reply),
    account_id: reply.accountId,
    target_type: reply.topic.kind === 'conversation' ? 'direct_message' : reply.toItemId ? 'comment' : 'work',
    target_id: reply.toItemId ?? reply.topic.id,
    reply_content: reply.text,
    status: replyStatusOf(reply),
    created_at: reply.requestedAt,
    updated_at: at ?? reply.requestedAt,
    executed_at: isEnded ? at : null,
    ...replyErrorOf(reply),
    platform_reply_id: state.kind === 'sent' ? (state.itemId ?? null) : null,
    submitted_count: 1,
  };
}
