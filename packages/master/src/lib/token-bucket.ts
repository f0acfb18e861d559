/** Fractions of a token are sums of floats: a wait is not rounded up for less than this. */
const ROUNDING_MS = 0.001;

/** Lets `burstCount` through at once and `perSecond` after that. */
export class TokenBucket {
  readonly #burstCount: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(options: { burstCount: number; perSecond: number; now: number }) {
    this.#burstCount = options.burstCount;
    this.#perSecond = options.perSecond;
    this.#tokens = options.burstCount;
    this.#at = options.now;
  }

  /** 0 when one may pass, which is then counted; else the milliseconds until one may. */
  take(now: number): number {
    this.#tokens = Math.min(this.#burstCount, this.#tokens + (Math.max(0, now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return Math.max(1, Math.ceil(((1 - this.#tokens) * 1_000) / this.#perSecond - ROUNDING_MS));
    this.#tokens -= 1;
    return 0;
  }
}
