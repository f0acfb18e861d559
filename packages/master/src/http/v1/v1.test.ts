/** Every live row of the deployed system's REST API, against a real Master with an existing Worker's data in it. */
import { createServer, type Server } from 'node:net';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCompatWorld } from '../../sockets/compat/testing/compat-world.ts';
import type { ExistingWorker } from '../../sockets/compat/testing/existing-worker.ts';
import { Rest } from './testing/rest.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
let admin: Rest;
let viewer: Rest;
let narrow: Rest;
let worker: ExistingWorker;
let A: AccountId;
let B: AccountId;
let listener: Server;

async function user(name: string, role: string, grants: unknown): Promise<Rest> {
  await admin.post('/api/admin/users', { username: name, password: 'correct horse', role, grants });
  return new Rest(world.url, await world.login(name, 'correct horse'));
}

beforeAll(async () => {
  world = await openCompatWorld();
  ({ accountId: A, worker } = await world.golden());
  B = await world.addAccount('账号二');
  admin = new Rest(world.url, await world.login());
  viewer = await user('vera', 'viewer', 'all');
  narrow = await user('nora', 'operator', [B]);
  listener = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await world.close();
  await new Promise((resolve) => listener.close(resolve));
  expect(world.bugs).toEqual([]);
});

const GETS = [
  '/status',
  '/accounts',
  '/accounts/status/all',
  '/workers',
  '/worker-configs',
  '/proxies',
  '/platforms',
  '/platforms/douyin',
  '/platforms/stats/summary',
  '/statistics',
  '/statistics/summary',
  '/cache/comments?limit=10',
  '/cache/messages?limit=10',
  '/cache/stats',
  '/replies',
] as const;

test.each(GETS)('GET %s: success and data, also without a login where that is allowed', async (path) => {
  for (const program of [admin, new Rest(world.url)]) {
    const { status, body } = await program.get(`/api/v1${path}`);
    expect([status, body.success, 'data' in body]).toEqual([200, true, true]);
  }
});

test('nobody is let in without a login where that is not allowed; no answer ever holds a secret', async () => {
  const closed = await openCompatWorld({ anonymous: false });
  const stranger = new Rest(closed.url);
  for (const path of [...GETS.map((one) => `/api/v1${one}`), '/api/debug/workers', '/api/im/accounts']) {
    const { status, body } = await stranger.get(path);
    expect([path, status, body.code]).toEqual([path, 401, 'NOT_LOGGED_IN']);
  }
  expect((await stranger.get('/health')).body).toMatchObject({ status: 'ok' });
  await closed.close();
  const wrongHost = await fetch(`${world.url}/api/v1/accounts`, { headers: { 'x-forwarded-for': '10.0.0.9' } });
  expect(wrongHost.status).toBe(401);
});

test('[D20][D23] GET, POST, PATCH /accounts: the safe form, without credentials, whatever was handed in', async () => {
  const credentials = { cookies: [{ name: 'sessionid', value: 'SECRET-COOKIE' }] };
  const added = await admin.post('/api/v1/accounts', {
    platform: 'douyin',
    account_name: '新店',
    credentials,
    monitor_interval: 60,
    assigned_worker_id: 'w1',
  });
  expect(added.status).toBe(201);
  const data = added.body.data as Entry;
  expect(data).toMatchObject({ platform: 'douyin', account_name: '新店', status: 'active', monitor_interval: 30 });
  expect(String(data.account_id)).toMatch(/^temp_/);
  expect(added.body.warnings).toEqual([expect.stringContaining('assigned_worker_id')]);
  const path = `/api/v1/accounts/${data.id}`;
  expect(await admin.data(path)).toMatchObject({ id: data.id, account_name: '新店' });
  expect((await admin.patch(path, { status: 'paused', account_name: '改名' })).body).toMatchObject({
    data: { status: 'paused', account_name: '改名' },
  });
  expect((await admin.data<Entry[]>('/api/v1/accounts?status=paused')).map(({ id }) => id)).toEqual([data.id]);
  const everything = [
    await admin.get('/api/v1/accounts'),
    await admin.get(path),
    await admin.get('/api/v1/accounts/status/all'),
    await admin.get(`/api/debug/accounts/${data.id}`),
    added,
  ];
  expect(JSON.stringify(everything)).not.toMatch(/SECRET|cookies"|credentials/);
  expect((await admin.drop(path)).body).toMatchObject({ success: true });
  expect((await admin.drop(path)).body).toMatchObject({ success: false, error: 'Account not found' });
  expect((await admin.get(path)).status).toBe(404);
});

test.each([
  ['nothing', {}, 'Missing required fields: platform, account_name'],
  ['an unknown platform', { platform: 'xiaohongshu', account_name: 'x' }, 'Validation failed: platform must be'],
  ['an unknown worker', { platform: 'douyin', account_name: 'x', assigned_worker_id: 'w9' }, 'Worker not found'],
  ['a long name', { platform: 'douyin', account_name: 'x'.repeat(51) }, 'Validation failed: account_name'],
  ['an interval', { platform: 'douyin', account_name: 'x', monitor_interval: 5 }, 'monitor_interval'],
])('POST /accounts refuses %s with 400', async (_name, body, error) => {
  const answer = await admin.post('/api/v1/accounts', body);
  expect([answer.status, answer.body.success]).toEqual([400, false]);
  expect(answer.body.error).toContain(error);
});

test.each([
  ['nothing to change', { other: 1 }, 'No valid fields to update'],
  ['what the Worker finds', { status: 'expired' }, 'expired is what the Worker finds'],
  ['[D61] a status that is none', { status: 'inactive' }, 'status must be one of'],
  ['what has no effect', { assigned_worker_id: 'w1' }, 'the Master places accounts by itself'],
])('PATCH /accounts refuses %s with 400', async (_name, body, error) => {
  const answer = await admin.patch(`/api/v1/accounts/${A}`, body);
  expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining(error)]);
});

