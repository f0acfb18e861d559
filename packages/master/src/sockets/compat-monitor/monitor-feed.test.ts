import { expect, test } from 'vitest';
import { burstMsFor } from './monitor-feed.ts';

test('bursts grow with the number of clients, within bounds', () => {
  expect([0, 1, 50, 51, 200, 250, 10_000].map(burstMsFor)).toEqual([50, 50, 50, 51, 200, 250, 250]);
});
