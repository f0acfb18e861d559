/**
 * The first `limitCount` by time, then by number. Most of what is offered is behind what is kept already: it is looked at
 * and let go, and what is kept is put in order only when twice as many have come together.
 */
export class FirstByTime {
  readonly #limitCount: number;
  readonly #sign: number;
  #kept: { readonly key: number; readonly recordNo: number }[] = [];
  #bound = Number.POSITIVE_INFINITY;

  constructor(limitCount: number, isDescending: boolean) {
    this.#limitCount = limitCount;
    this.#sign = isDescending ? -1 : 1;
  }

  offer(time: number, recordNo: number): void {
    const key = this.#sign * time;
    if (key > this.#bound) return;
    this.#kept.push({ key, recordNo });
    if (this.#kept.length >= 2 * this.#limitCount + 1_000) this.#cut();
  }

  taken(): readonly number[] {
    this.#cut();
    return this.#kept.map(({ recordNo }) => recordNo);
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.key - b.key || this.#sign * (a.recordNo - b.recordNo));
    this.#kept.length = Math.min(this.#kept.length, this.#limitCount);
    if (this.#kept.length === this.#limitCount) this.#bound = this.#kept.at(-1)?.key ?? this.#bound;
  }
}
