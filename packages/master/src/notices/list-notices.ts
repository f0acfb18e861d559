import type { NoticeScan, NoticeTables } from '../log/notice-tables.ts';
import { type Counts, countsOf } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeBook } from './notice-book.ts';

/** Notices counted one by one; more are "at least". */
const COUNT_LIMIT_COUNT = 20_000;

/** What a list of notices asks for; times in ms UTC. */
export type NoticeQuery = NoticeScan;

/** One page of notices, with the counts of their records. */
export function listNotices(
  book: NoticeBook,
  tables: NoticeTables,
  query: NoticeQuery,
): {
  readonly notices: readonly LiveNotice[];
  readonly total: number;
  /** False when there are more than were counted. */
  readonly isTotalExact: boolean;
  readonly stats: Counts;
} {
  const notices = tables.scanNotices(query).flatMap(({ no }) => book.shelf.byNo(no) ?? []);
  const total = tables.countNotices(query, COUNT_LIMIT_COUNT);
  const stats = countsOf(notices.flatMap(({ counts }) => counts.cells()));
  return { notices, total, isTotalExact: total < COUNT_LIMIT_COUNT, stats };
}
