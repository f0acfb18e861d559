import { setTimeout as pause } from 'node:timers/promises';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { CommentFacts, ItemFacts, ItemState, MessageFacts } from '@hiscrm/shared/model/facts.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { type ItemKey, itemKey } from '@hiscrm/shared/model/topic-ref.ts';
import { FakeWorker, type FakeWorkerOptions } from '../harness/fake-worker.ts';
import { comment, conversation, FIRST_AT_MS, message } from '../harness/make-facts.ts';
import type { Random } from '../harness/random.ts';

type Batch = { readonly accountId: AccountId; readonly batchId: string; readonly changes: readonly WorkerReport[] };

const TOPICS_A_KIND = 4;
/** Pause after a link that could not be had: the Master is just being started again. */
const RETRY_MS = 50;
const BATCH_LIMIT_COUNT = 30;
/** Unacknowledged batches: as a Worker whose Master is slow or away. */
const OPEN_LIMIT_COUNT = 6;

/**
 * Writes like a Worker: keeps each batch until the Master names it in an acknowledgement, and sends what was not acknowledged
 * again after every reconnect, oldest first. It remembers what was acknowledged: that is the truth to hold the Master to.
 */
export class LoadWriter {
  /** Newest acknowledged facts of every item. */
  readonly acknowledged = new Map<ItemKey, ItemFacts>();
  ackCount = 0;
  resentCount = 0;
  readonly #options: Omit<FakeWorkerOptions, 'onAssign'>;
  readonly #random: Random;
  readonly #accounts: readonly AccountId[];
  readonly #open: Batch[] = [];
  readonly #seen = new Map<ItemKey, ItemFacts>();
  readonly #stop = new AbortController();
  #worker: FakeWorker | undefined;
  #isDraining = false;
  #number = 0;
  #running: Promise<void> | undefined;

  constructor(options: {
    readonly worker: Omit<FakeWorkerOptions, 'onAssign'>;
    readonly random: Random;
    readonly accounts: readonly AccountId[];
  }) {
    this.#options = options.worker;
    this.#random = options.random;
    this.#accounts = options.accounts;
  }

  /** Writes until `drain` or `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Makes nothing more and resolves when all that was made is acknowledged. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#running;
  }

  /** Goes on after a `drain`. */
  resume(): void {
    this.#isDraining = false;
    this.#running = this.#run();
  }

  /** Safe twice. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#worker?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted && !(this.#isDraining && this.#open.length === 0)) {
      try {
        this.#worker = await FakeWorker.connect(this.#options);
        this.resentCount += this.#open.length;
        await this.#write(this.#worker);
      } catch {
        // The link broke, or the Master is away: that is what this is for. What is open is sent again.
        await pause(RETRY_MS);
      } finally {
        this.#worker?.close();
      }
    }
  }

  async #write(worker: FakeWorker): Promise<void> {
    const sent: Promise<void>[] = this.#open.map((batch) => this.#send(worker, batch));
    let failure: unknown;
    for (const promise of sent) promise.catch((error: unknown) => (failure ??= error));
    while (!this.#stop.signal.aborted && failure === undefined) {
      if (this.#isDraining || this.#open.length >= OPEN_LIMIT_COUNT) {
        if (this.#open.length === 0) return;
        await Promise.any(sent.splice(0));
        if (failure === undefined && this.#open.length > 0) sent.push(nextTurn());
        continue;
      }
      const batch = this.#make();
      this.#open.push(batch);
      const promise = this.#send(worker, batch);
      promise.catch((error: unknown) => (failure ??= error));
      sent.push(promise);
    }
    if (failure !== undefined) throw failure;
  }

  async #send(worker: FakeWorker, batch: Batch): Promise<void> {
    const answer = await worker.send(batch.accountId, batch.changes, { batchId: batch.batchId });
    if (!answer.ok) throw new Error(`a batch was refused: ${JSON.stringify(answer.error)}`);
    if (answer.batchId !== batch.batchId) throw new Error('an acknowledgement names another batch');
    const at = this.#open.indexOf(batch);
    if (at !== -1) this.#open.splice(at, 1);
    this.ackCount += 1;
    for (const change of batch.changes) {
      if (change.kind !== 'message.observed' && change.kind !== 'comment.observed') continue;
      const key = itemKey(batch.accountId, change.facts.kind, change.facts.id);
      const known = this.acknowledged.get(key);
      if (!known || known.observedAt <= change.facts.observedAt) this.acknowledged.set(key, change.facts);
    }
  }

  #make(): Batch {
    const accountId = this.#random.pick(this.#accounts);
    const count = this.#random.int(1, BATCH_LIMIT_COUNT);
    const changes = Array.from({ length: count }, () => this.#change(accountId));
    this.#number += 1;
    return { accountId, batchId: `${this.#options.workerId}-${this.#number}`, changes };
  }

  #change(accountId: AccountId): WorkerReport {
    this.#number += 1;
    const topic = this.#random.int(0, TOPICS_A_KIND - 1);
    if (this.#random.chance(0.05)) return conversation(accountId, topic);
    if (this.#random.chance(0.15)) return this.#later(accountId);
    const direction = this.#random.chance(0.2) ? 'out' : 'in';
    const made = this.#random.chance(0.5)
      ? message(accountId, topic, this.#number, { direction })
      : comment(accountId, topic, this.#number, { direction, likeCount: 0 });
    this.#seen.set(itemKey(accountId, made.facts.kind, made.facts.id), made.facts);
    return made;
  }

  /** Something seen before, seen again: edited, recalled, liked, or just the same. */
  #later(accountId: AccountId): WorkerReport {
    const known = [...this.#seen].filter(([key]) => key.startsWith(`${accountId}:`)).map(([, facts]) => facts);
    if (known.length === 0) return conversation(accountId, 0);
    const facts = this.#random.pick(known);
    const observedAt = FIRST_AT_MS + this.#number;
    const state: ItemState =
      facts.state === 'recalled' || this.#random.chance(0.3) ? 'recalled' : (facts.state ?? 'visible');
    const text = this.#random.chance(0.5) ? `${facts.text ?? ''}（已编辑）`.slice(0, 200) : (facts.text ?? '');
    const isSame = this.#random.chance(0.3);
    if (facts.kind === 'message') {
      const seen: MessageFacts = isSame ? facts : { ...facts, state, text, observedAt };
      this.#seen.set(itemKey(accountId, 'message', facts.id), seen);
      return { kind: 'message.observed', accountId, facts: seen };
    }
    const likeCount = this.#random.int(0, 99);
    const seen: CommentFacts = isSame ? facts : { ...facts, state, text, likeCount, observedAt };
    this.#seen.set(itemKey(accountId, 'comment', facts.id), seen);
    return { kind: 'comment.observed', accountId, facts: seen };
  }
}

/** The next turn of the event loop, after what arrived was handled. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
