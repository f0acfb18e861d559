import type { NoticeTables, RecordFilter } from '../log/notice-tables.ts';
import { FlagCounts } from './flag-counts.ts';
import type { NoticeBook } from './notice-book.ts';

/** A range of notice numbers, both included. */
export type RecordRange = Pick<RecordFilter, 'fromNo' | 'toNo'>;
/** Which notices; the dates are when they were accepted (ms UTC), both included. */
export type RangeQuery = {
  readonly messageId?: string | undefined;
  readonly fromAt?: number | undefined;
  readonly toAt?: number | undefined;
};

const NEWEST_NO = Number.MAX_SAFE_INTEGER;
/** The range of all notices: what is counted for all of them counts for it. */
export const EVERYTHING: RecordRange = { fromNo: 0, toNo: NEWEST_NO };
/** Notices of a range whose counters are summed; about 2 ms. */
const SUM_LIMIT_COUNT = 1_000;

/** The numbers of the notices that are asked about; undefined when there are none. */
export function rangeOf(book: NoticeBook, tables: NoticeTables, query: RangeQuery): RecordRange | undefined {
  const { messageId, fromAt, toAt } = query;
  const hasDates = fromAt !== undefined || toAt !== undefined;
  const dated = hasDates ? tables.noticesBetween(fromAt ?? 0, toAt ?? NEWEST_NO) : EVERYTHING;
  if (messageId === undefined) {
    const whole = hasDates ? tables.noticesBetween(0, NEWEST_NO) : undefined;
    return dated && dated.fromNo === whole?.fromNo && dated.toNo === whole.toNo ? EVERYTHING : dated;
  }
  const no = book.shelf.byId(messageId)?.no;
  return no !== undefined && dated && no >= dated.fromNo && no <= dated.toNo ? { fromNo: no, toNo: no } : undefined;
}

/** The records of a range, counted; undefined when too many notices are in it to sum. */
export function countRange(book: NoticeBook, tables: NoticeTables, range: RecordRange): FlagCounts | undefined {
  if (range === EVERYTHING) return book.totals;
  const notices = tables.readCounts(range.fromNo, range.toNo, SUM_LIMIT_COUNT + 1);
  if (notices.length > SUM_LIMIT_COUNT) return undefined;
  return FlagCounts.sum(notices.map(({ no, counts }) => book.shelf.loaded(no)?.counts ?? new FlagCounts(counts)));
}

/** A set of users by their numbers. */
export function userSet(nos: readonly number[]): { readonly nos: readonly number[]; readonly marks: Uint8Array } {
  const marks = new Uint8Array(nos.reduce((highest, no) => Math.max(highest, no), 0) + 1);
  for (const no of nos) marks[no] = 1;
  return { nos, marks };
}
