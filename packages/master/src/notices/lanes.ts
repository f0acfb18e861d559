import { assert } from '@hiscrm/shared/lib/must.ts';
import { shareOut } from './lane-shares.ts';

/** Four, low to urgent. */
export const LANE_COUNT = 4;
const URGENT = 3;

/**
 * Deliveries that wait for their turn, in four lanes. Each is for a receiver, who stands in a lane once however many wait
 * for him there, and whose turn takes all of them, from every lane. Room is reserved before a notice is accepted and given
 * back as its deliveries are taken, so a notice either fits whole or is refused whole. Urgent ones have room of their own.
 */
export class Lanes<Receiver> {
  readonly #limitCount: number;
  readonly #urgentLimitCount: number;
  /** Receivers in the order of their turns, with the number of deliveries. */
  readonly #waiting = Array.from({ length: LANE_COUNT }, () => new Map<Receiver, number>());
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

  /** One more delivery for each of them. */
  push(lane: number, receivers: readonly Receiver[]): void {
    const waiting = this.#waiting[lane];
    if (!waiting || receivers.length === 0) return;
    for (const receiver of receivers) waiting.set(receiver, (waiting.get(receiver) ?? 0) + 1);
    this.#queued[lane] = (this.#queued[lane] ?? 0) + receivers.length;
    this.#peakCount = Math.max(this.#peakCount, this.queuedCount);
  }

  /** Whether this receiver waits for a turn. */
  has(receiver: Receiver): boolean {
    return this.#waiting.some((waiting) => waiting.has(receiver));
  }

  /** Whose turn it is, until at least so many deliveries are taken: highest lane first, each lane with at least its share. */
  take(batchCount: number): readonly Receiver[] {
    const shares = shareOut(batchCount, this.#queued);
    const batch: Receiver[] = [];
    for (let lane = LANE_COUNT - 1; lane >= 0; lane--) this.#takeFrom(lane, shares[lane] ?? 0, batch);
    return batch;
  }

  clear(): void {
    for (const waiting of this.#waiting) waiting.clear();
    this.#queued.fill(0);
  }

  #used(lane: number): number {
    return (this.#queued[lane] ?? 0) + (this.#reserved[lane] ?? 0);
  }

  #takeFrom(lane: number, count: number, batch: Receiver[]): void {
    if (count === 0) return;
    let left = count;
    for (const [receiver, deliveryCount] of this.#waiting[lane] ?? []) {
      batch.push(receiver);
      this.#forget(receiver);
      left -= deliveryCount;
      if (left <= 0) break;
    }
  }

  /** Nothing waits for this receiver in any lane. */
  #forget(receiver: Receiver): void {
    this.#waiting.forEach((waiting, lane) => {
      const count = waiting.get(receiver);
      if (count === undefined) return;
      waiting.delete(receiver);
      this.#queued[lane] = (this.#queued[lane] ?? 0) - count;
    });
  }
}
