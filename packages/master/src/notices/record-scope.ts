import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { ReceiveRecords, VisitRecord } from './receive-records.ts';
import { FLAGS_LIMIT, type FlagFilter, fits } from './record-flags.ts';
import type { RecordQuery, RecordSort } from './record-query.ts';

/** To look one record up costs as much as to look through so many that lie side by side. */
const LOOK_UP_COST = 4;
/** A sort by a time leaves out the records without one. */
const HAS_TIME: Record<RecordSort, FlagFilter> = {
  created: {},
  received: { isReceived: true },
  read: { isRead: true },
  confirmed: { isConfirmed: true },
};

/** The records a query is about: a range of numbers, or those of some users in it; and which states are wanted. */
export type Scope = {
  readonly records: ReceiveRecords;
  readonly from: number;
  readonly end: number;
  /** Only these users; undefined = everybody. */
  readonly mailboxes: readonly Mailbox[] | undefined;
  /** 1 for each combination of flags that fits. */
  readonly wanted: Uint8Array;
};

/** `notice` is the one that the query names, if there is one. */
export function scopeOf(book: NoticeBook, query: RecordQuery, notice: LiveNotice | undefined): Scope {
  return {
    records: book.records,
    ...rangeOf(book, query, notice),
    mailboxes: mailboxesOf(book, query),
    wanted: wantedOf(query),
  };
}

/**
 * Whether it is less to look up every record of the scope's users than to look through `passedCount` records. Everybody is
 * never few.
 */
export function areFew({ mailboxes }: Scope, passedCount: number): boolean {
  if (!mailboxes) return false;
  const count = mailboxes.reduce((sum, { totalCount }) => sum + totalCount, 0);
  return count * LOOK_UP_COST < passedCount;
}

/** The records of the scope's users in whatever state, user by user, the newest first. Shows nothing where everybody is meant. */
export function eachOfUsers({ records, from, end, mailboxes = [] }: Scope, visit: VisitRecord): void {
  for (const { no } of mailboxes) records.eachOfUser(no, { first: from, end }, visit);
}

/** 1 for the number of each of the scope's users; undefined = everybody. */
export function userBitsOf({ mailboxes }: Scope): Uint8Array | undefined {
  if (!mailboxes) return undefined;
  const bits = new Uint8Array(1 + mailboxes.reduce((most, { no }) => Math.max(most, no), 0));
  for (const { no } of mailboxes) bits[no] = 1;
  return bits;
}

function wantedOf(query: RecordQuery): Uint8Array {
  const wanted = new Uint8Array(FLAGS_LIMIT);
  for (let flags = 0; flags < FLAGS_LIMIT; flags++) {
    wanted[flags] = Number(fits(flags, query) && fits(flags, HAS_TIME[query.sort]));
  }
  return wanted;
}

function rangeOf(
  { records }: NoticeBook,
  { messageId, fromAt, toAt }: RecordQuery,
  notice: LiveNotice | undefined,
): { readonly from: number; readonly end: number } {
  let { from, end } = records.between(fromAt, toAt);
  if (messageId !== undefined) {
    const { first, count } = notice?.records ?? { first: 0, count: 0 };
    from = Math.max(from, first);
    end = Math.min(end, first + count);
  }
  return { from, end };
}

function mailboxesOf(book: NoticeBook, { userId, username }: RecordQuery): readonly Mailbox[] | undefined {
  if (userId === undefined && username === undefined) return undefined;
  const part = username?.toLowerCase() ?? '';
  const one = userId === undefined ? undefined : book.mailboxes.get(userId as UserId); // an id that nobody has finds nothing
  const asked = userId === undefined ? [...book.mailboxes.values()] : one ? [one] : [];
  const some = asked.filter((mailbox) => mailbox.username.toLowerCase().includes(part));
  return some.length === book.mailboxes.size ? undefined : some;
}
