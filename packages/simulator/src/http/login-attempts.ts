import type { Random } from '../lib/random.ts';

/** Life of a QR code. Unverified on the platform; the value the field works with. */
const QR_LIFE_MS = 150_000;
/** Attempts kept; older ones are forgotten. */
const MAX_ATTEMPTS = 200;
/** The code that the simulated second factor accepts. */
export const SMS_CODE = '246810';

export type LoginState = 'new' | 'scanned' | 'second_factor' | 'confirmed' | 'cancelled' | 'expired';
export type LoginAttempt = { token: string; state: LoginState; createdMs: number; accountUid: string | undefined };

/** QR codes on show, oldest first, and how far each has come. */
export class LoginAttempts {
  readonly #random: Random;
  readonly #nowMs: () => number;
  readonly #byToken = new Map<string, LoginAttempt>();

  constructor(random: Random, nowMs: () => number) {
    this.#random = random;
    this.#nowMs = nowMs;
  }

  open(): LoginAttempt {
    const attempt: LoginAttempt = {
      token: this.#random.hex(32),
      state: 'new',
      createdMs: this.#nowMs(),
      accountUid: undefined,
    };
    this.#byToken.set(attempt.token, attempt);
    const oldest = this.#byToken.keys().next().value;
    if (this.#byToken.size > MAX_ATTEMPTS && oldest !== undefined) this.#byToken.delete(oldest);
    return attempt;
  }

  /** The attempt of a code, expired when its time is over. */
  find(token: string): LoginAttempt | undefined {
    const attempt = this.#byToken.get(token);
    const isOver = attempt !== undefined && this.#nowMs() - attempt.createdMs > QR_LIFE_MS;
    if (isOver && (attempt.state === 'new' || attempt.state === 'scanned')) attempt.state = 'expired';
    return attempt;
  }

  /** The named attempt, or the latest that still waits. */
  pending(token: string | undefined): LoginAttempt | undefined {
    if (token !== undefined) return this.find(token);
    return this.list()
      .filter((attempt) => attempt.state === 'new' || attempt.state === 'scanned' || attempt.state === 'second_factor')
      .at(-1);
  }

  list(): LoginAttempt[] {
    return [...this.#byToken.keys()].map((token) => this.find(token)).filter((attempt) => attempt !== undefined);
  }
}
