import type { NoticeTables } from '../log/notice-tables.ts';
import type { NoticeBatch } from '../log/writer-protocol.ts';
import type { NoticeBook } from './notice-book.ts';

const EMPTY: NoticeBatch = { stateSeq: undefined, users: [], notices: [], records: [], settings: [] };

/**
 * Writes what changed as of now, in slices, so that appends get their turn at the disk between them. Only the last slice
 * moves the tables' place: a checkpoint that is cut short is written again from the log.
 */
export async function saveNotices(book: NoticeBook, tables: NoticeTables, sliceCount: number): Promise<void> {
  const stateSeq = book.head();
  const users = [...book.changedUsers].map(
    ({ no, userId, username, onlineMs }) => [no, userId, username, Math.round(onlineMs)] as const,
  );
  const settings = [...book.changedSettings.values()];
  const notices = book.shelf.takeChanged().map((notice) => notice.toRow());
  book.changedUsers.clear();
  book.changedSettings.clear();
  const records = book.records.takeSlices(sliceCount);
  for (const slice of cut(users, sliceCount)) await tables.save({ ...EMPTY, users: slice });
  for (const slice of cut(notices, sliceCount)) await tables.save({ ...EMPTY, notices: slice });
  for (const slice of records) await tables.save({ ...EMPTY, records: slice });
  await tables.save({ ...EMPTY, settings, stateSeq });
  book.records.saved();
  book.shelf.saved();
}

function* cut<T>(rows: readonly T[], count: number): Iterable<readonly T[]> {
  for (let at = 0; at < rows.length; at += count) yield rows.slice(at, at + count);
}
