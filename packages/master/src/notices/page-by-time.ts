import { FirstByTime } from './first-by-time.ts';
import { eachMatch, isMatchOf, markMatches } from './match-records.ts';
import type { RecordQuery, RecordSort } from './record-query.ts';
import type { Scope } from './record-scope.ts';
import type { TimeOrder } from './time-order.ts';

/** How a list by a time gets along. */
export type TimeLimits = {
  /** Times of up to so many records in a row are read from their pages. */
  readonly readCount: number;
  /** Matches may be common and yet all at the far end: after so many records they are marked before it goes on. */
  readonly markAfterCount: number;
};
export const TIME_LIMITS: TimeLimits = { readCount: 10_000, markAfterCount: 20_000 };
/** Fewer of all are rare. */
const RARE_SHARE = 0.02;
const TIME_OF = { received: 'receivedAt', read: 'readAt', confirmed: 'confirmedAt' } as const;

type TimeQuery = RecordQuery & { readonly sort: Exclude<RecordSort, 'created'> };
type Cut = {
  readonly skipCount: number;
  /** How many match in all. */
  readonly total: number;
  readonly limits: TimeLimits;
};

/** From the order of the times, if it is known and a look at the times themselves means more than some pages. */
export function pageByTime(scope: Scope, query: TimeQuery, cut: Cut): readonly number[] {
  const order = scope.records.orders.of(TIME_OF[query.sort]);
  const isSmall = scope.end - scope.from <= cut.limits.readCount;
  return order && !isSmall ? alongTimes(scope, query, order, cut) : byTimesRead(scope, query, cut.skipCount);
}

/** Where few match, long ways lead to the next one: what matches is marked first. */
function alongTimes(
  scope: Scope,
  query: TimeQuery,
  order: TimeOrder,
  { skipCount, total, limits }: Cut,
): readonly number[] {
  const marked = (): ((recordNo: number) => boolean) => {
    const marks = markMatches(scope);
    return (recordNo) => marks.has(recordNo);
  };
  let isMatch = total < order.count * RARE_SHARE ? marked() : isMatchOf(scope);
  let visitedCount = 0;
  const wantedCount = Math.min(query.pageSize, total - skipCount);
  const found: number[] = [];
  let passedCount = 0;
  order.each(query.isDescending, (recordNo) => {
    if (++visitedCount === limits.markAfterCount) isMatch = marked();
    if (isMatch(recordNo) && passedCount++ >= skipCount) found.push(recordNo);
    return found.length < wantedCount;
  });
  return found;
}

/** Reads the time of every match, in the order in which they lie on disk. */
function byTimesRead(scope: Scope, { sort, isDescending, pageSize }: TimeQuery, skipCount: number): readonly number[] {
  const { records, from, end } = scope;
  const first = new FirstByTime(skipCount + pageSize, isDescending);
  const column = TIME_OF[sort];
  eachMatch(scope, { isDescending: false, skipCount: 0, passedCount: end - from }, (recordNo) => {
    first.offer(records.time(recordNo, column), recordNo);
    return true;
  });
  return first.taken().slice(skipCount);
}
