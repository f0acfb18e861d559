import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoredRecord } from '../log/notice-tables.ts';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeBook } from './notice-book.ts';
import { isConfirmed } from './record-flags.ts';

/** The state of one notice for one recipient. */
export type ReceiveRecord = StoredRecord;
/** Whose state is asked for: those who have not confirmed, those who have, or everybody. */
export type RosterPart = 'missing' | 'confirmed' | 'all';

/** Records of one turn: about a millisecond. */
const SLICE_COUNT = 250;

/**
 * Every record of a notice as it is when it is read, each once, a slice a turn of the event loop. Reads no further than it is
 * asked for.
 */
export async function* rosterSlices(
  book: NoticeBook,
  notice: LiveNotice,
  part: RosterPart,
): AsyncGenerator<readonly ReceiveRecord[]> {
  let lastUserNo = -1;
  while (true) {
    await nextTurn(); // also before the first: what the answer begins with is on its way by then
    const records = book.records.pageOfNotice(notice.no, lastUserNo, SLICE_COUNT);
    const last = records.at(-1);
    if (!last) return;
    lastUserNo = last.userNo;
    const wanted = records.filter(({ flags }) => part === 'all' || isConfirmed(flags) === (part === 'confirmed'));
    if (wanted.length > 0) yield wanted;
  }
}
