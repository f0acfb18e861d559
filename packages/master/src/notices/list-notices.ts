import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { NoticeIndex, NoticeSearch, NoticeSort, NoticeTables } from '../log/notice-tables.ts';
import { type Counts, countsOf } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeBook } from './notice-book.ts';

/** A range of notice numbers, both included. */
type NoticeRange = Pick<NoticeIndex, 'fromNo' | 'toNo'>;

/** What a list of notices asks for; times in ms UTC, both included. */
export type NoticeQuery = NoticeSearch & {
  readonly fromAt?: number | undefined;
  readonly toAt?: number | undefined;
  readonly sort: NoticeSort;
  readonly isDescending: boolean;
  readonly skipCount: number;
  readonly limitCount: number;
};

export type NoticePage = {
  readonly notices: readonly LiveNotice[];
  readonly total: number;
  /** False when there are more than were counted, or looked into. */
  readonly isTotalExact: boolean;
  readonly stats: Counts;
};

/** Notices counted one by one; more are "at least". */
const COUNT_LIMIT_COUNT = 20_000;
/** An index that leaves no more than these is narrow: they may be sorted. */
const NARROW_COUNT = 2_000;
/** Notices that are looked into for what the index does not know; some milliseconds. */
const LOOK_LIMIT_COUNT = 5_000;

/** One page of notices, with the counts of their records. */
export function listNotices(book: NoticeBook, tables: NoticeTables, query: NoticeQuery): NoticePage {
  const range = rangeOf(tables, query);
  const found = range ? find(tables, query, range) : { nos: [], total: 0, isTotalExact: true };
  const notices = found.nos.flatMap((no) => book.shelf.byNo(no) ?? []);
  const stats = countsOf(notices.flatMap(({ counts }) => counts.cells()));
  return { notices, total: found.total, isTotalExact: found.isTotalExact, stats };
}

/** Undefined when there are none. */
function rangeOf(tables: NoticeTables, { fromAt, toAt }: NoticeQuery): NoticeRange | undefined {
  if (fromAt === undefined && toAt === undefined) return { fromNo: 0, toNo: Number.MAX_SAFE_INTEGER };
  return tables.noticesBetween(fromAt ?? 0, toAt ?? Number.MAX_SAFE_INTEGER);
}

function find(
  tables: NoticeTables,
  query: NoticeQuery,
  range: NoticeRange,
): { readonly nos: readonly Seq[]; readonly total: number; readonly isTotalExact: boolean } {
  const { type, target, status, senderId, keyword, sort, isDescending, skipCount, limitCount } = query;
  const index = indexFor(tables, query, range);
  const rest = { type, target, status, senderId, keyword };
  const order = { sort, isDescending };
  const isAll = Object.entries(rest).every(([name, wanted]) => wanted === undefined || name === nameOf(index));
  if (isAll) {
    // An order has all of the range in it: the numbers count it fastest.
    const total = tables.countNotices(index.value === undefined ? { ...range, by: 'no' } : index, COUNT_LIMIT_COUNT);
    const nos = tables.scanNotices({ ...index, ...order, skipCount, limitCount });
    return { nos, total, isTotalExact: total < COUNT_LIMIT_COUNT };
  }
  const first = tables.scanNotices({ ...index, ...order, skipCount: 0, limitCount: LOOK_LIMIT_COUNT + 1 });
  const nos = tables.searchNotices(first.slice(0, LOOK_LIMIT_COUNT), rest);
  const isTotalExact = first.length <= LOOK_LIMIT_COUNT;
  return { nos: nos.slice(skipCount, skipCount + limitCount), total: nos.length, isTotalExact };
}

/** Which part of the filter an index answers. */
const nameOf = ({ by, value }: NoticeIndex): string | undefined => (value === undefined ? undefined : by);

/** The narrowest of the indexes that the filter allows; where none is narrow, one that has the order of the list. */
function indexFor(tables: NoticeTables, query: NoticeQuery, range: NoticeRange): NoticeIndex {
  const { sort } = query;
  const inRange: NoticeIndex = { ...range, by: 'no' };
  const indexes = [
    inRange,
    ...(['type', 'target', 'status'] as const).flatMap((by): readonly NoticeIndex[] =>
      query[by] === undefined ? [] : [{ ...range, by, value: query[by] }],
    ),
  ];
  const counted = indexes.map((index) => ({ index, count: tables.countNotices(index, NARROW_COUNT + 1) }));
  const narrowest = counted.reduce((best, one) => (one.count < best.count ? one : best));
  if (narrowest.count <= NARROW_COUNT) return narrowest.index;
  const ordered = indexes.filter(({ by }) => sort === 'no' || by === sort).at(-1);
  return ordered ?? { ...range, by: sort };
}
