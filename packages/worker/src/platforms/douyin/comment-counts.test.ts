import type { CommentFacts } from '@hiscrm/shared/model/facts.ts';
import type { ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareCounts, type NotedCounts, type Unlisted, unlistedOf } from './comment-counts.ts';

const LAG_MS = 10 * 60_000;
const STEP_MS = 60_000;

/** A work on a platform whose count is late, and a Worker that is told of what happens there, or is not. */
class CountedWork {
  now = 0;
  readonly known = new Map<string, CommentFacts>();
  readonly #hiddenCount: number;
  readonly #alive: { id: string; from: number; to: number }[] = [];
  #madeCount = 0;

  constructor(hiddenCount: number) {
    this.#hiddenCount = hiddenCount;
  }

  write(isTold: boolean): void {
    const id = String(this.#madeCount);
    this.#madeCount += 1;
    this.#alive.push({ id, from: this.now, to: Number.POSITIVE_INFINITY });
    if (isTold) this.known.set(id, factsOf(id, { at: this.now, observedAt: this.now }));
  }

  /** Deletes the oldest that is left. */
  remove(isTold: boolean): void {
    const comment = this.#alive.find(({ to }) => to === Number.POSITIVE_INFINITY);
    if (!comment) return;
    comment.to = this.now;
    const facts = this.known.get(comment.id);
    if (isTold && facts) this.known.set(comment.id, { ...facts, state: 'deleted', observedAt: this.now });
  }

  /** What the platform's number, which is `lagMs` old, leaves possible. */
  unlisted(lagMs: number): Unlisted {
    const then = this.now - lagMs;
    const countedCount = this.#hiddenCount + this.#alive.filter(({ from, to }) => from <= then && to > then).length;
    return unlistedOf({ countedCount, known: [...this.known.values()], uncertainFromMs: this.now - LAG_MS });
  }
}

/** As after a walk to the end. */
const noted = (unlisted: Unlisted): NotedCounts => ({ ...unlisted, isCapped: false });

const factsOf = (id: string, times: { at: number; observedAt: number }): CommentFacts => ({
  kind: 'comment',
  id: id as ItemId,
  topicId: 'work' as TopicId,
  state: 'visible',
  source: 'api',
  ...times,
});

const happening = fc.oneof(fc.constant('write' as const), fc.constant('remove' as const), fc.constant('wait' as const));
const history = fc.array(fc.record({ happening, lagMs: fc.integer({ min: 0, max: LAG_MS }) }), { maxLength: 60 });

/** Lets everything happen, each told at once, and keeps what the counts leave possible; fails when they say anything. */
function live(work: CountedWork, events: readonly { happening: string; lagMs: number }[]): NotedCounts {
  let before = noted(work.unlisted(0));
  for (const event of events) {
    work.now += STEP_MS;
    if (event.happening === 'write') work.write(true);
    if (event.happening === 'remove') work.remove(true);
    const verdict = compareCounts(before, work.unlisted(event.lagMs));
    expect(verdict.kind).toBe('same');
    if (verdict.kind === 'same') before = verdict.noted;
  }
  work.now += 2 * LAG_MS;
  return before;
}

test('[AD17] where everything is known the counts say nothing, however late they are', () => {
  fc.assert(
    fc.property(fc.nat(20), history, (hiddenCount, events) => {
      const work = new CountedWork(hiddenCount);
      const before = live(work, events);
      const settled = compareCounts(before, work.unlisted(0));
      expect(settled).toEqual({ kind: 'same', noted: { low: hiddenCount, high: hiddenCount, isCapped: false } });
    }),
  );
});

test('[AD17] once the work was quiet for the lag, what is not known is missing and what went unseen is gone', () => {
  fc.assert(
    fc.property(fc.nat(20), history, fc.integer({ min: 1, max: 5 }), (hiddenCount, events, count) => {
      const work = new CountedWork(hiddenCount);
      for (let index = 0; index < count; index += 1) work.write(true);
      work.now += 2 * LAG_MS;
      const before = live(work, [...events, { happening: 'wait', lagMs: 0 }]);
      for (let index = 0; index < count; index += 1) work.write(false);
      work.now += LAG_MS;
      expect(compareCounts(before, work.unlisted(LAG_MS))).toEqual({ kind: 'missing', count });
    }),
  );
  fc.assert(
    fc.property(fc.nat(20), history, (hiddenCount, events) => {
      const work = new CountedWork(hiddenCount);
      const before = live(work, events);
      work.write(true);
      work.now += 2 * LAG_MS;
      work.remove(false);
      work.now += LAG_MS;
      const verdict = compareCounts(before, work.unlisted(LAG_MS));
      // What is removed is the oldest comment left: one that was known.
      expect(verdict).toEqual({ kind: 'gone' });
    }),
  );
});

test('[AD17] what was not counted at the last walk is not looked for', () => {
  const known = [factsOf('1', { at: 0, observedAt: 0 })];
  const before = noted(unlistedOf({ countedCount: 10, known, uncertainFromMs: 1 }));
  expect(before).toEqual({ low: 9, high: 9, isCapped: false });
  const more = [...known, factsOf('2', { at: 5, observedAt: 5 })];
  expect(compareCounts(before, unlistedOf({ countedCount: 10, known: more, uncertainFromMs: 1 })).kind).toBe('same');
  expect(compareCounts(before, unlistedOf({ countedCount: 11, known: more, uncertainFromMs: 6 })).kind).toBe('same');
  expect(compareCounts(before, unlistedOf({ countedCount: 13, known: more, uncertainFromMs: 6 }))).toEqual({
    kind: 'missing',
    count: 2,
  });
});

test('[AD15] a page that comes after the end of a capped walk is taken in without another walk', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, at) => factsOf(String(at), { at, observedAt: at }));
  const unlisted = (count: number) => unlistedOf({ countedCount: 10_000, known: rows(count), uncertainFromMs: 10_000 });
  const verdict = compareCounts({ ...unlisted(600), isCapped: true }, unlisted(612));
  expect(verdict).toEqual({ kind: 'fewer', noted: { low: 9_388, high: 9_388, isCapped: true } });
  expect(compareCounts(noted(unlisted(600)), unlisted(612))).toEqual({ kind: 'gone' });
});
