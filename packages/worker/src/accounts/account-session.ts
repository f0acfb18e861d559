/**
 * Drives one account: its browser and its state. The state machine decides (account-state.ts); this asks it and carries out.
 * Rules: docs/spec/account.md.
 */
import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';
import { type Clock, wait } from '@hiscrm/shared/lib/clock.ts';
import type { ReplyId } from '@hiscrm/shared/model/ids.ts';
import type { Assignment } from '@hiscrm/shared/protocol/worker-link.ts';
import { AccountBrowser } from '../browser/account-browser.ts';
import type { SessionVault } from '../browser/session-vault.ts';
import type { Logger } from '../lib/logger.ts';
import { OpEnded, withOp } from '../lib/op.ts';
import type { KnownIndex } from '../outbox/known-index.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ReplyJournal } from '../outbox/reply-journal.ts';
import type {
  Oddities,
  Pacing,
  PlatformAdapter,
  PlatformSession,
  SendRequest,
  SessionSignal,
} from '../platforms/platform-adapter.ts';
import { AccountReader, type SyncIntervals } from './account-reader.ts';
import { type AccountEvent, type AccountState, nextAccountState, sessionOf } from './account-state.ts';
import { DataManager } from './data-manager.ts';
import { type ReplyPacing, ReplyRunner } from './reply-runner.ts';

