import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LiveNotice } from './live-notice.ts';
import type { NoticeBook } from './notice-book.ts';
import type { ReceiveRecord } from './receive-record.ts';
import { isConfirmed } from './record-flags.ts';

/** Whose state is asked for: those who have not confirmed, those who have, or everybody. */
export type RosterPart = 'missing' | 'confirmed' | 'all';

/** Records of one turn: about a millisecond. */
const SLICE_COUNT = 250;

/**
 * Every record of a notice as it is when it is read, each once, a slice a turn of the event loop. Reads no further than it is
 * asked for.
 */
export async function* rosterSlices(
  { records }: NoticeBook,
  notice: LiveNotice,
  part: RosterPart,
): AsyncGenerator<readonly ReceiveRecord[]> {
  const { first, count } = notice.records;
  for (let from = first; from < first + count; from += SLICE_COUNT) {
    await nextTurn(); // also before the first: what the answer begins with is on its way by then
    const wanted: ReceiveRecord[] = [];
    records.each(from, Math.min(from + SLICE_COUNT, first + count), (recordNo, _userNo, flags) => {
      if (part === 'all' || isConfirmed(flags) === (part === 'confirmed')) wanted.push(records.view(recordNo));
      return true;
    });
    if (wanted.length > 0) yield wanted;
  }
}
