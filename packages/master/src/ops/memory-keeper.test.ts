import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { MemoryKeeper, thisProcess } from './memory-keeper.ts';

const MB = 1_048_576;
const MINUTE_MS = 60_000;

/** A keeper over a process whose figures the test sets; giving back leaves `leftBytes`. */
function aKeeper({ fails = false }: { readonly fails?: boolean } = {}) {
  const clock = new FakeClock();
  const host = { share: 0, bytes: 200 * MB, leftBytes: 120 * MB, calls: 0 };
  const keeper = new MemoryKeeper({
    clock,
    lc: silentLogger,
    host: {
      busyShare: () => host.share,
      heapBytes: () => host.bytes,
      giveBack: async () => {
        host.calls++;
        if (fails) throw new Error('no inspector');
        host.bytes = host.leftBytes;
      },
    },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 5_000) {
      clock.advance(5_000);
      await Promise.resolve(); // what was given back is noted
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { keeper, host, pass };
}

test('[MR1] what a rush left behind is given back after half a minute of quiet, not before', async () => {
  const { keeper, host, pass } = aKeeper();
  host.bytes = 600 * MB;
  host.share = 0.4;
  await pass(5 * MINUTE_MS);
  expect(host.calls).toBe(0);
  host.share = 0.01;
  await pass(25_000);
  expect(host.calls).toBe(0);
  host.share = 0.05; // all hearts beat at once
  await pass(10_000);
  expect(host.calls).toBe(1);
  expect(keeper.returnCount).toBe(1);
});

test('[MR1] the hearts of ten thousand on a slow core are quiet; one busy sample begins the half minute anew', async () => {
  const { host, pass } = aKeeper();
  host.bytes = 600 * MB;
  host.share = 0.1;
  await pass(25_000);
  host.share = 0.35;
  await pass(5_000);
  host.share = 0.1;
  await pass(25_000);
  expect(host.calls).toBe(0);
  await pass(5_000);
  expect(host.calls).toBe(1);
});

test('[MR2] what is in use, or little, is left alone', async () => {
  const { host, pass } = aKeeper();
  host.bytes = 350 * MB; // not half as much again, and 64 MB
  await pass(10 * MINUTE_MS);
  expect(host.calls).toBe(0);
});

test('[MR3] it happens once in ten minutes at most, and what stays is the new level', async () => {
  const { host, pass } = aKeeper();
  host.leftBytes = 500 * MB;
  host.bytes = 700 * MB;
  await pass(MINUTE_MS);
  expect(host.calls).toBe(1);
  host.bytes = 900 * MB;
  await pass(9 * MINUTE_MS);
  expect(host.calls).toBe(1);
  await pass(2 * MINUTE_MS);
  expect(host.calls).toBe(2);
  host.bytes = 800 * MB; // below 1.5 × 500 MB + 64 MB
  await pass(30 * MINUTE_MS);
  expect(host.calls).toBe(2);
});

test('[MR4] where it cannot be done it is tried again ten minutes later', async () => {
  const { keeper, host, pass } = aKeeper({ fails: true });
  host.bytes = 900 * MB;
  await pass(9 * MINUTE_MS);
  expect(host.calls).toBe(1);
  await pass(3 * MINUTE_MS);
  expect(host.calls).toBe(2);
  expect(keeper.returnCount).toBe(0);
  await keeper.close();
  await keeper.close();
  await pass(30 * MINUTE_MS);
  expect(host.calls).toBe(2);
});

test('[MR5] this process collects its garbage and goes on', async () => {
  const host = thisProcess();
  const garbage = new WeakRef({ text: 'x'.repeat(1_000) });
  await new Promise((resolve) => setImmediate(resolve)); // a reference that was made lives until its turn ends
  await host.giveBack();
  expect(garbage.deref()).toBeUndefined();
  expect(host.heapBytes()).toBeGreaterThan(0);
  expect(host.busyShare()).toBeGreaterThanOrEqual(0);
});