export type AccountOptions = {
  readonly assignment: Assignment;
  readonly adapter: PlatformAdapter;
  readonly outbox: Outbox;
  readonly known: KnownIndex;
  readonly journal: ReplyJournal;
  readonly oddities: Oddities;
  readonly vault: SessionVault;
  readonly browser: {
    readonly profilesDirectory: string;
    readonly executablePath: string | undefined;
    readonly isHeadless: boolean;
  };
  /** Where sessions to import are looked for. */
  readonly importDirectory: string | undefined;
  readonly pacing: Pacing;
  readonly replyPacing: ReplyPacing;
  readonly intervals: SyncIntervals;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Starting a browser on a busy machine takes seconds. */
const START_TIMEOUT_MS = 90_000;
/** How long a person has for a login, over all codes. */
const LOGIN_TIMEOUT_MS = 10 * 60_000;
const BACKOFF_FIRST_MS = 5_000;
const BACKOFF_CAP_MS = 10 * 60_000;

export class AccountSession {
  readonly #options: AccountOptions;
  readonly #data: DataManager;
  readonly #replies: ReplyRunner;
  readonly #reader: AccountReader;
  readonly #log: Logger;
  #assignment: Assignment;
  #state: AccountState;
  #browser: AccountBrowser | undefined;
  #session: PlatformSession | undefined;
  /** Ends what the current state is doing. */
  #turn = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.#assignment = options.assignment;
    const { accountId } = options.assignment;
    this.#log = options.log.child({ accountId });
    const leaseToken = (): number => this.#assignment.leaseToken;
    const { known, outbox, oddities, clock, journal } = options;
    this.#data = new DataManager({ accountId, known, outbox, oddities, clock, leaseToken });
    this.#replies = new ReplyRunner({
      accountId,
      journal,
      outbox,
      pacing: options.replyPacing,
      oddities,
      clock,
      log: this.#log,
      leaseToken,
    });
    this.#reader = new AccountReader({
      data: this.#data,
      outbox,
      intervals: options.intervals,
      clock,
      log: this.#log,
      checkLogin: (session, turn) => this.#checkLogin(session, turn),
      keepSession: async () => this.#browser?.keepSession(),
    });
    this.#state = { kind: 'starting', since: clock.now(), failureCount: 0, isLoginAsked: false };
  }

  get state(): AccountState {
    return this.#state;
  }

  get assignment(): Assignment {
    return this.#assignment;
  }

  /** Takes the account up. Returns at once. */
  start(): void {
    this.#replies.recover();
    this.#tellState();
    this.#running = this.#run();
  }

  /** The Master gave the same account again, under a newer lease or with a known user. */
  renew(assignment: Assignment): void {
    // Between two leases the Master settled what was open, or will offer it again.
    if (assignment.leaseToken > this.#assignment.leaseToken) this.keepOnlyReplies(new Set());
    this.#assignment = assignment;
    this.#tellState();
  }

  offerReply(request: SendRequest): void {
    this.#replies.offer(request);
  }

  /** Replies that were not attempted and are not among these are not sent any more. */
  keepOnlyReplies(ids: ReadonlySet<ReplyId>): void {
    this.#replies.keepOnly(ids);
  }

  /** Reads the light way now. */
  syncNow(): void {
    this.#reader.syncNow();
  }

  /**
   * A person wants to log the account in: shows a code, while it starts as soon as it is known to be needed. On line, the
   * account's own page is asked whether it is.
   */
  loginNow(): void {
    this.#apply({ kind: 'loginAsked' });
    if (this.#state.kind === 'online') this.#reader.checkNow();
  }

  /** Stops everything and leaves no browser behind. Safe twice. */
  async close(): Promise<void> {
    this.#apply({ kind: 'closed' });
    await this.#replies.close();
    await this.#running;
    await this.#shutBrowser();
  }

  async #run(): Promise<void> {
    while (this.#state.kind !== 'closed') {
      const turn = this.#turn.signal;
      try {
        await this.#live(this.#state, turn);
      } catch (error) {
        if (!turn.aborted) this.#broke(error);
      }
    }
  }

  /** What the account does in a state; returns or throws when that is over, or when the turn ends. */
  #live(state: AccountState, turn: AbortSignal): Promise<void> {
    switch (state.kind) {
      case 'starting':
        return this.#startUp(turn);
      case 'online':
        return this.#serve(turn);
      case 'awaitingScan':
        return this.#logIn(turn);
      case 'backingOff':
        return this.#waitThen(state.retryAt - this.#options.clock.now(), turn, { kind: 'retryDue' });
      case 'loginRequired':
      case 'challenge':
      case 'closed':
        return untilAborted(turn);
    }
  }

  async #startUp(turn: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await this.#shutBrowser();
    await withOp({ name: 'start the account', clock, timeoutMs: START_TIMEOUT_MS, signal: turn }, async (op) => {
      const session = await this.#openSession(op);
      const check = await session.checkLogin(op);
      switch (check.kind) {
        case 'loggedIn':
          await session.watch(op);
          await this.#browser?.keepSession();
          this.#apply({ kind: 'loggedIn' });
          break;
        case 'wrongUser':
          this.#refuseUser(check.userId);
          break;
        case 'loginRequired':
          this.#apply({ kind: 'loggedOut', detail: check.detail });
          break;
        case 'challenge':
          this.#apply({ kind: 'challenged', detail: check.detail });
          break;
      }
    });
  }

  async #openSession(op: Parameters<PlatformAdapter['openSession']>[0]): Promise<PlatformSession> {
    const { adapter, vault, browser, importDirectory, oddities, pacing, clock } = this.#options;
    const { accountId } = this.#assignment;
    if (importDirectory && vault.importFrom(importDirectory, this.#assignment))
      this.#log.info('a session was imported');
    const onGone = (): void => this.#apply(this.#brokeEvent('the browser is gone'));
    const onUnreadableSession = (): void => {
      oddities.note('sessionUnreadable');
      this.#log.error('the kept login cannot be opened: it was sealed under another key, or is damaged; log in again');
    };
    this.#browser = await AccountBrowser.open(op, { accountId, vault, onGone, onUnreadableSession, ...browser });
    this.#session = await adapter.openSession(op, {
      accountId,
      platformUserId: () => this.#assignment.platformUserId ?? this.#data.known('profile', 'self')?.platformUserId,
      browser: this.#browser,
      sink: this.#data,
      oddities,
      pacing,
      clock,
      log: this.#log,
      onSignal: (signal) => this.#signalled(signal),
    });
    return this.#session;
  }

  /** Reads and answers until the state changes. */
  async #serve(turn: AbortSignal): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error('online without a session');
    this.#replies.resume(session);
    try {
      await this.#reader.read(session, turn);
    } finally {
      this.#replies.pause();
    }
  }

  /** A first sign of a lost login was seen; the account's own page gives the second. */
  async #checkLogin(session: PlatformSession, turn: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const check = await withOp({ name: 'check the login', clock, timeoutMs: START_TIMEOUT_MS, signal: turn }, (op) =>
      session.checkLogin(op),
    );
    if (check.kind === 'loginRequired') this.#apply({ kind: 'loggedOut', detail: check.detail });
    if (check.kind === 'challenge') this.#apply({ kind: 'challenged', detail: check.detail });
    if (check.kind === 'wrongUser') this.#refuseUser(check.userId);
  }

  async #logIn(turn: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      await withOp({ name: 'log in', clock, timeoutMs: LOGIN_TIMEOUT_MS, signal: turn }, async (op) => {
        const session = this.#session ?? (await this.#openSession(op));
        const end = await session.login(op, (code) => this.#apply({ kind: 'codeShown', code }));
        switch (end.kind) {
          case 'loggedIn':
            await session.watch(op);
            await this.#browser?.keepSession();
            this.#apply({ kind: 'loggedIn' });
            break;
          case 'wrongUser':
            this.#refuseUser(end.userId);
            break;
          case 'expired':
            this.#apply({ kind: 'loginFailed', detail: 'nobody scanned the code' });
            break;
          case 'challenge':
            this.#apply({ kind: 'challenged', detail: end.detail });
            break;
        }
      });
    } catch (error) {
      if (turn.aborted) throw error;
      if (!(error instanceof OpEnded)) throw error;
      this.#apply({ kind: 'loginFailed', detail: 'the login took too long' });
    }
  }

  /** Somebody else's login must not stay: it would be read and answered as this account. */
  #refuseUser(userId: string): void {
    const { vault } = this.#options;
    vault.forget(this.#assignment.accountId);
    this.#log.warn({ userId }, 'another user is logged in');
    const detail = 'another user logged in; log in as the account itself';
    this.#apply(this.#state.kind === 'awaitingScan' ? { kind: 'loginFailed', detail } : { kind: 'loggedOut', detail });
    void this.#browser?.context
      .clearCookies()
      .catch((error: unknown) => this.#log.warn({ err: error }, 'cookies were not cleared'));
  }

  #signalled(signal: SessionSignal): void {
    switch (signal.kind) {
      case 'challenge':
        this.#apply({ kind: 'challenged', detail: signal.detail });
        break;
      case 'limited':
        this.#apply({ kind: 'limited', detail: signal.detail });
        break;
      case 'broken':
        this.#apply(this.#brokeEvent(signal.detail));
        break;
      case 'loginExpired':
        if (this.#state.kind !== 'online') break;
        this.#reader.checkNow();
        break;
    }
  }

  #broke(error: unknown): void {
    const detail = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
    this.#log.warn({ detail, state: this.#state.kind }, 'the account broke off');
    this.#apply(this.#brokeEvent(detail));
  }

  #brokeEvent(detail: string): AccountEvent {
    const attempt = 'failureCount' in this.#state ? this.#state.failureCount : 0;
    const random = this.#options.clock.random();
    return {
      kind: 'broke',
      detail,
      delayMs: backoffMs({ attempt, firstMs: BACKOFF_FIRST_MS, capMs: BACKOFF_CAP_MS, random }),
    };
  }

  #apply(event: AccountEvent): void {
    const before = this.#state;
    this.#state = nextAccountState(before, event, this.#options.clock.now());
    if (this.#state === before) return;
    this.#log.info({ from: before.kind, to: this.#state.kind }, 'the account changed state');
    this.#tellState();
    if (this.#state.kind === before.kind) return;
    const ended = this.#turn;
    this.#turn = new AbortController();
    ended.abort(new Error(`the account is ${this.#state.kind}`));
  }

  #tellState(): void {
    const session = sessionOf(this.#state);
    if (!session) return;
    const { accountId, leaseToken } = this.#assignment;
    this.#options.outbox.keep({
      accountId,
      leaseToken,
      reports: [{ kind: 'account.session', accountId, session }],
      isUrgent: true,
    });
  }

  async #waitThen(delayMs: number, turn: AbortSignal, event: AccountEvent): Promise<void> {
    await wait(this.#options.clock, Math.max(0, delayMs), turn);
    this.#apply(event);
  }

  async #shutBrowser(): Promise<void> {
    const session = this.#session;
    const browser = this.#browser;
    this.#session = undefined;
    this.#browser = undefined;
    await session?.close();
    await browser?.close();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
