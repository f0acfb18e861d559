import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { LoggedRow } from './change-log.ts';

/** What a row costs beside its text: the parsed change and the objects around it. */
const ROW_OVERHEAD_BYTES = 200;
/** A row holds its text and about as much again in parsed form, two bytes a character at worst. */
const BYTES_PER_CHAR = 3;

const sizeOf = (row: LoggedRow): number => ROW_OVERHEAD_BYTES + row.text.length * BYTES_PER_CHAR;

/** The newest rows, under a byte budget, for subscribers that are only a little behind. The oldest go when it is full. */
export class RowRing {
  readonly #limitBytes: number;
  #rows: LoggedRow[] = [];
  #start = 0;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What the rows cost, near enough. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rows must be pushed in order, each next to the one before. */
  push(rows: readonly LoggedRow[]): void {
    for (const row of rows) {
      this.#rows.push(row);
      this.#bytes += sizeOf(row);
    }
    this.#dropWhile(() => this.#bytes > this.#limitBytes);
  }

  /** Rows after `seq`, at most `limitCount`; undefined when the ring does not reach back so far. */
  after(seq: Seq, limitCount: number): readonly LoggedRow[] | undefined {
    const oldest = this.#rows[this.#start];
    if (!oldest || seq < oldest.seq - 1) return undefined;
    const from = this.#start + (seq - oldest.seq) + 1;
    return this.#rows.slice(from, from + limitCount);
  }

  dropTo(seq: Seq): void {
    this.#dropWhile((row) => row.seq <= seq);
  }

  #dropWhile(condition: (row: LoggedRow) => boolean): void {
    for (let row = this.#rows[this.#start]; row && condition(row); row = this.#rows[this.#start]) {
      this.#bytes -= sizeOf(row);
      this.#start += 1;
    }
    if (this.#start * 2 > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#start);
      this.#start = 0;
    }
  }
}
