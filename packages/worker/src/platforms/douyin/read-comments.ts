import type { CommentFacts, ContentFacts } from '@hiscrm/shared/model/facts.ts';
import type { Op } from '../../lib/op.ts';
import type { FactOf } from '../fact.ts';
import { compareCounts, isListed, type NotedCounts, type Unlisted, unlistedOf } from './comment-counts.ts';
import { CommentPage, placeAmongAlike } from './comment-page.ts';
import type { Desk } from './desk.ts';

/** Known comments in a row, in a list sorted by time, after which the rest is taken as known. */
const KNOWN_RUN_COUNT = 20;

/** Works among which edits and other counts are looked for: those where something happened last. */
const LIVELY_WORKS_COUNT = 9;
/** Of these, how many are looked at with each light reading. */
const LOOKS_COUNT = 3;

/** How far a work's comments are read. */
export type Reach =
  | { readonly kind: 'full' }
  /** Until so many that are not known were met and only known ones follow; to the end when none is missing. */
  | { readonly kind: 'light'; readonly missingCount: number }
  /** The newest page of them, for changes that no count of the work tells of. */
  | { readonly kind: 'look' };

/** The lively works that were looked at longest ago: an edited comment is found without waiting for everything to be read. */
export function worksToLookAt(desk: Desk, works: readonly ContentFacts[]): ReadonlySet<string> {
  const { sink } = desk.env;
  const timeOf = (hint: string): number => Number(sink.hint(hint) ?? 0);
  const livelyAt = (work: ContentFacts): number => Math.max(work.publishedAt ?? 0, timeOf(newestHint(work.id)));
  const lively = works
    .filter((work) => work.state !== 'deleted' && (work.stats?.commentCount ?? 0) > 0)
    .map((work) => ({ id: work.id, at: livelyAt(work), lookedAt: timeOf(lookHint(work.id)) }))
    .sort((a, b) => b.at - a.at)
    .slice(0, LIVELY_WORKS_COUNT);
  return new Set(
    lively
      .sort((a, b) => a.lookedAt - b.lookedAt)
      .slice(0, LOOKS_COUNT)
      .map(({ id }) => id),
  );
}

/**
 * How far the platform's count says that the work's comments are to be read again; undefined when it says nothing. What the
 * count leaves possible is noted.
 */
export function reachByCount(desk: Desk, work: ContentFacts): Reach | undefined {
  if (work.state === 'deleted' || work.stats?.commentCount === undefined) return undefined;
  const verdict = compareCounts(notedCounts(desk, work), unlistedNow(desk, work));
  switch (verdict.kind) {
    case 'same':
      noteCounts(desk, work, verdict.noted);
      return undefined;
    case 'fewer':
      noteCounts(desk, work, verdict.noted);
      return { kind: 'look' };
    case 'missing':
      return { kind: 'light', missingCount: verdict.count };
    case 'gone':
      return { kind: 'light', missingCount: 0 };
  }
}

/**
 * Reads a work's comments and the answers under them; what is gone is told when everything was seen. `enough` = as far as was
 * to be read: to what is known, or to the page limit, beyond which a work's older comments are left alone.
 */
export async function readComments(
  op: Op,
  desk: Desk,
  work: ContentFacts,
  reach: Reach,
): Promise<'complete' | 'enough' | 'partial' | 'silent'> {
  const startedAt = desk.env.clock.now();
  const known = desk.env.sink.knownItems('comment', work.id);
  const page = await CommentPage.open(op, desk, await desk.tab(op, 'crawl'), work.id);
  try {
    // Also when it ends badly: one work that never reads well must not take the turns of the others.
    desk.env.sink.setHint(lookHint(work.id), String(startedAt));
    const knownIds = new Set<string>(known.map((comment) => comment.id));
    const { rows, end } = await page.walk(op, enoughFor(reach, knownIds));
    if (end === 'silent' || end === 'full') return 'silent';
    const seen = new Set<string>(rows.map((row) => row.facts.id));
    let newestAt = newestOf(rows);
    if (end === 'capped') desk.env.oddities.note('commentsCapped');
    let isComplete = end === 'complete';
    let isEnd = isComplete || end === 'enough' || end === 'capped';
    for (const parent of parentsToOpen(rows, known, reach)) {
      const replies = await page.walkReplies(op, parent, { place: placeAmongAlike(parent, rows) });
      if (!replies) desk.env.oddities.note('answersNotOpened');
      await desk.pause(op);
      isComplete &&= replies?.end === 'complete';
      isEnd &&= replies?.end === 'complete' || replies?.end === 'capped';
      for (const reply of replies?.rows ?? []) seen.add(reply.facts.id);
      newestAt = Math.max(newestAt, newestOf(replies?.rows ?? []));
    }
    if (!isEnd) return 'partial';
    desk.env.sink.setHint(newestHint(work.id), String(newestAt));
    if (isComplete) {
      for (const comment of known) if (isUnopened(comment, rows, reach)) seen.add(comment.id);
      desk.env.sink.walked({ topicId: work.id, seenIds: seen, startedAt });
    }
    // One that was not shown is looked for again before it counts as deleted.
    const isSettled = known.every((comment) => !isListed(comment) || seen.has(comment.id));
    if (reach.kind !== 'look' && (!isComplete || isSettled))
      noteCounts(desk, work, {
        ...unlistedNow(desk, work),
        isCapped: end === 'capped' || (notedCounts(desk, work).isCapped && !isComplete),
      });
    return isComplete ? 'complete' : 'enough';
  } finally {
    page.close();
  }
}

