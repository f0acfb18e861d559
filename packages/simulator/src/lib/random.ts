/** 32-bit FNV-1a of a text: a stable number for a name. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/**
 * Seeded random stream (mulberry32). `fork(name)` gives a stream of its own that does not depend on how much of the
 * parent was used, so that lazily made parts of the world are the same whatever was looked at first.
 */
export class Random {
  readonly #seed: string;
  #state: number;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = hash32(seed);
  }

  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** Whole number in [min, max]. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws when the list is empty: a broken assumption of the caller. */
  pick<T>(list: readonly T[]): T {
    const index = this.int(0, list.length - 1);
    const item = list[index];
    if (item === undefined) throw new Error('pick from an empty list');
    return item;
  }

  shuffle<T>(list: readonly T[]): T[] {
    const keyed = list.map((item) => ({ item, key: this.next() }));
    return keyed.sort((a, b) => a.key - b.key).map((entry) => entry.item);
  }

  text(alphabet: string, length: number): string {
    let out = '';
    for (let i = 0; i < length; i += 1) out += alphabet[this.int(0, alphabet.length - 1)] ?? '';
    return out;
  }

  hex(length: number): string {
    return this.text('0123456789abcdef', length);
  }

  digits(length: number): string {
    return this.text('123456789', 1) + this.text('0123456789', length - 1);
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${this.text('89ab', 1)}${this.hex(3)}-${this.hex(12)}`;
  }
}
