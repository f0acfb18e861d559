import { expect, test } from 'vitest';
import { every, systemClock, wait } from './clock.ts';
import { FakeClock } from './fake-clock.ts';

test('timers fire in order of time and, at one moment, in order of scheduling', () => {
  const clock = new FakeClock({ now: 0 });
  const fired: string[] = [];
  clock.after(20, () => fired.push(`late ${clock.now()}`));
  clock.after(10, () => {
    fired.push(`early ${clock.now()}`);
    clock.after(5, () => fired.push(`nested ${clock.now()}`));
  });
  clock.after(10, () => fired.push('second'));
  clock.after(15, () => fired.push('cancelled'))();
  clock.advance(19);
  expect(fired).toEqual(['early 10', 'second', 'nested 15']);
  clock.advance(1);
  expect(fired.at(-1)).toBe('late 20');
  expect(clock.pendingCount).toBe(0);
});

test('every goes on until cancelled, also when cancelled by what it runs', () => {
  const clock = new FakeClock();
  let count = 0;
  const cancel = every(clock, 10, () => {
    count += 1;
    if (count === 3) cancel();
  });
  clock.advance(100);
  expect(count).toBe(3);
  expect(clock.pendingCount).toBe(0);
});

test('wait resolves in time, or rejects with the reason and leaves no timer', async () => {
  const clock = new FakeClock();
  const waiting = wait(clock, 10);
  clock.advance(10);
  await waiting;
  const abort = new AbortController();
  const aborted = wait(clock, 10, abort.signal);
  abort.abort(new Error('gone'));
  await expect(aborted).rejects.toThrow('gone');
  await expect(wait(clock, 10, abort.signal)).rejects.toThrow('gone');
  expect(clock.pendingCount).toBe(0);
});

test('the same seed gives the same numbers', () => {
  const draw = (seed: number) =>
    Array.from(
      { length: 3 },
      (
        (clock) => () =>
          clock.random()
      )(new FakeClock({ seed })),
    );
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('the real clock calls back, and not after cancelling', async () => {
  const cancelled = systemClock.after(0, () => expect.unreachable('it was cancelled'));
  cancelled();
  cancelled();
  const keepAlive = setTimeout(() => undefined, 10_000);
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  clearTimeout(keepAlive);
});
