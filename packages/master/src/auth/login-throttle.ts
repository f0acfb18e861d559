import type { Clock } from '@hiscrm/shared/lib/clock.ts';

/** How many failures are free, and how the wait grows after that. */
type Rule = { readonly freeCount: number; readonly firstMs: number; readonly capMs: number };

/** One person mistyping. */
const PAIR_RULE: Rule = { freeCount: 5, firstMs: 1_000, capMs: 15 * 60_000 };
/** Many machines guessing one user: loose, so that a stranger cannot lock the user out for long. */
const USER_RULE: Rule = { freeCount: 50, firstMs: 1_000, capMs: 60_000 };
/** One machine guessing many users; loose enough for an office behind one address. */
const ADDRESS_RULE: Rule = { freeCount: 30, firstMs: 1_000, capMs: 15 * 60_000 };
/** Failures are forgotten after this long without another one. */
const FORGET_MS = 60 * 60_000;
/** Beyond this many counters the oldest go: an attacker with many addresses costs memory otherwise. */
export const COUNTERS_LIMIT_COUNT = 20_000;

type Counter = { failedCount: number; lastAt: number };
type Key = { readonly text: string; readonly rule: Rule };

/** Slows down guessing of passwords, by user and address together, by user, and by address. */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #counters = new Map<string, Counter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * 0 when an attempt may be made now; it then counts as failed until `succeeded` takes it back, so that many attempts
   * at once do not slip through. Otherwise the milliseconds to wait.
   */
  attempt(username: string, address: string): number {
    const keys = keysOf(username, address);
    const waitMs = Math.max(...keys.map((key) => this.#waitMs(key)));
    if (waitMs > 0) return waitMs;
    for (const key of keys) this.#count(key.text);
    return 0;
  }

  /** The attempt was right: the pair starts afresh, the wider counters take this one back. */
  succeeded(username: string, address: string): void {
    for (const { text, rule } of keysOf(username, address)) {
      const counter = this.#counters.get(text);
      if (!counter) continue;
      counter.failedCount--;
      if (rule === PAIR_RULE || counter.failedCount <= 0) this.#counters.delete(text);
    }
  }

  /** Counters held. Limit: COUNTERS_LIMIT_COUNT. */
  get counterCount(): number {
    return this.#counters.size;
  }

  #waitMs({ text, rule }: Key): number {
    const counter = this.#counters.get(text);
    if (!counter) return 0;
    const passedMs = this.#clock.now() - counter.lastAt;
    if (passedMs >= FORGET_MS) {
      this.#counters.delete(text);
      return 0;
    }
    if (counter.failedCount < rule.freeCount) return 0;
    const dueMs = Math.min(rule.capMs, rule.firstMs * 2 ** Math.min(counter.failedCount - rule.freeCount, 30));
    return Math.max(0, dueMs - passedMs);
  }

  #count(text: string): void {
    const failedCount = (this.#counters.get(text)?.failedCount ?? 0) + 1;
    this.#counters.delete(text);
    this.#counters.set(text, { failedCount, lastAt: this.#clock.now() });
    for (const oldest of this.#counters.keys()) {
      if (this.#counters.size <= COUNTERS_LIMIT_COUNT) break;
      this.#counters.delete(oldest);
    }
  }
}

function keysOf(username: string, address: string): readonly Key[] {
  return [
    { text: `pair ${address} ${username}`, rule: PAIR_RULE },
    { text: `user ${username}`, rule: USER_RULE },
    { text: `address ${address}`, rule: ADDRESS_RULE },
  ];
}
