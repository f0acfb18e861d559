import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { AT_ONCE, type Step, type Turns } from '../lib/turns.ts';
import type { ChangeLog, LoggedRow } from '../log/change-log.ts';
import type { Committer, Publication } from './committer.ts';
import { foldWeightOf } from './fold-weight.ts';

/** The weight of rows that are folded and published together: well below a millisecond, if no row is heavier by itself. */
const SLICE_WEIGHT = 64;

/** Where durable rows are folded in: the store. */
export interface Folder {
  /** Folds rows in log order and gives the counters that they changed. */
  apply(rows: readonly LoggedRow[]): {
    readonly topics: readonly TopicSummary[];
    readonly accounts: readonly AccountSummary[];
  };
}

type Waiting = { readonly seq: number; readonly resolve: () => void };

/**
 * Commits to the log; what became durable goes to the store and then to `publish`, in log order and before the promise. A
 * large commit is folded in slices, between which others read: always whole rows, and never published before folded.
 */
export class LogCommitter implements Committer {
  readonly #log: ChangeLog;
  readonly #store: Folder;
  readonly #publish: (publication: Publication) => void;
  readonly #turns: Turns;
  /** Durable rows that are not folded, from `#nextIndex` of the first on. */
  readonly #unfolded: (readonly LoggedRow[])[] = [];
  #nextIndex = 0;
  #unfoldedRowCount = 0;
  #foldedSeq = 0;
  #isFolding = false;
  readonly #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(options: {
    readonly log: ChangeLog;
    readonly store: Folder;
    readonly publish: (publication: Publication) => void;
    readonly turns?: Turns | undefined;
  }) {
    this.#log = options.log;
    this.#store = options.store;
    this.#publish = options.publish;
    this.#turns = options.turns ?? AT_ONCE;
  }

  async commit(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    if (this.#isClosed) throw new ImError('SHUTTING_DOWN');
    const rows = await this.#log.append(changes);
    await this.#folded(rows.at(-1)?.seq ?? 0);
    return rows;
  }

  /** The log's `onDurable`. */
  onDurable(rows: readonly LoggedRow[]): void {
    if (rows.length === 0) return;
    this.#unfolded.push(rows);
    this.#unfoldedRowCount += rows.length;
    if (this.#isFolding) return;
    this.#isFolding = true;
    this.#turns.runNext(this.#foldSlice);
  }

  /** Rows that are durable and not folded yet. */
  get unfoldedRowCount(): number {
    return this.#unfoldedRowCount;
  }

  readonly #foldSlice: Step = () => {
    const rows = this.#takeSlice();
    this.#publish({ rows, ...this.#store.apply(rows) });
    this.#foldedSeq = rows.at(-1)?.seq ?? this.#foldedSeq;
    while (this.#waiting[0] && this.#waiting[0].seq <= this.#foldedSeq) this.#waiting.shift()?.resolve();
    this.#isFolding = this.#unfolded.length > 0;
    return this.#isFolding ? 'more' : 'done';
  };

  #takeSlice(): readonly LoggedRow[] {
    const first = this.#unfolded[0] ?? [];
    const end = this.#sliceEnd(first);
    const slice = first.slice(this.#nextIndex, end);
    this.#nextIndex = end;
    this.#unfoldedRowCount -= slice.length;
    if (end >= first.length) {
      this.#unfolded.shift();
      this.#nextIndex = 0;
    }
    return slice;
  }

  /** At least one row. */
  #sliceEnd(rows: readonly LoggedRow[]): number {
    let end = this.#nextIndex;
    for (let weight = 0; end < rows.length && weight < SLICE_WEIGHT; end++) {
      const row = rows[end];
      if (row) weight += foldWeightOf(row.change);
    }
    return end;
  }

  /** Waits for a durable row to be folded and published. Appends resolve in log order, so those who wait stand in it. */
  #folded(seq: number): Promise<void> | undefined {
    if (seq <= this.#foldedSeq) return undefined;
    return new Promise((resolve) => this.#waiting.push({ seq, resolve }));
  }

  /** Takes no more; what is under way still becomes durable. Safe twice. */
  close(): void {
    this.#isClosed = true;
  }
}