test('GET /accounts/status/all: worker and figures; seconds; sorted as asked', async () => {
  await worker.status(A, { total_comments: 12, last_crawl_time: 1_773_000_000, error_count: 2 });
  const { body } = await admin.get('/api/v1/accounts/status/all?sort=total_comments&order=desc');
  expect(body).toMatchObject({
    success: true,
    count: 2,
    data: [
      {
        id: A,
        platform: 'douyin',
        status: 'active',
        login_status: 'logged_in',
        worker: { id: 'w1', status: 'online', host: '127.0.0.1', port: 4000 },
        runtime_stats: { worker_status: 'online', total_comments: 12, last_crawl_time: 1_773_000_000, error_count: 2 },
      },
      { id: B },
    ],
  });
  const asc = await admin.data<Entry[]>('/api/v1/accounts/status/all?sort=total_comments&order=asc');
  expect(asc.map(({ id }) => id)).toEqual([B, A]);
  expect(await admin.data('/api/v1/accounts/status/all?login_status=login_failed')).toEqual([]);
  expect((await admin.get('/api/v1/accounts/status/all?sort=id;DROP')).status).toBe(400);
});

test('GET /workers, /workers/:id: registered Workers with their accounts, seconds', async () => {
  const [row] = await admin.data<Entry[]>('/api/v1/workers?status=online');
  expect(row).toMatchObject({
    id: 'w1',
    host: '127.0.0.1',
    port: 4000,
    status: 'online',
    assigned_accounts: 2,
    version: '1.0.0',
    capabilities: ['douyin'],
    max_accounts: 10,
  });
  expect(String(row?.last_heartbeat)).toMatch(/^\d{10}$/);
  expect(String(row?.started_at)).toMatch(/^\d{10}$/);
  expect(await admin.data('/api/v1/workers?status=offline')).toEqual([]);
  const one = await admin.data('/api/v1/workers/w1');
  expect((one.accounts as Entry[]).map(({ id }) => id).sort()).toEqual([A, B].sort());
  expect(await admin.get('/api/v1/workers/none')).toMatchObject({ status: 404, body: { error: 'Worker not found' } });
});

test('[P8] everybody sees their own accounts, in every list and every figure', async () => {
  const ids = (rows: Entry[]): unknown[] => rows.map((row) => row.account_id ?? row.id);
  expect(ids(await narrow.data<Entry[]>('/api/v1/accounts'))).toHaveLength(1);
  expect((await narrow.data<Entry[]>('/api/v1/accounts/status/all')).map(({ id }) => id)).toEqual([B]);
  expect(await narrow.data('/api/v1/cache/comments')).toEqual([]);
  expect(await narrow.data('/api/v1/cache/messages')).toEqual([]);
  expect(await narrow.data('/api/v1/cache/stats')).toMatchObject({ total: 0 });
  expect(await narrow.data('/api/v1/statistics/summary')).toMatchObject({ total_messages: 0, today_count: 0 });
  expect(((await narrow.data('/api/v1/workers/w1')).accounts as Entry[]).map(({ id }) => id)).toEqual([B]);
  expect(await narrow.data('/api/v1/status')).toMatchObject({ dataStore: { totalAccounts: 1, totalMessages: 0 } });
  for (const path of [
    `/accounts/${A}`,
    `/cache/comments?account_id=${A}`,
    `/statistics?account_id=${A}`,
    `/replies?account_id=${A}`,
  ])
    expect((await narrow.get(`/api/v1${path}`)).status).toBe(404);
  for (const path of ['/accounts', '/proxies', '/worker-configs', '/worker-lifecycle/batch'])
    expect((await narrow.post(`/api/v1${path}`, {})).status).toBe(403);
  expect((await viewer.post('/api/v1/replies', {})).status).toBe(403);
});

