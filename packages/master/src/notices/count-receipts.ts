import { type Counts, countsOf, FlagCounts } from './flag-counts.ts';
import { lowerBound } from './lower-bound.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';

export type ReceiptCounts = {
  readonly stats: Counts;
  readonly userCount: number;
  /** Some users, each with the own counts. */
  readonly users: readonly { readonly mailbox: Mailbox; readonly stats: Counts }[];
};

/** Counts the records of a range of dates (ms UTC, both included), in all and for `limitCount` users after the first `skipCount`. */
export function countReceipts(
  book: NoticeBook,
  query: {
    readonly fromAt: number | undefined;
    readonly toAt: number | undefined;
    readonly skipCount: number;
    readonly limitCount: number;
  },
): ReceiptCounts {
  const mailboxes = [...book.mailboxes.values()].slice(query.skipCount, query.skipCount + query.limitCount);
  const { from, end } = book.records.between(query.fromAt, query.toAt);
  const isAll = from === 0 && end === book.records.count;
  const all = isAll ? book.totals : FlagCounts.of(book.records.countFlags(from, end));
  const users = mailboxes.map((mailbox) => ({
    mailbox,
    stats: isAll ? mailbox.counts.counts() : countsOf(cellsOf(book, mailbox, from, end)),
  }));
  return { stats: all.counts(), userCount: book.mailboxes.size, users };
}

/** One for each of the user's records in a range of numbers. */
function* cellsOf({ records }: NoticeBook, mailbox: Mailbox, from: number, end: number) {
  for (let at = lowerBound(mailbox.records, from); at < mailbox.records.length; at++) {
    const recordNo = mailbox.records[at] ?? end;
    if (recordNo >= end) return;
    yield { flags: records.flags(recordNo), count: 1 };
  }
}
