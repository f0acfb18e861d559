import { existsSync, readFileSync } from 'node:fs';

/** Before so many samples everything is still being compiled and filled. */
const LEAST_COUNT = 100;
/** What the last third may have above the middle one: caches that are not full yet, and the collector's mood. */
const GROWTH_SHARE = 0.15;
const GROWTH_MB = 25;

/** Looks at a process's memory again and again and says whether it goes on growing. */
export class MemoryTrend {
  readonly #pidOf: () => number;
  readonly #samplesMb: number[] = [];

  constructor(pidOf: () => number) {
    this.#pidOf = pidOf;
  }

  /** Takes a sample; without /proc there are none. */
  note(): void {
    const file = `/proc/${this.#pidOf()}/status`;
    if (!existsSync(file)) return;
    const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1];
    if (kb !== undefined) this.#samplesMb.push(Number(kb) / 1_024);
  }

  /** Compares the lowest samples of the middle and of the last third: what stays after the collector has been there. */
  faults(): string[] {
    if (this.#samplesMb.length < LEAST_COUNT) return [];
    const { middle, last } = this.#thirds();
    if (last <= middle * (1 + GROWTH_SHARE) + GROWTH_MB) return [];
    return [`${Math.round(middle)} MB in the middle third, ${Math.round(last)} MB in the last one`];
  }

  summary(): string {
    if (this.#samplesMb.length === 0) return 'not looked at';
    const { first, middle, last } = this.#thirds();
    return `${Math.round(first)} → ${Math.round(middle)} → ${Math.round(last)} MB`;
  }

  #thirds(): { readonly first: number; readonly middle: number; readonly last: number } {
    const third = Math.max(1, Math.floor(this.#samplesMb.length / 3));
    const lowest = (from: number, to?: number): number => Math.min(...this.#samplesMb.slice(from, to));
    return { first: lowest(0, third), middle: lowest(third, 2 * third), last: lowest(-third) };
  }
}
