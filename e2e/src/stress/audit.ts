import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@hiscrm/client/client.ts';
import type { Outcome } from '@hiscrm/client/outcome.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { AccountSummary } from '@hiscrm/shared/model/summary.ts';
import { type ItemKey, itemKey, type TopicKey, type TopicKind, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { type ItemCursor, PAGE_LIMIT_COUNT, type TopicView } from '@hiscrm/shared/protocol/queries.ts';

const KINDS: readonly TopicKind[] = ['content', 'conversation'];

/** Everything that the Master answers about every account, read page by page, and what is wrong with it. */
export type Audit = {
  readonly accounts: ReadonlyMap<AccountId, AccountView>;
  readonly topics: ReadonlyMap<TopicKey, TopicView>;
  readonly items: ReadonlyMap<ItemKey, ItemRecord>;
  readonly unreadCount: number;
  readonly faults: readonly string[];
};

/** A Worker in the middle of a first reading writes for some seconds; one that never rests is not to be audited. */
const TRIES_COUNT = 200;

/**
 * Reads everything through a client that sees all accounts, as of one place in the log: what was written meanwhile makes it
 * read again, since pages of two moments do not add up. Rejects when a question is refused.
 */
export async function auditMaster(client: Client): Promise<Audit> {
  for (let tryCount = 0; tryCount < TRIES_COUNT; tryCount++) {
    const before = client.replica.position?.seq;
    const reader = new Reader(client);
    for (const view of client.replica.accounts()) await reader.readAccount(view);
    if (client.replica.position?.seq === before) return reader.audit();
  }
  throw new Error(`something was written in each of ${TRIES_COUNT} audits`);
}

/** What the fold of all rows has other than the Master answers. Empty when they are equal (P3). */
export function differencesToFold(audit: Audit, view: MemoryView): string[] {
  return [
    ...differences(
      'account',
      mapValues(audit.accounts, ({ record }) => record),
      view.accounts,
    ),
    ...differences(
      'topic',
      mapValues(audit.topics, ({ record }) => record),
      view.topics,
    ),
    ...differences('item', audit.items, view.items),
  ];
}

/** What a client's replica shows other than the Master answers: counters of accounts, lists and opened topics. */
export function differencesToReplica(audit: Audit, client: Client): string[] {
  const faults: string[] = [];
  const shown = new Map(client.replica.accounts().map((view) => [view.record.id, view]));
  faults.push(...differences('account in the replica', audit.accounts, shown));
  for (const accountId of audit.accounts.keys()) {
    for (const kind of KINDS) {
      for (const { record, summary } of client.replica.list(accountId, kind).topics) {
        const known = audit.topics.get(topicKey(record));
        if (!isDeepStrictEqual(known?.summary, summary)) faults.push(`the list shows ${topicKey(record)} otherwise`);
      }
    }
  }
  for (const { record, summary } of audit.topics.values()) {
    const window = client.replica.window(record);
    if (window?.phase.kind !== 'ready') continue;
    for (const item of window.items) {
      const known = audit.items.get(itemKey(item.accountId, item.facts.kind, item.facts.id));
      if (!isDeepStrictEqual(known, item)) faults.push(`the window shows item ${item.facts.id} otherwise`);
    }
    if (!window.hasOlder && window.items.length !== summary.itemCount)
      faults.push(`the window of ${topicKey(record)} has ${window.items.length} of ${summary.itemCount} items`);
  }
  return faults;
}

/** The value of an outcome that must be one. */
export function resultOf<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  throw new Error(`a request ended as ${JSON.stringify(outcome)}`);
}

