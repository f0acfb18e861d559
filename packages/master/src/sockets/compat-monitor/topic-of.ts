import type { ContentFacts, ConversationFacts } from '@hiscrm/shared/model/facts.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { lineOf } from './words-of-media.ts';

const UNTITLED_WORK = '无标题作品';
const UNNAMED_PERSON = '未知用户';
const OWN_SIDE = '客服';
/** The PC client hands a work's address to the system's shell: nothing but a web page may get there. */
const WEB_ADDRESS = /^https?:\/\//i;

/** Statistics that existing clients list and sort by; what a platform does not tell is 0. */
const STATS = [
  'viewCount',
  'likeCount',
  'commentCount',
  'shareCount',
  'favoriteCount',
  'danmakuCount',
  'dislikeCount',
  'downloadCount',
  'subscribeCount',
  'unsubscribeCount',
  'likeRate',
  'commentRate',
  'shareRate',
  'favoriteRate',
  'dislikeRate',
  'subscribeRate',
  'unsubscribeRate',
  'avgViewProportion',
  'avgViewSecond',
  'bounceRate2s',
  'completionRate',
  'completionRate5s',
  'coverShow',
  'fanViewProportion',
  'homepageVisitCount',
] as const;

export type Topic = Readonly<Record<string, unknown>> & {
  readonly unreadCount: number;
  readonly lastMessageTime: number;
};

/** A work or a conversation as an existing client lists it. Nothing in it depends on the moment of asking. */
export function topicOf(view: TopicView): Topic {
  const { record } = view;
  return record.kind === 'content' ? workOf(view, record.facts) : conversationOf(view, record.facts);
}

function workOf(view: TopicView, facts: ContentFacts | undefined): Topic {
  const cover = facts?.coverUrl ?? null;
  const publishedAt = facts?.publishedAt ?? facts?.observedAt ?? 0;
  return {
    ...commonOf(view, publishedAt),
    title: facts?.title || UNTITLED_WORK,
    avatar: cover,
    thumbnail: cover,
    description: facts?.description ?? '',
    createdTime: publishedAt,
    isPrivate: false,
    ...Object.fromEntries(STATS.map((name) => [name, facts?.stats?.[name] ?? 0])),
    url: facts?.url !== undefined && WEB_ADDRESS.test(facts.url) ? facts.url : null,
  };
}

function conversationOf(view: TopicView, facts: ConversationFacts | undefined): Topic {
  const { last, itemCount } = view.summary;
  const createdAt = facts?.createdAt ?? facts?.observedAt ?? last?.at ?? 0;
  return {
    ...commonOf(view, createdAt),
    title: facts?.title || facts?.peer?.name || (last?.direction === 'in' ? last.authorName : '') || UNNAMED_PERSON,
    avatar: facts?.avatarUrl ?? facts?.peer?.avatarUrl ?? null,
    description: `私信会话 (${itemCount}条消息)`,
    createdTime: createdAt,
    isPrivate: true,
  };
}

/** `quietAt` stands for the time of a topic in which nobody has written: it must not move by itself. */
function commonOf({ record, summary }: TopicView, quietAt: number): Topic {
  const { last, unreadCount, itemCount } = summary;
  return {
    id: record.id,
    channelId: record.accountId,
    lastMessageTime: last?.at ?? quietAt,
    lastMessageContent: last ? lineOf(last) : '',
    lastMessageFromName: last ? (last.direction === 'out' ? OWN_SIDE : (last.authorName ?? UNNAMED_PERSON)) : '',
    messageCount: itemCount,
    unreadCount,
    isPinned: false,
  };
}

/** Unread first, then newest: the deployed system's order. Conversations in which nothing was said are left out. */
export function topicsOf(views: readonly TopicView[]): readonly Topic[] {
  return views
    .filter(({ record, summary }) => record.kind === 'content' || summary.itemCount > 0)
    .map(topicOf)
    .sort((a, b) => b.unreadCount - a.unreadCount || b.lastMessageTime - a.lastMessageTime);
}
