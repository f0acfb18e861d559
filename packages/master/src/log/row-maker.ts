import type { Change } from '@hiscrm/shared/model/change.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { LoggedRow } from './change-log.ts';

/** Gives changes their places in the log. One maker a log: the places have no gaps. */
export class RowMaker {
  #lastSeq: number;
  #lastAt: number;

  constructor(last: { readonly seq: number; readonly at: number }) {
    this.#lastSeq = last.seq;
    this.#lastAt = last.at;
  }

  /** The rows of one append. `at` never goes back, even when the machine's clock does: trimming by age relies on it. */
  make(changes: readonly Change[], now: number): readonly LoggedRow[] {
    const at = Math.max(now, this.#lastAt);
    this.#lastAt = at;
    return changes.map((change) => {
      this.#lastSeq += 1;
      const seq = this.#lastSeq as Seq; // the only place where a seq is made
      return { seq, at, change, text: JSON.stringify({ seq, at, change }) };
    });
  }
}
