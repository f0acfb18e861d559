import { assert } from '@hiscrm/shared/lib/must.ts';
import { shareOut } from './lane-shares.ts';

/** Four, low to urgent. */
export const LANE_COUNT = 4;
const URGENT = 3;

type Job<T> = { readonly items: readonly T[]; next: number };

/**
 * Deliveries that wait for their turn, in four lanes. Room is reserved before a notice is accepted and given back as its
 * deliveries are taken, so a notice either fits whole or is refused whole. Urgent ones have room of their own.
 */
export class Lanes<T> {
  readonly #limitCount: number;
  readonly #urgentLimitCount: number;
  readonly #jobs: Job<T>[][] = Array.from({ length: LANE_COUNT }, () => []);
  readonly #queued: number[] = Array.from({ length: LANE_COUNT }, () => 0);
  /** Promised to notices that are on their way into the log. */
  readonly #reserved: number[] = Array.from({ length: LANE_COUNT }, () => 0);
  #peakCount = 0;

  constructor(limits: { readonly limitCount: number; readonly urgentLimitCount: number }) {
    this.#limitCount = limits.limitCount;
    this.#urgentLimitCount = limits.urgentLimitCount;
  }

  /** Low to urgent. */
  get queuedCounts(): readonly number[] {
    return [...this.#queued];
  }
  get queuedCount(): number {
    return this.#queued.reduce((sum, count) => sum + count, 0);
  }
  /** The most that ever waited. */
  get peakCount(): number {
    return this.#peakCount;
  }
  get limitCount(): number {
    return this.#limitCount;
  }

  /** Takes room for so many deliveries; false when they do not fit. A notice larger than the limit fits into empty lanes. */
  reserve(lane: number, count: number): boolean {
    const isUrgent = lane === URGENT;
    const used = isUrgent ? this.#used(URGENT) : this.#used(0) + this.#used(1) + this.#used(2);
    if (used > 0 && used + count > (isUrgent ? this.#urgentLimitCount : this.#limitCount)) return false;
    this.#reserved[lane] = (this.#reserved[lane] ?? 0) + count;
    return true;
  }

  /** Gives reserved room back. */
  release(lane: number, count: number): void {
    this.#reserved[lane] = (this.#reserved[lane] ?? 0) - count;
    assert((this.#reserved[lane] ?? 0) >= 0, 'more room was given back than was taken');
  }

  push(lane: number, items: readonly T[]): void {
    if (items.length === 0) return;
    this.#jobs[lane]?.push({ items, next: 0 });
    this.#queued[lane] = (this.#queued[lane] ?? 0) + items.length;
    this.#peakCount = Math.max(this.#peakCount, this.queuedCount);
  }

  /** The next deliveries, highest lane first, each lane with at least its share. */
  take(batchCount: number): readonly T[] {
    const shares = shareOut(batchCount, this.#queued);
    const batch: T[] = [];
    for (let lane = LANE_COUNT - 1; lane >= 0; lane--) this.#takeFrom(lane, shares[lane] ?? 0, batch);
    return batch;
  }

  clear(): void {
    for (const jobs of this.#jobs) jobs.length = 0;
    this.#queued.fill(0);
  }

  #used(lane: number): number {
    return (this.#queued[lane] ?? 0) + (this.#reserved[lane] ?? 0);
  }

  #takeFrom(lane: number, count: number, batch: T[]): void {
    const jobs = this.#jobs[lane] ?? [];
    let left = count;
    while (left > 0) {
      const job = jobs[0];
      if (!job) break;
      const end = Math.min(job.items.length, job.next + left);
      for (let at = job.next; at < end; at++) batch.push(job.items[at] as T); // below the length
      left -= end - job.next;
      job.next = end;
      if (job.next === job.items.length) jobs.shift();
    }
    this.#queued[lane] = (this.#queued[lane] ?? 0) - (count - left);
  }
}
