import type { Seq } from '@hiscrm/shared/model/ids.ts';

/** Rounds remembered: at twenty a second, some eight minutes; the oldest go. */
export const PUSH_BOARD_LIMIT_COUNT = 10_000;

/** What a round of the hub did: every live client was written the rows after `from` up to `upTo`. */
export type Push = {
  readonly from: Seq;
  readonly upTo: Seq;
  readonly endedAt: number;
  readonly subscriberCount: number;
};

/** When rows went out, for the newest rounds of this process. */
export class PushBoard {
  readonly #limitCount: number;
  #pushes: Push[] = [];
  #start = 0;

  constructor(limitCount: number = PUSH_BOARD_LIMIT_COUNT) {
    this.#limitCount = limitCount;
  }

  get count(): number {
    return this.#pushes.length - this.#start;
  }

  get limitCount(): number {
    return this.#limitCount;
  }

  /** Rounds come in order. */
  note(push: Push): void {
    this.#pushes.push(push);
    if (this.count > this.#limitCount) this.#start++;
    if (this.#start > this.#limitCount) {
      this.#pushes = this.#pushes.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The round that the row went out in; undefined when it is older than what is remembered, or not out yet. */
  of(seq: Seq): Push | undefined {
    let [low, high] = [this.#start, this.#pushes.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const push = this.#pushes[middle];
      if (!push) return undefined;
      if (seq <= push.from) high = middle - 1;
      else if (seq > push.upTo) low = middle + 1;
      else return push;
    }
    return undefined;
  }
}
