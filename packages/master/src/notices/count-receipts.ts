import { type Counts, FlagCounts } from './flag-counts.ts';
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
    stats: (isAll ? mailbox.counts : countOwn(book, mailbox, from, end)).counts(),
  }));
  return { stats: all.counts(), userCount: book.mailboxes.size, users };
}

/** The user's records in a range of numbers. */
function countOwn({ records }: NoticeBook, mailbox: Mailbox, first: number, end: number): FlagCounts {
  const counts = new FlagCounts();
  records.eachOfUser(mailbox.no, { first, end }, (_recordNo, _userNo, flags) => {
    counts.add(flags, 1);
    return true;
  });
  return counts;
}