test('[D21][D57] GET /cache/comments: filtered before the page is cut, sorted by what is allowed, seconds', async () => {
  const { body } = await admin.get('/api/v1/cache/comments?platform=douyin&limit=1&offset=0&sort=created_at&order=asc');
  expect(body.pagination).toEqual({ total: 2, limit: 1, offset: 0 });
  expect(body.data).toMatchObject([
    {
      id: `comm_${A}_K1`,
      account_id: A,
      platform: 'douyin',
      platform_comment_id: 'K1',
      content: 'hello',
      author_name: '小王',
      author_id: 'fan1',
      post_title: '新品发布 🎉',
      post_id: 'V1',
      is_read: 0,
      read_at: null,
    },
  ]);
  const [first] = body.data as Entry[];
  expect(String(first?.created_at)).toMatch(/^\d{10}$/);
  const next = (await admin.get('/api/v1/cache/comments?limit=1&offset=1&order=asc')).body;
  expect((next.data as Entry[])[0]).toMatchObject({ platform_comment_id: 'K2', is_read: 1 });
  expect((await admin.get('/api/v1/cache/comments?platform=other')).body.pagination).toMatchObject({ total: 0 });
  const unread = (await admin.get('/api/v1/cache/comments?is_read=0')).body;
  expect([unread.pagination, (unread.data as Entry[]).length]).toEqual([{ total: 1, limit: 100, offset: 0 }, 1]);
  const at = Number(first?.created_at);
  const range = (await admin.get(`/api/v1/cache/comments?created_at_start=${at}&created_at_end=${at}`)).body;
  expect([range.pagination, (range.data as Entry[])[0]?.platform_comment_id]).toEqual([
    { total: 1, limit: 100, offset: 0 },
    'K1',
  ]);
  for (const query of ['sort=id)%20--', 'order=desc;%20DROP', 'is_read=2', 'limit=100000', 'offset=-1'])
    expect([query, (await admin.get(`/api/v1/cache/comments?${query}`)).status]).toEqual([query, 400]);
});

test('GET /cache/messages: the whole object, milliseconds; GET /cache/stats: counters and today', async () => {
  const { body } = await admin.get(`/api/v1/cache/messages?limit=50&account_id=${A}`);
  expect(body.pagination).toEqual({ total: 2, limit: 50, offset: 0 });
  expect(body.data).toMatchObject([
    {
      id: `msg_${A}_M1`,
      platform_message_id: 'M1',
      conversation_id: 'S1',
      direction: 'inbound',
      is_read: 0,
      data: { rawData: {} },
    },
    { platform_message_id: 'M2', direction: 'outbound', is_read: 1 },
  ]);
  expect(String((body.data as Entry[])[0]?.created_at)).toMatch(/^\d{13}$/);
  expect(await admin.data(`/api/v1/cache/stats?account_id=${A}`)).toMatchObject({
    comments: 2,
    comments_unread: 1,
    messages: 2,
    messages_unread: 1,
    total: 4,
    total_unread: 2,
  });
});

test('GET /statistics: totals, accounts, days and hours; between two times, in seconds or milliseconds', async () => {
  const all = await admin.data('/api/v1/statistics?days=3');
  expect(all).toMatchObject({ total_comments: 2, total_direct_messages: 2, total_messages: 4, unread_count: 2 });
  expect(all.accounts).toContainEqual({
    account_id: A,
    comment_count: 2,
    direct_message_count: 2,
    unread_comments: 1,
    unread_dms: 1,
  });
  const [days, hours] = [all.daily_stats as Entry[], all.hourly_stats as Entry[]];
  expect([days.length, hours.length]).toEqual([3, 24]);
  expect(days.reduce((sum, { total }) => sum + Number(total), 0)).toBe(4);
  expect(hours.reduce((sum, { total }) => sum + Number(total), 0)).toBe(4);
  const none = await admin.data(`/api/v1/statistics?account_id=${A}&end_time=1600000000&include_hourly=false`);
  expect(none).toMatchObject({ total_messages: 0, accounts: [{ account_id: A, comment_count: 0 }] });
  expect('hourly_stats' in none).toBe(false);
  expect(await admin.data(`/api/v1/statistics?start_time=${Date.now() - 3_600_000}`)).toMatchObject({
    total_messages: 4,
  });
  expect(await admin.data('/api/v1/statistics/summary')).toMatchObject({ total_messages: 4, unread_count: 2 });
});

