import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ItemCursor } from '@hiscrm/shared/protocol/queries.ts';

/** Where an item stands in its topic: by platform time, then by id, so that equal times have one order everywhere. */
export const placeOf = (item: ItemRecord): ItemCursor => ({ at: item.facts.at, id: item.facts.id });

/** Negative when `a` is older than `b`. Ids compare as text, as the Master's index does. */
export function comparePlaces(a: ItemCursor, b: ItemCursor): number {
  if (a.at !== b.at) return a.at - b.at;
  return compareText(a.id, b.id);
}

/** The index of the first item at or after `place` in items sorted oldest first. */
export function lowerBound(items: readonly ItemRecord[], place: ItemCursor): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item && comparePlaces(placeOf(item), place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
