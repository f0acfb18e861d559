import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('a burst passes, then the rate, and a refusal says how long to wait', () => {
  const bucket = new TokenBucket({ burstCount: 2, perSecond: 10, now: 0 });
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 100]);
  expect(bucket.take(99)).toBe(1);
  expect(bucket.take(100)).toBe(0);
  expect([bucket.take(60_000), bucket.take(60_000), bucket.take(60_000)]).toEqual([0, 0, 100]);
});

test('a clock that goes back gives nothing away', () => {
  const bucket = new TokenBucket({ burstCount: 1, perSecond: 1, now: 10_000 });
  expect([bucket.take(10_000), bucket.take(5_000)]).toEqual([0, 1_000]);
});
