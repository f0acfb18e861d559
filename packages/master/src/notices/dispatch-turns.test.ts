import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DispatchTurns, HOLD_LIMIT_MS } from './dispatch-turns.ts';

/** What the fake clock takes for an immediate. */
const A_TURN_MS = 1;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A dispatcher that always has more to do, and an urgent notice that comes and goes. */
function aStand() {
  const ranAt: number[] = [];
  const urgent = { isAwaited: false };
  const turns: DispatchTurns = new DispatchTurns({
    isUrgentAwaited: () => urgent.isAwaited,
    run: () => {
      ranAt.push(performance.now());
    },
  });
  return { turns, urgent, ranAt };
}

test('[NO65] a turn comes in the next turn of the loop, once, and not after it was cancelled', async () => {
  const { turns, ranAt } = aStand();
  turns.ask();
  turns.ask();
  await vi.advanceTimersByTimeAsync(1);
  expect(ranAt).toHaveLength(1);
  turns.ask();
  turns.cancel();
  turns.cancel();
  await vi.advanceTimersByTimeAsync(100);
  expect(ranAt).toHaveLength(1);
});

test('[NO65] while an urgent notice is on its way to the disk the turn waits, and comes as soon as it is there', async () => {
  const { turns, urgent, ranAt } = aStand();
  const startedAt = performance.now();
  urgent.isAwaited = true;
  turns.ask();
  await vi.advanceTimersByTimeAsync(4);
  turns.reconsider(); // another one is still on its way
  await vi.advanceTimersByTimeAsync(1);
  expect(ranAt).toEqual([]);
  urgent.isAwaited = false;
  turns.reconsider();
  await vi.advanceTimersByTimeAsync(0);
  expect(ranAt).toEqual([startedAt + 5]);
});

test('[NO65] a turn that waited is asked for again: it comes when an urgent notice is here meanwhile', async () => {
  const { turns, urgent, ranAt } = aStand();
  urgent.isAwaited = true;
  turns.ask();
  urgent.isAwaited = false; // it is in its lane
  turns.ask();
  await vi.advanceTimersByTimeAsync(1);
  expect(ranAt).toHaveLength(1);
});

test('[NO65] urgent notices without an end leave the others half of the time, and no wait is longer than the limit', async () => {
  // Each step: for so long (ms) an urgent notice is on its way, or none is.
  const step = fc.record({ isComing: fc.boolean(), ms: fc.integer({ min: 1, max: 30 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { turns, urgent, ranAt } = aStand();
      const startedAt = performance.now();
      const schedule = [...steps, { isComing: true, ms: 300 }].flatMap(({ isComing, ms }) =>
        Array.from({ length: ms }, () => isComing),
      );
      const passOneMs = async (): Promise<void> => {
        await vi.advanceTimersByTimeAsync(1);
        urgent.isAwaited = schedule.shift() ?? false;
        turns.reconsider();
      };
      let waitedMs = 0;
      while (schedule.length > 0) {
        const askedAt = performance.now();
        const ranCount = ranAt.length;
        turns.ask();
        await vi.advanceTimersByTimeAsync(0);
        while (ranAt.length === ranCount) {
          await passOneMs();
          await vi.advanceTimersByTimeAsync(0);
        }
        const tookMs = performance.now() - askedAt;
        expect(tookMs).toBeLessThanOrEqual(HOLD_LIMIT_MS + A_TURN_MS);
        waitedMs += Math.max(0, tookMs - A_TURN_MS);
        await passOneMs(); // what the turn does
      }
      expect(waitedMs).toBeLessThanOrEqual((performance.now() - startedAt) / 2 + HOLD_LIMIT_MS);
    }),
    { numRuns: 50 },
  );
});
