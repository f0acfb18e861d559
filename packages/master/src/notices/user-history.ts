/** What one user has been sent, newest first. What is held is not shown yet. */
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { NoticeTables, StoredRecord } from '../log/notice-tables.ts';
import { isInDigest } from './digest.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';

/** Held notices of a user that are released together, and so share a place; more come with the next round. */
export const RELEASE_LIMIT_COUNT = 100;

export type HistoryItem = { readonly notice: LiveNotice; readonly record: StoredRecord };
/** `nextBefore` is absent on the last page. */
export type HistoryPage = { readonly items: readonly HistoryItem[]; readonly nextBefore?: Seq };

/** The newest `limitCount` with a place below `before`; a few more where the last one shares its place. */
export function readHistory(
  from: { readonly book: NoticeBook; readonly tables: NoticeTables; readonly mailbox: Mailbox },
  before: Seq,
  limitCount: number,
): HistoryPage {
  const { book, tables, mailbox } = from;
  const records = new Map<number, StoredRecord>();
  const stored = tables.readHistory(mailbox.no, before, limitCount + RELEASE_LIMIT_COUNT);
  for (const record of stored) records.set(record.noticeNo, record);
  for (const record of book.records.unsavedOfUser(mailbox.no)) {
    if (record.place < before) records.set(record.noticeNo, record);
  }
  const sorted = [...records.values()]
    .filter(({ place }) => place > 0)
    .sort((a, b) => b.place - a.place || b.noticeNo - a.noticeNo);
  let count = Math.min(limitCount, sorted.length);
  while (count > 0 && count < sorted.length && sorted[count]?.place === sorted[count - 1]?.place) count++;
  const items = sorted.slice(0, count).flatMap((record) => {
    const notice = book.shelf.byNo(record.noticeNo);
    return notice ? [{ notice, record }] : [];
  });
  const last = sorted[count - 1]?.place;
  return { items, ...(sorted.length > count && last !== undefined && { nextBefore: last }) };
}

/** The notices of a digest, as the records say; none when the user never got it. */
export function noticesOfDigest(
  from: { readonly book: NoticeBook; readonly tables: NoticeTables; readonly mailbox: Mailbox },
  place: Seq,
): readonly LiveNotice[] {
  if (place > from.mailbox.newestPlace) return [];
  const { items } = readHistory(from, (place + 1) as Seq, 1);
  return items.flatMap(({ notice, record }) => (record.place === place && isInDigest(record) ? [notice] : []));
}
