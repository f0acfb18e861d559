/** What one user has been sent, newest first. What is held is not shown yet. */
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { isInDigest } from './digest.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { ReceiveRecord } from './receive-record.ts';
import { newestFirst } from './user-stream.ts';

/** Held notices of a user that are released together, and so share a place; more come with the next round. */
export const RELEASE_LIMIT_COUNT = 100;

export type HistoryItem = { readonly notice: LiveNotice; readonly record: ReceiveRecord };
/** `nextBefore` is absent on the last page. */
export type HistoryPage = { readonly items: readonly HistoryItem[]; readonly nextBefore?: Seq };

type From = { readonly book: NoticeBook; readonly mailbox: Mailbox };

/** The newest `limitCount` with a place below `before`; a few more where the last one shares its place. */
export function readHistory({ book, mailbox }: From, before: Seq, limitCount: number): HistoryPage {
  const { records, shelf } = book;
  const found: number[] = [];
  const hasMore = newestFirst(records, mailbox, (recordNo) => {
    const place = records.place(recordNo);
    if (place >= before) return true;
    if (found.length >= limitCount && place !== records.place(found.at(-1) ?? 0)) return false;
    found.push(recordNo);
    return true;
  });
  const items = found.flatMap((recordNo) => {
    const record = records.view(recordNo);
    const notice = shelf.byNo(record.noticeNo);
    return notice ? [{ notice, record }] : [];
  });
  return { items, ...(hasMore && { nextBefore: records.place(found.at(-1) ?? 0) }) };
}

/** The notices of a digest, as the records say; none when the user never got it. */
export function noticesOfDigest(from: From, place: Seq): readonly LiveNotice[] {
  if (place > from.mailbox.newestPlace) return [];
  const { items } = readHistory(from, (place + 1) as Seq, 1); // above this place, below the next
  return items.flatMap(({ notice, record }) => (record.place === place && isInDigest(record) ? [notice] : []));
}
