import type { Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { Answer, Listening } from './answer-bus.ts';
import type { Desk } from './desk.ts';
import type { ListPage } from './parse/list-page.ts';

/** Why a walk over a list ended. Only `complete` means that all of it was seen. */
export type WalkEnd = 'complete' | 'stalled' | 'capped' | 'silent' | 'enough' | 'full';

/** Pages in a row without anything unseen before a walk is given up; the platform is known to send some. */
const STALE_PAGES_LIMIT_COUNT = 2;
/** Times that a list is scrolled again while it promises more and sends nothing. */
const SCROLL_TRIES_COUNT = 3;

/**
 * Reads a list as a person does: takes the answer that the page asked for by itself, scrolls, takes the next. Ends at the
 * list's end, when nothing new comes although more is promised, at the page limit, or when `isEnough` says so.
 */
export async function walkList<
  R extends { readonly facts: { readonly id?: string } } | { readonly encryptedId: string },
>(
  op: Op,
  desk: Desk,
  walk: {
    readonly page: Page;
    readonly listening: Listening;
    readonly parse: (answer: Answer) => ListPage<R>;
    readonly idOf: (row: R) => string;
    /** Makes the page ask for more; scrolling when not given. */
    readonly advance?: (() => Promise<boolean>) | undefined;
    readonly isEnough?: ((rows: readonly R[]) => boolean) | undefined;
  },
): Promise<{ rows: R[]; end: WalkEnd }> {
  const rows = new Map<string, R>();
  const advance = walk.advance ?? (() => scroll(op, walk.page));
  let staleCount = 0;
  let lastCursor: string | undefined;
  const result = (end: WalkEnd): { rows: R[]; end: WalkEnd } => ({ rows: [...rows.values()], end });
  for (let pageCount = 0; pageCount < desk.env.pacing.pageLimitCount; pageCount += 1) {
    const answer = await nextPage(op, desk, walk.listening, pageCount === 0 ? undefined : advance);
    if (answer?.verdict.kind !== 'ok') return result(pageCount === 0 || !answer ? 'silent' : 'stalled');
    if (desk.isFull) return result('full');
    const page = walk.parse(answer);
    const before = rows.size;
    for (const row of page.facts) rows.set(walk.idOf(row), row);
    if (!page.hasMore) return result('complete');
    staleCount = rows.size === before ? staleCount + 1 : 0;
    const isStuck = page.cursor !== '' && page.cursor === lastCursor;
    if (staleCount >= STALE_PAGES_LIMIT_COUNT || (isStuck && staleCount > 0)) return result('stalled');
    if (walk.isEnough?.([...rows.values()])) return result('enough');
    lastCursor = page.cursor;
    await desk.pause(op);
  }
  return result('capped');
}

/** The next answer; the page is moved again while none comes, and after an answer that broke on the way. */
async function nextPage(
  op: Op,
  desk: Desk,
  listening: Listening,
  advance: (() => Promise<boolean>) | undefined,
): Promise<Answer | undefined> {
  const { patienceMs } = desk.env.pacing;
  let answer: Answer | undefined;
  for (let tryCount = 0; tryCount < SCROLL_TRIES_COUNT; tryCount += 1) {
    if (tryCount > 0 || advance) {
      const isPossible = await (advance?.() ?? Promise.resolve(true));
      if (!isPossible) return answer;
    }
    answer = await listening.next(op, advance ? patienceMs / SCROLL_TRIES_COUNT : patienceMs);
    if (answer && answer.verdict.kind !== 'transient') return answer;
    if (!advance && !answer) return undefined;
    await desk.pause(op);
  }
  return answer;
}

/** Turns the wheel over the middle of the page. */
export async function scroll(op: Op, page: Page): Promise<boolean> {
  const size = page.viewportSize() ?? { width: 1_000, height: 700 };
  await op.race(page.mouse.move(size.width / 2, size.height / 2));
  await op.race(page.mouse.wheel(0, 2_000));
  return true;
}
