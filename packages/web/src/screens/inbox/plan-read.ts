import type { ItemId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';

/** As many ids as one command takes. */
const IDS_LIMIT_COUNT = 1_000;

/** What can truthfully be marked as read: everything up to a place, or single items. */
export type ReadPlan =
  | { readonly kind: 'upTo'; readonly seq: Seq }
  | { readonly kind: 'items'; readonly ids: readonly ItemId[] };

/**
 * What an operator has read, from what was really on the screen (D64). The topic's mark moves only over items that were all
 * seen; what was seen beyond a gap is marked one by one. `unreadCount` is the topic's counter: while it is larger than the
 * loaded unread items, older ones wait unseen below, and the mark must not pass over them.
 */
export function planRead(options: {
  readonly unread: readonly ItemRecord[];
  readonly seenIds: ReadonlySet<ItemId>;
  readonly unreadCount: number;
}): ReadPlan | undefined {
  const seen = options.unread.filter(({ facts }) => options.seenIds.has(facts.id));
  if (seen.length === 0) return undefined;
  const isAllLoaded = options.unread.length >= options.unreadCount;
  const byArrival = options.unread.toSorted((a, b) => a.arrivedSeq - b.arrivedSeq);
  const firstUnseen = byArrival.findIndex(({ facts }) => !options.seenIds.has(facts.id));
  if (isAllLoaded && firstUnseen !== 0) {
    const last = firstUnseen < 0 ? byArrival.at(-1) : byArrival[firstUnseen - 1];
    if (last) return { kind: 'upTo', seq: last.arrivedSeq };
  }
  return { kind: 'items', ids: seen.slice(0, IDS_LIMIT_COUNT).map(({ facts }) => facts.id) };
}
