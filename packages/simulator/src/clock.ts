/** The simulator's own time: real time with an offset, or frozen at an instant. Milliseconds UTC. */
export class VirtualClock {
  readonly #realNowMs: () => number;
  #offsetMs = 0;
  #frozenAtMs: number | undefined;

  constructor(realNowMs: () => number, startMs?: number) {
    this.#realNowMs = realNowMs;
    if (startMs !== undefined) this.set(startMs);
  }

  /** What the machine's clock says: for what browsers judge by themselves, such as the expiry of cookies. */
  realNowMs(): number {
    return this.#realNowMs();
  }

  nowMs(): number {
    return this.#frozenAtMs ?? Math.floor(this.#realNowMs() + this.#offsetMs);
  }

  get isFrozen(): boolean {
    return this.#frozenAtMs !== undefined;
  }

  /** Jumps to an instant; a running clock runs on from there. */
  set(nowMs: number): void {
    if (this.#frozenAtMs !== undefined) this.#frozenAtMs = nowMs;
    else this.#offsetMs = nowMs - this.#realNowMs();
  }

  advance(byMs: number): void {
    this.set(this.nowMs() + byMs);
  }

  freeze(): void {
    this.#frozenAtMs = this.nowMs();
  }

  /** Lets time run again from the instant it stood at. */
  resume(): void {
    const at = this.#frozenAtMs;
    if (at === undefined) return;
    this.#frozenAtMs = undefined;
    this.set(at);
  }
}
