import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { NoticeTables, RecordFilter, RecordKey, RecordSort, UserSet } from '../log/notice-tables.ts';
import { type Counts, countsOf, FlagCounts } from './flag-counts.ts';
import type { NoticeBook } from './notice-book.ts';
import { FLAGS_LIMIT, type FlagFilter, fits, hasFilter } from './record-flags.ts';
import { planCount, planPage, type RecordSizes } from './record-plan.ts';
import { countRange, EVERYTHING, type RangeQuery, rangeOf, userSet } from './record-range.ts';

/** What a list of receive records asks for. */
export type RecordQuery = FlagFilter &
  RangeQuery & {
    readonly userId?: string | undefined;
    /** A part of the user name, case-insensitive. */
    readonly username?: string | undefined;
    readonly sort: RecordSort;
    readonly isDescending: boolean;
    readonly page: number;
    readonly pageSize: number;
  };

export type RecordPage = {
  readonly keys: readonly RecordKey[];
  readonly total: number;
  /** False when there are more than were counted. */
  readonly isTotalExact: boolean;
  readonly stats: Counts;
};

/** Records passed over to reach a page; beyond it the caller narrows the dates. Keeps every answer in milliseconds. */
export const SKIP_LIMIT_COUNT = 100_000;
/** Rows of an index passed over to reach a page, those included that do not match; about 10 ms. */
const PASS_LIMIT_COUNT = 200_000;
/** Records counted one by one where no counter answers; some milliseconds. */
const COUNT_LIMIT_COUNT = 20_000;
/** One page of the records that the tables hold, and how many there are: from the kept counters wherever they know it. */
export function listRecords(book: NoticeBook, tables: NoticeTables, query: RecordQuery): RecordPage {
  const scope = scopeOf(book, tables, query);
  if (!scope) return { keys: [], total: 0, isTotalExact: true, stats: countsOf([]) };
  const { filter, sizes } = scope;
  const skipCount = (query.page - 1) * query.pageSize;
  const { by, passedCount } = planPage(sizes, query.sort, skipCount + query.pageSize);
  if (skipCount > SKIP_LIMIT_COUNT || (skipCount > 0 && passedCount > PASS_LIMIT_COUNT)) {
    const reason = 'this page is too far from the first one; narrow start_date and end_date, or the filter';
    throw new ImError('BAD_REQUEST', { reason });
  }
  const { sort, isDescending, pageSize: limitCount } = query;
  const keys = tables.scanRecords({ ...filter, by, sort, isDescending, skipCount, limitCount });
  return { keys, ...count(tables, scope) };
}

type Scope = {
  readonly filter: RecordFilter;
  readonly sizes: RecordSizes;
  /** The counters that know the answer, when there are any. */
  readonly counted: FlagCounts | undefined;
};

function scopeOf(book: NoticeBook, tables: NoticeTables, query: RecordQuery): Scope | undefined {
  const range = rangeOf(book, tables, query);
  const users = usersOf(book, query);
  if (!range || users?.nos.length === 0) return undefined;
  const ofRange = countRange(book, tables, range);
  const ofUsers = users && countUsers(book, users);
  const cells = cellsOf(book.totals, query);
  if (cells?.length === 0) return undefined;
  const timed = query.sort === 'created' ? undefined : cellsOf(book.totals, { sort: query.sort });
  const all = book.totals.sum();
  return {
    filter: { ...range, cells, users },
    sizes: {
      all,
      ofNotices: ofRange?.sum() ?? all,
      ofUsers: ofUsers?.sum(),
      ofFlags: cells && book.totals.sum(cells),
      timed: book.totals.sum(timed),
    },
    counted: !ofUsers ? ofRange : range === EVERYTHING ? ofUsers : undefined,
  };
}

function usersOf(book: NoticeBook, { userId, username }: RecordQuery): UserSet | undefined {
  if (userId === undefined && username === undefined) return undefined;
  const part = username?.toLowerCase() ?? '';
  const one = userId === undefined ? undefined : book.mailboxes.get(userId as UserId); // an id that nobody has finds nothing
  const asked = userId === undefined ? book.mailboxes.values() : one ? [one] : [];
  const nos: number[] = [];
  for (const { no, username: name } of asked) if (name.toLowerCase().includes(part)) nos.push(no);
  return nos.length === book.mailboxes.size ? undefined : userSet(nos);
}

function countUsers(book: NoticeBook, { nos }: UserSet): FlagCounts {
  const states = book.totals.cells().map(({ flags }) => flags); // no user has a record in another one
  return FlagCounts.sum(
    nos.flatMap((no) => book.mailboxOf(no)?.counts ?? []),
    states,
  );
}

/** The combinations of flags that occur and are asked for; undefined = all. A sort by a time leaves out the records without one. */
function cellsOf(totals: FlagCounts, query: FlagFilter & Pick<RecordQuery, 'sort'>): readonly number[] | undefined {
  const { sort } = query;
  if (sort === 'created' && !hasFilter(query)) return undefined;
  const timed: FlagFilter =
    sort === 'received' ? { isReceived: true } : sort === 'read' ? { isRead: true } : { isConfirmed: true };
  const has = (flags: number): boolean => fits(flags, query) && (sort === 'created' || fits(flags, timed));
  return allFlags.filter((flags) => has(flags) && totals.has(flags));
}

const allFlags = Array.from({ length: FLAGS_LIMIT }, (_, flags) => flags);

function count(tables: NoticeTables, { filter, sizes, counted }: Scope): Omit<RecordPage, 'keys'> {
  const wanted = (cells: readonly { readonly flags: number; readonly count: number }[]): Counts =>
    countsOf(cells.filter(({ flags }) => !filter.cells || filter.cells.includes(flags)));
  if (counted) {
    const stats = wanted(counted.cells());
    return { total: stats.total, isTotalExact: true, stats };
  }
  const found = tables.countRecords({ ...filter, by: planCount(sizes), limitCount: COUNT_LIMIT_COUNT });
  const stats = wanted(found.cells);
  return { total: stats.total, isTotalExact: found.passedCount < COUNT_LIMIT_COUNT, stats };
}
