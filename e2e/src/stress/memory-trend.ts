const BYTES_A_MB = 1_048_576;
/** With fewer samples everything is still being compiled and filled. */
const LEAST_COUNT = 9;
/** What the last third may have above the middle one: caches that are not full yet. */
const GROWTH_SHARE = 0.05;
const GROWTH_MB = 5;

/** Looks at what a process has in use again and again, and says whether it goes on growing. */
export class MemoryTrend {
  readonly #bytesInUse: () => Promise<number>;
  readonly #samplesMb: number[] = [];

  constructor(bytesInUse: () => Promise<number>) {
    this.#bytesInUse = bytesInUse;
  }

  /** Takes a sample. */
  async note(): Promise<void> {
    this.#samplesMb.push((await this.#bytesInUse()) / BYTES_A_MB);
  }

  /** Compares the lowest samples of the middle and of the last third. */
  faults(): string[] {
    if (this.#samplesMb.length < LEAST_COUNT) return [];
    const { middle, last } = this.#thirds();
    if (last <= middle * (1 + GROWTH_SHARE) + GROWTH_MB) return [];
    return [`${Math.round(middle)} MB in the middle third, ${Math.round(last)} MB in the last one`];
  }

  summary(): string {
    if (this.#samplesMb.length < LEAST_COUNT) return 'looked at too seldom';
    const { first, middle, last } = this.#thirds();
    return `${Math.round(first)} → ${Math.round(middle)} → ${Math.round(last)} MB in use`;
  }

  #thirds(): { readonly first: number; readonly middle: number; readonly last: number } {
    const third = Math.floor(this.#samplesMb.length / 3);
    const lowest = (from: number, to?: number): number => Math.min(...this.#samplesMb.slice(from, to));
    return { first: lowest(0, third), middle: lowest(third, 2 * third), last: lowest(-third) };
  }
}
