import type { JsonObject } from '../lib/encode-json.ts';
import type { Comment, Person } from '../world/comment.ts';
import type { Work, WorldEvent } from '../world/model.ts';
import type { MediaUrls } from './media-url.ts';
import { picture, userDetail, userObject } from './user.ts';

/** Events that reach the bell. */
export type NoticeEvent = Extract<WorldEvent, { nid: string }>;

function envelope(event: NoticeEvent, type: number, atMs: number, awemeId: string): JsonObject {
  return {
    nid: BigInt(event.nid),
    nid_str: event.nid,
    type,
    create_time: Math.floor(atMs / 1000),
    read_time: 0,
    has_read: false,
    user_id: BigInt(event.accountUid),
    aweme_id: awemeId,
    item_disable: false,
    interactive_biz_id: 1004100,
    landing_group: 0,
  };
}

/** The comment inside a notice: fewer fields than in a list, and no counts. */
function noticeComment(comment: Comment, work: Work, brand: Person, media: MediaUrls): JsonObject {
  const parent = comment.level === 2 ? work.comments.find(comment.replyId) : undefined;
  return {
    cid: comment.cid,
    text: comment.text,
    aweme_id: comment.awemeId,
    status: comment.status,
    content_type: comment.imageKeys.length > 0 ? 2 : 1,
    user_digged: 0,
    user: userDetail(comment.author, media),
    reply_comment: parent ? [{ cid: parent.cid, text: parent.text }] : null,
    reply_to_username: comment.level === 2 ? (comment.replyTo?.nickname ?? brand.nickname) : '',
    reply_to_userid: comment.level === 2 ? (comment.replyTo?.uid ?? brand.uid) : '',
    text_extra: null,
    label_list: null,
    text_music_info: null,
    image_list: null,
    video_list: null,
    ...(comment.level === 2 ? { reply_id: comment.replyId } : {}),
  };
}

function noticeAweme(work: Work, brand: Person, media: MediaUrls): JsonObject {
  const cover = picture(
    `tos-cn-i-sample/${work.coverKey}`,
    media.cover(work.coverKey, work.title || work.desc),
    720,
    960,
  );
  return {
    aweme_id: work.awemeId,
    desc: work.desc,
    create_time: Math.floor(work.createdMs / 1000),
    aweme_type: work.kind === 'images' ? 68 : 0,
    media_type: work.kind === 'images' ? 2 : 4,
    author: userObject(brand, media),
    video: { cover, origin_cover: cover, bit_rate: null },
    status: {
      is_delete: work.flags.isDeleted,
      is_private: work.flags.isPrivate,
      allow_comment: work.flags.isCommentAllowed,
      allow_share: true,
    },
  };
}

/** A notice of `noticePushList` (and of the notice list). */
export function noticeObject(event: NoticeEvent, brand: Person, media: MediaUrls): JsonObject {
  switch (event.kind) {
    case 'comment': {
      const { comment, work } = event;
      return {
        ...envelope(event, 31, comment.createdMs, work.awemeId),
        comment: {
          comment: noticeComment(comment, work, brand, media),
          aweme: noticeAweme(work, brand, media),
          content: '',
          comment_type: comment.level,
          forward_id: work.awemeId,
          label_text: '朋友',
          label_type: 8,
          parent_id: comment.level === 2 ? comment.replyId : work.awemeId,
          comment_unvisible: 0,
          label_list: [{ type: 8, text: '朋友', label_tracking: '' }],
          enter_from: 'others_homepage',
        },
      };
    }
    case 'digg': {
      const { person, work } = event;
      return {
        ...envelope(event, 41, event.atMs, work.awemeId),
        digg: {
          count: 1,
          user_id: person.uid,
          uid: person.uid,
          user: userObject(person, media),
          aweme: { aweme_id: work.awemeId, desc: work.desc },
        },
      };
    }
    case 'follow': {
      const { person } = event;
      return {
        ...envelope(event, 33, event.atMs, ''),
        follow: { user_id: person.uid, from_user: userObject(person, media), user: userObject(person, media) },
      };
    }
    case 'system':
      return {
        ...envelope(event, 81, event.atMs, ''),
        general_notice: {
          title: event.title,
          content: event.content,
          sender_name: '抖音小助手',
          schema_url: 'aweme://notice',
          message_extra: '{"biz":"audit"}',
        },
      };
  }
}
