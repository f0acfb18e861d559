import { readFileSync } from 'node:fs';
import { must } from '@hiscrm/shared/lib/must.ts';
import { expect, test } from 'vitest';
import { encodeJson, type JsonObject } from '../lib/encode-json.ts';
import { Random } from '../lib/random.ts';
import { AccountWorld } from '../world/account-world.ts';
import type { Comment, Person } from '../world/comment.ts';
import { CommentShelf } from '../world/comment-shelf.ts';
import type { Conversation, Message, Work } from '../world/model.ts';
import { PROFILES } from '../world/profile.ts';
import { type CommentContext, commentListBody, replyAcceptedCreator, replyAcceptedWww } from './comment.ts';
import { errorBody, loginExpiredCreator, loginExpiredWww, type Stamp, verifyRequired } from './envelope.ts';
import { chatBubble, chatRow, storeMessage, storeMessageAlt, storeSnapshot } from './im.ts';
import { MediaUrls } from './media-url.ts';
import { noticeObject } from './notice.ts';
import { type SendVerdict, sendResult } from './send-result.ts';
import { accountInfo, imUserDetail } from './user.ts';
import { itemListBody, pickerListBody, workListBody } from './work-lists.ts';

// biome-ignore lint/suspicious/noExplicitAny: samples are read field by field
type Sample = any;
const NOW_MS = 1_773_280_800_000;
const media = new MediaUrls(
  () => 'http://sim.test',
  () => NOW_MS,
);

function sample(name: string): Sample {
  const text = readFileSync(new URL(`../../samples/${name}.json`, import.meta.url), 'utf8');
  // Unquoted 19-digit ids stay numbers for the comparison of types; their digits do not matter to it.
  return JSON.parse(text);
}

function stamp(): Stamp {
  return { nowMs: NOW_MS, random: new Random('stamp') };
}

/** Field paths with the types seen there; elements of an array share a path. */
function shape(value: unknown, path = '', into = new Map<string, Set<string>>()): Map<string, Set<string>> {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = into.get(path) ?? new Set();
  into.set(path, types.add(type));
  if (Array.isArray(value)) for (const item of value) shape(item, `${path}[]`, into);
  else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) shape(item, `${path}.${key}`, into);
  }
  return into;
}

function plain(shapes: Map<string, Set<string>>): Record<string, string> {
  return Object.fromEntries([...shapes].sort().map(([path, types]) => [path, [...types].sort().join('|')]));
}

/** The serialiser's output, read back, has exactly the sample's fields and types. */
function expectSameShape(made: JsonObject, wanted: unknown): void {
  expect(plain(shape(JSON.parse(encodeJson(made))))).toEqual(plain(shape(wanted)));
}

function person(user: Sample): Person {
  return {
    uid: user.uid,
    secUid: user.sec_uid ?? '',
    nickname: user.nickname,
    shortId: user.short_id ?? '',
    uniqueId: user.unique_id ?? '',
    gender: user.gender ?? 0,
    signature: user.signature ?? '',
    avatarKey: 'ab'.repeat(10),
    province: '浙江',
    followStatus: user.follow_status ?? 0,
    followerStatus: user.follower_status ?? 0,
    followerCount: user.follower_count ?? 0,
  };
}

function comment(raw: Sample): Comment {
  return {
    cid: raw.cid,
    awemeId: raw.aweme_id,
    author: person(raw.user),
    text: raw.text,
    createdMs: raw.create_time * 1000,
    status: 1,
    level: raw.level,
    replyId: raw.reply_id,
    replyToReplyId: raw.reply_to_reply_id,
    replyTo: raw.reply_to_userid ? { ...self(), uid: raw.reply_to_userid, nickname: raw.reply_to_username } : undefined,
    diggCount: raw.digg_count,
    isDigged: raw.user_digged === 1,
    isPinned: raw.stick_position === 1,
    imageKeys: (raw.image_list ?? []).map(() => 'cd'.repeat(16)),
  };
}

function work(raw: Sample): Work {
  return {
    awemeId: raw.aweme_id,
    kind: raw.aweme_type === 68 ? 'images' : 'video',
    title: raw.item_title ?? '',
    desc: raw.desc,
    createdMs: raw.create_time * 1000,
    durationMs: raw.duration ?? 0,
    coverKey: 'ef'.repeat(16),
    imageKeys: (raw.images ?? []).map(() => '01'.repeat(16)),
    hashtags: (raw.cha_list ?? []).map((tag: Sample) => tag.cha_name),
    stats: { play: raw.statistics?.play_count ?? 0, digg: 0, share: 0, collect: 0 },
    flags: { isDeleted: false, isPrivate: false, isInReview: false, isProhibited: false, isCommentAllowed: true },
    comments: new CommentShelf(0, () => []),
  };
}

