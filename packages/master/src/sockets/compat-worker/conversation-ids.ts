import type { TopicId } from '@hiscrm/shared/model/ids.ts';
import { type Fields, fieldsOf, idOf, listOf } from '../../words/foreign-values.ts';

/** `<inbox>:<type>:<user>:<user>`, the two users in no dependable order. */
const COMPOSITE = /^\d+:\d+:(\d+):(\d+)$/;

/**
 * Which conversation a message belongs to. Existing Workers key conversations by the peer's user id and messages by what the
 * page says, which may be the composite id of both users; told apart here, so that every message is in a listed conversation
 * and the topic's id is the one that replies are addressed by.
 */
export class ConversationIds {
  readonly #selfIds: ReadonlySet<string>;
  /** Every id that a conversation of the account is known by, to its topic. */
  readonly #topics = new Map<string, TopicId>();

  constructor(options: { readonly conversations: unknown; readonly selfIds: readonly string[] }) {
    this.#selfIds = new Set(options.selfIds);
    for (const fields of listOf(options.conversations)) this.#learn(fields);
  }

  /** The topic of a conversation in the snapshot. */
  ofConversation(fields: Fields): TopicId | undefined {
    const id = idOf(fields.conversationId) ?? idOf(fields.userId);
    return id === undefined ? undefined : (this.#topics.get(id) ?? (id as TopicId)); // a platform id is a topic's id
  }

  /** The topic of a message; undefined only when it names neither a conversation nor a person. */
  ofMessage(fields: Fields): TopicId | undefined {
    const own = idOf(fields.conversationId);
    const known = own === undefined ? undefined : this.#topics.get(own);
    if (known !== undefined) return known;
    const isPlain = own !== undefined && !COMPOSITE.test(own);
    const peer = isPlain ? undefined : this.#peerOf(own, fields);
    if (peer === undefined) return own as TopicId | undefined; // a conversation that only its messages tell of
    const topic = this.#topics.get(peer) ?? (peer as TopicId); // as the Worker would key the conversation
    if (own !== undefined) this.#topics.set(own, topic);
    return topic;
  }

  #learn(fields: Fields): void {
    const id = idOf(fields.conversationId) ?? idOf(fields.userId);
    if (id === undefined) return;
    const topic = id as TopicId; // a platform id is a topic's id
    this.#topics.set(id, topic);
    const raw = fieldsOf(fields.rawData);
    for (const alias of [idOf(fields.userId), idOf(raw?.conversation_id), idOf(raw?.conversationId)]) {
      if (alias !== undefined && !this.#topics.has(alias)) this.#topics.set(alias, topic);
    }
  }

  /** The other side: named in a composite id by being a known conversation or not ourselves, else by the direction. */
  #peerOf(conversationId: string | undefined, fields: Fields): string | undefined {
    const [, left, right] = COMPOSITE.exec(conversationId ?? '') ?? [];
    if (left !== undefined && right !== undefined) {
      const users = [left, right];
      const byTopic = users.find((user) => this.#topics.has(user) && !this.#selfIds.has(user));
      if (byTopic !== undefined) return byTopic;
      const other = users.find(
        (user) => this.#selfIds.has(user) === false && users.some((one) => this.#selfIds.has(one)),
      );
      if (other !== undefined) return other;
    }
    const sender = idOf(fields.senderId);
    const recipient = idOf(fields.recipientId);
    const named = isOutbound(fields) ? recipient : sender;
    if (named !== undefined && !this.#selfIds.has(named)) {
      if (left === undefined || named === left || named === right) return named;
    }
    return undefined;
  }
}

/** Whether the account itself wrote it; three spellings are in use. */
export const isOutbound = ({ direction }: Fields): boolean =>
  direction === 'outbound' || direction === 'outgoing' || direction === 'out';
