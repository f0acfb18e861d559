import { FLAGS_LIMIT, isConfirmed, isDelivered, isRead, statusOf, wasOnline } from './record-flags.ts';

/** How many records there are, and in which states. */
export type Counts = {
  readonly total: number;
  readonly online: number;
  readonly received: number;
  readonly read: number;
  readonly confirmed: number;
  readonly pending: number;
  readonly expired: number;
  readonly failed: number;
};

const ALL_FLAGS = Array.from({ length: FLAGS_LIMIT }, (_, flags) => flags);

/** Records counted by their flags. */
export class FlagCounts {
  readonly #cells = new Int32Array(FLAGS_LIMIT);

  /** Counts by flags, as they are. */
  static of(cells: Int32Array): FlagCounts {
    const counts = new FlagCounts();
    counts.#cells.set(cells);
    return counts;
  }

  /** All of them together; only what is in one of the states given, which makes it fast for many. */
  static sum(parts: Iterable<FlagCounts>, states: readonly number[] = ALL_FLAGS): FlagCounts {
    const sum = new FlagCounts();
    for (const part of parts) for (const flags of states) sum.add(flags, part.#cells[flags] ?? 0);
    return sum;
  }

  add(flags: number, count: number): void {
    this.#cells[flags] = (this.#cells[flags] ?? 0) + count;
  }

  /** A record went from one state to another. */
  move(from: number, to: number): void {
    if (from === to) return;
    this.add(from, -1);
    this.add(to, 1);
  }

  /** Combinations that occur, with how often. */
  cells(): readonly { readonly flags: number; readonly count: number }[] {
    const found: { flags: number; count: number }[] = [];
    this.#cells.forEach((count, flags) => {
      if (count > 0) found.push({ flags, count });
    });
    return found;
  }

  counts(): Counts {
    return countsOf(this.cells());
  }
}

export function countsOf(cells: Iterable<{ readonly flags: number; readonly count: number }>): Counts {
  const sum = { total: 0, online: 0, received: 0, read: 0, confirmed: 0, pending: 0, expired: 0, failed: 0 };
  for (const { flags, count } of cells) {
    sum.total += count;
    if (wasOnline(flags)) sum.online += count;
    if (isDelivered(flags)) sum.received += count;
    if (isRead(flags)) sum.read += count;
    if (isConfirmed(flags)) sum.confirmed += count;
    const status = statusOf(flags);
    if (status !== 'delivered') sum[status] += count;
  }
  return sum;
}
