import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';

/** A code is good for so long when its Worker does not say. */
export const LOGIN_LIFE_MS = 300_000;
/** Logins that are listed and counted; the oldest are forgotten. */
export const LOGINS_LIMIT_COUNT = 200;
const SWEEP_MS = 1_000;

export type LoginStatus = 'pending' | 'scanning' | 'success' | 'failed' | 'expired';
/** One attempt to log an account in. Times are ms. */
export type LoginSession = {
  readonly id: string;
  readonly accountId: AccountId;
  readonly workerId: string;
  readonly status: LoginStatus;
  readonly method: 'qrcode' | 'sms';
  /** A data URL, shown as it is. */
  readonly qrImage: string | undefined;
  readonly error: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly loggedInAt: number | undefined;
};

const isOpen = ({ status }: LoginSession): boolean => status === 'pending' || status === 'scanning';

/** The logins that admin pages started, since this process did. One that nobody ends expires. */
export class LoginBook {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, LoginSession>();
  readonly #stopSweep: Cancel;

  /** `onExpired` hears of a login whose time ran out. */
  constructor(options: { readonly clock: Clock; readonly onExpired: (session: LoginSession) => void }) {
    this.#clock = options.clock;
    this.#stopSweep = every(options.clock, SWEEP_MS, () => {
      const now = this.#clock.now();
      for (const session of this.#sessions.values()) {
        if (!isOpen(session) || session.expiresAt > now) continue;
        const expired = this.change(session.id, { status: 'expired' });
        if (expired) options.onExpired(expired);
      }
    });
  }

  get(id: string): LoginSession | undefined {
    return this.#sessions.get(id);
  }

  /** The newest login of the account that is not over. */
  openOf(accountId: AccountId): LoginSession | undefined {
    return this.all().find((session) => session.accountId === accountId && isOpen(session));
  }

  /** Newest first. */
  all(): readonly LoginSession[] {
    return [...this.#sessions.values()].reverse();
  }

  /** Newest first, those that are not over. */
  open(): readonly LoginSession[] {
    return this.all().filter(isOpen);
  }

  begin(id: string, accountId: AccountId, workerId: string): LoginSession {
    const now = this.#clock.now();
    const session: LoginSession = {
      id,
      accountId,
      workerId,
      status: 'pending',
      method: 'qrcode',
      qrImage: undefined,
      error: undefined,
      createdAt: now,
      expiresAt: now + LOGIN_LIFE_MS,
      loggedInAt: undefined,
    };
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= LOGINS_LIMIT_COUNT) break;
      this.#sessions.delete(oldest);
    }
    return session;
  }

  /** The session afterwards; undefined when it is not known. */
  change(id: string, patch: Partial<Omit<LoginSession, 'id' | 'accountId'>>): LoginSession | undefined {
    const before = this.#sessions.get(id);
    if (!before) return undefined;
    const after = { ...before, ...patch };
    this.#sessions.set(id, after);
    return after;
  }

  /** Safe twice. */
  close(): void {
    this.#stopSweep();
  }
}
