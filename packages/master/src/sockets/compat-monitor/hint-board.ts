import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { type TopicKey, type TopicRef, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { StoreReader } from '../../store/store-reader.ts';

/** A hint makes a client notify its operator: older items are listed and counted, not announced. */
const HINT_AGE_MS = 10 * 60_000;

type Waiting = { readonly topic: TopicRef; readonly newest: ItemRecord; readonly count: number };

export type Hint = { readonly accountId: AccountId; readonly payload: Readonly<Record<string, unknown>> };

/** New inbound items of one burst, one hint for each topic, comments first. */
export class HintBoard {
  readonly #store: StoreReader;
  readonly #waiting = new Map<TopicKey, Waiting>();

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** Notes a row that the store has folded in. */
  note({ seq, change }: LoggedChange, now: number): void {
    if (change.kind !== 'comment.observed' && change.kind !== 'message.observed') return;
    const { accountId, facts } = change;
    const item = this.#store.item(accountId, facts.kind, facts.id);
    if (item?.arrivedSeq !== seq || now - item.facts.at > HINT_AGE_MS) return;
    const topic: TopicRef = { accountId, kind: topicKindOf(facts.kind), id: item.facts.topicId };
    const marks = this.#store.topicRecord(topic)?.marks;
    if (!marks || !isUnread(item, marks)) return;
    const key = topicKey(topic);
    this.#waiting.set(key, { topic, newest: item, count: (this.#waiting.get(key)?.count ?? 0) + 1 });
  }

  /** Hands the hints over and starts anew. */
  take(now: number): readonly Hint[] {
    const waiting = [...this.#waiting.values()].sort(
      (a, b) => Number(b.topic.kind === 'content') - Number(a.topic.kind === 'content'),
    );
    this.#waiting.clear();
    return waiting.flatMap((one) => this.#hintOf(one, now) ?? []);
  }

  #hintOf({ topic, newest, count }: Waiting, now: number): Hint | undefined {
    const { accountId } = topic;
    const account = this.#store.account(accountId);
    const summary = this.#store.accountSummary(accountId);
    if (!account || !summary) return undefined;
    const common = {
      channelId: accountId,
      platform: account.platform,
      topicId: topic.id,
      totalUnreadCount: summary.unreadComments + summary.unreadMessages,
      timestamp: now,
    };
    const { author } = newest.facts;
    if (topic.kind === 'content') {
      const record = this.#store.topicRecord(topic);
      const title = record?.kind === 'content' ? record.facts?.title : undefined;
      return {
        accountId,
        payload: { ...common, messageType: 'comment', topicTitle: title || '未知作品', commentCount: count },
      };
    }
    return {
      accountId,
      payload: {
        ...common,
        messageType: 'private_message',
        conversationId: topic.id,
        fromUserId: author?.id ?? '',
        fromUserName: author?.name ?? '未知用户',
        messageCount: count,
      },
    };
  }
}
