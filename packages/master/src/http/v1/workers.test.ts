/** Worker configurations and their life, with a real Worker process and no account to drive. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCompatWorld } from '../../sockets/compat/testing/compat-world.ts';
import { Rest } from './testing/rest.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
let rest: Rest;

beforeEach(async () => {
  world = await openCompatWorld();
  rest = new Rest(world.url, await world.login());
});
afterEach(async () => {
  await world.close();
});

/** A loaded machine starts a process slowly. */
const PATIENCE = { timeout: 15_000 };

const config = (over: object = {}): object => ({
  worker_id: 'shop-1',
  name: '店铺一号',
  host: '127.0.0.1',
  deployment_type: 'local',
  max_accounts: 3,
  auto_start: 0,
  env_variables: { LOG_LEVEL: 'info' },
  ...over,
});

/** Whether the process runs; one that ended and waits to be reaped does not. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

test('/worker-configs: rows are the answer itself; required fields, duplicates and what has no meaning are refused', async () => {
  for (const name of ['worker_id', 'name', 'host'])
    expect(await rest.post('/api/v1/worker-configs', config({ [name]: undefined }))).toMatchObject({
      status: 400,
      body: { error: `${name} is required` },
    });
  const made = await rest.post('/api/v1/worker-configs', config());
  expect(made).toMatchObject({
    status: 201,
    body: {
      worker_id: 'shop-1',
      name: '店铺一号',
      deployment_type: 'local',
      max_accounts: 3,
      auto_start: 0,
      enabled: 1,
    },
  });
  expect(await rest.post('/api/v1/worker-configs', config())).toMatchObject({
    status: 409,
    body: { error: 'Worker ID already exists', worker_id: 'shop-1' },
  });
  const refused: [object, number][] = [
    [{ deployment_type: 'docker' }, 422],
    [{ command_args: '--inspect' }, 422],
    [{ env_variables: { NODE_OPTIONS: '--require /x' } }, 400],
    [{ env_variables: 'no' }, 400],
    [{ worker_id: 'a b' }, 400],
  ];
  for (const [over, status] of refused)
    expect((await rest.post('/api/v1/worker-configs', config({ worker_id: 'other', ...over }))).status).toBe(status);
  const { id } = made.body;
  expect((await rest.get(`/api/v1/worker-configs/${id}`)).body).toMatchObject({ worker_id: 'shop-1' });
  expect((await rest.get('/api/v1/worker-configs/by-worker-id/shop-1')).body).toMatchObject({ id });
  expect((await rest.get('/api/v1/worker-configs/by-worker-id/none')).status).toBe(404);
  const changed = await rest.patch(`/api/v1/worker-configs/${id}`, { name: '改名', max_accounts: 5, auto_restart: 0 });
  expect(changed.body).toMatchObject({
    name: '改名',
    max_accounts: 5,
    auto_restart: 0,
    env_variables: '{"LOG_LEVEL":"info"}',
  });
  expect((await rest.data<Entry[]>('/api/v1/worker-configs')).map((row) => row.worker_id)).toEqual(['shop-1']);
  expect((await rest.get('/api/v1/worker-configs/stats/summary')).body).toMatchObject({
    total: 1,
    local: 1,
    enabled: 1,
  });
  expect((await rest.drop(`/api/v1/worker-configs/${id}`)).body).toMatchObject({ success: true });
  expect((await rest.get(`/api/v1/worker-configs/${id}`)).status).toBe(404);
});

test('[D35][D36][D37][D38] a local Worker is started, is healthy, is not started twice, restarted and stopped', async () => {
  const { body: row } = await rest.post('/api/v1/worker-configs', config());
  const of = async (path: string): Promise<Entry> => (await rest.get(`/api/v1/worker-lifecycle/shop-1/${path}`)).body;
  expect(await of('status')).toMatchObject({
    worker_id: 'shop-1',
    config_id: row.id,
    status: 'stopped',
    pid: null,
    uptime: null,
  });
  const started = await rest.post('/api/v1/worker-lifecycle/shop-1/start');
  expect(started).toMatchObject({ status: 200, body: { success: true, worker_id: 'shop-1', status: 'running' } });
  const pid = Number(started.body.pid);
  await expect.poll(() => of('status').then(({ status }) => status), PATIENCE).toBe('running');
  expect(await rest.post('/api/v1/worker-lifecycle/shop-1/start')).toMatchObject({
    status: 409,
    body: { success: false },
  });
  expect(isAlive(pid)).toBe(true);
  expect(await of('status')).toMatchObject({ status: 'running', pid, restart_count: 0 });
  expect(await of('health')).toMatchObject({
    healthy: true,
    checks: { running: true, heartbeat: true, memory: true, errors: true },
  });
  // It is connected a moment before the log knows it.
  await expect
    .poll(() => rest.data<Entry[]>('/api/v1/workers'), PATIENCE)
    .toMatchObject([{ id: 'shop-1', status: 'online', max_accounts: 3 }]);
  await expect
    .poll(
      async () => String((await of('logs?stream=stdout&tail=50')).logs) + (await of('logs?stream=stderr')).logs,
      PATIENCE,
    )
    .not.toBe('');
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => of('status').then(({ status }) => status), PATIENCE).toBe('crashed');
  expect(await of('status')).toMatchObject({ last_error: 'signal SIGKILL' });
  expect((await rest.get('/api/v1/worker-lifecycle/stats/overview')).body).toMatchObject({ total: 1, crashed: 1 });
  const again = await rest.post('/api/v1/worker-lifecycle/shop-1/restart', { graceful: true });
  expect(again.body).toMatchObject({ success: true, status: 'running' });
  expect(again.body.pid).not.toBe(pid);
  const stopped = await rest.post('/api/v1/worker-lifecycle/shop-1/stop', { graceful: true, timeout: 20_000 });
  expect(stopped.body).toEqual({ success: true, worker_id: 'shop-1', status: 'stopped' });
  expect(isAlive(Number(again.body.pid))).toBe(false);
  const all = await rest.call('GET', '/api/v1/worker-lifecycle/status/all');
  expect(all.body).toMatchObject([{ worker_id: 'shop-1', status: 'stopped' }]);
}, 60_000);

test('several at once; one that runs elsewhere says where it is to be started', async () => {
  await rest.post('/api/v1/worker-configs', config({ worker_id: 'far', deployment_type: 'remote', host: '10.0.0.7' }));
  expect(await rest.post('/api/v1/worker-lifecycle/far/start')).toMatchObject({
    status: 422,
    body: { success: false, error: expect.stringContaining('10.0.0.7') },
  });
  expect((await rest.post('/api/v1/worker-lifecycle/none/start')).status).toBe(404);
  expect(await rest.post('/api/v1/worker-lifecycle/batch', { action: 'explode', worker_ids: ['far'] })).toMatchObject({
    status: 400,
    body: { error: 'Invalid action', valid_actions: ['start', 'stop', 'restart'] },
  });
  expect((await rest.post('/api/v1/worker-lifecycle/batch', { action: 'stop', worker_ids: [] })).status).toBe(400);
  const { body } = await rest.post('/api/v1/worker-lifecycle/batch', {
    action: 'stop',
    worker_ids: ['far', 'none'],
    options: { graceful: false },
  });
  expect(body).toMatchObject({
    action: 'stop',
    total: 2,
    success: 0,
    failure: 2,
    results: [
      { worker_id: 'far', success: false },
      { worker_id: 'none', success: false, code: 'NOT_FOUND' },
    ],
  });
  expect((await rest.get('/api/v1/worker-lifecycle/far/status')).body).toMatchObject({
    status: 'stopped',
    deployment_type: 'remote',
  });
});

test('a configuration and its settings survive a restart of the Master', async () => {
  await rest.post('/api/v1/worker-configs', config());
  const { dataDir } = world;
  await world.close(true);
  world = await openCompatWorld({ dataDir });
  rest = new Rest(world.url, await world.login());
  expect((await rest.get('/api/v1/worker-configs/by-worker-id/shop-1')).body).toMatchObject({
    name: '店铺一号',
    env_variables: '{"LOG_LEVEL":"info"}',
  });
  expect(readFileSync(`${dataDir}/hiscrm.db`).includes('LOG_LEVEL')).toBe(false);
});