function self(): Person {
  return person(sample('user_profile_creator').user);
}

function account(): AccountWorld {
  const world = new AccountWorld('sample', 0, PROFILES.empty, NOW_MS);
  Object.assign(world.brand, self());
  return world;
}

function commentContext(previewCount: number): CommentContext {
  const first = must(sample('content_list_work_list_p1').aweme_list[0], 'a work');
  return { work: work(first), authorUid: self().uid, media, previewCount };
}

function conversations(): Conversation[] {
  const store = sample('conversation_list_imstore');
  return store.converSationListOrigin.map((raw: Sample) => {
    const peer = person(store.userInfoFromServerMap[raw.toParticipantUserId]);
    const made: Conversation = {
      id: raw.id,
      shortId: raw.shortId,
      peer,
      isStranger: raw.isStranger,
      unreadCount: 0,
      messages: [],
    };
    if (raw.lastMessage) made.messages = [message(raw.lastMessage, peer)];
    return made;
  });
}

function parsed(text: string): JsonObject {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // One sample message has broken content on purpose; its text is carried as rawContent.
  }
}

function message(raw: Sample, peer: Person): Message {
  const sender = (raw.sender.uid ?? raw.sender) === self().uid ? self() : peer;
  const text = typeof raw.content === 'string' ? raw.content : JSON.stringify(raw.content);
  return {
    serverId: raw.serverId,
    clientId: raw.ext['s:client_message_id'],
    type: raw.type,
    sender,
    content: parsed(text),
    rawContent: text,
    createdMs: Number(raw.ext['s:server_message_create_time']),
    index: 1,
    isRecalled: raw.ext['s:is_recalled'] === 'true',
  };
}

test('K account info', () => {
  expectSameShape(accountInfo(account(), media, stamp()), sample('user_profile_creator'));
});

test('A works list, with items[] ids unquoted', () => {
  const raw = sample('content_list_work_list_p1');
  const made = workListBody(
    account(),
    { works: raw.aweme_list.map(work), cursor: 12, hasMore: true, total: 6 },
    media,
    stamp(),
  );
  const quoted = JSON.parse(encodeJson(made).replace(/("(?:id|user_id)":)(\d{15,19})/g, '$1"$2"'));
  expect(plain(shape(quoted))).toEqual(plain(shape(raw)));
});

test('A2 items list', () => {
  const raw = sample('content_list_items_unquoted_bigint');
  const works = sample('content_list_work_list_p1').aweme_list.slice(0, 2).map(work);
  const made = itemListBody(account(), { works, cursor: 1_773_187_800_000, hasMore: false }, media, stamp());
  expectSameShape(made, raw);
  expect(encodeJson(made)).toContain('"id":7616159835765591867,');
});

test('B picker list, with the time text of the sample', () => {
  const raw = sample('content_list_item_list_v1');
  const works: Work[] = sample('content_list_work_list_p1').aweme_list.slice(0, 3).map(work);
  const page = { works, cursor: '1773020800000', hasMore: false, total: 3 };
  const made = pickerListBody(account(), page, (id) => `@${id}`, media, stamp());
  expectSameShape(made, raw);
  expect(encodeJson(made)).toContain(raw.item_info_list[0].create_time);
});

test.each(['comment_list_creator_v2_select_p1', 'comment_list_creator_v2_select_p2_overlap_out_of_order'])(
  'E comments: %s',
  (name) => {
    const raw = sample(name);
    const context = commentContext(1);
    for (const row of raw.comments) {
      context.work.comments.add(comment(row));
      for (const reply of row.reply_comment ?? []) context.work.comments.add(comment(reply));
    }
    const comments = raw.comments.map(comment);
    expectSameShape(commentListBody({ comments, cursor: 4, hasMore: true, total: 6 }, context, stamp()), raw);
  },
);

test('E without rows is null', () => {
  const made = commentListBody({ comments: [], cursor: 0, hasMore: false, total: 0 }, commentContext(1), stamp());
  const wanted = sample('comment_list_creator_v2_select_empty');
  expect(made.comments).toBeNull();
  expect(Object.keys(wanted).sort()).toEqual(Object.keys(made).sort());
});

test('F replies', () => {
  const raw = sample('replies_creator_v2');
  expectSameShape(
    commentListBody(
      { comments: raw.comments.map(comment), cursor: 2, hasMore: false, total: 2 },
      commentContext(0),
      stamp(),
    ),
    raw,
  );
});

