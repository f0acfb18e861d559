import { assert } from '@hiscrm/shared/lib/must.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { ChangeLog } from '../log/change-log.ts';
import type { NoticeTables } from '../log/notice-tables.ts';
import { NoticeBook } from './notice-book.ts';
import { NoticeHub, type NoticeHubOptions } from './notice-hub.ts';

/** Rows read at a time; one row may hold ten thousand recipients. */
const REPLAY_PAGE_COUNT = 100;

/** Loads the notices as they were at the last checkpoint and folds the rows that were logged since. */
export async function openNoticeHub(
  options: Omit<NoticeHubOptions, 'book'> & { readonly log: ChangeLog; readonly tables: NoticeTables },
): Promise<NoticeHub> {
  const { log, tables, limits } = options;
  const book = new NoticeBook({ tables, ...limits });
  // A file from before there were notices may have been trimmed: what is gone held none.
  if (book.head() < log.firstSeq() - 1) book.skipTo((log.firstSeq() - 1) as Seq);
  while (book.head() < log.head()) {
    const rows = await log.readAfter(book.head(), REPLAY_PAGE_COUNT);
    assert(rows !== 'tooOld', 'the log was trimmed beyond the notices');
    book.apply(rows);
  }
  return new NoticeHub({ ...options, book });
}
