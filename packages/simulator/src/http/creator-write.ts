import type { FaultArgs, FaultKind } from '../faults/fault.ts';
import { replyAcceptedCreator, replyAcceptedWww } from '../serialise/comment.ts';
import { errorBody } from '../serialise/envelope.ts';
import { type SendVerdict, sendResult } from '../serialise/send-result.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Comment } from '../world/comment.ts';
import type { Work } from '../world/model.ts';
import { type ApiCall, type ApiResult, type ApiRoute, answer } from './api-route.ts';
import type { PushHub } from './push-hub.ts';
import type { Site } from './site.ts';

type Refusal = { code: number; message: string };

/** 15421 was captured; 8 and 2190 are reported; the other codes are made up, and stand for "an unknown refusal". */
const REFUSALS = {
  reply_private: { code: 15421, message: '私密作品无法评论' },
  reply_rate: { code: 8, message: '操作过于频繁，请稍后再试' },
  reply_review: { code: 2190, message: '作品审核中，暂时无法评论' },
  reply_disabled: { code: 15422, message: '作者已关闭评论功能' },
  deleted_comment: { code: 15430, message: '该评论已被删除' },
} as const satisfies { readonly [kind in FaultKind]?: Refusal };
const REFUSAL_KINDS = ['reply_private', 'reply_rate', 'reply_review', 'reply_disabled', 'deleted_comment'] as const;
const MAX_TEXT_CHARS = 500;

/** H in both forms, and the other accepted actions on comments. */
export function creatorWriteRoutes(site: Site, hub: PushHub): ApiRoute[] {
  return [
    {
      method: 'POST',
      path: '/aweme/v1/creator/comment/reply/',
      handle: (call) => postReply(site, hub, call, 'creator_v1'),
    },
    { method: 'POST', path: '/aweme/v1/web/comment/publish/', handle: (call) => postReply(site, hub, call, 'publish') },
    { method: 'POST', path: '/aweme/v1/creator/comment/digg/', handle: (call) => likeComment(site, call) },
    { method: 'POST', path: '/aweme/v1/creator/comment/delete/', handle: (call) => deleteComment(site, call) },
    { method: 'POST', path: '/__sim_page/im/send', handle: (call) => sendMessage(site, hub, call) },
  ];
}

