import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Change, WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Seq, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { ChangesPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import type { SyncBoard } from '../fleet/sync-board.ts';
import { AT_ONCE, inTurns, type Turns } from '../lib/turns.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { Committer } from './committer.ts';
import { InFlight } from './in-flight.ts';
import { type Knowledge, type KnownRecords, learn, subjectOf } from './novelty.ts';

/** The end of a sync is logged at most so often an account: screens show minutes. */
const SYNCED_PERIOD_MS = 60_000;
/** Reports looked up between two turns: some tenths of a millisecond. */
const SLICE_COUNT = 64;
/** Batches that wait to be looked at; more are refused with OVERLOADED. At some 5 ms each this is a second and a half. */
export const WAITING_LIMIT_COUNT = 256;
const RETRY_AFTER_MS = 500;

export type Accepted = {
  readonly storedCount: number;
  readonly duplicateCount: number;
  /** Everything in the batch is durable and folded in at this place. */
  readonly seq: Seq;
};

/** The rows after `from` up to `upTo` came in one batch: on the Worker's disk at `keptAt`, sent at `sentAt`, by its clock. */
export type BatchWait = {
  readonly from: Seq;
  readonly upTo: Seq;
  readonly keptAt: number;
  readonly sentAt: number;
};

/** For `/metrics`. Counts only grow; `inFlightCount` is of this moment and bounded by what the log has in flight. */
export type IngestFigures = {
  readonly inFlightCount: number;
  readonly waitingCount: number;
  readonly batchCount: number;
  readonly refusedCount: number;
  readonly storedCount: number;
  readonly duplicateCount: number;
};

type Sifted = {
  readonly fresh: WorkerReport[];
  readonly learned: Map<string, Knowledge>;
  readonly awaited: Set<Promise<unknown>>;
};

/** A batch that was looked at: its own commit, when it has one, and those that it waits for. */
type Posted = {
  readonly freshCount: number;
  readonly at: number;
  readonly committed: Promise<readonly LoggedRow[]> | undefined;
  readonly awaited: ReadonlySet<Promise<unknown>>;
};

/** The gate for what Workers report: checked, without what is known already, and durable before it is acknowledged. */
export class Ingest {
  readonly #store: KnownRecords;
  readonly #committer: Committer;
  readonly #syncBoard: SyncBoard;
  readonly #clock: Clock;
  readonly #turns: Turns;
  #waitingCount = 0;
  readonly #inFlight = new InFlight<Knowledge>();
  readonly #syncedInFlight = new InFlight<number>();
  readonly #onAccepted: (durationMs: number) => void;
  readonly #onWaited: (wait: BatchWait) => void;
  #batchCount = 0;
  #refusedCount = 0;
  #storedCount = 0;
  #duplicateCount = 0;

  constructor(options: {
    readonly store: KnownRecords;
    readonly committer: Committer;
    readonly syncBoard: SyncBoard;
    readonly clock: Clock;
    /** The turns in which the store's rows are folded: what is known stands still while a batch is looked at. */
    readonly turns?: Turns | undefined;
    /** Hears how long each batch took from its arrival until it could be acknowledged. */
    readonly onAccepted?: ((durationMs: number) => void) | undefined;
    /** Hears of each batch that said something new how long it was on its Worker's disk, when the Worker says so. */
    readonly onWaited?: ((wait: BatchWait) => void) | undefined;
  }) {
    this.#store = options.store;
    this.#committer = options.committer;
    this.#syncBoard = options.syncBoard;
    this.#clock = options.clock;
    this.#turns = options.turns ?? AT_ONCE;
    this.#onAccepted = options.onAccepted ?? (() => undefined);
    this.#onWaited = options.onWaited ?? (() => undefined);
  }

  figures(): IngestFigures {
    return {
      inFlightCount: this.#inFlight.count,
      waitingCount: this.#waitingCount,
      batchCount: this.#batchCount,
      refusedCount: this.#refusedCount,
      storedCount: this.#storedCount,
      duplicateCount: this.#duplicateCount,
    };
  }

  /**
   * Resolves when every report of the batch is durable, whether it was stored by this batch, by another one that is on its
   * way, or long ago. Rejects, with nothing stored, with ACCOUNT_NOT_FOUND, STALE_LEASE, BAD_REQUEST or what the
   * committer rejects with; the Worker keeps the batch and sends it again where the error says so. `sentAt` is the
   * envelope's time, by the Worker's clock.
   */
  async accept(workerId: WorkerId, payload: ChangesPayload, sentAt?: number): Promise<Accepted> {
    const startedAt = this.#clock.now();
    this.#batchCount++;
    try {
      const accepted = await this.#take(workerId, payload, sentAt);
      this.#storedCount += accepted.storedCount;
      this.#duplicateCount += accepted.duplicateCount;
      this.#onAccepted(this.#clock.now() - startedAt);
      return accepted;
    } catch (error) {
      this.#refusedCount++;
      throw error;
    }
  }

  async #take(workerId: WorkerId, payload: ChangesPayload, sentAt: number | undefined): Promise<Accepted> {
    const { freshCount, at, committed, awaited } = await this.#inTurn(this.#commit(workerId, payload));
    await Promise.all(committed ? [committed, ...awaited] : awaited);
    const rows = await committed;
    const seq = rows?.at(-1)?.seq ?? this.#store.head();
    const first = freshCount > 0 ? rows?.[0] : undefined;
    if (first && payload.keptAt !== undefined && sentAt !== undefined) {
      const from = (first.seq - 1) as Seq; // the place before a place
      this.#onWaited({ from, upTo: seq, keptAt: payload.keptAt, sentAt });
    }
    const endsSync = payload.sync?.isLast ?? false;
    this.#syncBoard.note(payload.accountId, { at, itemCount: payload.changes.length, endsSync });
    return { storedCount: freshCount, duplicateCount: payload.changes.length - freshCount, seq };
  }

  async #inTurn<T>(work: Generator<void, T>): Promise<T> {
    if (this.#waitingCount >= WAITING_LIMIT_COUNT) throw new ImError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });
    this.#waitingCount++;
    try {
      return await inTurns(this.#turns, work);
    } finally {
      this.#waitingCount--;
    }
  }

  /** Checks the batch and posts what adds something. Its last step posts, so that the next batch sees it in flight. */
  *#commit(workerId: WorkerId, payload: ChangesPayload): Generator<void, Posted> {
    const account = this.#store.account(payload.accountId);
    if (!account) throw new ImError('ACCOUNT_NOT_FOUND');
    checkLease(account, workerId, payload.leaseToken);
    for (const report of payload.changes) checkReport(report, payload.accountId);
    const { fresh, learned, awaited } = yield* this.#sift(payload.changes);
    const isSyncLogged = this.#isSyncDue(account, payload);
    const at = this.#clock.now();
    const changes: readonly Change[] = isSyncLogged
      ? [...fresh, { kind: 'account.synced', accountId: account.id, at }]
      : fresh;
    const committed = changes.length > 0 ? this.#committer.commit(changes) : undefined;
    if (committed) {
      this.#inFlight.hold(learned, committed);
      if (isSyncLogged) this.#syncedInFlight.hold(new Map([[account.id, at]]), committed);
    }
    return { freshCount: fresh.length, at, committed, awaited };
  }

  /** Splits the reports into those that add something and the commits that the others wait for. */
  *#sift(reports: readonly WorkerReport[]): Generator<void, Sifted> {
    const sifted: Sifted = { fresh: [], learned: new Map(), awaited: new Set() };
    for (let index = 0; index < reports.length; index += SLICE_COUNT) {
      if (index > 0) yield;
      const slice = reports.slice(index, index + SLICE_COUNT);
      this.#store.inOneRead(() => {
        for (const report of slice) this.#siftOne(report, sifted);
      });
    }
    return sifted;
  }

  #siftOne(report: WorkerReport, { fresh, learned, awaited }: Sifted): void {
    const subject = subjectOf(report);
    const knowledge = learn(this.#store, report, learned.get(subject) ?? this.#inFlight.get(subject));
    if (knowledge) {
      fresh.push(report);
      learned.set(subject, knowledge);
      return;
    }
    const settled = this.#inFlight.settledOf(subject);
    if (settled) awaited.add(settled);
  }

  #isSyncDue(account: AccountRecord, payload: ChangesPayload): boolean {
    if (!payload.sync?.isLast) return false;
    const loggedAt = this.#syncedInFlight.get(account.id) ?? account.lastSyncAt;
    return loggedAt === undefined || this.#clock.now() - loggedAt >= SYNCED_PERIOD_MS;
  }
}

function checkLease(account: AccountRecord, workerId: WorkerId, token: number): void {
  const { lease } = account;
  if (lease && lease.token === token && lease.workerId === workerId) return;
  throw new ImError('STALE_LEASE', { current: lease?.token ?? 0, got: token });
}

/** What the schema cannot say: a report is about the batch's account, and its ids survive being written as UTF-8. */
function checkReport(report: WorkerReport, accountId: AccountId): void {
  if (report.accountId !== accountId) throw new ImError('BAD_REQUEST', { reason: 'a change of another account' });
  if (!('facts' in report) || !('id' in report.facts)) return;
  const isSound =
    report.facts.id.isWellFormed() && (!('topicId' in report.facts) || report.facts.topicId.isWellFormed());
  if (!isSound) throw new ImError('BAD_REQUEST', { reason: 'an id is not well-formed text' });
}
