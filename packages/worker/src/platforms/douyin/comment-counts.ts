/**
 * Tells from a work's number of comments whether there is something to read. The number counts folded and hidden comments,
 * which no list shows, and lags behind by minutes (docs/spec/adapter.md, AD17).
 */
import type { CommentFacts } from '@hiscrm/shared/model/facts.ts';

/** How many comments the platform counts and does not list: between `low` and `high`, both included. */
export type Unlisted = { readonly low: number; readonly high: number };

/** What is kept between two readings of a work. */
export type NotedCounts = Unlisted & {
  /** The last walk ended at the page limit: a large work is not read to its end. */
  readonly isCapped: boolean;
};

export type CountVerdict =
  /** Nothing happened that is not known; `noted` is what both counts leave possible. */
  | { readonly kind: 'same'; readonly noted: NotedCounts }
  /** At least `count` comments are there that are not known. */
  | { readonly kind: 'missing'; readonly count: number }
  /** Comments that are known are there no more. */
  | { readonly kind: 'gone' }
  /** Fewer are counted than are known of a work that was not read to its end: no walk could tell which are gone, if any. */
  | { readonly kind: 'fewer'; readonly noted: NotedCounts };

/**
 * What one count leaves possible. A comment written at or after `uncertainFromMs` may not be counted yet, and one that was
 * found to be gone since then may be counted still.
 */
export function unlistedOf(state: {
  readonly countedCount: number;
  readonly known: readonly CommentFacts[];
  readonly uncertainFromMs: number;
}): Unlisted {
  const { countedCount, known, uncertainFromMs } = state;
  const listed = known.filter(isListed);
  const freshCount = listed.filter(({ at }) => at !== undefined && at >= uncertainFromMs).length;
  const lateCount = known.filter((facts) => !isListed(facts) && facts.observedAt >= uncertainFromMs).length;
  const unlistedCount = countedCount - listed.length;
  return { low: unlistedCount - lateCount, high: unlistedCount + freshCount };
}

/** Compares what was possible with what is now. Nothing is wrong as long as one number fits both. */
export function compareCounts(before: NotedCounts, now: Unlisted): CountVerdict {
  const { isCapped } = before;
  if (now.low > before.high) return { kind: 'missing', count: now.low - before.high };
  if (now.high < before.low) return isCapped ? { kind: 'fewer', noted: { ...now, isCapped } } : { kind: 'gone' };
  const noted = { low: Math.max(before.low, now.low), high: Math.min(before.high, now.high), isCapped };
  return { kind: 'same', noted };
}

/** Whether the platform's lists show it, as far as is known. */
export const isListed = ({ state }: CommentFacts): boolean => state === 'visible' || state === undefined;
