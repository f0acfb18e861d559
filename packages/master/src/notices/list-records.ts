import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FlagCount, NoticeTables, RecordKey, RecordScan, RecordSort, ScannedKey } from '../log/notice-tables.ts';
import { type Counts, countsOf } from './flag-counts.ts';
import type { NoticeBook } from './notice-book.ts';
import { FLAGS_LIMIT, type FlagFilter, fits, hasFilter } from './record-flags.ts';

/** What a list of receive records asks for. */
export type RecordQuery = FlagFilter & {
  readonly messageId?: string | undefined;
  readonly userId?: string | undefined;
  /** A part of the user name, case-insensitive. */
  readonly username?: string | undefined;
  /** When the notice was accepted (ms UTC), both included. */
  readonly fromAt?: number | undefined;
  readonly toAt?: number | undefined;
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
/** The same where several indexes are merged. */
const MERGED_SKIP_LIMIT_COUNT = 10_000;
/** Records counted one by one when no counter answers; some milliseconds. */
const COUNT_LIMIT_COUNT = 20_000;
/** Up to so many users of a name filter are read by their own index; more are met often enough by reading in order. */
const USERS_BY_INDEX_COUNT = 32;
const NEWEST_NO = Number.MAX_SAFE_INTEGER;

type Scope = Pick<RecordScan, 'cells' | 'userNos' | 'fromNo' | 'toNo'>;

/** One page of the records that the tables hold, each read from an index that already has its order. */
export function listRecords(book: NoticeBook, tables: NoticeTables, query: RecordQuery): RecordPage {
  const nothing: RecordPage = { keys: [], total: 0, isTotalExact: true, stats: countsOf([]) };
  const range = rangeOf(tables, query);
  const userNos = usersOf(book, query);
  const notice = query.messageId === undefined ? undefined : book.shelf.byId(query.messageId);
  if (!range || userNos?.length === 0 || (query.messageId !== undefined && !notice)) return nothing;
  const present = book.totals.cells().map(({ flags }) => flags);
  const cells = hasFilter(query)
    ? allFlags.filter((flags) => present.includes(flags) && fits(flags, query))
    : undefined;
  if (cells?.length === 0) return nothing;
  const scope: Scope = { ...range, cells, userNos };
  const scans = scansOf(scope, query, notice?.no);
  const counted = count(book, tables, scope, notice?.no, query);
  return { keys: page(tables, scope, scans, query), ...counted };
}

const allFlags = Array.from({ length: FLAGS_LIMIT }, (_, flags) => flags);

function rangeOf(tables: NoticeTables, { fromAt, toAt }: RecordQuery): Pick<Scope, 'fromNo' | 'toNo'> | undefined {
  if (fromAt === undefined && toAt === undefined) return { fromNo: 0, toNo: NEWEST_NO };
  return tables.noticesBetween(fromAt ?? 0, toAt ?? NEWEST_NO);
}

function usersOf(book: NoticeBook, { userId, username }: RecordQuery): readonly number[] | undefined {
  if (userId === undefined && username === undefined) return undefined;
  const part = username?.toLowerCase();
  const nos: number[] = [];
  for (const mailbox of book.mailboxes.values()) {
    if (userId !== undefined && mailbox.userId !== userId) continue;
    if (part !== undefined && !mailbox.username.toLowerCase().includes(part)) continue;
    nos.push(mailbox.no);
  }
  return nos.length === book.mailboxes.size ? undefined : nos;
}

/** The indexes to read: one, or several that are merged. */
function scansOf(scope: Scope, query: RecordQuery, noticeNo: number | undefined): readonly RecordScan['by'][] {
  if (noticeNo !== undefined) return [{ kind: 'notice', noticeNo }];
  if (scope.userNos && scope.userNos.length <= USERS_BY_INDEX_COUNT) {
    return scope.userNos.map((userNo) => ({ kind: 'user', userNo }));
  }
  if (query.sort !== 'created') return [{ kind: 'time', sort: query.sort }];
  if (scope.cells) return scope.cells.map((flags) => ({ kind: 'flags', flags }));
  return [{ kind: 'all' }];
}

function page(
  tables: NoticeTables,
  scope: Scope,
  scans: readonly RecordScan['by'][],
  query: RecordQuery,
): readonly RecordKey[] {
  const skipCount = (query.page - 1) * query.pageSize;
  const skipLimitCount = scans.length > 1 ? MERGED_SKIP_LIMIT_COUNT : SKIP_LIMIT_COUNT;
  if (skipCount > skipLimitCount) {
    throw new ImError('BAD_REQUEST', {
      reason: `at most ${skipLimitCount} records can be paged through; narrow start_date and end_date`,
    });
  }
  const { isDescending } = query;
  const [only] = scans;
  if (scans.length === 1 && only) {
    return tables.scanRecords({
      ...scope,
      by: only,
      isDescending,
      after: undefined,
      skipCount,
      limitCount: query.pageSize,
    });
  }
  const limitCount = skipCount + query.pageSize;
  const found = scans.flatMap((by) =>
    tables.scanRecords({ ...scope, by, isDescending, after: undefined, skipCount: 0, limitCount }),
  );
  return found.sort(isDescending ? (a, b) => inOrder(b, a) : inOrder).slice(skipCount, limitCount);
}

const inOrder = (a: ScannedKey, b: ScannedKey): number =>
  a.sortKey - b.sortKey || a.noticeNo - b.noticeNo || a.userNo - b.userNo;

function count(
  book: NoticeBook,
  tables: NoticeTables,
  scope: Scope,
  noticeNo: number | undefined,
  query: RecordQuery,
): Omit<RecordPage, 'keys'> {
  const hasRange = query.fromAt !== undefined || query.toAt !== undefined;
  // A sort by a time leaves out the records without one.
  const timed: FlagFilter =
    query.sort === 'received' ? { isReceived: true } : query.sort === 'read' ? { isRead: true } : { isConfirmed: true };
  const counts = (flags: number): boolean => fits(flags, query) && (query.sort === 'created' || fits(flags, timed));
  let cells: readonly FlagCount[] | undefined;
  if (!hasRange && noticeNo === undefined) {
    if (!scope.userNos) cells = book.totals.cells();
    else cells = scope.userNos.flatMap((userNo) => book.mailboxOf(userNo)?.counts.cells() ?? []);
  } else if (!hasRange && !scope.userNos && noticeNo !== undefined) {
    cells = book.shelf.byNo(noticeNo)?.counts.cells() ?? [];
  }
  if (cells) {
    const stats = countsOf(cells.filter(({ flags }) => counts(flags)));
    return { total: stats.total, isTotalExact: true, stats };
  }
  const counted = scansOf(scope, query, noticeNo).flatMap((by) =>
    tables.countRecords({ ...scope, by, limitCount: COUNT_LIMIT_COUNT }),
  );
  const stats = countsOf(counted.filter(({ flags }) => counts(flags)));
  return { total: stats.total, isTotalExact: stats.total < COUNT_LIMIT_COUNT, stats };
}
