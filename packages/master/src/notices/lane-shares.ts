/** The part of every batch that each lane may have before a higher lane takes what is left; low first. */
export const LANE_SHARES = [0.05, 0.1, 0.15, 0.4] as const;

/**
 * How many deliveries each lane gets of a batch: first its guaranteed share, at least one, then the highest lane takes what
 * is left, and so on down. `waitingCounts` and the answer are ordered low to urgent; nothing is left over while any waits.
 */
export function shareOut(batchCount: number, waitingCounts: readonly number[]): readonly number[] {
  let left = batchCount;
  const taken = waitingCounts.map(() => 0);
  const take = (lane: number, count: number): void => {
    const more = Math.min(count, left, (waitingCounts[lane] ?? 0) - (taken[lane] ?? 0));
    taken[lane] = (taken[lane] ?? 0) + more;
    left -= more;
  };
  for (let lane = waitingCounts.length - 1; lane >= 0; lane--) {
    take(lane, Math.max(1, Math.floor(batchCount * (LANE_SHARES[lane] ?? 0))));
  }
  for (let lane = waitingCounts.length - 1; lane >= 0; lane--) take(lane, left);
  return taken;
}