class Reader {
  readonly #client: Client;
  readonly #accounts = new Map<AccountId, AccountView>();
  readonly #topics = new Map<TopicKey, TopicView>();
  readonly #items = new Map<ItemKey, ItemRecord>();
  readonly #faults: string[] = [];
  #unreadCount = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  audit(): Audit {
    return {
      accounts: this.#accounts,
      topics: this.#topics,
      items: this.#items,
      unreadCount: this.#unreadCount,
      faults: this.#faults,
    };
  }

  async readAccount(view: AccountView): Promise<void> {
    const accountId = view.record.id;
    this.#accounts.set(accountId, view);
    const counted = { content: noCount(), conversation: noCount() };
    for (const kind of KINDS) {
      for (const topic of await this.#readTopics(accountId, kind)) {
        const count = await this.#readItems(topic);
        counted[kind].topicCount += 1;
        counted[kind].itemCount += count.itemCount;
        counted[kind].unreadCount += count.unreadCount;
      }
    }
    const recounted: Omit<AccountSummary, 'last'> = {
      accountId,
      unreadComments: counted.content.unreadCount,
      unreadMessages: counted.conversation.unreadCount,
      contentCount: counted.content.topicCount,
      conversationCount: counted.conversation.topicCount,
      commentCount: counted.content.itemCount,
      messageCount: counted.conversation.itemCount,
    };
    const { last: _last, ...summary } = view.summary;
    this.#expect(summary, recounted, `counters of account ${accountId}`);
    const unread = resultOf(await this.#client.query('unreadItems', { accountId, limit: 1 }));
    const total = recounted.unreadComments + recounted.unreadMessages;
    this.#expect(unread.totalCount, total, `unread items of account ${accountId}`);
    this.#unreadCount += total;
  }

  async #readTopics(accountId: AccountId, kind: TopicKind): Promise<TopicView[]> {
    const all: TopicView[] = [];
    let cursor: string | undefined;
    do {
      const params = { accountId, kind, limit: PAGE_LIMIT_COUNT, ...(cursor !== undefined && { cursor }) };
      const page = resultOf(await this.#client.query('topics', params));
      for (const topic of page.topics) {
        const key = topicKey(topic.record);
        if (this.#topics.has(key)) this.#faults.push(`topic ${key} is listed twice`);
        this.#topics.set(key, topic);
        all.push(topic);
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }

  async #readItems({ record, summary }: TopicView): Promise<{ itemCount: number; unreadCount: number }> {
    const { accountId, kind, id } = record;
    const topic = { accountId, kind, id };
    let itemCount = 0;
    let unreadCount = 0;
    let before: ItemCursor | undefined;
    let newest: ItemRecord | undefined;
    do {
      const params = { topic, limit: PAGE_LIMIT_COUNT, ...(before !== undefined && { before }) };
      const page = resultOf(await this.#client.query('items', params));
      for (const item of page.items) {
        const key = itemKey(item.accountId, item.facts.kind, item.facts.id);
        if (this.#items.has(key)) this.#faults.push(`item ${key} is there twice`);
        if (newest && item.facts.at > newest.facts.at) this.#faults.push(`item ${key} is out of order`);
        newest = item;
        this.#items.set(key, item);
        itemCount += 1;
        if (isUnread(item, record.marks)) unreadCount += 1;
      }
      before = page.nextBefore;
    } while (before !== undefined);
    this.#expect(summary.itemCount, itemCount, `items of ${topicKey(record)}`);
    this.#expect(summary.unreadCount, unreadCount, `unread of ${topicKey(record)}`);
    return { itemCount, unreadCount };
  }

  #expect(told: unknown, counted: unknown, what: string): void {
    if (!isDeepStrictEqual(told, counted))
      this.#faults.push(`${what}: told ${JSON.stringify(told)}, counted ${JSON.stringify(counted)}`);
  }
}

const noCount = () => ({ topicCount: 0, itemCount: 0, unreadCount: 0 });

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): Map<K, W> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

/** Differences of two maps, by key. Both went through JSON at most once, so deep equality is the measure. */
function differences<V>(what: string, told: ReadonlyMap<string, V>, folded: ReadonlyMap<string, V>): string[] {
  const faults: string[] = [];
  for (const [key, value] of told) {
    const other = folded.get(key);
    if (!isDeepStrictEqual(value, other))
      faults.push(`${what} ${key}: ${JSON.stringify(value)} is ${JSON.stringify(other)} on the other side`);
  }
  for (const key of folded.keys()) if (!told.has(key)) faults.push(`${what} ${key} is not told`);
  return faults;
}
