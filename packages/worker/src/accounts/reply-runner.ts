/**
 * Carries replies out, one at a time, so that none is ever sent twice (P4). Before the one act that sends, the attempt is on
 * the Master's disk and on this one; after it, only the page's verdict, the page read again, or a person settles it.
 * Rules: docs/spec/outbox.md.
 */
import { type Clock, wait } from '@hiscrm/shared/lib/clock.ts';
import type { ReplyId } from '@hiscrm/shared/model/ids.ts';
import type { ReplyOutcome } from '@hiscrm/shared/model/reply.ts';
import { Lane } from '../lib/lane.ts';
import type { Logger } from '../lib/logger.ts';
import { type Op, raceAbort, withOp } from '../lib/op.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { JournalEntry, ReplyJournal, SettledOutcome } from '../outbox/reply-journal.ts';
import type { EchoCheck, Oddities, PlatformSession, SendOutcome, SendRequest } from '../platforms/platform-adapter.ts';
import { type CheckPacing, ReplyChecks } from './reply-checks.ts';

export type ReplyPacing = CheckPacing & {
  /** One reply, from opening the page to the verdict. */
  readonly timeoutMs: number;
  /** How long the Master's word that it has the attempt is waited for before nothing is sent. */
  readonly attemptAckMs: number;
  /** Between two replies of one account. */
  readonly gapMs: number;
  /** Replies an account sends within an hour; more wait. */
  readonly hourLimitCount: number;
};
const HOUR_MS = 3_600_000;
/** Times that a reply is tried while nothing was sent yet. */
const TRIES_COUNT = 3;

type RunnerOptions = {
  readonly accountId: SendRequest['accountId'];
  readonly journal: ReplyJournal;
  readonly outbox: Outbox;
  readonly pacing: ReplyPacing;
  readonly oddities: Oddities;
  readonly clock: Clock;
  readonly log: Logger;
  readonly leaseToken: () => number;
};

