import type { Seq } from '@hiscrm/shared/model/ids.ts';

/** Something that is true of the rows after `from` up to `upTo`. */
export type Stretch = { readonly from: Seq; readonly upTo: Seq };

/** What is remembered about the newest stretches of the log, no two of which overlap. Full: the oldest go. */
export class StretchBoard<T extends Stretch> {
  readonly #limitCount: number;
  #stretches: T[] = [];
  #start = 0;

  constructor(limitCount: number) {
    this.#limitCount = limitCount;
  }

  get count(): number {
    return this.#stretches.length - this.#start;
  }

  get limitCount(): number {
    return this.#limitCount;
  }

  /** Stretches come about in order: one that is late moves back over the few that overtook it. */
  note(stretch: T): void {
    let place = this.#stretches.length;
    while (place > this.#start && (this.#stretches[place - 1]?.from ?? 0) > stretch.from) place--;
    if (place === this.#stretches.length) this.#stretches.push(stretch);
    else this.#stretches.splice(place, 0, stretch);
    if (this.count > this.#limitCount) this.#start++;
    if (this.#start > this.#limitCount) {
      this.#stretches = this.#stretches.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The stretch that holds the row; undefined when it is older than what is remembered, or in none. */
  of(seq: Seq): T | undefined {
    let [low, high] = [this.#start, this.#stretches.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const stretch = this.#stretches[middle];
      if (!stretch) return undefined;
      if (seq <= stretch.from) high = middle - 1;
      else if (seq > stretch.upTo) low = middle + 1;
      else return stretch;
    }
    return undefined;
  }
}
