import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ItemKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { LegacyError } from './legacy-error.ts';

export const TARGET_TYPES = ['comment', 'direct_message', 'work'] as const;
export type TargetType = (typeof TARGET_TYPES)[number];
export type ReplyTarget = { readonly topic: TopicRef; readonly toItemId?: ItemId };

type Wanted = {
  readonly accountId: AccountId;
  readonly type: TargetType;
  readonly targetId: string;
  /** The work of a comment, when the program says it. */
  readonly videoId: string | undefined;
  /** The peer of a conversation, when the program says it. */
  readonly userId: string | undefined;
};

/** Which topic and item a request of the deployed system's programs means. Throws when there is none. */
export function replyTarget(store: StoreReader, wanted: Wanted): ReplyTarget {
  switch (wanted.type) {
    case 'comment':
      return toComment(store, wanted);
    case 'work':
      return { topic: workOf(store, wanted, wanted.targetId) };
    case 'direct_message':
      return toConversation(store, wanted);
  }
}

function toComment(store: StoreReader, wanted: Wanted): ReplyTarget {
  const { accountId, targetId, videoId } = wanted;
  const item = store.item(accountId, 'comment', platformId(targetId, 'comm', accountId) as ItemId); // just looked up
  if (!item) throw new LegacyError('ITEM_NOT_FOUND', `Comment not found: ${targetId}`);
  const { id, topicId } = item.facts;
  if (videoId !== undefined && platformId(videoId, 'cont', accountId) !== topicId) {
    throw new LegacyError('BAD_REQUEST', `The comment ${targetId} is under the work ${topicId}, not ${videoId}`);
  }
  return { topic: { accountId, kind: 'content', id: topicId }, toItemId: id };
}

function workOf(store: StoreReader, { accountId }: Wanted, text: string): TopicRef {
  const topic: TopicRef = { accountId, kind: 'content', id: platformId(text, 'cont', accountId) as TopicId }; // looked up next
  if (!store.topicRecord(topic)) throw new LegacyError('TOPIC_NOT_FOUND', `Work not found: ${text}`);
  return topic;
}

/** A conversation by its id, by one of its messages, or by the peer. */
function toConversation(store: StoreReader, { accountId, targetId, userId }: Wanted): ReplyTarget {
  const named = [targetId, userId].flatMap((text) => (text ? [platformId(text, 'conv', accountId)] : []));
  for (const id of named) {
    const topic: TopicRef = { accountId, kind: 'conversation', id: id as TopicId }; // looked up next
    if (store.topicRecord(topic)) return { topic };
  }
  const message = store.item(accountId, 'message', platformId(targetId, 'msg', accountId) as ItemId); // just looked up
  if (message) {
    return { topic: { accountId, kind: 'conversation', id: message.facts.topicId }, toItemId: message.facts.id };
  }
  throw new LegacyError('TOPIC_NOT_FOUND', `Conversation not found: ${targetId}`);
}

/** The deployed system's own ids stand before the platform's: `comm_<account>_<id>`. */
export function platformId(text: string, prefix: 'comm' | 'msg' | 'cont' | 'conv', accountId: AccountId): string {
  const own = `${prefix}_${accountId}_`;
  return text.startsWith(own) && text.length > own.length ? text.slice(own.length) : text;
}

/** The deployed system's own id of an item. */
export const internalId = (kind: ItemKind, accountId: AccountId, id: string): string =>
  `${kind === 'comment' ? 'comm' : 'msg'}_${accountId}_${id}`;
