import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { ChangeLog, LoggedRow, OnDurable } from './change-log.ts';
import { RowMaker } from './row-maker.ts';

/** A log that lives as long as the process: for tests and for trying things out. Every append is its own commit. */
export class MemoryChangeLog implements ChangeLog {
  readonly epoch: Epoch;
  readonly #onDurable: OnDurable;
  readonly #clock: Clock;
  readonly #maker = new RowMaker({ seq: 0, at: 0 });
  #rows: LoggedRow[] = [];
  #head = 0 as Seq; // before the first row
  #isClosed = false;

  constructor(options: { readonly epoch: Epoch; readonly clock: Clock; readonly onDurable: OnDurable }) {
    this.epoch = options.epoch;
    this.#clock = options.clock;
    this.#onDurable = options.onDurable;
  }

  head(): Seq {
    return this.#head;
  }

  firstSeq(): Seq {
    return this.#rows[0]?.seq ?? ((this.#head + 1) as Seq); // the place that the next row will have
  }

  async append(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    if (this.#isClosed) throw new ImError('SHUTTING_DOWN');
    const rows = this.#maker.make(changes, this.#clock.now());
    const last = rows.at(-1);
    if (!last) return rows;
    this.#rows.push(...rows);
    this.#head = last.seq;
    this.#onDurable(rows);
    return rows;
  }

  async readAfter(seq: Seq, limitCount: number): Promise<readonly LoggedRow[] | 'tooOld'> {
    const first = this.firstSeq();
    if (seq < first - 1) return 'tooOld';
    const from = seq - first + 1;
    return this.#rows.slice(from, from + limitCount);
  }

  async trimTo(seq: Seq): Promise<void> {
    this.#rows = this.#rows.filter((row) => row.seq > seq);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}