test('[D41][D42] GET /platforms and its summary: enabled is what accounts can be added for', async () => {
  expect((await admin.get('/api/v1/platforms')).body).toMatchObject({
    data: [{ value: 'douyin', label: '抖音', enabled: true, accountCount: 2, workerSupport: true }],
    total: 1,
  });
  expect(await admin.data('/api/v1/platforms/douyin')).toMatchObject({
    totalAccounts: 2,
    activeAccounts: 2,
    enabled: true,
  });
  expect((await admin.get('/api/v1/platforms/none')).status).toBe(404);
  expect(await admin.data('/api/v1/platforms/stats/summary')).toMatchObject([{ platform: 'douyin', errorAccounts: 0 }]);
});

test('[D22][D23] /proxies: kept, listed without the password, tested at its own address, changed, removed', async () => {
  const { port } = listener.address() as { port: number };
  const made = await admin.post('/api/v1/proxies', {
    name: 'p1',
    server: `127.0.0.1:${port}`,
    protocol: 'http',
    username: 'u',
    password: 'SECRET-PROXY',
    country: 'CN',
  });
  expect(made.status).toBe(201);
  const { id } = made.body.data as Entry;
  expect(made.body.data).toMatchObject({ name: 'p1', status: 'active', has_password: true, country: 'CN', city: null });
  expect(
    await admin.post('/api/v1/proxies', { name: 'p2', server: `127.0.0.1:${port}`, protocol: 'http' }),
  ).toMatchObject({
    status: 400,
    body: { error: 'Proxy server already exists' },
  });
  for (const body of [
    { name: 'x' },
    { name: 'x', server: 'nope', protocol: 'http' },
    { name: 'x', server: 'h:1', protocol: 'ftp' },
  ])
    expect((await admin.post('/api/v1/proxies', body)).status).toBe(400);
  const tested = (await admin.post(`/api/v1/proxies/${id}/test`)).body.data;
  expect(tested).toMatchObject({ proxy_id: id, test_success: true, error_message: null, status: 'active' });
  const changed = await admin.patch(`/api/v1/proxies/${id}`, { city: '上海', server: '127.0.0.1:1' });
  expect(changed.body.data).toMatchObject({ city: '上海', has_password: true, success_rate: 1 });
  expect((await admin.post(`/api/v1/proxies/${id}/test`)).body.data).toMatchObject({
    test_success: false,
    status: 'failed',
  });
  expect(await admin.data(`/api/v1/proxies/${id}`)).toMatchObject({ success_rate: 0.5, status: 'failed' });
  expect(await admin.data('/api/v1/proxies?country=US')).toEqual([]);
  expect(await admin.data('/api/v1/proxies?status=failed')).toHaveLength(1);
  expect((await admin.patch(`/api/v1/proxies/${id}`, { password: '' })).body.data).toMatchObject({
    has_password: false,
  });
  expect(JSON.stringify([made, await admin.get('/api/v1/proxies')])).not.toContain('SECRET');
  expect((await admin.drop(`/api/v1/proxies/${id}`)).body).toMatchObject({ success: true });
  expect(await admin.drop(`/api/v1/proxies/${id}`)).toMatchObject({ status: 404, body: { error: 'Proxy not found' } });
});

test('a request id is echoed; a page of a listed origin may read, another may not', async () => {
  expect(
    (await admin.call('GET', '/api/v1/platforms', undefined, { 'x-request-id': 'req-7' })).headers.get('x-request-id'),
  ).toBe('req-7');
  const foreign = await admin.call('GET', '/api/v1/platforms', undefined, { origin: 'http://localhost:3001' });
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  const write = await admin.call('POST', '/api/v1/proxies', {}, { origin: 'http://localhost:3001' });
  expect([write.status, write.body.code]).toEqual([403, 'BAD_ORIGIN']);
});

test('/status, /health and /api/debug: what is known; what has no meaning says so', async () => {
  expect(await admin.data('/api/v1/status')).toMatchObject({
    workers: { online: 1 },
    dataStore: { totalAccounts: 2, totalComments: 2, totalContents: 1, totalConversations: 1, totalMessages: 2 },
  });
  for (const path of [
    'browser-status',
    `accounts/${A}`,
    'messages/M1',
    'messages/K1',
    'workers',
    'workers/w1',
    'persistence/stats',
    'persistence/cache-stats',
  ])
    expect([path, (await admin.get(`/api/debug/${path}`)).status]).toEqual([path, 200]);
  for (const path of ['accounts/none', 'messages/none', 'workers/none'])
    expect([path, (await admin.get(`/api/debug/${path}`)).status]).toEqual([path, 404]);
  expect((await admin.post('/api/debug/persistence/persist')).status).toBe(200);
  expect((await admin.post('/api/debug/persistence/reload')).body).toMatchObject({
    success: false,
    code: 'NOT_SUPPORTED',
  });
  expect((await admin.post('/api/debug/persistence/cleanup/comments')).status).toBe(422);
  expect((await admin.post('/api/debug/persistence/cleanup/other')).status).toBe(400);
  expect((await viewer.get('/api/debug/workers')).status).toBe(403);
});