function textField(call: ApiCall, ...names: string[]): string {
  for (const name of names) {
    const value = call.body[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

function naturalRefusal(work: Work | undefined, target: Comment | undefined, cid: string): Refusal | undefined {
  if (!work || work.flags.isDeleted) return { code: 5, message: '作品不存在' };
  if (work.flags.isPrivate) return REFUSALS.reply_private;
  if (work.flags.isInReview) return REFUSALS.reply_review;
  if (!work.flags.isCommentAllowed) return REFUSALS.reply_disabled;
  if (cid !== '' && !target) return REFUSALS.deleted_comment;
  return undefined;
}

function orderedRefusal(call: ApiCall): Refusal | undefined {
  const fault = call.fault(REFUSAL_KINDS);
  const kind = REFUSAL_KINDS.find((name) => name === fault?.kind);
  if (!fault || !kind) return undefined;
  return { code: fault.args.code ?? REFUSALS[kind].code, message: REFUSALS[kind].message };
}

function postReply(site: Site, hub: PushHub, call: ApiCall, form: 'creator_v1' | 'publish'): ApiResult {
  const workId = site.encryptedIds.plain(textField(call, 'item_id', 'aweme_id')) ?? '';
  const cid = site.encryptedIds.plain(textField(call, 'comment_Id', 'comment_id', 'reply_id')) ?? '';
  const text = textField(call, 'text');
  const work = call.account.work(workId);
  const target = cid === '' ? undefined : work?.comments.find(cid);
  const entry = { kind: 'comment_reply', account: call.account.key, text, target: { work: workId, comment: cid } };
  const refusal = orderedRefusal(call) ?? naturalRefusal(work, target, cid) ?? badText(text);
  if (refusal || !work) {
    const { code, message } = refusal ?? { code: 5, message: '作品不存在' };
    site.log.add({ ...entry, result: 'refused', code });
    return answer(errorBody(code, message, site.stamp()));
  }
  const isDropped = call.fault(['reply_silent_drop']) !== undefined;
  const comment = addReply(site, call.account, work, target, text);
  if (isDropped) work.comments.remove(comment.cid);
  site.log.add({ ...entry, result: isDropped ? 'silent_drop' : 'accepted', ids: { cid: comment.cid } });
  const lost = ambiguous(hub, call);
  if (lost) return lost;
  const encrypt = (id: string): string => site.encryptedIds.encrypt(id, call.session.id);
  if (form === 'creator_v1') return answer(replyAcceptedCreator(comment, encrypt, site.media, site.stamp()));
  return answer(
    replyAcceptedWww(comment, { work, authorUid: call.account.uid, media: site.media, previewCount: 0 }, site.stamp()),
  );
}

function badText(text: string): Refusal | undefined {
  if (text.trim() === '') return { code: 5, message: '评论内容不能为空' };
  return [...text].length > MAX_TEXT_CHARS ? { code: 5, message: '评论内容过长' } : undefined;
}

/** An answer to a level-2 comment hangs under the same parent and names the one it answers. */
function addReply(site: Site, account: AccountWorld, work: Work, target: Comment | undefined, text: string): Comment {
  const parent = target && target.level === 2 ? work.comments.find(target.replyId) : target;
  const replyTo = target?.level === 2 ? target : undefined;
  return site.world.addComment(account, { work, author: account.brand, text, parent, replyTo });
}

/** The action was done, but its answer never arrives. */
function ambiguous(hub: PushHub, call: ApiCall): ApiResult | undefined {
  const fault = call.fault(['reply_ambiguous']);
  if (!fault) return undefined;
  const mode: FaultArgs['mode'] = fault.args.mode ?? 'no_response';
  if (mode === 'cut') return { kind: 'cut' };
  if (mode === 'reload') hub.send(call.account.uid, { kind: 'reload' });
  return { kind: 'hang' };
}

function findComment(call: ApiCall, cid: string): { work: Work; comment: Comment } | undefined {
  const work = call.account.work(textField(call, 'item_id', 'aweme_id'));
  const comment = work?.comments.find(cid);
  return work && comment ? { work, comment } : undefined;
}

function likeComment(site: Site, call: ApiCall): ApiResult {
  const cid = textField(call, 'comment_id');
  const found = findComment(call, cid);
  if (!found) return answer(errorBody(REFUSALS.deleted_comment.code, REFUSALS.deleted_comment.message, site.stamp()));
  found.comment.isDigged = !found.comment.isDigged;
  found.comment.diggCount += found.comment.isDigged ? 1 : -1;
  site.log.add({
    kind: 'comment_like',
    account: call.account.key,
    result: 'accepted',
    target: { work: found.work.awemeId, comment: cid },
  });
  return answer({ status_code: 0, status_msg: '', extra: { now: site.clock.nowMs() } });
}

function deleteComment(site: Site, call: ApiCall): ApiResult {
  const cid = textField(call, 'comment_id');
  const found = findComment(call, cid);
  const isOwn = found?.comment.author.uid === call.account.uid;
  site.log.add({
    kind: 'comment_delete',
    account: call.account.key,
    result: isOwn ? 'accepted' : 'refused',
    target: { comment: cid },
  });
  if (!found || !isOwn) return answer(errorBody(5, '无法删除该评论', site.stamp()));
  found.work.comments.remove(cid);
  return answer({ status_code: 0, status_msg: '', extra: { now: site.clock.nowMs() } });
}

function verdictOf(call: ApiCall): SendVerdict {
  const fault = call.fault(['dm_audit', 'dm_not_friend', 'dm_touch_limit']);
  switch (fault?.kind) {
    case 'dm_audit':
      return fault.args.code === 10502 ? 'under_review' : 'content_rejected';
    case 'dm_not_friend':
      return 'not_friends';
    case 'dm_touch_limit':
      return 'touch_limit';
    default:
      return 'delivered';
  }
}

function sendMessage(site: Site, hub: PushHub, call: ApiCall): ApiResult {
  const conversationId = textField(call, 'conversationId');
  const clientId = textField(call, 'clientMessageId');
  const text = textField(call, 'text');
  const conversation = call.account.conversation(conversationId);
  const entry = { kind: 'dm_send', account: call.account.key, text, target: { conversation: conversationId } };
  const verdict = verdictOf(call);
  if (!conversation || text.trim() === '' || (verdict !== 'delivered' && verdict !== 'under_review')) {
    site.log.add({ ...entry, result: 'refused' });
    return answer(
      sendResult(
        conversation ? (verdict === 'delivered' ? 'content_rejected' : verdict) : 'not_friends',
        '0',
        clientId,
      ),
    );
  }
  const isDropped = call.fault(['reply_silent_drop']) !== undefined;
  const message = isDropped
    ? undefined
    : site.world.addMessage(call.account, { conversation, sender: call.account.brand, text, clientId });
  const serverId = message?.serverId ?? site.world.ids.next(site.clock.nowMs());
  site.log.add({ ...entry, result: isDropped ? 'silent_drop' : 'accepted', ids: { serverId } });
  return ambiguous(hub, call) ?? answer(sendResult(verdict, serverId, clientId));
}
