import type { NoticeTables } from '../log/notice-tables.ts';
import { type Counts, countsOf, FlagCounts } from './flag-counts.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import { planCount } from './record-plan.ts';
import { countRange, EVERYTHING, type RecordRange, rangeOf, userSet } from './record-range.ts';

/** Records looked at where the kept counters do not answer; about 7 ms. */
const COUNT_LIMIT_COUNT = 50_000;

export type ReceiptCounts = {
  readonly stats: Counts;
  readonly userCount: number;
  /** Some users, each with the own counts. */
  readonly users: readonly { readonly mailbox: Mailbox; readonly stats: Counts }[];
  /** False when there are more records than were counted. */
  readonly isExact: boolean;
};

/** Counts the records of a range of dates (ms UTC, both included), in all and for `limitCount` users after the first `skipCount`. */
export function countReceipts(
  book: NoticeBook,
  tables: NoticeTables,
  query: {
    readonly fromAt: number | undefined;
    readonly toAt: number | undefined;
    readonly skipCount: number;
    readonly limitCount: number;
  },
): ReceiptCounts {
  const mailboxes = [...book.mailboxes.values()].slice(query.skipCount, query.skipCount + query.limitCount);
  const range = rangeOf(book, tables, query);
  const userCount = book.mailboxes.size;
  if (!range) return { stats: countsOf([]), userCount, users: mailboxes.map(nothingOf), isExact: true };
  const ofRange = countRange(book, tables, range);
  const all = ofRange ? { stats: ofRange.counts(), isExact: true } : countAll(tables, range);
  if (range === EVERYTHING) {
    return { ...all, userCount, users: mailboxes.map((mailbox) => ({ mailbox, stats: mailbox.counts.counts() })) };
  }
  const each = countEach(book, tables, { range, mailboxes, rangeCount: ofRange?.sum() });
  return { stats: all.stats, userCount, users: each.users, isExact: all.isExact && each.isExact };
}

const nothingOf = (mailbox: Mailbox): ReceiptCounts['users'][number] => ({ mailbox, stats: countsOf([]) });

function countAll(tables: NoticeTables, range: RecordRange): Pick<ReceiptCounts, 'stats' | 'isExact'> {
  const found = tables.countRecords({
    ...range,
    cells: undefined,
    users: undefined,
    by: 'notices',
    limitCount: COUNT_LIMIT_COUNT,
  });
  return { stats: countsOf(found.cells), isExact: found.passedCount < COUNT_LIMIT_COUNT };
}

function countEach(
  book: NoticeBook,
  tables: NoticeTables,
  asked: {
    readonly range: RecordRange;
    readonly mailboxes: readonly Mailbox[];
    readonly rangeCount: number | undefined;
  },
): Pick<ReceiptCounts, 'users' | 'isExact'> {
  const { range, mailboxes } = asked;
  const all = book.totals.sum();
  const sizes = {
    all,
    ofNotices: asked.rangeCount ?? all,
    ofUsers: mailboxes.reduce((sum, { totalCount }) => sum + totalCount, 0),
    ofFlags: undefined,
    timed: all,
  };
  const found = tables.countUserRecords({
    ...range,
    cells: undefined,
    users: userSet(mailboxes.map(({ no }) => no)),
    by: planCount(sizes),
    limitCount: COUNT_LIMIT_COUNT,
  });
  const counts = new Map(mailboxes.map(({ no }) => [no, new FlagCounts()]));
  for (const { userNo, flags, count } of found.cells) counts.get(userNo)?.add(flags, count);
  return {
    users: mailboxes.map((mailbox) => ({ mailbox, stats: counts.get(mailbox.no)?.counts() ?? countsOf([]) })),
    isExact: found.passedCount < COUNT_LIMIT_COUNT,
  };
}
