/** What one user has been sent, newest first. What is held is not shown yet. */
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { isInDigest } from './digest.ts';
import type { LiveNotice } from './live-notice.ts';
import { countBelow } from './lower-bound.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { ReceiveRecord } from './receive-record.ts';

/** Held notices of a user that are released together, and so share a place; more come with the next round. */
export const RELEASE_LIMIT_COUNT = 100;

export type HistoryItem = { readonly notice: LiveNotice; readonly record: ReceiveRecord };
/** `nextBefore` is absent on the last page. */
export type HistoryPage = { readonly items: readonly HistoryItem[]; readonly nextBefore?: Seq };

type From = { readonly book: NoticeBook; readonly mailbox: Mailbox };

/** The newest `limitCount` with a place below `before`; a few more where the last one shares its place. */
export function readHistory({ book, mailbox }: From, before: Seq, limitCount: number): HistoryPage {
  const { records, shelf } = book;
  const { shown } = mailbox;
  const placeAt = (at: number): Seq => records.place(shown[at] ?? 0);
  const end = countBelow(shown.length, (at) => placeAt(at) < before);
  let from = Math.max(0, end - limitCount);
  while (from > 0 && from < end && placeAt(from - 1) === placeAt(from)) from--;
  const items: HistoryItem[] = [];
  for (let at = end - 1; at >= from; at--) {
    const record = records.view(shown[at] ?? 0);
    const notice = shelf.byNo(record.noticeNo);
    if (notice) items.push({ notice, record });
  }
  return { items, ...(from > 0 && { nextBefore: placeAt(from) }) };
}

/** The notices of a digest, as the records say; none when the user never got it. */
export function noticesOfDigest(from: From, place: Seq): readonly LiveNotice[] {
  if (place > from.mailbox.newestPlace) return [];
  const { items } = readHistory(from, (place + 1) as Seq, 1); // above this place, below the next
  return items.flatMap(({ notice, record }) => (record.place === place && isInDigest(record) ? [notice] : []));
}
