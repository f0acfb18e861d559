import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord, TopicRecord } from '@hiscrm/shared/model/records.ts';
import type { TopicKind } from '@hiscrm/shared/model/topic-ref.ts';
import { type ItemCursor, PAGE_LIMIT_COUNT, type TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { StoreReader } from '../../store/store-reader.ts';

/** Items read from one topic at a time: most of a page comes from few topics. */
const READ_AHEAD_COUNT = 20;
/** Items after which other requests get a turn of the event loop. */
const ITEMS_A_TURN_COUNT = 500;

export type MergedItem = { readonly topic: TopicRecord; readonly item: ItemRecord };

/**
 * The items of these topics, newest first by (at, id). A topic is opened only when its newest item is due, so the first
 * page costs a page and not the account.
 */
export async function* mergedItems(
  store: StoreReader,
  topics: readonly TopicView[],
): AsyncGenerator<MergedItem, void, undefined> {
  const waiting = topics.filter((topic) => topic.summary.last).sort((a, b) => lastAt(b) - lastAt(a));
  const open: TopicReader[] = [];
  let waitingIndex = 0;
  for (let count = 1; ; count++) {
    for (let next = waiting[waitingIndex]; next; next = waiting[++waitingIndex]) {
      const newest = newestOf(open)?.peek();
      if (newest && newest.facts.at > lastAt(next)) break;
      open.push(new TopicReader(store, next.record));
    }
    const reader = newestOf(open);
    const item = reader?.take();
    if (!reader || !item) return;
    yield { topic: reader.topic, item };
    if (!reader.peek()) open.splice(open.indexOf(reader), 1);
    if (count % ITEMS_A_TURN_COUNT === 0) await nextTurn();
  }
}

/** Every topic of these kinds, in pieces with turns of the event loop between them. */
export async function allTopics(
  store: StoreReader,
  accountId: AccountId,
  kinds: readonly TopicKind[],
): Promise<readonly TopicView[]> {
  const all: TopicView[] = [];
  for (const kind of kinds) {
    let cursor: string | undefined;
    do {
      const page = store.topics({ accountId, kind, limit: PAGE_LIMIT_COUNT, ...(cursor !== undefined && { cursor }) });
      all.push(...page.topics);
      cursor = page.nextCursor;
      if (cursor !== undefined) await nextTurn();
    } while (cursor !== undefined);
  }
  return all;
}

const lastAt = (topic: TopicView): number => topic.summary.last?.at ?? 0;

function newestOf(open: readonly TopicReader[]): TopicReader | undefined {
  let best: TopicReader | undefined;
  for (const reader of open) if (!best || isNewer(reader.peek(), best.peek())) best = reader;
  return best;
}

function isNewer(a: ItemRecord | undefined, b: ItemRecord | undefined): boolean {
  if (!a || !b) return a !== undefined;
  return a.facts.at > b.facts.at || (a.facts.at === b.facts.at && a.facts.id > b.facts.id);
}

/** Reads one topic, newest first, a few items ahead. */
class TopicReader {
  readonly topic: TopicRecord;
  readonly #store: StoreReader;
  #ahead: readonly ItemRecord[] = [];
  #index = 0;
  #before: ItemCursor | 'start' | undefined = 'start';

  constructor(store: StoreReader, topic: TopicRecord) {
    this.#store = store;
    this.topic = topic;
  }

  peek(): ItemRecord | undefined {
    if (this.#index >= this.#ahead.length && this.#before !== undefined) this.#fill(this.#before);
    return this.#ahead[this.#index];
  }

  take(): ItemRecord | undefined {
    const item = this.peek();
    this.#index++;
    return item;
  }

  #fill(before: ItemCursor | 'start'): void {
    const { accountId, kind, id } = this.topic;
    const page = this.#store.items({
      topic: { accountId, kind, id },
      limit: READ_AHEAD_COUNT,
      ...(before !== 'start' && { before }),
    });
    this.#ahead = page.items;
    this.#index = 0;
    this.#before = page.nextBefore;
  }
}
