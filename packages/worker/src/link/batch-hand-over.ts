/** Hands batches over to the Master: one at a time per account, oldest first, each until an acknowledgement names it. */
import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { type ChangesPayload, changesAnswerSchema } from '@hiscrm/shared/protocol/worker-link.ts';
import type { Logger } from '../lib/logger.ts';
import type { KeptBatch, Outbox } from '../outbox/outbox.ts';

const RETRY_FIRST_MS = 500;
const RETRY_CAP_MS = 30_000;
/** Accounts whose batches travel at the same time. */
const WINDOW_COUNT = 8;

const parseChangesAnswer = parserOf(changesAnswerSchema);

type HandOverOptions = {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether batches may travel now. */
  readonly isOpen: () => boolean;
  /** The Master's answer to a batch; undefined when none came in time. */
  readonly send: (payload: ChangesPayload) => Promise<unknown>;
  /** The Master knows a newer lease than the batch was read under. */
  readonly staleLease: (accountId: AccountId, leaseToken: number) => void;
};

export class BatchHandOver {
  readonly #options: HandOverOptions;
  readonly #inFlight = new Set<AccountId>();
  /** Accounts whose last batch could not be handed over, until it is tried again. */
  readonly #resting = new Map<AccountId, Cancel>();
  readonly #stopKept: () => void;
  #isClosed = false;
  #onDrained: (() => void) | undefined;

  constructor(options: HandOverOptions) {
    this.#options = options;
    this.#stopKept = options.outbox.onKept(() => this.pump());
  }

  /** The link is there again: accounts that rest are tried at once. */
  resume(): void {
    this.#endRests();
    this.pump();
  }

  /** Resolves when nothing waits any more, or after `graceMs`; at once when nothing can travel. */
  async drain(graceMs: number): Promise<void> {
    if (!this.#options.isOpen() || this.#options.outbox.stats().batchCount === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(graceMs, resolve);
      this.#onDrained = () => {
        cancel();
        resolve();
      };
    });
    this.#onDrained = undefined;
  }

  /** Safe twice. */
  close(): void {
    this.#isClosed = true;
    this.#stopKept();
    this.#endRests();
  }

  #endRests(): void {
    for (const cancel of this.#resting.values()) cancel();
    this.#resting.clear();
  }

  /** Starts a hand-over for every account that has batches and none under way. */
  pump(): void {
    if (!this.#options.isOpen()) return;
    const waiting = this.#options.outbox.accounts();
    if (waiting.length === 0) this.#onDrained?.();
    for (const accountId of waiting) {
      if (this.#inFlight.size >= WINDOW_COUNT) return;
      if (this.#inFlight.has(accountId) || this.#resting.has(accountId)) continue;
      this.#inFlight.add(accountId);
      void this.#handOverAll(accountId).finally(() => {
        this.#inFlight.delete(accountId);
        this.pump();
      });
    }
  }

  /** Hands the account's batches over, oldest first, until none is left or one does not go through. */
  async #handOverAll(accountId: AccountId): Promise<void> {
    for (;;) {
      const batch = this.#options.isOpen() ? this.#options.outbox.oldest(accountId) : undefined;
      if (!batch || !(await this.#send(batch))) return;
    }
  }

  /** True when the next batch may follow. */
  async #send(batch: KeptBatch): Promise<boolean> {
    const { outbox, log } = this.#options;
    const { batchId, accountId } = batch.payload;
    const answer = parseChangesAnswer(await this.#options.send(batch.payload));
    if (!answer.ok) return this.#rest(batch, answer.reason);
    if (answer.value.ok) {
      if (answer.value.batchId !== batchId) return this.#rest(batch, 'another batch was acknowledged');
      outbox.acknowledged(batchId);
      return true;
    }
    const { code, message } = answer.value.error;
    switch (code) {
      case 'STALE_LEASE':
      case 'ACCOUNT_NOT_FOUND':
        this.#options.staleLease(accountId, batch.payload.leaseToken);
        return true;
      case 'BAD_REQUEST':
      case 'BAD_FRAME':
      case 'TOO_LARGE':
        log.error(
          { batchId, accountId, code, message, end: outbox.refused(batchId, `${code}: ${message}`) },
          'the Master refused a batch',
        );
        return true;
      default:
        return this.#rest(batch, `${code}: ${message}`);
    }
  }

  /** Leaves the account alone for a while; longer the more often its batch failed. */
  #rest(batch: KeptBatch, why: string): false {
    const { outbox, clock, log } = this.#options;
    const { accountId, batchId } = batch.payload;
    outbox.failed(batchId, why);
    if (this.#isClosed) return false;
    const delayMs = backoffMs({
      attempt: batch.attemptCount,
      firstMs: RETRY_FIRST_MS,
      capMs: RETRY_CAP_MS,
      random: clock.random(),
    });
    log.warn({ accountId, batchId, why, attempt: batch.attemptCount + 1, delayMs }, 'a batch was not handed over');
    const cancel = clock.after(delayMs, () => {
      this.#resting.delete(accountId);
      this.pump();
    });
    this.#resting.set(accountId, cancel);
    return false;
  }
}
