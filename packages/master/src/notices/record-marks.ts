/** A bit a record, 32 to a number: a million of them stay in the processor's cache. */
const BITS_COUNT = 32;
const BITS_SHIFT = 5;
const BITS_MASK = 31;

/** Some of the records of a range: marked in any order, shown in the order of their numbers. */
export class RecordMarks {
  readonly #from: number;
  readonly #bits: Uint32Array;
  /** Nothing is marked before and behind these. */
  #firstWord: number;
  #lastWord = -1;

  /** Records from `from` to before `end` may be marked. */
  constructor(from: number, end: number) {
    this.#from = from;
    this.#bits = new Uint32Array(Math.ceil((end - from) / BITS_COUNT));
    this.#firstWord = this.#bits.length;
  }

  /** The record lies in the range. */
  mark(recordNo: number): void {
    const at = recordNo - this.#from;
    const word = at >>> BITS_SHIFT;
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (at & BITS_MASK));
    if (word < this.#firstWord) this.#firstWord = word;
    if (word > this.#lastWord) this.#lastWord = word;
  }

  /** Of any record. */
  has(recordNo: number): boolean {
    const at = recordNo - this.#from;
    return at >= 0 && ((this.#bits[at >>> BITS_SHIFT] ?? 0) & (1 << (at & BITS_MASK))) !== 0;
  }

  /** Shows them by ascending or descending number, until `visit` says false. */
  each(isDescending: boolean, visit: (recordNo: number) => boolean): void {
    const bits = this.#bits;
    const first = this.#firstWord;
    const last = this.#lastWord;
    for (let index = 0; index <= last - first; index++) {
      const word = isDescending ? last - index : first + index;
      if (bits[word] !== 0 && !this.#eachOf(word, isDescending, visit)) return;
    }
  }

  /** Whether to go on. */
  #eachOf(word: number, isDescending: boolean, visit: (recordNo: number) => boolean): boolean {
    const bits = this.#bits[word] ?? 0;
    const first = this.#from + word * BITS_COUNT;
    for (let index = 0; index < BITS_COUNT; index++) {
      const bit = isDescending ? BITS_MASK - index : index;
      if ((bits & (1 << bit)) !== 0 && !visit(first + bit)) return false;
    }
    return true;
  }
}
