import { expect, test } from 'vitest';
import { NOTICE_SETTINGS } from '../config/notice-settings.ts';
import { readConfig } from '../config.ts';
import { hubBoundsOf, socketBoundsOf } from './notice-bounds.ts';

test('every setting of the notices reaches a bound', () => {
  const settings = Object.values(NOTICE_SETTINGS);
  const env = Object.fromEntries(settings.map((setting, index) => [setting.env, String(70_001 + index)]));
  const config = readConfig(env);
  const bounds = Object.values({ ...hubBoundsOf(config), ...socketBoundsOf(config) });
  for (const value of Object.values(env)) expect(bounds).toContain(Number(value));
});

test('without any setting the bounds are those of the contract', () => {
  const config = readConfig({});
  expect(hubBoundsOf(config)).toMatchObject({
    waitingDeliveriesCount: 50_000,
    waitingPerUserCount: 100,
    waitingAgeMs: 7 * 24 * 3_600_000,
    slowConsumerBytes: 1024 * 1024,
  });
  expect(socketBoundsOf(config)).toMatchObject({
    connectionCount: 10_000,
    connectionsPerUserCount: 20,
    frameBytes: 4096,
    badFrameCount: 10,
  });
});
