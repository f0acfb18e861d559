import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type Counts, countsOf, FlagCounts } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import { lowerBound } from './lower-bound.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { ReceiveRecords } from './receive-records.ts';
import { FLAGS_LIMIT, type FlagFilter, fits, hasFilter } from './record-flags.ts';
import type { TimeOrder } from './time-order.ts';

export type RecordSort = 'created' | 'received' | 'read' | 'confirmed';

/** What a list of receive records asks for. */
export type RecordQuery = FlagFilter & {
  readonly messageId?: string | undefined;
  readonly userId?: string | undefined;
  /** A part of the user name, case-insensitive. */
  readonly username?: string | undefined;
  /** When the notice was sent (ms UTC), both included. */
  readonly fromAt?: number | undefined;
  readonly toAt?: number | undefined;
  readonly sort: RecordSort;
  readonly isDescending: boolean;
  readonly page: number;
  readonly pageSize: number;
};

export type RecordPage = { readonly recordNos: readonly number[]; readonly total: number; readonly stats: Counts };

/** Records passed over to reach a page; beyond it the caller narrows the dates. Keeps every answer in milliseconds. */
export const SKIP_LIMIT_COUNT = 100_000;

/** Up to so many users of a name filter are looked up one by one; with more, the records are looked through. */
const USERS_ONE_BY_ONE_COUNT = 64;
/** Fewer of all are rare. */
const RARE_SHARE = 0.02;
/** How a list by a time gets along. */
export type TimeLimits = {
  /** Times of up to so many records in a row are read from their pages. */
  readonly readCount: number;
  /** Matches may be common and yet all at the far end: after so many records they are marked before it goes on. */
  readonly markAfterCount: number;
};
const TIME_LIMITS: TimeLimits = { readCount: 10_000, markAfterCount: 20_000 };
/** Fewer of all records are looked up by their users; with more, all are looked through. */
const FEW_SHARE = 0.25;
/** A bit a record, 32 to a number: a million of them stay in the processor's cache. */
const BITS_COUNT = 32;
const BITS_SHIFT = 5;
const BITS_MASK = 31;
const TIME_OF = { received: 'receivedAt', read: 'readAt', confirmed: 'confirmedAt' } as const;
/** A sort by a time leaves out the records without one. */
const HAS_TIME: Record<RecordSort, FlagFilter> = {
  created: {},
  received: { isReceived: true },
  read: { isRead: true },
  confirmed: { isConfirmed: true },
};

/** The records a query is about: a range of numbers, or those of some users in it; and which states are wanted. */
type Scope = {
  readonly records: ReceiveRecords;
  readonly from: number;
  readonly end: number;
  /** Only these users; undefined = everybody. */
  readonly mailboxes: readonly Mailbox[] | undefined;
  /** 1 for each combination of flags that fits. */
  readonly wanted: Uint8Array;
  readonly timeLimits: TimeLimits;
};

