import type { Cancel, Clock } from './clock.ts';

type Timer = { readonly dueAt: number; readonly order: number; readonly run: () => void };

/** A clock that stands still until a test moves it. Used by tests only. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  #seed: number;
  #timers = new Set<Timer>();

  constructor(options: { now?: number; seed?: number } = {}) {
    this.#now = options.now ?? 1_773_280_800_000;
    this.#seed = options.seed ?? 1;
  }

  now(): number {
    return this.#now;
  }

  /** Mulberry32: the same seed gives the same numbers. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer = { dueAt: this.#now + delayMs, order: this.#order++, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers still waiting: a leak test compares this before and after. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing what falls due in order, including what the fired ones schedule. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.run();
    }
    this.#now = until;
  }

  #next(until: number): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > until) continue;
      if (!best || timer.dueAt < best.dueAt || (timer.dueAt === best.dueAt && timer.order < best.order)) best = timer;
    }
    return best;
  }
}
