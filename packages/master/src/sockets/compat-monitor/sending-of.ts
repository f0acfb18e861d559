import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Rejection, ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { type Message, OWN_ID, OWN_NAME } from './message-of.ts';

const REJECTIONS: Record<Rejection, string> = {
  targetNotFound: '回复目标不存在或已删除',
  targetAmbiguous: '无法在页面上唯一确定回复目标',
  topicPrivate: '作品为私密状态，无法回复',
  topicInReview: '作品审核中，无法回复',
  repliesDisabled: '该作品或会话不允许回复',
  tooFrequent: '操作过于频繁，平台拒绝了回复',
  quotaExceeded: '回复次数已达平台上限',
  contentRefused: '平台拒绝了回复内容',
  peerRefuses: '对方拒绝接收消息',
  loginRequired: '账号未登录或登录已过期',
  challenge: '账号需要人工验证',
  notDriven: '没有 Worker 在处理该账号',
  interrupted: '发送前被中断，未发出',
  other: '回复失败',
};
const UNKNOWN = '发送结果未知：请先在平台上核对，切勿直接重发';

/** Whether the reply still stands in its topic's queue. An unknown outcome is an outcome: nobody waits for the machine. */
export const isSending = ({ state }: ReplyRecord): boolean => state.kind === 'requested' || state.kind === 'attempted';

/** A reply on its way, as existing clients draw it under the chat. */
export function sendingOf(reply: ReplyRecord): Message {
  return {
    id: reply.id,
    topicId: reply.topic.id,
    channelId: reply.accountId,
    content: reply.text,
    fromName: OWN_NAME,
    fromId: OWN_ID,
    authorAvatar: null,
    messageCategory: reply.topic.kind === 'content' ? 'comment' : 'private',
    status: 'sending',
    timestamp: reply.requestedAt,
    replyToId: reply.toItemId ?? null,
    replyToContent: null,
  };
}

/** What went wrong, for a person; undefined when nothing did. */
export function failureOf({ id, state }: ReplyRecord): Message | undefined {
  switch (state.kind) {
    case 'requested':
    case 'attempted':
    case 'sent':
      return undefined;
    case 'rejected': {
      const error = REJECTIONS[state.reason];
      return { messageId: id, status: 'failed', error: state.detail ? `${error}（${state.detail}）` : error };
    }
    case 'unknown':
      return { messageId: id, status: 'unknown', error: state.detail ? `${UNKNOWN}（${state.detail}）` : UNKNOWN };
    default:
      return unreachable(state);
  }
}
