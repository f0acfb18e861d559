import type { Change, LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';

/** A row of the log. `text` is the JSON of the `LoggedChange`, made once: the log stores it and every frame quotes it. */
export type LoggedRow = LoggedChange & { readonly text: string };

/**
 * The durable order of everything. Seqs start at 1, have no gaps and are in commit order. Rules LG* in docs/spec/log.md.
 */
export interface ChangeLog {
  /** Names this unbroken history; another one after a restore or reset. */
  readonly epoch: Epoch;
  /** Place of the newest durable row; 0 in an empty log. */
  head(): Seq;
  /** Place of the oldest row that can still be read; `head() + 1` when none is kept. */
  firstSeq(): Seq;
  /**
   * Resolves once all of them are durable, as consecutive rows. Many appends share one commit. Before any promise of a
   * commit resolves, `onDurable` (given when opening) has been called with its rows, in order.
   * Rejects with LOG_WRITE_FAILED when the disk refused; from then on every append rejects and nothing is stored.
   */
  append(changes: readonly Change[]): Promise<readonly LoggedRow[]>;
  /** Durable rows after `seq`, oldest first, at most `limitCount`; `tooOld` when some of them were trimmed. */
  readAfter(seq: Seq, limitCount: number): Promise<readonly LoggedRow[] | 'tooOld'>;
  /** Forgets rows up to and including `seq`. */
  trimTo(seq: Seq): Promise<void>;
  /** Waits for the commits under way. Safe twice. */
  close(): Promise<void>;
}

export type OnDurable = (rows: readonly LoggedRow[]) => void;
