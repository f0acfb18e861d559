import type { NoticeTables } from '../log/notice-tables.ts';
import type { NoticeBatch } from '../log/writer-protocol.ts';
import type { NoticeBook } from './notice-book.ts';

const EMPTY: NoticeBatch = { reached: undefined, users: [], notices: [], pages: [], devices: [], settings: [] };
/** Pages of receive records in one job: a third of a MiB, as an append that is posted behind it waits for it. */
const PAGES_COUNT = 8;

/**
 * Writes what changed as of now, in slices, so that appends get their turn at the disk between them. Only the last slice
 * moves the tables' place: a checkpoint that is cut short is written again from the log.
 */
export async function saveNotices(book: NoticeBook, tables: NoticeTables, sliceCount: number): Promise<void> {
  const reached = { stateSeq: book.head(), recordCount: book.records.count };
  const users = [...book.changedUsers].map(
    ({ no, userId, username, onlineMs }) => [no, userId, username, Math.round(onlineMs)] as const,
  );
  const settings = [...book.changedSettings.values()];
  const notices = book.shelf.takeChanged().map((notice) => notice.toRow());
  const devices = book.devices.takeUnsaved();
  book.changedUsers.clear();
  book.changedSettings.clear();
  const pages = book.records.takeSlices(PAGES_COUNT);
  for (const slice of cut(users, sliceCount)) await tables.save({ ...EMPTY, users: slice });
  for (const slice of cut(notices, sliceCount)) await tables.save({ ...EMPTY, notices: slice });
  for (const slice of cut(devices, sliceCount)) await tables.save({ ...EMPTY, devices: slice });
  for (const slice of pages) await tables.save({ ...EMPTY, pages: slice });
  await tables.save({ ...EMPTY, settings, reached });
  book.records.saved();
  book.devices.saved();
  book.shelf.saved();
}

function* cut<T>(rows: readonly T[], count: number): Iterable<readonly T[]> {
  for (let at = 0; at < rows.length; at += count) yield rows.slice(at, at + count);
}
