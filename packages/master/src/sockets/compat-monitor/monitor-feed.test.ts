import { expect, test } from 'vitest';
import { burstMsFor } from './monitor-feed.ts';

test('bursts grow with the number of clients, within bounds', () => {
  expect([0, 1, 20, 40, 200, 10_000].map(burstMsFor)).toEqual([50, 50, 50, 100, 500, 500]);
});
