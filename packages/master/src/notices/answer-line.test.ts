import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ANSWERED_TOGETHER_COUNT, AnswerLine, type ReceiptWaiter } from './answer-line.ts';

/** Waiters that note when they are answered. */
function makeWaiters(count: number): { readonly waiters: readonly ReceiptWaiter[]; readonly answered: number[] } {
  const answered: number[] = [];
  const waiters = Array.from({ length: count }, (_, index) => ({
    resolve: () => answered.push(index),
    reject: () => undefined,
  }));
  return { waiters, answered };
}
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test('[NO60] few are answered at once, thousands in the turns that follow, in their order', async () => {
  const line = new AnswerLine();
  const few = makeWaiters(ANSWERED_TOGETHER_COUNT);
  line.push(few.waiters);
  expect(few.answered).toEqual(upTo(ANSWERED_TOGETHER_COUNT));
  const many = makeWaiters(8 * ANSWERED_TOGETHER_COUNT);
  line.push(many.waiters);
  const another = makeWaiters(1);
  line.push(another.waiters);
  const counts: number[] = [];
  while (many.answered.length < many.waiters.length) {
    expect(another.answered).toEqual([]);
    counts.push(many.answered.length);
    await nextTurn();
  }
  expect(counts[0]).toBe(0);
  expect(counts[1]).toBeLessThan(many.waiters.length / 2);
  expect(many.answered).toEqual(upTo(many.waiters.length));
  while (another.answered.length === 0) await nextTurn();
});

test('[NO60] closing answers everybody that waits', () => {
  const line = new AnswerLine();
  const { waiters, answered } = makeWaiters(2 * ANSWERED_TOGETHER_COUNT);
  line.push(waiters);
  line.flush();
  line.flush();
  expect(answered).toEqual(upTo(waiters.length));
});
