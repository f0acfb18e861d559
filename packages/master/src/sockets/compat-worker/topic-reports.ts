import { lookUp } from '@hiscrm/shared/lib/look-up.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { ContentFacts, ConversationFacts, Person } from '@hiscrm/shared/model/facts.ts';
import type { TopicId } from '@hiscrm/shared/model/ids.ts';
import {
  countOf,
  type Fields,
  flagOf,
  idOf,
  nameOf,
  numberOf,
  platformIdOf,
  present,
  textOf,
  timeOf,
  urlOf,
} from '../../words/foreign-values.ts';
import type { SnapshotContext } from './snapshot-context.ts';

const CONTENT_TYPES: Readonly<Record<string, ContentFacts['type']>> = {
  video: 'video',
  image: 'images',
  images: 'images',
  article: 'article',
  live: 'live',
};
const CONTENT_STATES: Readonly<Record<string, ContentFacts['state']>> = {
  public: 'public',
  private: 'private',
  friends: 'friends',
};
/** Statistics are told from other fields by their names. */
const STAT =
  /^(?:[a-z]+Count|[a-z]+Rate|avgViewProportion|avgViewSecond|bounceRate2s|completionRate5s|fanViewProportion|coverShow|homepageVisitCount)$/;
/** Counts of a work that are not statistics of it. */
const NO_STATS: ReadonlySet<string> = new Set(['memberCount', 'unreadCount']);

/** Who somebody is, when there is an id to know them by. */
export function personOf(id: unknown, name: unknown, avatar: unknown): Person | undefined {
  const known = idOf(id);
  return known === undefined
    ? undefined
    : present<Person>({ id: known, name: nameOf(name), avatarUrl: urlOf(avatar), aliases: undefined });
}

/** A work. */
export function contentReport(fields: Fields, context: SnapshotContext): WorkerReport | undefined {
  const id = platformIdOf(fields, 'contentId', `cont_${context.accountId}_`);
  if (id === undefined) return undefined;
  const stats = Object.entries(fields).flatMap(([name, value]): [string, number][] => {
    const number = STAT.test(name) && !NO_STATS.has(name) ? numberOf(value) : undefined;
    return number === undefined ? [] : [[name, number]];
  });
  const facts = present<ContentFacts>({
    id: id as TopicId, // a platform id is a topic's id
    type: lookUp(CONTENT_TYPES, fields.type),
    title: nameOf(fields.title),
    description: textOf(fields.description) || undefined,
    coverUrl: urlOf(fields.coverUrl),
    url: urlOf(fields.url),
    publishedAt: timeOf(fields.publishTime),
    rawTime: undefined,
    durationMs: undefined, // its unit is not known
    state: fields.status === 'deleted' ? 'deleted' : lookUp(CONTENT_STATES, fields.visibility),
    allowComment: flagOf(fields.allowComment),
    stats: stats.length > 0 ? Object.fromEntries(stats) : undefined,
    aliases: undefined,
    source: context.source,
    observedAt: context.observedAt,
  });
  return { kind: 'content.observed', accountId: context.accountId, facts };
}

/** A conversation, under the id that its messages are filed under as well. */
export function conversationReport(fields: Fields, context: SnapshotContext): WorkerReport | undefined {
  const id = context.conversations.ofConversation(fields);
  if (id === undefined) return undefined;
  const isGroup = fields.type === 'group';
  const facts = present<ConversationFacts>({
    id,
    type: isGroup ? 'group' : 'private',
    peer: isGroup ? undefined : personOf(fields.userId, fields.userName, fields.userAvatar),
    title: nameOf(isGroup ? fields.groupName : fields.userName),
    avatarUrl: urlOf(isGroup ? fields.groupAvatar : fields.userAvatar),
    isStranger: undefined,
    participantCount: isGroup ? countOf(fields.memberCount) : undefined,
    platformUnreadCount: countOf(fields.unreadCount),
    peerReadAt: undefined,
    createdAt: undefined, // the Worker writes down the moment of its reading
    aliases: undefined,
    source: context.source,
    observedAt: context.observedAt,
  });
  return { kind: 'conversation.observed', accountId: context.accountId, facts };
}
