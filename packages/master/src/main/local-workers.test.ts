import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { LocalWorkers } from './local-workers.ts';

/** Writes its environment down, and ends when told to, or when its Master goes. */
const PROGRAM = `
import { mkdirSync, writeFileSync } from 'node:fs';
const { HISCRM_DATA_DIR: dir } = process.env;
mkdirSync(dir, { recursive: true });
writeFileSync(dir + '/' + process.pid + '.json', JSON.stringify(process.env));
process.on('disconnect', () => process.exit(0));
process.on('message', () => undefined);
`;
let folder: string;
let clock: FakeClock;
let workers: LocalWorkers | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hiscrm-local-'));
  clock = new FakeClock();
  writeFileSync(join(folder, 'worker.mjs'), PROGRAM);
});
afterEach(async () => {
  await workers?.close();
  rmSync(folder, { recursive: true });
});

function start(count: number): LocalWorkers {
  workers = new LocalWorkers({
    count,
    masterUrl: 'http://127.0.0.1:1',
    key: 'hwk_test',
    directory: join(folder, 'workers'),
    env: { PATH: process.env.PATH, HISCRM_ADMIN_PASSWORD: 'not for Workers', HISCRM_PACE: 'fast' },
    clock,
    logger: silentLogger,
    entry: join(folder, 'worker.mjs'),
  });
  return workers;
}

test('each Worker gets a folder, the address and the key, and none of the Master’s secrets', async () => {
  const running = start(2);
  expect(running.runningCount).toBe(2);
  for (const [number, pid] of running.pids().entries()) {
    const file = join(folder, 'workers', String(number + 1), `${pid}.json`);
    await vi.waitUntil(() => existsSync(file), { timeout: 10_000 });
    const env = JSON.parse(readFileSync(file, 'utf8'));
    expect(env).toMatchObject({
      HISCRM_MASTER_URL: 'http://127.0.0.1:1',
      HISCRM_WORKER_KEY: 'hwk_test',
      HISCRM_PACE: 'fast',
    });
    expect(env.HISCRM_ADMIN_PASSWORD).toBeUndefined();
  }
  await running.close();
  await running.close();
  expect([running.runningCount, clock.pendingCount]).toEqual([0, 0]);
});

test('one that ends is started again, later each time, and not after the close', async () => {
  const running = start(1);
  const [pid] = running.pids();
  process.kill(pid ?? 0, 'SIGKILL');
  await vi.waitUntil(() => running.runningCount === 0 && clock.pendingCount === 1, { timeout: 10_000 });
  clock.advance(30_000);
  expect([running.runningCount, running.restartCount]).toEqual([1, 1]);
  process.kill(running.pids()[0] ?? 0, 'SIGKILL');
  await vi.waitUntil(() => running.runningCount === 0 && clock.pendingCount === 1, { timeout: 10_000 });
  await running.close();
  clock.advance(60_000);
  expect([running.runningCount, running.restartCount]).toEqual([0, 1]);
});

test('a Worker that is not there is said, not tried', () => {
  rmSync(join(folder, 'worker.mjs'));
  expect(start(1).runningCount).toBe(0);
});
