import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import type { TopicId } from '@hiscrm/shared/model/ids.ts';
import type { TopicRecord } from '@hiscrm/shared/model/records.ts';
import type { Preview, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { UnreadItems } from './unread-items.ts';

/** A topic in memory: its record, its counters, and which of its items are unread. */
export type TopicEntry = {
  /** Its number in the state tables. */
  readonly no: number;
  readonly accountNo: number;
  readonly ref: TopicRef;
  record: TopicRecord;
  itemCount: number;
  last: Preview | undefined;
  /** Its place in the list: see `activityOf`. */
  activityAt: number;
  readonly unread: UnreadItems;
};

/** When something last happened in it: its newest item, else when it was published or begun. */
export function activityOf(record: TopicRecord, last: Preview | undefined): number {
  if (last) return last.at;
  return (record.kind === 'content' ? record.facts?.publishedAt : record.facts?.createdAt) ?? 0;
}

export const summaryOf = (entry: TopicEntry): TopicSummary => ({
  topic: entry.ref,
  unreadCount: entry.unread.size,
  itemCount: entry.itemCount,
  ...(entry.last && { last: entry.last }),
});

type Place = { readonly activityAt: number; readonly id: TopicId };

/** Newest activity first; equal ones by id, so that the order is the same on every call. */
function comparePlaces(a: Place, b: Place): number {
  return b.activityAt - a.activityAt || compareText(b.id, a.id);
}

const placeOf = (entry: TopicEntry): Place => ({ activityAt: entry.activityAt, id: entry.ref.id });

/** The topics of one account and kind, in the order of the list, with the sums over them. */
export class TopicShelf {
  readonly #byId = new Map<TopicId, TopicEntry>();
  #order: TopicEntry[] = [];
  unreadCount = 0;
  itemCount = 0;

  get topicCount(): number {
    return this.#byId.size;
  }

  get(id: TopicId): TopicEntry | undefined {
    return this.#byId.get(id);
  }

  /** In the order of the list. */
  entries(): readonly TopicEntry[] {
    return this.#order;
  }

  add(entry: TopicEntry): void {
    this.#byId.set(entry.ref.id, entry);
    this.#order.splice(this.#indexAfter(placeOf(entry)), 0, entry);
  }

  /** Adds many at once, as at the start. */
  fill(entries: readonly TopicEntry[]): void {
    for (const entry of entries) this.#byId.set(entry.ref.id, entry);
    this.#order = [...this.#byId.values()].sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
  }

  /** Moves the entry to where its record and its newest item put it. */
  reposition(entry: TopicEntry): void {
    const activityAt = activityOf(entry.record, entry.last);
    if (activityAt === entry.activityAt) return;
    this.#order.splice(this.#indexAfter(placeOf(entry)) - 1, 1);
    entry.activityAt = activityAt;
    this.#order.splice(this.#indexAfter(placeOf(entry)), 0, entry);
  }

  /** Entries behind a place in the list, or from its head. */
  *from(place: Place | undefined): Iterable<TopicEntry> {
    const start = place ? this.#indexAfter(place) : 0;
    for (let index = start; index < this.#order.length; index += 1) {
      const entry = this.#order[index];
      if (entry) yield entry;
    }
  }

  /** Index of the first entry strictly behind the place. */
  #indexAfter(place: Place): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#order[middle];
      if (entry && comparePlaces(placeOf(entry), place) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A place in the list as the text that a client hands back. */
export const cursorOf = (entry: TopicEntry): string => `${entry.activityAt}:${entry.ref.id}`;

/** Undefined when the text was not made by `cursorOf`. */
export function parseCursor(cursor: string): Place | undefined {
  const parts = /^(\d{1,15}):(.+)$/su.exec(cursor);
  return parts?.[1] && parts[2] ? { activityAt: Number(parts[1]), id: parts[2] as TopicId } : undefined; // only compared
}
