import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { Change, LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { ChangeLog, LoggedRow, OnDurable } from './change-log.ts';
import { RowMaker } from './row-maker.ts';
import { RowRing } from './row-ring.ts';
import type { SqliteWriter } from './sqlite-writer.ts';
import type { JobAnswer } from './writer-protocol.ts';

/** The primary key's order; `limit` keeps one answer small. */
const READ_AFTER = 'SELECT text FROM log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?';

/** What one place of a retried request should wait when too much is under way: some commits. */
const RETRY_AFTER_MS = 200;

/** For `/metrics`. */
export type LogFigures = {
  /** Rows that wait for the disk. Beyond the limit an append is refused with OVERLOADED. */
  readonly inFlightBytes: number;
  readonly inFlightLimitBytes: number;
  /** Newest rows in memory. Beyond the limit the oldest go; they are read from disk when asked for. */
  readonly ringBytes: number;
  readonly ringLimitBytes: number;
};

type Waiting = { readonly rows: readonly LoggedRow[]; readonly resolve: () => void };

/** The log in a SQLite file. Writing happens in the writer's thread; reading back on a connection of the event loop. */
export class SqliteChangeLog implements ChangeLog {
  readonly epoch: Epoch;
  readonly #writer: SqliteWriter;
  readonly #onDurable: OnDurable;
  readonly #clock: Clock;
  readonly #ring: RowRing;
  readonly #maker: RowMaker;
  readonly #readAfter: StatementSync;
  readonly #ringLimitBytes: number;
  readonly #inFlightLimitBytes: number;
  readonly #trimLimit: () => Seq;
  #committed: Waiting[] = [];
  #inFlightBytes = 0;
  #head: Seq;
  #trimmed: Seq;
  #isClosed = false;
  #lastAppend: Promise<unknown> = Promise.resolve();

  /**
   * `trimLimit` is the newest place that may be forgotten: what the state tables do not hold yet must stay.
   * `inFlightLimitBytes` bounds what waits for the disk; beyond it an append rejects with OVERLOADED.
   */
  constructor(options: {
    readonly writer: SqliteWriter;
    readonly reader: DatabaseSync;
    readonly clock: Clock;
    readonly onDurable: OnDurable;
    readonly trimLimit: () => Seq;
    readonly ringLimitBytes: number;
    readonly inFlightLimitBytes: number;
  }) {
    const { ready } = options.writer;
    this.epoch = ready.epoch as Epoch; // made by openMasterDatabase when the file was fresh
    this.#writer = options.writer;
    this.#onDurable = options.onDurable;
    this.#clock = options.clock;
    this.#ring = new RowRing(options.ringLimitBytes);
    this.#maker = new RowMaker({ seq: ready.headSeq, at: ready.newestAt });
    this.#readAfter = options.reader.prepare(READ_AFTER);
    this.#ringLimitBytes = options.ringLimitBytes;
    this.#inFlightLimitBytes = options.inFlightLimitBytes;
    this.#trimLimit = options.trimLimit;
    this.#head = ready.headSeq as Seq; // read from the log itself
    this.#trimmed = ready.trimmedSeq as Seq; // likewise
    this.#writer.onGroupAnswered(() => this.#announce());
  }

  head(): Seq {
    return this.#head;
  }

  firstSeq(): Seq {
    return (this.#trimmed + 1) as Seq; // the place after the newest forgotten one
  }

  /** Bytes of rows that wait for the disk. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  figures(): LogFigures {
    return {
      inFlightBytes: this.#inFlightBytes,
      inFlightLimitBytes: this.#inFlightLimitBytes,
      ringBytes: this.#ring.bytes,
      ringLimitBytes: this.#ringLimitBytes,
    };
  }

  async append(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    if (this.#isClosed) throw new ImError('SHUTTING_DOWN');
    if (this.#writer.failure !== undefined) throw new ImError('LOG_WRITE_FAILED');
    if (changes.length === 0) return [];
    if (this.#inFlightBytes > this.#inFlightLimitBytes)
      throw new ImError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });
    const rows = this.#maker.make(changes, this.#clock.now());
    const stored = this.#post(rows);
    this.#lastAppend = stored.catch(() => undefined);
    await stored;
    return rows;
  }

  #post(rows: readonly LoggedRow[]): Promise<void> {
    const stored = deferred<void>();
    const texts = rows.map((row) => row.text);
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    const first = rows[0];
    if (!first) return Promise.resolve();
    this.#inFlightBytes += bytes;
    const onAnswer = (answer: JobAnswer): void => {
      this.#inFlightBytes -= bytes;
      if (answer.ok) this.#committed.push({ rows, resolve: stored.resolve });
      else stored.reject(new ImError('LOG_WRITE_FAILED', {}, { cause: new Error(answer.reason) }));
    };
    this.#writer.post({ kind: 'append', firstSeq: first.seq, at: first.at, texts }, onAnswer);
    return stored.promise;
  }

  /** After a commit: the rows become visible, are handed on once and together, and then the appends resolve. */
  #announce(): void {
    const committed = this.#committed;
    const rows = committed.length === 1 && committed[0] ? committed[0].rows : committed.flatMap((one) => one.rows);
    const last = rows.at(-1);
    if (!last) return;
    this.#committed = [];
    this.#head = last.seq;
    this.#ring.push(rows);
    this.#onDurable(rows);
    for (const { resolve } of committed) resolve();
  }

  async readAfter(seq: Seq, limitCount: number): Promise<readonly LoggedRow[] | 'tooOld'> {
    if (seq < this.#trimmed) return 'tooOld';
    if (seq >= this.#head) return [];
    return this.#ring.after(seq, limitCount) ?? this.#readFromDisk(seq, limitCount);
  }

  #readFromDisk(seq: Seq, limitCount: number): readonly LoggedRow[] {
    return this.#readAfter.all(seq, this.#head, limitCount).map(({ text }) => {
      const row = JSON.parse(String(text)) as LoggedChange; // written by RowMaker
      return { seq: row.seq, at: row.at, change: row.change, text: String(text) };
    });
  }

  async trimTo(seq: Seq): Promise<void> {
    const upToSeq = Math.min(seq, this.#trimLimit(), this.#head) as Seq; // one of three seqs
    if (upToSeq <= this.#trimmed) return;
    this.#trimmed = upToSeq;
    this.#ring.dropTo(upToSeq);
    const posted = deferred<void>();
    this.#writer.post({ kind: 'trim', upToSeq }, () => posted.resolve());
    await posted.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#lastAppend;
  }
}
