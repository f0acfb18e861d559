/**
 * Keeps the most recently used values under a byte budget. `sizeOf` must not change for a stored value.
 * When full, the least recently used go first and `onEvict` hears of each; the value just set stays.
 */
export class ByteLru<K, V> {
  readonly #limitBytes: number;
  readonly #sizeOf: (value: V) => number;
  readonly #onEvict: ((key: K, value: V) => void) | undefined;
  readonly #entries = new Map<K, { value: V; bytes: number }>();
  /** Kept between evictions: an iterator made anew walks over every place that a deleted entry left behind. */
  #oldestFirst: MapIterator<[K, { value: V; bytes: number }]> | undefined;
  #bytes = 0;

  constructor(options: {
    limitBytes: number;
    sizeOf: (value: V) => number;
    onEvict?: ((key: K, value: V) => void) | undefined;
  }) {
    this.#limitBytes = options.limitBytes;
    this.#sizeOf = options.sizeOf;
    this.#onEvict = options.onEvict;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** The value, now the most recently used. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** The value without touching its place in the order. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    const bytes = this.#sizeOf(value);
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    this.#evict(key);
  }

  /** Evicts from the oldest on; `newest` stays even when it is above the budget alone. */
  #evict(newest: K): void {
    while (this.#bytes > this.#limitBytes) {
      this.#oldestFirst ??= this.#entries.entries();
      const next = this.#oldestFirst.next();
      if (next.done || next.value[0] === newest) {
        this.#oldestFirst = undefined;
        return;
      }
      const [key, { value, bytes }] = next.value;
      this.#entries.delete(key);
      this.#bytes -= bytes;
      this.#onEvict?.(key, value);
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#oldestFirst = undefined;
    this.#bytes = 0;
  }
}
