/**
 * From which index a list of receive records is read. Every index gives the same records; they differ in how many rows are
 * passed over before the page is full, which the counters that the hub keeps foretell.
 */
import type { CountAccess, RecordAccess, RecordSort } from '../log/notice-tables.ts';

/** Records that each part of a filter leaves; `all` where the filter does not have that part. */
export type RecordSizes = {
  readonly all: number;
  readonly ofNotices: number;
  /** Undefined when users are not asked for. */
  readonly ofUsers: number | undefined;
  /** Undefined when states are not asked for. */
  readonly ofFlags: number | undefined;
  /** Those that have the time which is sorted by. */
  readonly timed: number;
};

/** Matches are not spread evenly: an index that is read until a page is full may pass over so many times more. */
const UNEVEN_FACTOR = 10;
/** A row that is sorted costs more than one that is passed over; one that must be looked up in the table much more. */
const SORT_FACTOR = 3;
const LOOK_UP_FACTOR = 20;

/** The cheapest way to a page that ends after `wantedCount` matches, and how many rows it passes over if matches are spread evenly. */
export function planPage(
  sizes: RecordSizes,
  sort: RecordSort,
  wantedCount: number,
): { readonly by: RecordAccess; readonly passedCount: number } {
  const { all, ofNotices, ofUsers, ofFlags, timed } = sizes;
  const share = (part: number | undefined): number => (part === undefined || all === 0 ? 1 : part / all);
  const matchCount = Math.max(1, all * share(ofNotices) * share(ofUsers) * share(ofFlags));
  const ways: { readonly by: RecordAccess; readonly passedCount: number; readonly cost: number }[] = [];
  const inOrder = (by: RecordAccess, rowCount: number): void => {
    const passedCount = Math.min(rowCount, (rowCount * wantedCount) / matchCount);
    ways.push({ by, passedCount, cost: Math.min(rowCount, passedCount * UNEVEN_FACTOR) });
  };
  const sorted = (by: RecordAccess, rowCount: number, factor: number): void => {
    ways.push({ by, passedCount: rowCount, cost: rowCount * factor });
  };
  if (sort === 'created') {
    inOrder('notices', ofNotices);
    if (ofFlags !== undefined) inOrder('flags', ofFlags);
  } else {
    inOrder('time', timed);
    sorted('notices', ofNotices, SORT_FACTOR);
  }
  if (ofUsers !== undefined) sorted('users', ofUsers, sort === 'created' ? SORT_FACTOR : LOOK_UP_FACTOR);
  return ways.reduce((best, way) => (way.cost < best.cost ? way : best));
}

/** The index that leaves the fewest rows to count one by one. */
export function planCount({ ofNotices, ofUsers, ofFlags }: RecordSizes): CountAccess {
  if (ofUsers !== undefined && ofUsers <= ofNotices && ofUsers <= (ofFlags ?? ofUsers)) return 'users';
  return ofFlags !== undefined && ofFlags < ofNotices ? 'flags' : 'notices';
}
