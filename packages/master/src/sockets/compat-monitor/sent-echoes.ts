import type { ItemRecord, TopicMarks } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { type TopicKey, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { type Message, OWN_ID, OWN_NAME } from './message-of.ts';

/** A sent reply is shown as such for so long, until the page shows it: existing Workers look every 30 s to 10 min. */
const ECHO_MS = 30 * 60_000;
/** Newest echoes kept in all; beyond, the oldest are shown only once the page shows them. */
const ECHO_LIMIT_COUNT = 1_000;
/** A platform's clock may be behind ours by so much. */
const CLOCK_SKEW_MS = 2 * 60_000;

type Echo = { readonly reply: ReplyRecord; readonly sentAt: number };

/** Sent replies that no Worker has reported as an item yet, so that an operator sees at once what was said. */
export class SentEchoes {
  readonly #byTopic = new Map<TopicKey, Echo[]>();
  #count = 0;

  /** Keeps a reply that was sent at `now`. */
  add(reply: ReplyRecord, now: number): void {
    this.#sweep(now);
    const key = topicKey(reply.topic);
    const echoes = this.#byTopic.get(key) ?? [];
    echoes.push({ reply, sentAt: now });
    this.#byTopic.set(key, echoes);
    this.#count += 1;
  }

  /** The topic's sent replies that are not among `items`; those that are, are forgotten. */
  unseenIn(key: TopicKey, items: readonly ItemRecord[], now: number): readonly ReplyRecord[] {
    const known = this.#byTopic.get(key);
    if (!known) return [];
    const taken = new Set<ItemRecord>();
    const left = known.filter(({ reply, sentAt }) => {
      if (now - sentAt > ECHO_MS) return false;
      const shown = items.find((item) => !taken.has(item) && isSame(item, reply));
      if (shown) taken.add(shown);
      return !shown;
    });
    this.#replace(key, known, left);
    return left.map(({ reply }) => reply);
  }

  #replace(key: TopicKey, known: readonly Echo[], left: Echo[]): void {
    this.#count -= known.length - left.length;
    if (left.length > 0) this.#byTopic.set(key, left);
    else this.#byTopic.delete(key);
  }

  #sweep(now: number): void {
    if (this.#count < ECHO_LIMIT_COUNT) return;
    const isFull = (): boolean => this.#count >= ECHO_LIMIT_COUNT;
    for (const [key, echoes] of this.#byTopic) {
      this.#replace(
        key,
        echoes,
        echoes.filter(({ sentAt }) => now - sentAt <= ECHO_MS),
      );
    }
    for (const [key, echoes] of this.#byTopic) if (isFull()) this.#replace(key, echoes, []);
  }
}

/** The page's own view of the reply: by its id, else the same words on our side at about that time. */
function isSame({ facts }: ItemRecord, reply: ReplyRecord): boolean {
  if (reply.state.kind === 'sent' && reply.state.itemId === facts.id) return true;
  return facts.direction === 'out' && facts.text === reply.text && facts.at >= reply.requestedAt - CLOCK_SKEW_MS;
}

/** The echo as a message; the client keeps one message for each id. */
export function echoMessageOf(reply: ReplyRecord, ownAvatarUrl: string | undefined): Message {
  const isComment = reply.topic.kind === 'content';
  const at = reply.state.kind === 'sent' ? reply.state.at : reply.requestedAt;
  return {
    id: (reply.state.kind === 'sent' ? reply.state.itemId : undefined) ?? reply.id,
    channelId: reply.accountId,
    topicId: reply.topic.id,
    fromName: OWN_NAME,
    fromId: OWN_ID,
    authorAvatar: ownAvatarUrl ?? null,
    content: reply.text,
    type: isComment ? 'comment' : 'text',
    messageCategory: isComment ? 'comment' : 'private',
    timestamp: at,
    serverTimestamp: at,
    replyToId: isComment ? (reply.toItemId ?? null) : null,
    replyToContent: null,
    isRead: true,
    ...(isComment
      ? { direction: 'outgoing', isAuthorReply: true }
      : { direction: 'outbound', recipientId: '', recipientName: '' }),
  };
}

/** An unread mark for a topic that has none: nothing in it can be unread. */
export const NO_MARKS: TopicMarks = {
  readUpToSeq: 0 as TopicMarks['readUpToSeq'],
  answeredAt: 0,
  lastArrivedSeq: 0 as TopicMarks['lastArrivedSeq'],
};
