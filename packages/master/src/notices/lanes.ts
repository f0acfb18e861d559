import { assert } from '@hiscrm/shared/lib/must.ts';
import { shareOut } from './lane-shares.ts';

/** Four, low to urgent. */
export const LANE_COUNT = 4;
const URGENT = 3;
/** Whom a notice is for: in each lane, those to few have a line beside the one of those to many. */
export type Audience = 'few' | 'many';

/** Where a receiver stands: how many deliveries wait for it in each lane. The lanes keep the numbers. */
export type LaneSpot = { readonly waitingCounts: number[] };
export const newSpot = (): LaneSpot => ({ waitingCounts: [0, 0, 0, 0] });

/**
 * Deliveries that wait for their turn, in four lanes. Each is for a receiver, whose turn takes all that wait for him, from
 * every lane. Of a lane's turns the notices to few have half while those to many wait, too: what is for one does not wait behind
 * what is for everybody. Room is reserved before a notice is accepted and given back as its deliveries are taken, so a notice
 * either fits whole or is refused whole. Urgent ones have room of their own.
 */
export class Lanes<Receiver extends LaneSpot> {
  readonly #limitCount: number;
  readonly #urgentLimitCount: number;
  /** Receivers in the order of their turns. One that was served from another line meanwhile is passed over. */
  readonly #fewLines = Array.from({ length: LANE_COUNT }, () => new Line<Receiver>());
  readonly #manyLines = Array.from({ length: LANE_COUNT }, () => new Line<Receiver>());
  readonly #queued: number[] = Array.from({ length: LANE_COUNT }, () => 0);
  /** Promised to notices that are on their way into the log. */
  readonly #reserved: number[] = Array.from({ length: LANE_COUNT }, () => 0);
  #queuedCount = 0;
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
    return this.#queuedCount;
  }
  /** The most that ever waited. */
  get peakCount(): number {
    return this.#peakCount;
  }
  get limitCount(): number {
    return this.#limitCount;
  }
  /** Whether an urgent notice for somebody is on its way into the log, and none is here that waits for its turn. */
  get isUrgentAwaited(): boolean {
    return (this.#reserved[URGENT] ?? 0) > 0 && this.#queued[URGENT] === 0;
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

  /** One more delivery for a receiver, of a notice to few or to many. */
  push(lane: number, receiver: Receiver, audience: Audience): void {
    const count = receiver.waitingCounts[lane] ?? 0;
    receiver.waitingCounts[lane] = count + 1;
    if (audience === 'few') this.#fewLines[lane]?.push(receiver);
    else if (count === 0) this.#manyLines[lane]?.push(receiver);
    this.#queued[lane] = (this.#queued[lane] ?? 0) + 1;
    this.#queuedCount++;
    if (this.#queuedCount > this.#peakCount) this.#peakCount = this.#queuedCount;
  }

  /** Whether this receiver waits for a turn. */
  has({ waitingCounts }: Receiver): boolean {
    return waitingCounts.some((count) => count > 0);
  }

  /** Whose turn it is, until at least so many deliveries are taken: highest lane first, each lane with at least its share. */
  take(batchCount: number): readonly Receiver[] {
    const shares = shareOut(batchCount, this.#queued);
    const batch: Receiver[] = [];
    for (let lane = LANE_COUNT - 1; lane >= 0; lane--) this.#takeLane(lane, shares[lane] ?? 0, batch);
    return batch;
  }

  clear(): void {
    for (const line of [...this.#fewLines, ...this.#manyLines])
      for (let next = line.shift(); next; next = line.shift()) next.waitingCounts.fill(0);
    this.#queued.fill(0);
    this.#queuedCount = 0;
  }

  #used(lane: number): number {
    return (this.#queued[lane] ?? 0) + (this.#reserved[lane] ?? 0);
  }

  /** Half for those to few, what is left, and at least one, for those to many, and what these leave for the few again. */
  #takeLane(lane: number, count: number, batch: Receiver[]): void {
    if (count === 0) return;
    const few = this.#fewLines[lane];
    let left = count - this.#takeLine(few, lane, Math.ceil(count / 2), batch);
    left -= this.#takeLine(this.#manyLines[lane], lane, Math.max(1, left), batch);
    this.#takeLine(few, lane, left, batch);
  }

  /** Answers how many deliveries it took. */
  #takeLine(line: Line<Receiver> | undefined, lane: number, count: number, batch: Receiver[]): number {
    let takenCount = 0;
    while (takenCount < count) {
      const receiver = line?.shift();
      if (!receiver) break;
      const deliveryCount = receiver.waitingCounts[lane] ?? 0;
      if (deliveryCount === 0) continue;
      batch.push(receiver);
      this.forget(receiver);
      takenCount += deliveryCount;
    }
    return takenCount;
  }

  /** Nothing waits for this receiver in any lane: its turn has come, or it is gone. */
  forget({ waitingCounts }: Receiver): void {
    for (let lane = 0; lane < LANE_COUNT; lane++) {
      const count = waitingCounts[lane] ?? 0;
      this.#queued[lane] = (this.#queued[lane] ?? 0) - count;
      this.#queuedCount -= count;
      waitingCounts[lane] = 0;
    }
  }
}

/** A queue without holes: what was taken from its front is dropped when it is half of all. */
class Line<T> {
  #entries: T[] = [];
  #from = 0;

  push(entry: T): void {
    this.#entries.push(entry);
  }

  shift(): T | undefined {
    const entry = this.#entries[this.#from];
    if (entry === undefined) {
      this.#entries = [];
      this.#from = 0;
      return undefined;
    }
    this.#from++;
    if (this.#from > 1_000 && this.#from * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#from);
      this.#from = 0;
    }
    return entry;
  }
}
