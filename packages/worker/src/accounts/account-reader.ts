/** Reads an account that is on line: when, how much, and when a reading of the login comes first. */
import { type Clock, wait } from '@hiscrm/shared/lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { withOp } from '../lib/op.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { PlatformSession, SyncDepth } from '../platforms/platform-adapter.ts';
import type { DataManager } from './data-manager.ts';

export type SyncIntervals = {
  /** The page state, and conversations it shows to be incomplete. */
  readonly stateMs: number;
  /** The list of works, and those whose counts changed. */
  readonly worksMs: number;
  readonly fullMs: number;
};

/** One sync; what it did not reach is read by the next. */
const SYNC_TIMEOUT_MS = 15 * 60_000;
/** Syncs failing in a row after which the browser is started anew. */
const SYNC_FAILURES_LIMIT_COUNT = 3;
/** How often the login is sealed while all is well: cookies are renewed by the platform at any time. */
const KEEP_SESSION_EVERY_MS = 5 * 60_000;
/** While the outbox is full nothing is read; looked at this often. */
const ROOM_CHECK_MS = 1_000;
/** When everything was read last, kept across restarts. */
const FULL_SYNC_HINT = 'fullSyncAt';

type ReaderOptions = {
  readonly data: DataManager;
  readonly outbox: Outbox;
  readonly intervals: SyncIntervals;
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks at the account's own page, and acts on what it says. */
  readonly checkLogin: (session: PlatformSession, turn: AbortSignal) => Promise<void>;
  readonly keepSession: () => Promise<void>;
};

export class AccountReader {
  readonly #options: ReaderOptions;
  #isSyncAsked = false;
  #isCheckDue = false;
  #wake: () => void = () => undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Reads the light way as soon as it can. */
  syncNow(): void {
    this.#isSyncAsked = true;
    this.#wake();
  }

  /** Has the login looked at before anything else is read. */
  checkNow(): void {
    this.#isCheckDue = true;
    this.#wake();
  }

  /** Reads until the turn ends. Throws when reading failed several times in a row. */
  async read(session: PlatformSession, turn: AbortSignal): Promise<void> {
    const { clock, intervals, outbox } = this.#options;
    let keptSessionAt = clock.now();
    let worksAt = Number.NEGATIVE_INFINITY;
    let failureCount = 0;
    this.#isCheckDue = false;
    while (!turn.aborted) {
      if (this.#isCheckDue) {
        await this.#options.checkLogin(session, turn);
        this.#isCheckDue = false;
      } else if (outbox.isFull) await wait(clock, ROOM_CHECK_MS, turn);
      else {
        const depth = this.#depthDue(worksAt);
        const isRead = await this.#sync(session, depth, turn);
        failureCount = isRead ? 0 : failureCount + 1;
        if (failureCount >= SYNC_FAILURES_LIMIT_COUNT) throw new Error('reading failed several times in a row');
        if (depth !== 'state' && isRead) worksAt = clock.now();
        if (clock.now() - keptSessionAt > KEEP_SESSION_EVERY_MS) {
          await this.#options.keepSession();
          keptSessionAt = clock.now();
        }
        await this.#untilDue(intervals.stateMs, turn);
      }
    }
  }

  #depthDue(worksAt: number): SyncDepth {
    const { clock, intervals, data } = this.#options;
    const now = clock.now();
    const fullAt = data.hint(FULL_SYNC_HINT);
    if (fullAt !== undefined && now - Number(fullAt) >= intervals.fullMs) return 'full';
    const isAsked = this.#isSyncAsked;
    this.#isSyncAsked = false;
    return isAsked || now - worksAt >= intervals.worksMs ? 'light' : 'state';
  }

  /** True when the page could be read, even if not all of it. */
  async #sync(session: PlatformSession, depth: SyncDepth, turn: AbortSignal): Promise<boolean> {
    const { clock, data, log } = this.#options;
    data.beginSync(`${depth}-${clock.now()}`);
    let isComplete = false;
    try {
      const end = await withOp({ name: `${depth} sync`, clock, timeoutMs: SYNC_TIMEOUT_MS, signal: turn }, (op) =>
        session.sync(op, depth),
      );
      isComplete = end.kind === 'complete';
      // The first complete reading is a full one: nothing was known before it.
      const isFull = depth === 'full' || data.hint(FULL_SYNC_HINT) === undefined;
      if (isComplete && depth !== 'state' && isFull) data.setHint(FULL_SYNC_HINT, String(clock.now()));
      if (end.kind === 'incomplete') log.info({ depth, why: end.why }, 'a sync was incomplete');
      return true;
    } catch (error) {
      if (turn.aborted) throw error;
      log.warn({ depth, detail: error instanceof Error ? error.message.slice(0, 500) : '' }, 'a sync failed');
      return false;
    } finally {
      data.endSync(isComplete);
    }
  }

  /** Until the interval is over, or something asks for a reading at once. */
  async #untilDue(intervalMs: number, turn: AbortSignal): Promise<void> {
    if (this.#isSyncAsked || this.#isCheckDue) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await wait(this.#options.clock, intervalMs, AbortSignal.any([turn, woken.signal]));
    } catch (error) {
      if (turn.aborted) throw error; // woken up is a reason to go on
    } finally {
      this.#wake = () => undefined;
    }
  }
}
