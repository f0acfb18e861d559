import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import { ByteLru } from '@hiscrm/shared/lib/lru.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { type ItemKind, itemKindOf, type TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { scopeOf } from '../log/state-statements.ts';
import type { ItemPosition, StateTables } from '../log/state-tables.ts';

/** Keys remembered as being neither in memory nor on disk, so that ingest and fold ask the disk once between them. */
const ABSENT_LIMIT_COUNT = 10_000;
/** The objects of a record and its place in the maps. */
const ITEM_OVERHEAD_BYTES = 700;

/** An item with its account's number in the tables. */
export type PlacedItem = { readonly accountNo: number; readonly record: ItemRecord };

const keyOf = (accountNo: number, kind: ItemKind, id: ItemId): string => `${scopeOf(accountNo, kind)}:${id}`;

/** About what a record costs in memory: two bytes a character at worst. */
function sizeOf(record: ItemRecord): number {
  const { facts } = record;
  const mediaCount = facts.media?.length ?? 0;
  return ITEM_OVERHEAD_BYTES + 2 * facts.text.length + 2 * facts.id.length + mediaCount * 500;
}

/** A topic by its name and by its numbers in the tables. */
export type NumberedTopic = { readonly no: number; readonly accountNo: number; readonly ref: TopicRef };

/** Newest first; equal times by id. */
export const comparePositions = (a: ItemPosition, b: ItemPosition): number => b.at - a.at || compareText(b.id, a.id);

/**
 * Every item: what changed since the last checkpoint is pinned in memory and hides what disk says; the rest is on disk,
 * with those that were read lately kept under a byte budget. One that was only written is let go once it is on disk: most
 * are not asked for in memory's time, and a heap full of them makes every collection of garbage longer.
 */
export class ItemBook {
  readonly limitBytes: number;
  readonly #tables: StateTables;
  readonly #cache: ByteLru<string, ItemRecord>;
  readonly #absent = new Set<string>();
  #changed = new Map<string, PlacedItem>();
  #saving = new Map<string, PlacedItem>();

  constructor(options: { readonly tables: StateTables; readonly limitBytes: number }) {
    this.limitBytes = options.limitBytes;
    this.#tables = options.tables;
    this.#cache = new ByteLru({ limitBytes: options.limitBytes, sizeOf });
  }

  /** Pinned until a checkpoint has written them. */
  get changedCount(): number {
    return this.#changed.size;
  }

  get cachedCount(): number {
    return this.#cache.count;
  }

  get cachedBytes(): number {
    return this.#cache.bytes;
  }

  get(accountNo: number, kind: ItemKind, id: ItemId): ItemRecord | undefined {
    const key = keyOf(accountNo, kind, id);
    const pinned = this.#pinned(key);
    if (pinned) return pinned.record;
    const cached = this.#cache.get(key);
    if (cached || this.#absent.has(key)) return cached;
    const record = this.#tables.readItem(scopeOf(accountNo, kind), id);
    if (record) this.#cache.set(key, record);
    else this.#noteAbsent(key);
    return record;
  }

  put(item: PlacedItem): void {
    const { facts } = item.record;
    const key = keyOf(item.accountNo, facts.kind, facts.id);
    this.#changed.set(key, item);
    this.#cache.delete(key);
    this.#absent.delete(key);
  }

  /** A removed account's number is never asked for again; what is pinned for it goes. */
  dropAccount(accountNo: number): void {
    for (const pinned of [this.#changed, this.#saving])
      for (const [key, item] of pinned) if (item.accountNo === accountNo) pinned.delete(key);
  }

  /** Items of a topic, newest first, strictly behind `before`; exact whatever is pinned. */
  page(topic: NumberedTopic, before: ItemPosition | undefined, limitCount: number): readonly ItemRecord[] {
    return this.#tables.inOneRead(() => this.#readPage(topic, before, limitCount));
  }

  #readPage(topic: NumberedTopic, before: ItemPosition | undefined, limitCount: number): readonly ItemRecord[] {
    const pinned = this.#pinnedOf(topic, before);
    const page: ItemRecord[] = [];
    let next = 0;
    const takePinnedDownTo = (position: ItemPosition | undefined): void => {
      for (let item = pinned[next]; item && page.length < limitCount; item = pinned[next]) {
        if (position && comparePositions(item.facts, position) > 0) return;
        page.push(item);
        next += 1;
      }
    };
    for (const stored of this.#storedOf(topic, before, limitCount)) {
      takePinnedDownTo(stored.facts);
      if (page.length >= limitCount) return page;
      page.push(stored);
    }
    takePinnedDownTo(undefined);
    return page;
  }

  /** Starts a checkpoint: what changed until here, in the caller's hands until `settleSaved`. */
  takeChanged(): Iterable<PlacedItem> {
    this.#saving = this.#changed;
    this.#changed = new Map();
    return this.#saving.values();
  }

  /** The checkpoint is on disk: its items leave memory, those that changed again stay pinned. */
  settleSaved(): void {
    this.#saving = new Map();
  }

  #pinned(key: string): PlacedItem | undefined {
    return this.#changed.get(key) ?? this.#saving.get(key);
  }

  #pinnedOf(topic: NumberedTopic, before: ItemPosition | undefined): readonly ItemRecord[] {
    const found: ItemRecord[] = [];
    const itemKind = itemKindOf(topic.ref.kind);
    const add = ({ accountNo, record }: PlacedItem): void => {
      const { facts } = record;
      if (accountNo !== topic.accountNo || facts.topicId !== topic.ref.id || facts.kind !== itemKind) return;
      if (!before || comparePositions(facts, before) > 0) found.push(record);
    };
    for (const item of this.#changed.values()) add(item);
    for (const [key, item] of this.#saving) if (!this.#changed.has(key)) add(item);
    return found.sort((a, b) => comparePositions(a.facts, b.facts));
  }

  /** Items on disk that nothing pinned hides: their order from disk, themselves from the cache where it has them. */
  *#storedOf(topic: NumberedTopic, before: ItemPosition | undefined, pageCount: number): Iterable<ItemRecord> {
    const kind = itemKindOf(topic.ref.kind);
    let from = before;
    for (;;) {
      const positions = this.#tables.readPositions(topic.no, from, pageCount);
      for (const { id } of positions) {
        if (this.#pinned(keyOf(topic.accountNo, kind, id))) continue;
        yield must(this.get(topic.accountNo, kind, id), 'an item that has a position is stored');
      }
      from = positions.at(-1);
      if (!from || positions.length < pageCount) return;
    }
  }

  #noteAbsent(key: string): void {
    if (this.#absent.size >= ABSENT_LIMIT_COUNT) this.#absent.clear();
    this.#absent.add(key);
  }
}
