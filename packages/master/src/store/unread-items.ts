import { assert } from '@hiscrm/shared/lib/must.ts';
import type { ItemId, Seq } from '@hiscrm/shared/model/ids.ts';

/** What decides whether a topic's marks have passed an unread item. */
export type UnreadMark = { readonly at: number; readonly arrivedSeq: Seq };

/** Unread items that are only counted so far. */
export type CountedUnread = {
  readonly count: number;
  /** Which they are. To be asked before anything of the topic's items or marks goes to disk anew. */
  readonly read: () => Iterable<UnreadMark & { readonly id: ItemId }>;
};

/**
 * The unread items of one topic. After a start they are only counted: which they are is read from disk when the first of them
 * is looked at or changed. A fold that changes an item or the marks asks at once, long before the checkpoint that would
 * write it, so disk still says what was counted.
 */
export class UnreadItems {
  readonly #marks = new Map<ItemId, UnreadMark>();
  #counted: CountedUnread | undefined;

  constructor(counted?: CountedUnread) {
    this.#counted = counted;
  }

  get size(): number {
    return this.#counted?.count ?? this.#marks.size;
  }

  has(id: ItemId): boolean {
    return this.#known().has(id);
  }

  set(id: ItemId, mark: UnreadMark): void {
    this.#known().set(id, mark);
  }

  delete(id: ItemId): void {
    this.#known().delete(id);
  }

  /** What is deleted meanwhile is not given any more. */
  [Symbol.iterator](): Iterator<[ItemId, UnreadMark]> {
    return this.#known().entries();
  }

  #known(): Map<ItemId, UnreadMark> {
    const counted = this.#counted;
    if (!counted) return this.#marks;
    for (const { id, at, arrivedSeq } of counted.read()) this.#marks.set(id, { at, arrivedSeq });
    assert(this.#marks.size === counted.count, 'the unread items on disk are still those that were counted');
    this.#counted = undefined;
    return this.#marks;
  }
}
