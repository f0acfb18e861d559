import { assert } from '@hiscrm/shared/lib/must.ts';
import { type Seq, START } from '@hiscrm/shared/model/ids.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import { topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { Publication } from '../ingest/committer.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { Batch } from './batch.ts';

/**
 * The newest batches, without a hole, up to the newest one sealed. Live subscribers are served from its end; who comes back
 * after a short break is served from its middle, without a disk, and joins the live ones in the same turn, so that no
 * subscriber needs a backlog of its own. Over `limitChars` the oldest batches go, but none that a live subscriber still needs.
 */
export class Tail {
  readonly #limitChars: number;
  readonly #frameLimitChars: number;
  readonly #batches: Batch[] = [];
  #pending: Publication[] = [];
  #pendingRowCount = 0;
  #sealedUpTo: Seq;
  #sizeChars = 0;

  constructor(options: { upTo: Seq; limitChars: number; frameLimitChars: number }) {
    this.#limitChars = options.limitChars;
    this.#frameLimitChars = options.frameLimitChars;
    this.#sealedUpTo = options.upTo;
  }

  /** Everything up to here is in batches or older than the tail. */
  get sealedUpTo(): Seq {
    return this.#sealedUpTo;
  }
  get pendingRowCount(): number {
    return this.#pendingRowCount;
  }
  get sizeChars(): number {
    return this.#sizeChars;
  }
  /** Who is at or after this place can be served from memory. */
  get startsAt(): Seq {
    return this.#batches[0]?.from ?? this.#sealedUpTo;
  }

  /** Takes rows that continue those it has. A hole is a bug of the caller. */
  add(publication: Publication): void {
    const first = publication.rows[0];
    if (!first) return;
    const last = this.#pending.at(-1)?.rows.at(-1)?.seq ?? this.#sealedUpTo;
    assert(first.seq === last + 1, () => `hole in what was published: ${first.seq} after ${last}`);
    this.#pending.push(publication);
    this.#pendingRowCount += publication.rows.length;
  }

  /** Joins what was added since into as few batches as the frame limit allows. */
  seal(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingRowCount = 0;
    const joiner = new Joiner(this.#frameLimitChars, (batch) => this.#push(batch), this.#sealedUpTo);
    for (const publication of pending) joiner.add(publication);
    joiner.cut();
  }

  /** The batch that holds the row after `at`, when the tail reaches back so far and anything came after it. */
  after(at: Seq): Batch | undefined {
    let found: Batch | undefined;
    for (let index = this.#batches.length - 1; index >= 0; index--) {
      const batch = this.#batches[index];
      if (!batch || batch.upTo <= at) break;
      found = batch;
    }
    return found && found.from <= at ? found : undefined;
  }

  /** Drops the oldest batches over the limit; everything after `keepFrom` stays, with its encoded frames forgotten. */
  trim(keepFrom: Seq): void {
    for (const batch of this.#batches) if (batch.upTo <= keepFrom) batch.forgetFrames();
    while (this.#sizeChars > this.#limitChars) {
      const oldest = this.#batches[0];
      if (!oldest || oldest.upTo > keepFrom) break;
      this.#batches.shift();
      this.#sizeChars -= oldest.sizeChars;
    }
  }

  #push(batch: Batch): void {
    this.#batches.push(batch);
    this.#sizeChars += batch.sizeChars;
    this.#sealedUpTo = batch.upTo;
  }
}

/** Collects publications into batches; counters of a later publication replace those of an earlier one. */
class Joiner {
  readonly #limitChars: number;
  readonly #emit: (batch: Batch) => void;
  #from: Seq;
  #rows: LoggedRow[] = [];
  #chars = 0;
  #topics = new Map<string, TopicSummary>();
  #accounts = new Map<string, AccountSummary>();

  constructor(limitChars: number, emit: (batch: Batch) => void, from: Seq) {
    this.#limitChars = limitChars;
    this.#emit = emit;
    this.#from = from;
  }

  add({ rows, topics, accounts }: Publication): void {
    for (const row of rows) {
      if (this.#chars > 0 && this.#chars + row.text.length > this.#limitChars) this.cut();
      this.#rows.push(row);
      this.#chars += row.text.length;
    }
    for (const topic of topics) this.#topics.set(topicKey(topic.topic), topic);
    for (const account of accounts) this.#accounts.set(account.accountId, account);
  }

  cut(): void {
    const upTo = this.#rows.at(-1)?.seq ?? START;
    if (this.#rows.length === 0) return;
    this.#emit(
      new Batch({
        from: this.#from,
        upTo,
        rows: this.#rows,
        topics: [...this.#topics.values()],
        accounts: [...this.#accounts.values()],
      }),
    );
    this.#from = upTo;
    this.#rows = [];
    this.#chars = 0;
    this.#topics.clear();
    this.#accounts.clear();
  }
}
