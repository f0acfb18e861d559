const BYTES_A_MB = 1_048_576;
/** With fewer samples everything is still being compiled and filled. */
const LEAST_COUNT = 9;

/** What the last third may have above the middle one: caches that are not full yet, and what the system keeps. */
type Growth = { readonly share: number; readonly mb: number };
export const IN_USE_GROWTH: Growth = { share: 0.05, mb: 5 };
export const RSS_GROWTH: Growth = { share: 0.15, mb: 25 };

/** Says of one figure of a process's memory, looked at again and again, whether it goes on growing. */
export class MemoryTrend {
  readonly #name: string;
  readonly #growth: Growth;
  readonly #samplesMb: number[] = [];

  constructor(name: string, growth: Growth) {
    this.#name = name;
    this.#growth = growth;
  }

  /** Takes a sample. */
  note(bytes: number): void {
    this.#samplesMb.push(bytes / BYTES_A_MB);
  }

  /** Compares the lowest samples of the middle and of the last third. */
  faults(): string[] {
    if (this.#samplesMb.length < LEAST_COUNT) return [];
    const { middle, last } = this.#thirds();
    if (last <= middle * (1 + this.#growth.share) + this.#growth.mb) return [];
    return [`${this.#name}: ${Math.round(middle)} MB in the middle third, ${Math.round(last)} MB in the last one`];
  }

  summary(): string {
    if (this.#samplesMb.length < LEAST_COUNT) return `${this.#name}: looked at too seldom`;
    const { first, middle, last } = this.#thirds();
    return `${this.#name} ${Math.round(first)} → ${Math.round(middle)} → ${Math.round(last)} MB`;
  }

  #thirds(): { readonly first: number; readonly middle: number; readonly last: number } {
    const third = Math.floor(this.#samplesMb.length / 3);
    const lowest = (from: number, to?: number): number => Math.min(...this.#samplesMb.slice(from, to));
    return { first: lowest(0, third), middle: lowest(third, 2 * third), last: lowest(-third) };
  }
}
