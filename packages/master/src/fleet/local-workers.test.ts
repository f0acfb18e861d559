import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { LocalWorkers } from './local-workers.ts';

let dir: string;
let workers: LocalWorkers;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hiscrm-local-workers-'));
});
afterEach(async () => {
  await workers.close();
  await rm(dir, { recursive: true, force: true });
});

async function open(code: string) {
  const script = join(dir, 'worker.mjs');
  await writeFile(script, code);
  const clock = new FakeClock();
  workers = new LocalWorkers({
    specs: [{ workerId: 'local-1', dataDir: dir, masterUrl: 'http://127.0.0.1:1', workerKey: 'k' }],
    script,
    env: { PATH: process.env.PATH },
    clock,
    lc: silentLogger,
  });
  workers.start();
  const state = () => workers.status()[0]?.state;
  const written = async (name: string): Promise<string> => readFile(join(dir, name), 'utf8').catch(() => '');
  const pidOf = (): number => {
    const now = state();
    return now && 'pid' in now ? now.pid : 0;
  };
  return { clock, state, written, pidOf };
}

/** Whether the process runs. One that ended and waits to be reaped (a container without an init) does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' && !existsSync('/proc/self');
  }
}

test('[FL16] a Worker gets its place in the environment, is started again after a pause and stops when asked', async () => {
  const { clock, state, written } = await open(`
    import { appendFileSync } from 'node:fs';
    appendFileSync(process.env.HISCRM_DATA_DIR + '/runs', process.env.HISCRM_WORKER_ID + ' ' + process.env.HISCRM_WORKER_KEY + '\\n');
    process.exit(3);
  `);
  await expect.poll(() => state()?.kind).toBe('waiting');
  expect(state()).toMatchObject({ lastEnd: 'exit 3', failureCount: 1 });
  clock.advance(4_000);
  expect(state()?.kind).toBe('waiting');
  clock.advance(6_000);
  await expect.poll(() => state()).toMatchObject({ kind: 'waiting', failureCount: 2 });
  expect(await written('runs')).toBe('local-1 k\nlocal-1 k\n');
  await workers.close();
  await workers.close();
  expect([state()?.kind, clock.pendingCount]).toEqual(['stopped', 0]);
});

test('[FL17] a Worker that does not stop is killed with everything it started', async () => {
  const { clock, state, written, pidOf } = await open(`
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => writeFileSync(process.env.HISCRM_DATA_DIR + '/asked', 'yes'));
    const browser = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000)']);
    writeFileSync(process.env.HISCRM_DATA_DIR + '/browser', String(browser.pid));
    setInterval(() => undefined, 1000);
  `);
  await expect.poll(() => written('browser')).toMatch(/\d+/);
  const [worker, browser] = [pidOf(), Number(await written('browser'))];
  const closed = workers.close();
  expect(state()?.kind).toBe('stopping');
  await expect.poll(() => written('asked')).toBe('yes');
  clock.advance(10_000);
  await closed;
  await expect.poll(() => isAlive(worker) || isAlive(browser)).toBe(false);
  expect(state()?.kind).toBe('stopped');
});

test('[FL18] a Worker holds a pipe to the Master, by whose end it learns that the Master is gone', async () => {
  const { written, state } = await open(`
    import { writeFileSync } from 'node:fs';
    process.on('disconnect', () => process.exit(0));
    writeFileSync(process.env.HISCRM_DATA_DIR + '/up', process.connected ? 'yes' : 'no');
  `);
  await expect.poll(() => written('up')).toBe('yes');
  expect(state()?.kind).toBe('running');
});

test('[FL19] one Worker is started and stopped alone, keeps its own settings, and its last lines can be read', async () => {
  const { clock, state } = await open(`
    console.log('pace ' + process.env.HISCRM_PACE);
    if (process.env.HISCRM_ONCE) process.exit(1);
    setInterval(() => undefined, 1000);
  `);
  await expect.poll(() => workers.linesOf('local-1', 'stdout', 9)).toEqual(['pace undefined']);
  workers.startOne('local-1');
  expect(workers.status()[0]?.restartCount).toBe(0);
  const spec = { workerId: 'other', dataDir: dir, masterUrl: 'http://127.0.0.1:1', workerKey: 'k' };
  workers.add({ ...spec, env: { HISCRM_PACE: 'fast', HISCRM_ONCE: '1' }, isRestarted: false });
  expect(workers.status()[1]?.state.kind).toBe('stopped');
  workers.startOne('other');
  await expect
    .poll(() => workers.status()[1])
    .toMatchObject({ state: { kind: 'stopped' }, lastEnd: { how: 'exit 1' } });
  expect(workers.linesOf('other', 'stdout', 1)).toEqual(['pace fast']);
  await workers.stopOne('local-1');
  expect([state()?.kind, clock.pendingCount]).toEqual(['stopped', 0]);
  await workers.remove('other');
  expect(workers.status()).toHaveLength(1);
  await workers.close();
  workers.startOne('local-1');
  expect(state()?.kind).toBe('stopped');
});

test('[D52] what a Worker is started with is in no log line', async () => {
  const lines: string[] = [];
  const log = (fields: object, message: string): void => void lines.push(JSON.stringify([fields, message]));
  const script = join(dir, 'worker.mjs');
  await writeFile(script, 'process.exit(1)');
  workers = new LocalWorkers({
    specs: [{ workerId: 'local-1', dataDir: dir, masterUrl: 'http://127.0.0.1:1', workerKey: 'SECRET-KEY' }],
    script,
    env: { PATH: process.env.PATH, HISCRM_SECRET_KEY: 'SECRET-ENV' },
    clock: new FakeClock(),
    lc: { debug: log, info: log, warn: log, error: log },
  });
  workers.start();
  await expect.poll(() => lines.length).toBe(1);
  expect(lines.join('')).not.toContain('SECRET');
});
