import { setImmediate as nextTurn } from 'node:timers/promises';

/** Pairs that are sorted in one turn of the event loop: about a millisecond. */
const TURN_COUNT = 32_768;
const RADIX = 65_536;
const FIRST_CAPACITY_COUNT = 1_024;

/** Records in the order in which they got into a state; those of one moment by their numbers. Four bytes a record. */
export class TimeOrder {
  #recordNos: Uint32Array;
  #count: number;
  /** The newest moment, and from where on its records are. They are put in order when they are read. */
  #newestAt: number;
  #newestFrom: number;
  #isNewestInOrder = true;

  private constructor(sorted: Pairs) {
    this.#recordNos = sorted.recordNos;
    this.#count = sorted.recordNos.length;
    this.#newestAt = sorted.ats.at(-1) ?? 0;
    this.#newestFrom = sorted.ats.indexOf(this.#newestAt);
    if (this.#newestFrom < 0) this.#newestFrom = 0;
  }

  /** Of moments in any order; equal ones must come by ascending record number. Sorts a part a turn of the event loop. */
  static async of(pairs: Pairs): Promise<TimeOrder> {
    return new TimeOrder(await sortByTime(pairs));
  }

  get count(): number {
    return this.#count;
  }

  /** One more. False when it is older than the newest: then it is not taken, and this order is not complete any more. */
  add(recordNo: number, at: number): boolean {
    if (at < this.#newestAt) return false;
    if (at > this.#newestAt) {
      this.#settle();
      this.#newestAt = at;
      this.#newestFrom = this.#count;
    }
    if (this.#count === this.#recordNos.length) this.#grow();
    this.#recordNos[this.#count++] = recordNo;
    this.#isNewestInOrder = false;
    return true;
  }

  /** Shows them from the oldest on, or from the newest back, until `visit` says false. */
  each(isDescending: boolean, visit: (recordNo: number) => boolean): void {
    this.#settle();
    const recordNos = this.#recordNos;
    const last = this.#count - 1;
    for (let index = 0; index <= last; index++) {
      if (!visit(recordNos[isDescending ? last - index : index] ?? 0)) return;
    }
  }

  #settle(): void {
    if (!this.#isNewestInOrder) this.#recordNos.subarray(this.#newestFrom, this.#count).sort();
    this.#isNewestInOrder = true;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.max(FIRST_CAPACITY_COUNT, Math.ceil(this.#count * 1.5)));
    larger.set(this.#recordNos);
    this.#recordNos = larger;
  }
}

/** Record numbers and, at the same index, moments (ms UTC). */
export type Pairs = { readonly recordNos: Uint32Array; readonly ats: Float64Array };

/** By the digits of the time since the oldest, the lowest digit first: what is equal stays as it was. */
async function sortByTime(pairs: Pairs): Promise<Pairs> {
  let from = pairs;
  const count = from.ats.length;
  const { oldest, newest } = boundsOf(from.ats);
  for (let unit = 1; newest - oldest >= unit; unit *= RADIX) {
    const digitOf = (at: number): number => Math.floor((at - oldest) / unit) % RADIX;
    const { ats, recordNos } = from;
    const places = new Uint32Array(RADIX + 1);
    await inTurns(count, (index) => {
      const next = digitOf(ats[index] ?? 0) + 1;
      places[next] = (places[next] ?? 0) + 1;
    });
    for (let digit = 1; digit <= RADIX; digit++) places[digit] = (places[digit] ?? 0) + (places[digit - 1] ?? 0);
    const to: Pairs = { recordNos: new Uint32Array(count), ats: new Float64Array(count) };
    await inTurns(count, (index) => {
      const at = ats[index] ?? 0;
      const digit = digitOf(at);
      const place = places[digit] ?? 0;
      places[digit] = place + 1;
      to.ats[place] = at;
      to.recordNos[place] = recordNos[index] ?? 0;
    });
    from = to;
  }
  return from;
}

function boundsOf(ats: Float64Array): { readonly oldest: number; readonly newest: number } {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (const at of ats) {
    if (at < oldest) oldest = at;
    if (at > newest) newest = at;
  }
  return { oldest, newest };
}

async function inTurns(count: number, visit: (index: number) => void): Promise<void> {
  for (let from = 0; from < count; from += TURN_COUNT) {
    const end = Math.min(count, from + TURN_COUNT);
    for (let index = from; index < end; index++) visit(index);
    await nextTurn();
  }
}
