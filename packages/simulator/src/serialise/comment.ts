import type { JsonObject } from '../lib/encode-json.ts';
import type { Comment } from '../world/comment.ts';
import type { Work } from '../world/model.ts';
import { logId, type Stamp } from './envelope.ts';
import type { MediaUrls } from './media-url.ts';
import { userObject } from './user.ts';

/** The work's author is labelled 作者 in every comment list. */
function authorLabel(comment: Comment, authorUid: string): JsonObject {
  const isAuthor = comment.author.uid === authorUid;
  return {
    label_text: isAuthor ? '作者' : '',
    label_type: isAuthor ? 1 : -1,
    label_list: isAuthor ? [{ type: 1, text: '作者' }] : null,
  };
}

function commentImage(key: string, media: MediaUrls): JsonObject {
  const uri = `tos-cn-o-sample/${key}`;
  return {
    uri,
    url_list: [media.image(key)],
    download_url: media.image(key),
    width: 1080,
    height: 1434,
    origin_url: { uri, url_list: [media.image(key)] },
  };
}

export type CommentContext = {
  work: Work;
  authorUid: string;
  media: MediaUrls;
  /** Replies shown under a level-1 comment before it is opened. */
  previewCount: number;
};

/** One `Comment` of surfaces E and F. */
export function commentObject(comment: Comment, context: CommentContext): JsonObject {
  const { work, media, authorUid, previewCount } = context;
  const replies = comment.level === 1 ? work.comments.replies(comment.cid) : [];
  const preview = replies.slice(0, previewCount).map((reply) => commentObject(reply, context));
  const body: JsonObject = {
    cid: comment.cid,
    aweme_id: comment.awemeId,
    text: comment.text,
    create_time: Math.floor(comment.createdMs / 1000),
    status: comment.status,
    content_type: comment.imageKeys.length > 0 ? 2 : 1,
    level: comment.level,
    digg_count: comment.diggCount,
    user_digged: comment.isDigged ? 1 : 0,
    user_buried: false,
    is_author_digged: false,
    reply_comment_total: replies.length,
    reply_id: comment.replyId,
    reply_to_reply_id: comment.replyToReplyId,
    reply_comment: preview.length > 0 ? preview : null,
    item_comment_total: comment.level === 1 ? work.comments.count : 0,
    ip_label: comment.author.province,
    ...authorLabel(comment, authorUid),
    image_list: comment.imageKeys.length > 0 ? comment.imageKeys.map((key) => commentImage(key, media)) : null,
    video_list: null,
    text_extra: [],
    text_music_info: null,
    is_folded: false,
    is_hot: false,
    is_note_comment: work.kind === 'images' ? 1 : 0,
    is_user_tend_to_reply: false,
    stick_position: comment.isPinned ? 1 : 0,
    enter_from: '',
    user: userObject(comment.author, media),
  };
  if (comment.level === 1) return body;
  return {
    ...body,
    root_comment_id: comment.replyId,
    reply_to_username: comment.replyTo?.nickname ?? '',
    reply_to_userid: comment.replyTo?.uid ?? '',
  };
}

export type CommentPage = { comments: readonly Comment[]; cursor: number; hasMore: boolean; total: number };

/** E and F: the lists of the creator's comment page. No rows are `null`, not an empty array. */
export function commentListBody(page: CommentPage, context: CommentContext, stamp: Stamp): JsonObject {
  return {
    status_code: 0,
    comments: page.comments.length > 0 ? page.comments.map((comment) => commentObject(comment, context)) : null,
    cursor: page.cursor,
    has_more: page.hasMore,
    total: page.total,
    extra: { now: stamp.nowMs, fatal_item_ids: null },
    log_pb: { impr_id: logId(stamp) },
  };
}

/** H, creator form: the accepted comment with strings for time and counts, and encrypted ids. */
export function replyAcceptedCreator(
  comment: Comment,
  encrypt: (id: string) => string,
  media: MediaUrls,
  stamp: Stamp,
): JsonObject {
  return {
    status_code: 0,
    status_msg: '',
    comment_info: {
      comment_id: encrypt(comment.cid),
      create_time: String(Math.floor(comment.createdMs / 1000)),
      digg_count: '0',
      followed: false,
      following: false,
      is_author: true,
      level: comment.level,
      reply_count: '0',
      reply_to_user_info: {
        avatar_url: '',
        screen_name: comment.replyTo?.nickname ?? '',
        user_id: comment.replyTo ? encrypt(comment.replyTo.uid) : '',
      },
      status: comment.status,
      text: comment.text,
      user_bury: false,
      user_digg: false,
      user_info: {
        avatar_url: media.avatar(comment.author.avatarKey, comment.author.nickname),
        screen_name: comment.author.nickname,
        user_id: encrypt(comment.author.uid),
      },
    },
    extra: { now: stamp.nowMs },
  };
}

/** H, www form: the accepted comment with plain ids, without the fields that name the one answered. */
export function replyAcceptedWww(comment: Comment, context: CommentContext, stamp: Stamp): JsonObject {
  const { root_comment_id, reply_to_username, reply_to_userid, ...listed } = commentObject(comment, context);
  return {
    status_code: 0,
    status_msg: '',
    comment: { ...listed, item_comment_total: context.work.comments.count },
    extra: { now: stamp.nowMs },
    log_pb: { impr_id: logId(stamp) },
  };
}
