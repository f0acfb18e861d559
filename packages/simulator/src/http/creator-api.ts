import { PAGING_FAULTS, pageOf } from '../faults/paging.ts';
import { type CommentContext, commentListBody } from '../serialise/comment.ts';
import { errorBody } from '../serialise/envelope.ts';
import { accountInfo, imUserDetail } from '../serialise/user.ts';
import { itemListBody, pickerListBody, workListBody } from '../serialise/work-lists.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Comment } from '../world/comment.ts';
import type { Work } from '../world/model.ts';
import { type ApiCall, type ApiResult, type ApiRoute, answer } from './api-route.ts';
import type { Site } from './site.ts';

/** The server caps what a page may ask for. */
const MAX_ROWS = 20;
/** Replies shown under a comment before it is opened. */
const PREVIEW_REPLIES = 1;

const COMMENT_READ = '/web/api/third_party/aweme/api/comment/read/aweme/v1/web/comment/list';

/** K, A, A2, B, E, F and I of creator.douyin.com. */
export function creatorReadRoutes(site: Site): ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/web/api/media/user/info/',
      handle: ({ account }) => answer(accountInfo(account, site.media, site.stamp())),
    },
    { method: 'GET', path: '/janus/douyin/creator/pc/work_list', handle: (call) => workList(site, call) },
    { method: 'GET', path: '/web/api/creator/item/list', handle: (call) => itemList(site, call) },
    { method: 'GET', path: '/aweme/v1/creator/item/list/', handle: (call) => pickerList(site, call) },
    { method: 'GET', path: `${COMMENT_READ}/select/`, handle: (call) => commentList(site, call) },
    { method: 'GET', path: `${COMMENT_READ}/reply/`, handle: (call) => replyList(site, call) },
    { method: 'POST', path: '/aweme/v1/creator/im/user_detail/', handle: (call) => userDetails(site, call) },
  ];
}

function intParam(call: ApiCall, name: string, fallback: number, max: number): number {
  const value = Number(call.query.get(name) ?? fallback);
  return Number.isSafeInteger(value) && value >= 0 ? Math.min(value, max) : fallback;
}

function listedWorks(account: AccountWorld): Work[] {
  return account.works().filter((work) => !work.flags.isDeleted);
}

function worksPage(call: ApiCall): { works: Work[]; cursor: number; hasMore: boolean; total: number } {
  const all = listedWorks(call.account);
  const offset = intParam(call, 'max_cursor', 0, Number.MAX_SAFE_INTEGER);
  const page = pageOf(all, offset, intParam(call, 'count', 12, MAX_ROWS) || 12, call.fault(PAGING_FAULTS));
  return { works: page.rows, cursor: page.cursor, hasMore: page.hasMore, total: all.length };
}

function workList(site: Site, call: ApiCall): ApiResult {
  return answer(workListBody(call.account, worksPage(call), site.media, site.stamp()));
}

function itemList(site: Site, call: ApiCall): ApiResult {
  return answer(itemListBody(call.account, worksPage(call), site.media, site.stamp()));
}

/** The cursor of this list is the time of its last row; private works and works in review are not offered. */
function pickerList(site: Site, call: ApiCall): ApiResult {
  const all = listedWorks(call.account).filter((work) => !work.flags.isPrivate && !work.flags.isInReview);
  const before = call.query.get('cursor') || undefined;
  const offset = before === undefined ? 0 : all.filter((work) => work.createdMs >= Number(before)).length;
  const page = pageOf(all, offset, MAX_ROWS, call.fault(PAGING_FAULTS));
  const cursor = page.cursor === offset ? (before ?? '0') : String(all[page.cursor - 1]?.createdMs ?? 0);
  const salt = call.session.id;
  return answer(
    pickerListBody(
      call.account,
      { works: page.rows, cursor, hasMore: page.hasMore, total: all.length },
      (awemeId) => site.encryptedIds.encrypt(awemeId, salt),
      site.media,
      site.stamp(),
    ),
  );
}

function contextOf(site: Site, account: AccountWorld, work: Work): CommentContext {
  return { work, authorUid: account.uid, media: site.media, previewCount: PREVIEW_REPLIES };
}

function workOf(site: Site, call: ApiCall, name: string): Work | undefined {
  const id = site.encryptedIds.plain(call.query.get(name) ?? '');
  const work = id === undefined ? undefined : call.account.work(id);
  return work && !work.flags.isDeleted ? work : undefined;
}

function isUnanswered(comment: Comment, work: Work, authorUid: string): boolean {
  return (
    comment.author.uid !== authorUid &&
    !work.comments.replies(comment.cid).some((reply) => reply.author.uid === authorUid)
  );
}

function commentList(site: Site, call: ApiCall): ApiResult {
  const work = workOf(site, call, 'aweme_id');
  if (!work) return answer(errorBody(5, '作品不存在', site.stamp()));
  const isFiltered = call.query.get('comment_select_options') === 'not_replied';
  const all = work.comments.top().filter((comment) => !isFiltered || isUnanswered(comment, work, call.account.uid));
  return commentPage(site, call, work, all, work.comments.count);
}

function replyList(site: Site, call: ApiCall): ApiResult {
  const work = workOf(site, call, 'item_id');
  if (!work) return answer(errorBody(5, '作品不存在', site.stamp()));
  const parent = site.encryptedIds.plain(call.query.get('comment_id') ?? '') ?? '';
  const all = work.comments.replies(parent);
  return commentPage(site, call, work, all, all.length);
}

function commentPage(site: Site, call: ApiCall, work: Work, all: readonly Comment[], total: number): ApiResult {
  const gone = call.fault(['deleted_comment'])?.args.cid;
  const visible = gone === undefined ? all : all.filter((comment) => comment.cid !== gone);
  const count = intParam(call, 'count', 10, MAX_ROWS) || 10;
  const page = pageOf(visible, intParam(call, 'cursor', 0, Number.MAX_SAFE_INTEGER), count, call.fault(PAGING_FAULTS));
  const body = { comments: page.rows, cursor: page.cursor, hasMore: page.hasMore, total };
  return answer(commentListBody(body, contextOf(site, call.account, work), site.stamp()));
}

function userDetails(site: Site, call: ApiCall): ApiResult {
  const wanted = new Set(Array.isArray(call.body.sec_user_ids) ? call.body.sec_user_ids : []);
  const people = [...call.account.people.all()].filter((person) => wanted.has(person.secUid));
  return answer(imUserDetail(people, site.media, site.stamp()));
}
