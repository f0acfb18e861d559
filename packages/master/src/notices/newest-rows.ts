import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { ChangeLog, LoggedRow } from '../log/change-log.ts';

const CHUNK_COUNT = 500;
/** Further back than this nobody looks: a burst of rows is a first sync, and no news. */
const LIMIT_COUNT = 20_000;

/** The rows of the last `backMs` before the newest one, oldest first; fewer where the log was trimmed or is too busy. */
export async function newestRows(
  log: Pick<ChangeLog, 'head' | 'readAfter'>,
  backMs: number,
): Promise<readonly LoggedRow[]> {
  const head = log.head();
  const chunks: (readonly LoggedRow[])[] = [];
  let oldestAt = Number.POSITIVE_INFINITY;
  for (let upTo: number = head; upTo > 0 && head - upTo < LIMIT_COUNT; upTo -= CHUNK_COUNT) {
    const after = Math.max(0, upTo - CHUNK_COUNT);
    const rows = await log.readAfter(after as Seq, upTo - after); // a place at or before the head
    if (rows === 'tooOld' || rows.length === 0) break;
    if (chunks.length === 0) oldestAt = (rows.at(-1)?.at ?? 0) - backMs;
    chunks.unshift(rows);
    if ((rows[0]?.at ?? 0) < oldestAt) break;
  }
  return chunks.flat().filter(({ at }) => at >= oldestAt);
}
