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
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
    this.#tokens -= 1;
    return 0;
  }
}