const newestOf = (rows: readonly FactOf<'comment'>[]): number =>
  rows.reduce((newestAt, { facts }) => Math.max(newestAt, facts.at ?? 0), 0);

/** When the newest comments were last asked for. */
const lookHint = (workId: string): string => `looked:${workId}`;
/** When the newest of them was written. */
const newestHint = (workId: string): string => `newest:${workId}`;
/** How many comments the platform counted after the last walk and did not list. */
const unlistedHint = (workId: string): string => `left:${workId}`;

const NOTHING_UNLISTED: NotedCounts = { low: 0, high: 0, isCapped: false };

function unlistedNow(desk: Desk, work: ContentFacts): Unlisted {
  const { sink, pacing } = desk.env;
  return unlistedOf({
    countedCount: work.stats?.commentCount ?? 0,
    known: sink.knownItems('comment', work.id),
    uncertainFromMs: work.observedAt - pacing.countLagMs,
  });
}

function notedCounts(desk: Desk, work: ContentFacts): NotedCounts {
  const [low, high, end] = desk.env.sink.hint(unlistedHint(work.id))?.split(' ') ?? [];
  if (low === undefined) return NOTHING_UNLISTED;
  // A note of one number is of a Worker that took counts as exact.
  return { low: Number(low), high: Number(high ?? low), isCapped: end === 'capped' };
}

function noteCounts(desk: Desk, work: ContentFacts, { low, high, isCapped }: NotedCounts): void {
  const text = [low, high, ...(isCapped ? ['capped'] : [])].join(' ');
  if (desk.env.sink.hint(unlistedHint(work.id)) !== text) desk.env.sink.setHint(unlistedHint(work.id), text);
}

/** Comments with answers that are not known yet; in a full sweep all that have any. */
function parentsToOpen(
  rows: readonly FactOf<'comment'>[],
  known: readonly CommentFacts[],
  reach: Reach,
): CommentFacts[] {
  const replyCounts = new Map<string, number>();
  for (const comment of known) {
    if (comment.parentId && isListed(comment))
      replyCounts.set(comment.parentId, (replyCounts.get(comment.parentId) ?? 0) + 1);
  }
  return rows
    .map((row) => row.facts)
    .filter((facts) => {
      const count = facts.replyCount ?? 0;
      if (facts.parentId !== undefined || count === 0 || !isListed(facts)) return false;
      return reach.kind === 'full' || (replyCounts.get(facts.id) ?? 0) !== count;
    });
}

/** An answer that this walk did not look for, because nothing said that its parent's answers changed. */
function isUnopened(comment: CommentFacts, rows: readonly FactOf<'comment'>[], reach: Reach): boolean {
  if (comment.parentId === undefined || reach.kind === 'full') return false;
  const parent = rows.find((row) => row.facts.id === comment.parentId);
  return parent !== undefined && (parent.facts.replyCount ?? 0) > 0;
}

type Enough = (rows: readonly FactOf<'comment'>[]) => boolean;

/** What ends a walk before the end of the list. */
function enoughFor(reach: Reach, knownIds: ReadonlySet<string>): Enough | undefined {
  if (reach.kind === 'look') return () => true;
  return reach.kind === 'light' && reach.missingCount > 0 ? enoughOf(knownIds, reach.missingCount) : undefined;
}

/**
 * Stops a light walk once all the missing comments were met and a run of known ones follows, in a list that runs from new
 * to old. Pinned comments stand first whatever their age and say nothing about the order.
 */
function enoughOf(knownIds: ReadonlySet<string>, missingCount: number): Enough {
  return (rows) => {
    const listed = rows.map((row) => row.facts).filter((facts) => facts.parentId === undefined && !facts.isPinned);
    const isSorted = listed.every((facts, index) => index === 0 || (facts.at ?? 0) <= (listed[index - 1]?.at ?? 0));
    const foundCount = rows.filter((row) => !knownIds.has(row.facts.id)).length;
    const tail = listed.slice(-KNOWN_RUN_COUNT);
    return (
      isSorted &&
      foundCount >= missingCount &&
      tail.length === KNOWN_RUN_COUNT &&
      tail.every((facts) => knownIds.has(facts.id))
    );
  };
}