test('H accepted, both forms', () => {
  const www = sample('reply_comment_success_www_publish');
  const made = comment(www.comment);
  const answered = { ...made, replyTo: self() };
  expectSameShape(
    replyAcceptedCreator(answered, (id) => `@${id}`, media, stamp()),
    sample('reply_comment_success'),
  );
  expectSameShape(replyAcceptedWww(made, commentContext(0), stamp()), www);
});

test('refusals and expired logins', () => {
  expectSameShape(errorBody(5, 'x', stamp()), sample('error_generic'));
  expectSameShape(loginExpiredCreator(stamp()), sample('login_expired_creator'));
  expectSameShape(loginExpiredWww(stamp()), sample('login_expired_www'));
  expectSameShape(verifyRequired(stamp()), sample('verify_required'));
  expect(loginExpiredCreator(stamp())).toMatchObject({
    status_code: 8,
    status_msg: sample('login_expired_creator').status_msg,
  });
});

test('I profiles: user_id is the sec_uid', () => {
  const raw = sample('im_user_detail');
  const people = raw.user_list.map(({ user }: Sample) =>
    person({ ...user, sec_uid: user.SecretUseId, short_id: user.ShortId }),
  );
  expectSameShape(imUserDetail(people, media, stamp()), raw);
});

test('imStore conversations', () => {
  const raw = sample('conversation_list_imstore');
  const world = account();
  for (const conversation of conversations()) world.addConversation(conversation);
  expectSameShape(storeSnapshot(world, media), raw);
});

test('imStore messages, exactly, and the other documented shape', () => {
  const raw = sample('message_list_imstore_varied');
  const conversation = must(conversations()[0], 'a conversation');
  for (const wanted of raw.messageList) {
    const made = storeMessage(message(wanted, conversation.peer), conversation);
    expect(Object.keys(made).sort()).toEqual(Object.keys(wanted).sort());
    expect(Object.keys(made.ext ?? {}).sort()).toEqual(Object.keys(wanted.ext).sort());
    expect(made).toMatchObject({
      content: wanted.content,
      createdAt: wanted.createdAt,
      sender: wanted.sender,
      secSender: wanted.secSender,
    });
  }
  const [first] = raw.messageList;
  expect(storeMessage(message(first, conversation.peer), conversation)).toMatchObject({
    indexInConversation: first.indexInConversation,
    indexInConversationV2: first.indexInConversationV2,
    orderInConversation: first.orderInConversation,
  });
  const alt = sample('message_list_imstore_alt_shape').messageList[0];
  expectSameShape(storeMessageAlt(message(alt, conversation.peer), conversation, media), alt);
});

test('chat page rows and bubbles', () => {
  const raw = sample('conversation_rows_creator_chat_props').rows[0];
  const conversation = must(conversations()[0], 'a conversation');
  expectSameShape(chatRow(conversation, self()), raw);
  for (const wanted of sample('message_bubbles_creator_chat_props').bubbles) {
    expectSameShape(
      chatBubble({ ...message(wanted, conversation.peer), rawContent: undefined }, conversation, self().uid, media),
      wanted,
    );
  }
});

test('push item and comment notice', () => {
  const pushed = sample('realtime_msg_push').msgListToPush[0];
  const conversation = must(conversations()[0], 'a conversation');
  expectSameShape(storeMessage(message(pushed, conversation.peer), conversation), pushed);
  const notice = sample('realtime_notice_push').noticePushList[0];
  const raw = notice.comment.comment;
  const context = commentContext(0);
  const parent = {
    ...comment({ ...raw, create_time: 1, level: 1, reply_id: '0', reply_to_reply_id: '0' }),
    cid: raw.reply_id,
  };
  context.work.comments.add(parent);
  const made = comment({ ...raw, create_time: notice.create_time, level: 2, reply_to_reply_id: '0' });
  const event = {
    kind: 'comment',
    accountUid: self().uid,
    work: context.work,
    comment: made,
    nid: notice.nid_str,
  } as const;
  expectSameShape(noticeObject(event, self(), media), notice);
});

test('send results', () => {
  const raw = sample('im_send_results_decoded');
  for (const verdict of [
    'delivered',
    'under_review',
    'content_rejected',
    'not_friends',
    'token_expired',
  ] satisfies SendVerdict[]) {
    expectSameShape(sendResult(verdict, '1', 'c'), raw[verdict]);
  }
  expect(sendResult('content_rejected', '1', 'c')).toMatchObject({
    sendMessageBody: { serverMessageId: '0', checkCode: '8610' },
  });
});
