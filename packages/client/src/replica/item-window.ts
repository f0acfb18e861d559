import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ItemCursor } from '@hiscrm/shared/protocol/queries.ts';
import { comparePlaces, lowerBound, placeOf } from './item-order.ts';

/**
 * The newest items of one topic without a gap: everything from `floor` on, or everything when there is no floor. An item
 * that belongs below the floor is not kept: the page that brings it will. Before its first page a window keeps nothing: where
 * its floor will be is not known, and what arrives meanwhile is in that page, whose answer is never behind the rows (CL4).
 */
export class ItemWindow {
  #items: ItemRecord[] = [];
  readonly #byId = new Map<ItemId, ItemRecord>();
  readonly #answered = new Set<ItemId>();
  #hasPage = false;
  #floor: ItemCursor | undefined;
  #shared: readonly ItemRecord[] | undefined;

  /** The oldest place that is covered; absent when nothing older exists. */
  get floor(): ItemCursor | undefined {
    return this.#floor;
  }

  get isComplete(): boolean {
    return this.#floor === undefined;
  }

  /** Whether no page has been added yet, or only an empty one. */
  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get count(): number {
    return this.#items.length;
  }

  /** Oldest first. The same array until something changes. */
  get items(): readonly ItemRecord[] {
    this.#shared ??= this.#items.slice();
    return this.#shared;
  }

  get(id: ItemId): ItemRecord | undefined {
    return this.#byId.get(id);
  }

  /** Whether one of the kept items answers this comment. */
  hasAnswerTo(id: ItemId): boolean {
    return this.#answered.has(id);
  }

  /** Whether an item at this place is (or would be) kept. */
  covers(place: ItemCursor): boolean {
    return this.#hasPage && (this.#floor === undefined || comparePlaces(place, this.#floor) >= 0);
  }

  /** Adds or replaces an item at its place, where that is covered. */
  put(record: ItemRecord): void {
    this.#shared = undefined;
    const before = this.#byId.get(record.facts.id);
    const isInPlace = before !== undefined && comparePlaces(placeOf(before), placeOf(record)) === 0;
    if (before && !isInPlace) this.#remove(before);
    if (!this.covers(placeOf(record))) return;
    this.#byId.set(record.facts.id, record);
    this.#noteAnswer(record);
    const index = lowerBound(this.#items, placeOf(record));
    this.#items.splice(index, isInPlace ? 1 : 0, record);
  }

  /** Adds the page that ends where this window begins (`items` newest first, as the server sends it). */
  addOlder(items: readonly ItemRecord[], nextBefore: ItemCursor | undefined): void {
    this.#hasPage = true;
    this.#floor = nextBefore;
    this.#shared = undefined;
    const added: ItemRecord[] = [];
    for (const record of items) {
      if (this.#byId.has(record.facts.id)) this.put(record);
      else {
        this.#byId.set(record.facts.id, record);
        this.#noteAnswer(record);
        added.push(record);
      }
    }
    this.#items = added.reverse().concat(this.#items);
    if (!isSorted(this.#items)) this.#items.sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
  }

  #remove(record: ItemRecord): void {
    const index = lowerBound(this.#items, placeOf(record));
    this.#items.splice(index, 1);
    this.#byId.delete(record.facts.id);
  }

  #noteAnswer({ facts }: ItemRecord): void {
    if (facts.kind !== 'comment' || facts.direction !== 'out' || facts.state !== 'visible') return;
    const answered = facts.replyToId ?? facts.parentId;
    if (answered) this.#answered.add(answered);
  }
}

/** Pages join in order unless an item moved between two answers. */
function isSorted(items: readonly ItemRecord[]): boolean {
  for (let index = 1; index < items.length; index++) {
    const before = items[index - 1];
    const after = items[index];
    if (before && after && comparePlaces(placeOf(before), placeOf(after)) > 0) return false;
  }
  return true;
}
