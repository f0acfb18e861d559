/** Replies in the words of existing Workers: what they are asked, and what they say became of it. */
import { lookUp } from '@hiscrm/shared/lib/look-up.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import type { Rejection, ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { itemKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { displayNameOf } from '../../words/account-words.ts';
import { type Fields, idOf, textOf } from '../../words/foreign-values.ts';

const DETAIL_LIMIT_CHARS = 500;

/** Codes after which nothing was sent. After any other the words may stand on the page: that is not known. */
const REJECTIONS: Readonly<Record<string, Rejection>> = {
  REPLY_BLOCKED: 'contentRefused',
  OPERATION_FAILED: 'other',
  LOGIN_EXPIRED: 'loginRequired',
  QUOTA_EXCEEDED: 'quotaExceeded',
  TARGET_NOT_FOUND: 'targetNotFound',
};

/** `master:reply:request`. Its `reply_id` is ours, so that the result finds back after any restart. */
export function replyRequestOf(
  reply: ReplyRecord,
  options: { readonly store: StoreReader; readonly workerId: string; readonly now: number },
): Readonly<Record<string, unknown>> {
  const { store } = options;
  const { topic, toItemId } = reply;
  const account = store.account(reply.accountId);
  const item = toItemId === undefined ? undefined : store.item(reply.accountId, itemKindOf(topic.kind), toItemId);
  const isPrivate = topic.kind === 'conversation';
  const record = store.topicRecord(topic);
  const peerId = record?.kind === 'conversation' ? (record.facts?.peer?.id ?? topic.id) : null;
  return {
    reply_id: reply.id,
    request_id: reply.id,
    platform: account?.platform ?? '',
    account_id: reply.accountId,
    target_type: isPrivate ? 'direct_message' : toItemId === undefined ? 'work' : 'comment',
    // A direct message is addressed to a conversation, also when it quotes a message.
    target_id: isPrivate ? topic.id : (toItemId ?? null),
    conversation_id: isPrivate ? topic.id : null,
    platform_message_id: isPrivate ? (toItemId ?? null) : null,
    reply_content: reply.text,
    assigned_worker_id: options.workerId,
    created_at: reply.requestedAt,
    submit_time: options.now,
    context: {
      reply_to_content: item?.facts.text ?? null,
      monitor_client_id: null,
      channel_name: account ? displayNameOf(account) : reply.accountId,
      video_id: isPrivate ? null : topic.id,
      user_id: peerId,
      video_content: record?.kind === 'content' && record.facts ? workObject(record.facts) : null,
      target_comment: item?.facts.kind === 'comment' ? commentObject(item.facts) : null,
    },
  };
}

const workObject = ({ id, title, description, url, coverUrl, publishedAt }: NonNullable<WorkFacts>): object => ({
  contentId: id,
  title: title ?? '',
  description: description ?? '',
  url: url ?? null,
  coverUrl: coverUrl ?? null,
  publishTime: publishedAt ?? null,
});
type WorkFacts = Extract<NonNullable<ReturnType<StoreReader['topicRecord']>>, { kind: 'content' }>['facts'];

const commentObject = ({ id, topicId, author, text, at, parentId }: CommentOf): object => ({
  commentId: id,
  contentId: topicId,
  parentCommentId: parentId ?? null,
  authorId: author?.id ?? null,
  authorName: author?.name ?? null,
  content: text,
  createdAt: at,
});
type CommentOf = Extract<NonNullable<ReturnType<StoreReader['item']>>['facts'], { kind: 'comment' }>;

/** The reply that a result is about, when it names one. */
export const repliedId = (result: Fields): ReplyId | undefined =>
  (idOf(result.reply_id) ?? idOf(result.request_id)) as ReplyId | undefined; // looked up before it is believed

/** `worker:reply:result` as a report. */
export function replyOutcomeOf(
  result: Fields,
  reply: { readonly accountId: AccountId; readonly replyId: ReplyId; readonly at: number },
): WorkerReport {
  if (result.status === 'success') {
    const itemId = idOf(result.platform_reply_id) as ItemId | undefined; // a platform id is an item's id
    return { kind: 'reply.sent', ...reply, ...(itemId !== undefined && { itemId }) };
  }
  const code = textOf(result.error_code) ?? '';
  const reason = result.status === 'blocked' ? 'contentRefused' : lookUp(REJECTIONS, code);
  const detail = [code, textOf(result.error_message)].filter(Boolean).join(': ').slice(0, DETAIL_LIMIT_CHARS);
  if (reason === undefined) return { kind: 'reply.unknown', ...reply, ...(detail && { detail }) };
  return { kind: 'reply.rejected', ...reply, reason, ...(detail && { detail }) };
}
