import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows read from the store in one go; the event loop gets a turn between them. */
const CHUNK_COUNT = 200;
/** Remembered places. The oldest are forgotten and found again by reading from the start. */
const PLACES_LIMIT_COUNT = 2_000;

/** Reads the rows after `cursor`, at most `limit`; without `next` these were the last. */
export type ReadRows<Row, Cursor> = (
  limit: number,
  cursor: Cursor | undefined,
) => {
  readonly rows: readonly Row[];
  readonly next?: Cursor | undefined;
};
export type OffsetPage<Row> = { readonly rows: readonly Row[]; readonly cursor: number; readonly hasMore: boolean };

const always = (): boolean => true;
const never = (): boolean => false;

/**
 * Pages by numeric offset over a store that pages by its own cursors. A reader who walks on from page to page is never made
 * to wait for the rows before: where each page ended is remembered, as long as the list has not changed.
 */
export class OffsetPager {
  readonly #places = new Map<string, { readonly version: number; readonly cursor: unknown }>();

  /**
   * `list` names the list with its filters; `version` changes with its contents. Rows that `keep` refuses are not counted.
   */
  async page<Row, Cursor>(options: {
    readonly list: string;
    readonly version: number;
    readonly offset: number;
    readonly count: number;
    readonly read: ReadRows<Row, Cursor>;
    readonly keep?: ((row: Row) => boolean) | undefined;
    /** Rows that are not there for anybody. They are few: places are remembered all the same. */
    readonly isHidden?: ((row: Row) => boolean) | undefined;
  }): Promise<OffsetPage<Row>> {
    const { offset, count } = options;
    const found: Row[] = [];
    const place = this.#places.get(`${options.list} ${offset}`);
    const known = place?.version === options.version ? place : undefined;
    let cursor = known?.cursor as Cursor | undefined; // stored below, for the same list
    let toSkip = known ? 0 : offset;
    for (;;) {
      // Without a filter the chunk ends where the page ends, so that the place can be remembered.
      const limit = options.keep ? CHUNK_COUNT : Math.min(CHUNK_COUNT, toSkip > 0 ? toSkip : count - found.length);
      const chunk = options.read(limit, cursor);
      const { keep = always, isHidden = never } = options;
      const kept = chunk.rows.filter((row) => !isHidden(row) && keep(row));
      const skipped = Math.min(toSkip, kept.length);
      toSkip -= skipped;
      const taken = kept.slice(skipped, skipped + count - found.length);
      found.push(...taken);
      const isCut = skipped + taken.length < kept.length;
      if (isCut) return { rows: found, cursor: offset + found.length, hasMore: true };
      if (chunk.next === undefined) return { rows: found, cursor: offset + found.length, hasMore: false };
      cursor = chunk.next;
      if (toSkip === 0 && found.length === count && !options.keep) {
        this.#remember(`${options.list} ${offset + count}`, { version: options.version, cursor });
        return { rows: found, cursor: offset + count, hasMore: true };
      }
      await nextTurn();
    }
  }

  /** Places held. Limit: PLACES_LIMIT_COUNT. */
  get placeCount(): number {
    return this.#places.size;
  }

  #remember(key: string, place: { readonly version: number; readonly cursor: unknown }): void {
    this.#places.delete(key);
    this.#places.set(key, place);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= PLACES_LIMIT_COUNT) break;
      this.#places.delete(oldest);
    }
  }
}