export class ReplyRunner {
  readonly #options: RunnerOptions;
  readonly #lane = new Lane();
  readonly #closing = new AbortController();
  /** Replies taken in and not settled in this process. */
  readonly #open = new Set<ReplyId>();
  readonly #checks: ReplyChecks;
  #sentAt: number[] = [];
  #session: PlatformSession | undefined;
  #pausing = new AbortController();
  #isClosed = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { accountId, journal, pacing, oddities, clock, log } = options;
    this.#checks = new ReplyChecks({
      ...{ accountId, journal, pacing, oddities, clock, log },
      // A look at the page waits for its turn behind the replies that go out.
      look: (entry) => this.#lane.run(() => this.#look(entry)),
      found: ({ request }, itemId) =>
        this.#settle({ kind: 'reply.sent', ...this.#common(request), itemId, settledBy: 'page' }),
    });
  }

  /**
   * Replies that a dead process left: what it had clicked is unknown now. Queued ones wait for the Master to offer them
   * again, since only it knows that nobody else got them meanwhile.
   */
  recover(): void {
    const { journal, accountId } = this.#options;
    for (const { request, step } of journal.interrupted(accountId)) {
      if (this.#open.has(request.id)) continue;
      const wasClicked = step === 'attempted';
      const common = this.#common(request);
      if (wasClicked) this.#settle({ kind: 'reply.unknown', ...common, detail: 'the Worker stopped after the click' });
      else
        this.#settle(this.#rejected(request, 'interrupted', 'the Worker stopped before the click; nothing was sent'));
    }
    this.#checks.planAll();
  }

  /** Takes a reply in; on disk when this returns. One that has an outcome is told again instead. */
  offer(request: SendRequest): void {
    const entry = this.#options.journal.queue(request);
    if (entry.outcome) {
      this.#report(entry.outcome);
      return;
    }
    if (this.#open.has(request.id) || entry.step === 'announced' || entry.step === 'attempted') return;
    this.#open.add(request.id);
    if (this.#session) this.#enqueue(request);
  }

  /** The account can act: waiting replies go. */
  resume(session: PlatformSession): void {
    this.#session = session;
    this.#pausing = new AbortController();
    for (const id of this.#open) {
      const entry = this.#options.journal.get(id);
      if (entry && entry.step !== 'settled') this.#enqueue(entry.request);
    }
    this.#checks.planAll();
  }

  /**
   * The Master named the replies that may still be sent: others that were not attempted are let go of, since it may have
   * settled them without this Worker. One that it offers again is taken in again.
   */
  keepOnly(ids: ReadonlySet<ReplyId>): void {
    for (const id of this.#open) if (!ids.has(id)) this.#open.delete(id);
  }

  /** The account cannot act for a while: what has not been clicked waits. */
  pause(): void {
    this.#session = undefined;
    this.#pausing.abort(new Error('the account paused'));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.pause();
    this.#closing.abort(new Error('the account was closed'));
    this.#checks.close();
    await this.#lane.close();
  }

  #enqueue(request: SendRequest): void {
    const work = this.#lane.run(() => this.#run(request));
    work.catch((error: unknown) => {
      if (!this.#isClosed)
        this.#options.log.error({ replyId: request.id, err: error }, 'a reply could not be carried out');
    });
  }

  async #run(request: SendRequest): Promise<void> {
    const { journal } = this.#options;
    for (let tryCount = 1; this.#session; tryCount += 1) {
      if (!this.#open.has(request.id) || journal.get(request.id)?.step === 'settled') return;
      if (!(await this.#waitForTurn())) return;
      const session = this.#session;
      if (!session || !journal.claim(request.id)) return;
      const outcome = await this.#attempt(session, request);
      if (outcome === 'retry' && tryCount < TRIES_COUNT) continue;
      if (outcome === 'waits' || this.#isLetGo(request.id)) return;
      this.#settle(outcome === 'retry' ? this.#rejected(request, 'other', 'the page did not open') : outcome);
      return;
    }
  }

  /** Nothing was sent, and the Master does not want it sent any more: it has told the outcome itself. */
  #isLetGo(id: ReplyId): boolean {
    return !this.#open.has(id) && this.#options.journal.get(id)?.step === 'claimed';
  }

  /** Waits for the gap since the last reply and for room in the hour. False when the account paused meanwhile. */
  async #waitForTurn(): Promise<boolean> {
    const { clock, pacing } = this.#options;
    for (;;) {
      const now = clock.now();
      this.#sentAt = this.#sentAt.filter((at) => now - at < HOUR_MS);
      const afterGap = (this.#sentAt.at(-1) ?? Number.NEGATIVE_INFINITY) + pacing.gapMs;
      const afterHour = this.#sentAt.length >= pacing.hourLimitCount ? (this.#sentAt[0] ?? 0) + HOUR_MS : 0;
      const delayMs = Math.max(afterGap, afterHour) - now;
      if (delayMs <= 0) return true;
      try {
        await wait(clock, delayMs, this.#pausing.signal);
      } catch {
        return false; // the account paused; the reply waits in the journal
      }
    }
  }

  /** `retry` = nothing was sent and it may be tried again; `waits` = the account paused before anything was sent. */
  async #attempt(session: PlatformSession, request: SendRequest): Promise<SettledOutcome | 'retry' | 'waits'> {
    const { clock, pacing, log } = this.#options;
    const isAttempted = (): boolean => this.#options.journal.get(request.id)?.step === 'attempted';
    const signal = AbortSignal.any([this.#closing.signal, this.#pausing.signal]);
    try {
      const outcome = await withOp({ name: 'reply', clock, timeoutMs: pacing.timeoutMs, signal }, (op) =>
        session.sendReply(op, request, () => this.#beforeClick(op, request)),
      );
      if (outcome.kind === 'rejected' && outcome.reason === 'loginRequired' && !isAttempted()) return 'waits';
      return this.#settledOf(request, outcome, isAttempted());
    } catch (error) {
      const detail = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
      log.warn({ replyId: request.id, isAttempted: isAttempted(), detail }, 'a reply was interrupted');
      if (isAttempted()) return { kind: 'reply.unknown', ...this.#common(request), detail };
      // Announced, and not clicked: the Master must hear that nothing was sent.
      const isAnnounced = this.#options.journal.get(request.id)?.step === 'announced';
      if (isAnnounced) return this.#rejected(request, 'interrupted', 'interrupted before the click; nothing was sent');
      return signal.aborted ? 'waits' : 'retry';
    }
  }

  /** The last moment at which nothing was sent. `go` only when Master and journal both hold the attempt on disk. */
  async #beforeClick(op: Op, request: SendRequest): Promise<'go' | 'stop'> {
    const { outbox, clock, journal, pacing } = this.#options;
    if (!this.#open.has(request.id)) return 'stop';
    const report: ReplyOutcome = { kind: 'reply.attempted', ...this.#common(request) };
    const keep = {
      accountId: request.accountId,
      leaseToken: this.#options.leaseToken(),
      reports: [report],
      isUrgent: true,
    };
    const batchIds = outbox.keep(keep, () => {
      if (!journal.announce(request.id)) throw new Error('the reply was announced before');
    });
    const batchId = batchIds === 'full' ? undefined : batchIds.at(-1);
    if (batchId === undefined) return 'stop';
    const late = new AbortController();
    const cancel = clock.after(pacing.attemptAckMs, () => late.abort(new Error('the Master did not answer in time')));
    try {
      const end = await raceAbort(outbox.untilAcknowledged(batchId, late.signal), op.signal);
      if (end !== 'acknowledged' || op.signal.aborted) return 'stop';
    } catch {
      return 'stop'; // not acknowledged in time, or the operation ended: nothing is sent
    } finally {
      cancel();
    }
    if (!journal.attempt(request.id)) return 'stop';
    this.#sentAt.push(clock.now());
    return 'go';
  }

  /** Whether the page shows the reply; undefined while the account cannot be read. */
  async #look(entry: JournalEntry): Promise<EchoCheck | undefined> {
    const { clock, pacing } = this.#options;
    const session = this.#session;
    if (!session) return undefined;
    const sinceMs = entry.attemptedAt ?? entry.outcome?.at ?? clock.now();
    const signal = AbortSignal.any([this.#closing.signal, this.#pausing.signal]);
    return withOp({ name: 'look for a reply', clock, timeoutMs: pacing.timeoutMs, signal }, (op) =>
      session.findEcho(op, entry.request, sinceMs),
    );
  }

  #settledOf(request: SendRequest, outcome: SendOutcome, isAttempted: boolean): SettledOutcome {
    switch (outcome.kind) {
      case 'sent':
        return { kind: 'reply.sent', ...this.#common(request), ...(outcome.itemId && { itemId: outcome.itemId }) };
      case 'unknown':
        return { kind: 'reply.unknown', ...this.#common(request), detail: outcome.detail.slice(0, 500) };
      case 'rejected':
        // After the click only the platform's own refusal counts as one.
        return isAttempted && outcome.reason === 'interrupted' && outcome.detail === undefined
          ? { kind: 'reply.unknown', ...this.#common(request), detail: 'interrupted after the click' }
          : this.#rejected(request, outcome.reason, outcome.detail);
    }
  }

  #rejected(
    request: SendRequest,
    reason: Extract<SettledOutcome, { kind: 'reply.rejected' }>['reason'],
    detail?: string,
  ): SettledOutcome {
    return {
      kind: 'reply.rejected',
      ...this.#common(request),
      reason,
      ...(detail && { detail: detail.slice(0, 500) }),
    };
  }

  #common(request: SendRequest): { accountId: SendRequest['accountId']; replyId: ReplyId; at: number } {
    return { accountId: request.accountId, replyId: request.id, at: this.#options.clock.now() };
  }

  #settle(outcome: SettledOutcome): void {
    this.#open.delete(outcome.replyId);
    this.#report(outcome, () => this.#options.journal.settle(outcome));
    const entry = this.#options.journal.get(outcome.replyId);
    if (entry) this.#checks.plan(entry, outcome.at);
  }

  #report(outcome: ReplyOutcome, alongside?: () => void): void {
    const { outbox, accountId } = this.#options;
    outbox.keep({ accountId, leaseToken: this.#options.leaseToken(), reports: [outcome], isUrgent: true }, alongside);
  }
}