/** One page of the receive records, and how many there are in which states. */
export function listRecords(book: NoticeBook, query: RecordQuery, timeLimits = TIME_LIMITS): RecordPage {
  const notice = query.messageId === undefined ? undefined : book.shelf.byId(query.messageId);
  const scope: Scope = {
    records: book.records,
    ...rangeOf(book, query, notice),
    mailboxes: mailboxesOf(book, query),
    wanted: wantedOf(query),
    timeLimits,
  };
  if (scope.from >= scope.end || scope.mailboxes?.length === 0) return { recordNos: [], total: 0, stats: countsOf([]) };
  const counts = countFlags(book, scope, query, notice);
  const stats = countsOf(counts.cells().filter(({ flags }) => scope.wanted[flags] === 1));
  return { recordNos: page(scope, query, stats.total), total: stats.total, stats };
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

/** All of the scope by flags, from a counter where there is one. */
function countFlags(book: NoticeBook, scope: Scope, query: RecordQuery, notice: LiveNotice | undefined): FlagCounts {
  const { records, from, end, mailboxes } = scope;
  const hasRange = query.fromAt !== undefined || query.toAt !== undefined;
  if (!mailboxes) {
    if (!hasRange) return notice ? notice.counts : book.totals;
    return FlagCounts.of(records.countFlags(from, end));
  }
  const counts = new FlagCounts();
  if (!hasRange && !notice) {
    const states = book.totals.cells().map(({ flags }) => flags); // no user has a record in another one
    return FlagCounts.sum(
      mailboxes.map((mailbox) => mailbox.counts),
      states,
    );
  } else if (areFew(scope, mailboxes)) {
    eachOf(scope, mailboxes, (recordNo) => counts.add(records.flags(recordNo), 1));
  } else {
    const isOfUser = bitsOf(mailboxes);
    records.each(from, end, (_recordNo, userNo, flags) => {
      if (isOfUser[userNo] === 1) counts.add(flags, 1);
      return true;
    });
  }
  return counts;
}

function page(scope: Scope, query: RecordQuery, total: number): readonly number[] {
  const skipCount = (query.page - 1) * query.pageSize;
  if (skipCount > SKIP_LIMIT_COUNT) {
    throw new ImError('BAD_REQUEST', {
      reason: `at most ${SKIP_LIMIT_COUNT} records can be paged through; narrow start_date and end_date`,
    });
  }
  if (skipCount >= total) return [];
  return query.sort === 'created'
    ? pageByAge(scope, query, skipCount)
    : pageByTime(scope, { ...query, sort: query.sort }, { skipCount, total });
}

/** Records are numbered in the order in which they were made. */
function pageByAge(scope: Scope, query: RecordQuery, skipCount: number): readonly number[] {
  const { records, from, end, mailboxes, wanted } = scope;
  const limitCount = skipCount + query.pageSize;
  if (mailboxes && mailboxes.length <= USERS_ONE_BY_ONE_COUNT) {
    const sorted = ofMailboxes(scope, mailboxes).filter((recordNo) => wanted[records.flags(recordNo)] === 1);
    sorted.sort(query.isDescending ? (a, b) => b - a : (a, b) => a - b);
    return sorted.slice(skipCount, limitCount);
  }
  if (!mailboxes && !hasFilter(query)) {
    const count = Math.max(0, Math.min(query.pageSize, end - from - skipCount));
    const first = query.isDescending ? end - 1 - skipCount : from + skipCount;
    return Array.from({ length: count }, (_, index) => first + (query.isDescending ? -index : index));
  }
  const isOfUser = mailboxes && bitsOf(mailboxes);
  const found: number[] = [];
  let passedCount = 0;
  const visit = (recordNo: number, userNo: number, flags: number): boolean => {
    if (wanted[flags] !== 1 || (isOfUser && isOfUser[userNo] !== 1)) return true;
    if (passedCount++ >= skipCount) found.push(recordNo);
    return found.length < query.pageSize;
  };
  if (query.isDescending) records.eachBackwards(from, end, visit, wanted);
  else records.each(from, end, visit, wanted);
  return found;
}

type TimeQuery = RecordQuery & { readonly sort: Exclude<RecordSort, 'created'> };
type Cut = { readonly skipCount: number; readonly total: number };

/** From the order of the times, if it is known and a look at the times themselves means more than some pages. */
function pageByTime(scope: Scope, query: TimeQuery, cut: Cut): readonly number[] {
  const order = scope.records.orders.of(TIME_OF[query.sort]);
  const isSmall = scope.end - scope.from <= scope.timeLimits.readCount;
  return order && !isSmall ? alongTimes(scope, query, order, cut) : byTimesRead(scope, query, cut.skipCount);
}

function alongTimes(scope: Scope, query: TimeQuery, order: TimeOrder, { skipCount, total }: Cut): readonly number[] {
  let isMatch = total < order.count * RARE_SHARE ? matchesMarked(scope) : matchesOf(scope);
  let visitedCount = 0;
  const wantedCount = Math.min(query.pageSize, total - skipCount);
  const found: number[] = [];
  let passedCount = 0;
  order.each(query.isDescending, (recordNo) => {
    if (++visitedCount === scope.timeLimits.markAfterCount) isMatch = matchesMarked(scope);
    if (isMatch(recordNo) && passedCount++ >= skipCount) found.push(recordNo);
    return found.length < wantedCount;
  });
  return found;
}

type IsMatch = (recordNo: number) => boolean;

function matchesOf({ records, from, end, mailboxes, wanted }: Scope): IsMatch {
  const isOfUser = mailboxes && bitsOf(mailboxes);
  return (recordNo) =>
    recordNo >= from &&
    recordNo < end &&
    wanted[records.flags(recordNo)] === 1 &&
    (!isOfUser || isOfUser[records.userNo(recordNo)] === 1);
}

/** Where few match, long ways lead to the next one: what matches is marked first, in the order in which it lies in memory. */
function matchesMarked(scope: Scope): IsMatch {
  const { records, from, end, mailboxes, wanted } = scope;
  const marks = new Uint32Array(Math.ceil((end - from) / BITS_COUNT));
  const mark = (recordNo: number): void => {
    const at = recordNo - from;
    marks[at >>> BITS_SHIFT] = (marks[at >>> BITS_SHIFT] ?? 0) | (1 << (at & BITS_MASK));
  };
  if (mailboxes && areFew(scope, mailboxes)) {
    eachOf(scope, mailboxes, (recordNo) => {
      if (wanted[records.flags(recordNo)] === 1) mark(recordNo);
    });
  } else {
    const isOfUser = mailboxes && bitsOf(mailboxes);
    records.each(from, end, (recordNo, userNo, flags) => {
      if (wanted[flags] === 1 && (!isOfUser || isOfUser[userNo] === 1)) mark(recordNo);
      return true;
    });
  }
  return (recordNo) => {
    const at = recordNo - from;
    return at >= 0 && recordNo < end && ((marks[at >>> BITS_SHIFT] ?? 0) & (1 << (at & BITS_MASK))) !== 0;
  };
}

/** Reads the time of every match. */
function byTimesRead(scope: Scope, { sort, isDescending, pageSize }: TimeQuery, skipCount: number): readonly number[] {
  const { records, from, end, mailboxes, wanted } = scope;
  const isOfUser = mailboxes && bitsOf(mailboxes);
  const newest = new NewestFirst(skipCount + pageSize, isDescending);
  const column = TIME_OF[sort];
  if (mailboxes && mailboxes.length <= USERS_ONE_BY_ONE_COUNT) {
    for (const recordNo of ofMailboxes(scope, mailboxes)) {
      if (wanted[records.flags(recordNo)] === 1) newest.offer(records.time(recordNo, column), recordNo);
    }
  } else {
    records.each(from, end, (recordNo, userNo, flags) => {
      if (wanted[flags] === 1 && (!isOfUser || isOfUser[userNo] === 1)) {
        newest.offer(records.time(recordNo, column), recordNo);
      }
      return true;
    });
  }
  return newest.taken().slice(skipCount);
}

/** Whether the users' records are so few that looking each of them up is less than looking through all. */
const areFew = ({ from, end }: Scope, mailboxes: readonly Mailbox[]): boolean =>
  mailboxes.reduce((sum, { records }) => sum + records.length, 0) < (end - from) * FEW_SHARE;

/** The records of some users in the scope, in no order. */
function eachOf({ from, end }: Scope, mailboxes: readonly Mailbox[], visit: (recordNo: number) => void): void {
  for (const { records } of mailboxes) {
    for (let at = lowerBound(records, from); at < records.length; at++) {
      const recordNo = records[at] ?? end;
      if (recordNo >= end) break;
      visit(recordNo);
    }
  }
}

function ofMailboxes(scope: Scope, mailboxes: readonly Mailbox[]): number[] {
  const found: number[] = [];
  eachOf(scope, mailboxes, (recordNo) => found.push(recordNo));
  return found;
}

function bitsOf(mailboxes: readonly Mailbox[]): Uint8Array {
  const bits = new Uint8Array(1 + mailboxes.reduce((most, { no }) => Math.max(most, no), 0));
  for (const { no } of mailboxes) bits[no] = 1;
  return bits;
}

/**
 * The first `limitCount` by time, then by number. Most of what is offered is behind what is kept already: it is looked at
 * and let go, and what is kept is put in order only when twice as many have come together.
 */
class NewestFirst {
  readonly #limitCount: number;
  readonly #sign: number;
  #kept: { readonly key: number; readonly recordNo: number }[] = [];
  #bound = Number.POSITIVE_INFINITY;

  constructor(limitCount: number, isDescending: boolean) {
    this.#limitCount = limitCount;
    this.#sign = isDescending ? -1 : 1;
  }

  offer(time: number, recordNo: number): void {
    const key = this.#sign * time;
    if (key > this.#bound) return;
    this.#kept.push({ key, recordNo });
    if (this.#kept.length >= 2 * this.#limitCount + 1_000) this.#cut();
  }

  taken(): readonly number[] {
    this.#cut();
    return this.#kept.map(({ recordNo }) => recordNo);
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.key - b.key || this.#sign * (a.recordNo - b.recordNo));
    this.#kept.length = Math.min(this.#kept.length, this.#limitCount);
    if (this.#kept.length === this.#limitCount) this.#bound = this.#kept.at(-1)?.key ?? this.#bound;
  }
}
