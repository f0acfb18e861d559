/** Records as the objects of the historic inbox API: its field names, times in ms, ids as text. */
import type { ItemFacts, MessageType, Person } from '@hiscrm/shared/model/facts.ts';
import type { AccountRecord, ItemRecord, TopicMarks, TopicRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import type { TopicSummary } from '@hiscrm/shared/model/summary.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { Static } from 'typebox';
import type {
  conversationSchema,
  discussionSchema,
  messageSchema,
  unifiedSchema,
  userSchema,
  workSchema,
} from './im-schemas.ts';

/** An item with what is needed to say who wrote it, to whom, and whether it was read. */
export type ItemInTopic = { readonly account: AccountRecord; readonly topic: TopicRecord; readonly item: ItemRecord };

const USER_STATUS: Record<Session['kind'], Static<typeof userSchema>['status']> = {
  online: 'active',
  starting: 'pending',
  unassigned: 'pending',
  loginRequired: 'pending',
  awaitingScan: 'pending',
  challenge: 'pending',
  backingOff: 'pending',
  paused: 'inactive',
};

/** The API knows six types; what it has no word for is shown by its text. */
const MESSAGE_TYPE: Record<MessageType, Static<typeof messageSchema>['msg_type']> = {
  text: 'text',
  image: 'image',
  sticker: 'image',
  video: 'video',
  audio: 'audio',
  file: 'file',
  link: 'link',
  card: 'link',
  share: 'link',
  shareComment: 'link',
  system: 'text',
  unsupported: 'text',
};

/** One whose outcome nobody knows is not over: it must not be sent again. */
const REPLY_STATUS: Record<ReplyRecord['state']['kind'], Static<typeof messageSchema>['status']> = {
  requested: 'sending',
  attempted: 'sending',
  unknown: 'sending',
  sent: 'sent',
  rejected: 'failed',
};

export function toUser(account: AccountRecord): Static<typeof userSchema> {
  const { profile } = account;
  return {
    user_id: account.id,
    user_name: profile?.nickname ?? account.name,
    avatar: profile?.avatarUrl ?? '',
    signature: profile?.signature ?? '',
    verified: false,
    follower_count: profile?.followerCount ?? 0,
    following_count: profile?.followingCount ?? 0,
    status: account.isPaused ? 'inactive' : USER_STATUS[account.session.kind],
    platform: account.platform,
    platform_user_id: profile?.platformUserId ?? null,
    created_at: account.createdAt,
    updated_at: Math.max(account.session.since, profile?.observedAt ?? 0),
  };
}

export function toConversation(
  account: AccountRecord,
  record: TopicRecord & { readonly kind: 'conversation' },
  summary: TopicSummary,
): Static<typeof conversationSchema> {
  const { facts } = record;
  const { last } = summary;
  const type = last ? messageTypeOf(last.type) : 'text';
  return {
    conversation_id: record.id,
    conversation_short_id: '0',
    conversation_type: facts?.type === 'group' ? 'group' : 'one_on_one',
    participant: peerOf(record),
    last_message: last ? { content: last.text, msg_type: type, create_time: last.at } : null,
    unread_count: summary.unreadCount,
    is_pinned: record.marks.isPinned ?? false,
    is_muted: record.marks.isMuted ?? false,
    last_message_type: type,
    create_time: facts?.createdAt ?? 0,
    update_time: last?.at ?? facts?.observedAt ?? 0,
    platform: account.platform,
    status: 'active',
  };
}

export function toMessage({ account, topic, item }: ItemInTopic): Static<typeof messageSchema> {
  const { facts } = item;
  const isOut = facts.direction === 'out';
  const isRead = !isUnread(item, topic.marks);
  const media = facts.media?.[0];
  const own = ownPerson(account);
  const peer = topic.kind === 'conversation' ? peerOf(topic) : toPerson(undefined);
  return {
    msg_id: facts.id,
    conversation_id: facts.topicId,
    sender: filledFrom(facts.author, isOut ? own : peer),
    receiver: isOut ? peer : own,
    msg_type: facts.kind === 'message' ? messageTypeOf(facts.type) : 'text',
    content: facts.text,
    create_time: facts.at,
    status: isOut ? 'sent' : isRead ? 'read' : 'delivered',
    is_read: isRead,
    is_deleted: facts.state === 'deleted',
    is_recalled: facts.state === 'recalled',
    reply_to_message_id: null,
    media_url: media?.url ?? null,
    media_thumbnail: media?.thumbnailUrl ?? null,
    file_size: media?.sizeBytes ?? null,
    file_name: media?.title ?? null,
    duration: media?.durationMs ?? null,
    recalled_at: null,
    direction: isOut ? 'outbound' : 'inbound',
    platform: account.platform,
  };
}

/** A reply as the message that it is to become. */
export function toReplyMessage(
  account: AccountRecord,
  topic: TopicRecord,
  reply: ReplyRecord,
): Static<typeof messageSchema> {
  return {
    msg_id: reply.id,
    conversation_id: reply.topic.id,
    sender: ownPerson(account),
    receiver: topic.kind === 'conversation' ? peerOf(topic) : toPerson(undefined),
    msg_type: 'text',
    content: reply.text,
    create_time: reply.requestedAt,
    status: REPLY_STATUS[reply.state.kind],
    is_read: true,
    is_deleted: false,
    is_recalled: false,
    reply_to_message_id: reply.toItemId ?? null,
    media_url: null,
    media_thumbnail: null,
    file_size: null,
    file_name: null,
    duration: null,
    recalled_at: null,
    direction: 'outbound',
    platform: account.platform,
  };
}

export function toWork(
  account: AccountRecord,
  record: TopicRecord & { readonly kind: 'content' },
  summary: TopicSummary,
): Static<typeof workSchema> {
  const { facts } = record;
  return {
    content_id: record.id,
    platform: account.platform,
    platform_content_id: record.id,
    content_type: facts?.type ?? 'other',
    title: facts?.title ?? '',
    description: facts?.description ?? '',
    cover: facts?.coverUrl ?? '',
    url: facts?.url ?? '',
    publish_time: facts?.publishedAt ?? null,
    stats: statsOf(record, summary),
    is_new: summary.unreadCount > 0,
    crawl_status: facts ? 'completed' : 'pending',
    created_at: facts?.publishedAt ?? null,
    updated_at: facts?.observedAt ?? null,
    last_crawl_time: facts?.observedAt ?? null,
  };
}

export function statsOf(
  record: TopicRecord & { readonly kind: 'content' },
  summary: TopicSummary,
): Static<typeof workSchema>['stats'] {
  const stats = record.facts?.stats ?? {};
  return {
    total_comments: stats.commentCount ?? summary.itemCount,
    new_comments: summary.unreadCount,
    likes: stats.likeCount ?? 0,
    shares: stats.shareCount ?? 0,
    views: stats.viewCount ?? 0,
  };
}

/** A comment that answers another comment. */
export function toDiscussion({ account, topic, item }: ItemInTopic): Static<typeof discussionSchema> {
  const { facts } = item;
  const isRead = !isUnread(item, topic.marks);
  return {
    discussion_id: facts.id,
    platform: account.platform,
    platform_discussion_id: facts.id,
    parent_comment_id: parentOf(facts) ?? '',
    content: facts.text,
    author: { author_id: facts.author?.id ?? '', author_name: facts.author?.name ?? '' },
    content_id: facts.topicId,
    post_id: facts.topicId,
    post_title: titleOf(topic),
    is_read: isRead,
    is_new: isNew(item, topic.marks),
    detected_at: item.arrivedAt,
    created_at: facts.at,
  };
}

export function toUnified(found: ItemInTopic): Static<typeof unifiedSchema> {
  const { account, topic, item } = found;
  const { facts } = item;
  const shared = {
    msg_id: facts.id,
    content: facts.text,
    is_read: !isUnread(item, topic.marks),
    is_new: isNew(item, topic.marks),
    create_time: facts.at,
    detected_at: item.arrivedAt,
    platform: account.platform,
  };
  if (facts.kind === 'message') {
    const { conversation_id, msg_type, sender, receiver, direction, status } = toMessage(found);
    const own = { conversation_id, msg_type, sender, receiver, direction, status, platform_message_id: facts.id };
    return { ...shared, ...own, business_type: 'direct_message' };
  }
  const parent = parentOf(facts);
  const ofWork = {
    msg_type: 'text' as const,
    sender: facts.author ? toPerson(facts.author) : ownPerson(account),
    content_id: facts.topicId,
    work_title: titleOf(topic),
    direction: facts.direction === 'out' ? ('outbound' as const) : ('inbound' as const),
  };
  if (parent === undefined) {
    const own = { conversation_id: facts.topicId, platform_comment_id: facts.id };
    return { ...shared, ...ofWork, ...own, business_type: 'comment' };
  }
  const own = {
    conversation_id: `comment_${parent}`,
    parent_comment_id: parent,
    platform_discussion_id: facts.id,
  };
  return { ...shared, ...ofWork, ...own, business_type: 'discussion' };
}

/** The comment that this one hangs under; undefined for a message or a first-level comment. */
export const parentOf = (facts: ItemFacts): string | undefined =>
  facts.kind === 'comment' ? facts.parentId : undefined;

/** New is what nobody of the team has seen; own items never are. */
export const isNew = (item: ItemRecord, marks: TopicMarks): boolean => isUnread(item, marks);

const messageTypeOf = (type: string | undefined): Static<typeof messageSchema>['msg_type'] =>
  type !== undefined && type in MESSAGE_TYPE ? MESSAGE_TYPE[type as MessageType] : 'text'; // membership was just checked

const titleOf = (topic: TopicRecord): string =>
  topic.kind === 'content' ? (topic.facts?.title ?? topic.facts?.description ?? '') : '';

function peerOf(
  topic: TopicRecord & { readonly kind: 'conversation' },
): Static<typeof conversationSchema>['participant'] {
  const peer = topic.facts?.peer;
  return {
    user_id: peer?.id ?? topic.id,
    user_name: peer?.name ?? topic.facts?.title ?? '',
    avatar: peer?.avatarUrl ?? topic.facts?.avatarUrl ?? '',
  };
}

function ownPerson({ profile, name }: AccountRecord): Static<typeof conversationSchema>['participant'] {
  return {
    user_id: profile?.platformUserId ?? '',
    user_name: profile?.nickname ?? name,
    avatar: profile?.avatarUrl ?? '',
  };
}

/** The author as the item names it; what it leaves out comes from what is known about that person elsewhere. */
function filledFrom(author: Person | undefined, known: PersonShown): PersonShown {
  if (!author) return known;
  const isSame = author.id === known.user_id;
  return {
    user_id: author.id,
    user_name: author.name ?? (isSame ? known.user_name : ''),
    avatar: author.avatarUrl ?? (isSame ? known.avatar : ''),
  };
}

type PersonShown = Static<typeof conversationSchema>['participant'];

function toPerson(person: Person | undefined): Static<typeof conversationSchema>['participant'] {
  return { user_id: person?.id ?? '', user_name: person?.name ?? '', avatar: person?.avatarUrl ?? '' };
}
