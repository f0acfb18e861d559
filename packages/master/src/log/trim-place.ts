import type { DatabaseSync } from 'node:sqlite';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { ChangeLog } from './change-log.ts';

const READ_ROW = 'SELECT at, end_bytes AS endBytes FROM log WHERE seq = ?';

/** How much of the log is kept: the fewest newest rows that hold so many bytes of text, and none logged before `oldestAt` (ms UTC). */
export type TrimPolicy = { readonly keepBytes: number; readonly oldestAt: number };

/**
 * The newest row that the policy gives up; the place before the oldest row when it gives up none. `at` and `end_bytes`
 * never fall from row to row, so a binary search finds it with a few point reads.
 */
export function trimPlace(reader: DatabaseSync, log: ChangeLog, policy: TrimPolicy): Seq {
  const read = reader.prepare(READ_ROW);
  const row = (seq: number): { at: number; endBytes: number } => {
    const found = read.get(seq);
    return { at: Number(found?.at ?? 0), endBytes: Number(found?.endBytes ?? 0) };
  };
  const totalBytes = row(log.head()).endBytes;
  let low: number = log.firstSeq() - 1;
  let high: number = log.head();
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const { at, endBytes } = row(middle);
    if (at < policy.oldestAt || totalBytes - endBytes >= policy.keepBytes) low = middle;
    else high = middle - 1;
  }
  return low as Seq; // between two seqs of the log
}
