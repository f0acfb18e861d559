import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type Counts, countsOf, FlagCounts } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import { eachMatch } from './match-records.ts';
import type { NoticeBook } from './notice-book.ts';
import { pageByTime, TIME_LIMITS } from './page-by-time.ts';
import { hasFilter } from './record-flags.ts';
import type { RecordQuery } from './record-query.ts';
import { areFew, eachOfUsers, type Scope, scopeOf, userBitsOf } from './record-scope.ts';

export type RecordPage = { readonly recordNos: readonly number[]; readonly total: number; readonly stats: Counts };

/** Records passed over to reach a page; beyond it the caller narrows the dates. Keeps every answer in milliseconds. */
export const SKIP_LIMIT_COUNT = 100_000;

/** One page of the receive records, and how many there are in which states. */
export function listRecords(book: NoticeBook, query: RecordQuery, timeLimits = TIME_LIMITS): RecordPage {
  const notice = query.messageId === undefined ? undefined : book.shelf.byId(query.messageId);
  const scope = scopeOf(book, query, notice);
  if (scope.from >= scope.end || scope.mailboxes?.length === 0) return { recordNos: [], total: 0, stats: countsOf([]) };
  const counts = countFlags(book, scope, query, notice);
  const stats = countsOf(counts.cells().filter(({ flags }) => scope.wanted[flags] === 1));
  const { total } = stats;
  const skipCount = skipCountOf(query);
  if (skipCount >= total) return { recordNos: [], total, stats };
  const { sort } = query;
  const recordNos =
    sort === 'created'
      ? pageByAge(scope, query, { skipCount, total })
      : pageByTime(scope, { ...query, sort }, { skipCount, total, limits: timeLimits });
  return { recordNos, total, stats };
}

function skipCountOf({ page, pageSize }: RecordQuery): number {
  const skipCount = (page - 1) * pageSize;
  if (skipCount <= SKIP_LIMIT_COUNT) return skipCount;
  throw new ImError('BAD_REQUEST', {
    reason: `at most ${SKIP_LIMIT_COUNT} records can be paged through; narrow start_date and end_date`,
  });
}

/** All of the scope by flags, from a counter where there is one. */
function countFlags(book: NoticeBook, scope: Scope, query: RecordQuery, notice: LiveNotice | undefined): FlagCounts {
  const { records, from, end, mailboxes } = scope;
  const hasRange = query.fromAt !== undefined || query.toAt !== undefined;
  if (!mailboxes) {
    if (!hasRange) return notice ? notice.counts : book.totals;
    return FlagCounts.of(records.countFlags(from, end));
  }
  if (!hasRange && !notice) {
    const states = book.totals.cells().map(({ flags }) => flags); // no user has a record in another one
    return FlagCounts.sum(
      mailboxes.map((mailbox) => mailbox.counts),
      states,
    );
  }
  return countOfUsers(scope);
}

function countOfUsers(scope: Scope): FlagCounts {
  const { records, from, end } = scope;
  const counts = new FlagCounts();
  if (areFew(scope, end - from)) {
    eachOfUsers(scope, (_recordNo, _userNo, flags) => {
      counts.add(flags, 1);
      return true;
    });
    return counts;
  }
  const isOfUser = userBitsOf(scope);
  records.each(from, end, (_recordNo, userNo, flags) => {
    if (!isOfUser || isOfUser[userNo] === 1) counts.add(flags, 1);
    return true;
  });
  return counts;
}

/** Records are numbered in the order in which they were made. */
function pageByAge(
  scope: Scope,
  query: RecordQuery,
  { skipCount, total }: { readonly skipCount: number; readonly total: number },
): readonly number[] {
  const { from, end, mailboxes } = scope;
  const { isDescending, pageSize } = query;
  if (!mailboxes && !hasFilter(query)) {
    const count = Math.max(0, Math.min(pageSize, end - from - skipCount));
    const first = isDescending ? end - 1 - skipCount : from + skipCount;
    return Array.from({ length: count }, (_, index) => first + (isDescending ? -index : index));
  }
  // As many as it takes when the matches are spread evenly.
  const passedCount = (end - from) * Math.min(1, (skipCount + pageSize) / total);
  const wantedCount = Math.min(pageSize, total - skipCount);
  const found: number[] = [];
  eachMatch(scope, { isDescending, skipCount, passedCount }, (recordNo) => found.push(recordNo) < wantedCount);
  return found;
}
