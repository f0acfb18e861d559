import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';

/** Rows read at a time; between two readings the event loop is free. */
const PAGE_COUNT = 500;
/** Looked through at most: some seconds, for a person who waits. */
const SCAN_LIMIT_COUNT = 300_000;
/** Kept at most: an item that changes for years has a long story. */
const FOUND_LIMIT_COUNT = 200;

/** The log as far as it can be read back. */
export interface ReadableLog {
  firstSeq(): Seq;
  readAfter(seq: Seq, limitCount: number): Promise<readonly LoggedChange[] | 'tooOld'>;
}

export type FoundRows = {
  readonly rows: readonly LoggedChange[];
  /** False when rows were trimmed, or a limit ended the search. */
  readonly isComplete: boolean;
};

/** Rows in (after, upTo] that are wanted, oldest first. Reads in pages and lets others run in between. */
export async function findRows(
  log: ReadableLog,
  range: { readonly after: Seq; readonly upTo: Seq; readonly isWanted: (row: LoggedChange) => boolean },
): Promise<FoundRows> {
  const oldest = (log.firstSeq() - 1) as Seq; // the place before the oldest row
  const rows: LoggedChange[] = [];
  let at: Seq = range.after < oldest ? oldest : range.after;
  const isWhole = at === range.after;
  for (let scannedCount = 0; at < range.upTo; scannedCount += PAGE_COUNT) {
    if (scannedCount >= SCAN_LIMIT_COUNT || rows.length >= FOUND_LIMIT_COUNT) return { rows, isComplete: false };
    const page = await log.readAfter(at, PAGE_COUNT);
    if (page === 'tooOld') return { rows, isComplete: false }; // trimmed while we read
    const last = page.at(-1);
    if (!last) break;
    for (const row of page) if (row.seq <= range.upTo && range.isWanted(row)) rows.push(row);
    at = last.seq;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { rows, isComplete: isWhole };
}

/** The place before the first row that was logged at `at` or later. The times of rows never go back. */
export async function placeAt(
  log: ReadableLog,
  { at, head }: { readonly at: number; readonly head: Seq },
): Promise<Seq> {
  let [low, high] = [log.firstSeq() - 1, head as number];
  while (low < high) {
    const middle = (low + high) >> 1;
    const page = await log.readAfter(middle as Seq, 1); // a place between two places
    // What was trimmed meanwhile is older than what is looked for, or gone anyway.
    const isBefore = page === 'tooOld' || (page[0] !== undefined && page[0].at < at);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low as Seq; // likewise
}
