/** Deliveries in one turn of the event loop. */
export const BATCH_LIMITS = { leastCount: 64, mostCount: 4_096, startCount: 512 } as const;
/** A turn longer than this makes others wait: the batch is halved. Shorter than half of it, the batch grows. */
export const TURN_BUDGET_MS = 1;

/**
 * The next batch after a turn that took `turnMs`, with the loop's timers `lateMs` late. When the loop is late, others have
 * much to do and the turn gets half of its budget. It never gets less: what makes the loop late is mostly the clients'
 * answers to what was sent, and a batch that shrinks with each of them would end at a trickle.
 */
export function nextBatchCount(batchCount: number, turnMs: number, lateMs: number): number {
  const budgetMs = lateMs > TURN_BUDGET_MS ? TURN_BUDGET_MS / 2 : TURN_BUDGET_MS;
  if (turnMs > budgetMs) return Math.max(BATCH_LIMITS.leastCount, Math.floor(batchCount / 2));
  if (turnMs < budgetMs / 2) return Math.min(BATCH_LIMITS.mostCount, Math.ceil(batchCount * 1.25));
  return batchCount;
}
