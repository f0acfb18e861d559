import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AT_ONCE, inTurns, SharedTurns, type Step } from './turns.ts';

/** Turns of 4 ms, and pieces of work whose every step takes one; `done` holds their names, a name a step. */
function world() {
  let nowMs = 0;
  const done: string[] = [];
  const turns = new SharedTurns({ budgetMs: 4, now: () => nowMs });
  const piece = (name: string, count: number): Step => {
    let left = count;
    return () => {
      nowMs += 1;
      done.push(name);
      left -= 1;
      return left > 0 ? 'more' : 'done';
    };
  };
  return { turns, done, piece };
}

test('[ST28] work begins at once and goes on in later turns when the time of one is spent', async () => {
  const { turns, done, piece } = world();
  turns.run(piece('a', 9));
  expect(done.length).toBe(4);
  await nextTurn();
  expect(done.length).toBe(8);
  await nextTurn();
  expect(done.length).toBe(9);
  expect(turns.waitingCount).toBe(0);
  turns.run(piece('b', 5));
  expect(done.length).toBe(12); // one of four was spent in this turn
  await nextTurn();
  expect(done.join('')).toBe('aaaaaaaaabbbbb');
});

test('[ST28] pieces never mix; what is next comes before those that have not begun', async () => {
  const { turns, done, piece } = world();
  turns.run(piece('a', 6));
  turns.run(piece('b', 2));
  turns.runNext(piece('c', 2));
  turns.run(piece('d', 1));
  await nextTurn();
  await nextTurn();
  expect(done.join('')).toBe('aaaaaaccbbd');
});

test('a step that throws is not repeated, and what waits behind it is done', async () => {
  const { turns, done, piece } = world();
  turns.run(piece('a', 5));
  const failing = inTurns(
    turns,
    // biome-ignore lint/correctness/useYield: it fails before it could
    (function* (): Generator<void, never> {
      throw new Error('broken');
    })(),
  );
  turns.run(piece('b', 1));
  await expect(failing).rejects.toThrow('broken');
  expect(done.join('')).toBe('aaaaab');
  expect(() =>
    turns.run(() => {
      throw new Error('nobody waits');
    }),
  ).toThrow('nobody waits');
  turns.run(piece('c', 1));
  expect(done.join('')).toBe('aaaaabc');
});

test('a generator’s result comes after its last step', async () => {
  const { turns, done, piece } = world();
  turns.run(piece('a', 4));
  const sum = inTurns(
    turns,
    (function* (): Generator<void, number> {
      done.push('1');
      yield;
      done.push('2');
      return 3;
    })(),
  );
  expect(await sum).toBe(3);
  expect(done.join('')).toBe('aaaa12');
});

test('finishing does what waits and what comes later at once, and leaves no timer', () => {
  const { turns, done, piece } = world();
  turns.run(piece('a', 10));
  turns.finish();
  turns.finish();
  turns.run(piece('b', 10));
  expect(done.length).toBe(20);
});

test('work at once is done when the call returns', () => {
  const { done, piece } = world();
  AT_ONCE.run(piece('a', 10));
  AT_ONCE.runNext(piece('b', 1));
  expect(done.length).toBe(11);
});
