/** What existing admin pages do, with both client libraries, an existing Worker and a real Master. */
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { AccountId, Seq, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { openCompatWorld } from '../compat/testing/compat-world.ts';
import { CLIENT_VERSIONS, type ClientVersion, type Peer } from '../compat/testing/peer.ts';
import { LOGIN_LIFE_MS, LOGINS_LIMIT_COUNT, LoginBook } from './login-book.ts';
import { fromOwnWorker } from './login-feed.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world?.close();
  expect(world?.bugs ?? []).toEqual([]);
});

const QR = 'data:image/png;base64,iVBORw0KGgo=';

async function page(how: ConstructorParameters<typeof Peer>[1] = {}): Promise<Peer> {
  const peer = world.peer('/admin', how);
  await peer.opened;
  return peer;
}

type Golden = Awaited<ReturnType<Awaited<ReturnType<typeof openCompatWorld>>['golden']>>;

/** The Worker's side of one login: a code, an input that the platform wants, success. */
async function logInByCode(admin: Peer, worker: Golden['worker'], accountId: string): Promise<void> {
  const say = (status: string, over: object = {}): void =>
    worker.peer.emit('worker:login:status', {
      session_id: 's-1',
      account_id: accountId,
      status,
      timestamp: Date.now(),
      ...over,
    });
  say('qrcode_ready', { qr_code_data: QR, expires_at: Math.floor(Date.now() / 1_000) + 300, login_method: 'qrcode' });
  expect(await admin.next('login:status:update')).toMatchObject({ status: 'qrcode_ready', qr_code_data: QR });
  const ready = await admin.next('login:qrcode:ready');
  expect(ready).toMatchObject({ session_id: 's-1', account_id: accountId, worker_id: 'w1', qr_code_data: QR });
  expect(String(ready.expires_at)).toMatch(/^\d{10}$/);
  admin.emit('admin:login_sessions:list');
  expect(await admin.next('admin:login_sessions:list:response')).toMatchObject({
    sessions: [{ id: 's-1', account_id: accountId, worker_id: 'w1', status: 'scanning', login_method: 'qrcode' }],
  });
  say('sms_input_required', { login_method: 'sms', step: 'verification_code', message: '请输入验证码' });
  expect(await admin.next('login:status:update')).toMatchObject({
    status: 'sms_input_required',
    step: 'verification_code',
  });
  admin.emit('master:login:user_input', { session_id: 's-1', input_type: 'verification_code', value: '123456' });
  expect(await admin.next('admin:login:user_input:ack')).toMatchObject({
    session_id: 's-1',
    input_type: 'verification_code',
    status: 'received',
  });
  expect(await worker.peer.next('master:login:user_input')).toEqual({
    session_id: 's-1',
    input_type: 'verification_code',
    value: '123456',
  });
  say('success', {
    user_info: { nickname: '品牌', uid: '77' },
    cookies: [{ name: 'sid', value: 'SECRET' }],
    fingerprint: { ua: 'SECRET' },
  });
  expect(await admin.next('login:status:update')).toMatchObject({
    status: 'success',
    user_info: { nickname: '品牌' },
  });
  expect(await admin.next('login:success')).toMatchObject({
    session_id: 's-1',
    account_id: accountId,
    logged_in_at: expect.any(Number),
    user_info: { nickname: '品牌' },
  });
}

describe.each(Object.keys(CLIENT_VERSIONS) as ClientVersion[])('socket.io-client %s', (version) => {
  test('[§11.3] connect, auth, status, sessions, login with code and input, success', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden();
    const admin = await page({ version });
    expect(await admin.next('admin:connected')).toMatchObject({ timestamp: expect.any(Number) });
    admin.emit('admin:auth', { token: 'admin-token', userId: 'admin-1' });
    expect(await admin.next('admin:auth:success')).toMatchObject({ userId: 'admin-1' });
    admin.emit('admin:status:request');
    expect(await admin.next('admin:status:response')).toMatchObject({
      workers: { total: 1, online: 1, offline: 0 },
      accounts: { total: 1, active: 1, inactive: 0, loggedIn: 1, notLoggedIn: 0, loginFailed: 0, onlineStatus: 1 },
      runtime: { totalComments: 2, totalWorks: 1, totalFollowers: 0 },
      loginSessions: { pending: 0, success: 0, failed: 0, total: 0 },
      platforms: { douyin: 1 },
      timestamp: expect.any(Number),
    });
    admin.emit('master:login:start', { account_id: accountId, worker_id: 'w1', session_id: 's-1' });
    expect(await admin.next('admin:login:start:ack')).toMatchObject({
      account_id: accountId,
      worker_id: 'w1',
      session_id: 's-1',
      status: 'sent',
    });
    expect(await worker.peer.next('master:login:start')).toMatchObject({
      account_id: accountId,
      session_id: 's-1',
      platform: 'douyin',
    });
    await logInByCode(admin, worker, accountId);
    const update = await worker.envelope('master:account:config_update');
    expect(update).toMatchObject({ account_id: accountId, reason: 'login_success' });
    admin.emit('admin:status:request');
    expect(await admin.next('admin:status:response')).toMatchObject({
      loginSessions: { pending: 0, success: 1, total: 1 },
    });
    // [D19] cookies go nowhere but to the vault; [D59] there is no made-up notification.
    expect(JSON.stringify(admin.heard)).not.toContain('SECRET');
    expect(admin.names()).not.toContain('notification:new');
  });
});

test('[D2][D59] the constant of admin pages is no login; before a login nothing is told and nothing happens', async () => {
  world = await openCompatWorld({ anonymous: false });
  const accountId = await world.addAccount();
  const stranger = await page();
  stranger.emit('admin:auth', { token: 'admin-token', userId: 'x' });
  expect(await stranger.next('admin:auth:failed')).toMatchObject({ error: expect.stringContaining('NOT_LOGGED_IN') });
  for (const event of [
    'admin:status:request',
    'admin:login_sessions:list',
    'master:login:start',
    'master:login:user_input',
  ]) {
    stranger.emit(event, { account_id: accountId });
    expect(await stranger.next('admin:error')).toMatchObject({ error: 'NOT_LOGGED_IN' });
  }
  expect(new Set(stranger.names())).toEqual(new Set(['admin:connected', 'admin:auth:failed', 'admin:error']));
  const token = await world.login();
  stranger.emit('admin:auth', { token, userId: 'x' });
  await stranger.next('admin:auth:success');
  for (const how of [{ auth: { token } }, { query: { token } }]) {
    const known = await page(how);
    known.emit('admin:status:request');
    expect(await known.next('admin:status:response')).toMatchObject({ accounts: { total: 1 } });
  }
});

test('[P8] a page hears of accounts that its user may see; a revoked session is hung up on', async () => {
  world = await openCompatWorld({ anonymous: false });
  const accountId = await world.addAccount('一');
  const other = await world.addAccount('二');
  const rest = async (method: string, path: string, body?: object): Promise<void> => {
    const headers = { authorization: `Bearer ${await world.login()}`, 'content-type': 'application/json' };
    await fetch(`${world.url}${path}`, { method, headers, body: JSON.stringify(body ?? {}) });
  };
  await rest('POST', '/api/admin/users', {
    username: 'nora',
    password: 'correct horse',
    role: 'operator',
    grants: [other],
  });
  const narrow = await page({ auth: { token: await world.login('nora', 'correct horse') } });
  narrow.emit('admin:status:request');
  expect(await narrow.next('admin:status:response')).toMatchObject({ accounts: { total: 1 } });
  narrow.emit('master:login:start', { account_id: accountId, session_id: 's' });
  expect(await narrow.next('admin:error')).toMatchObject({ error: 'ACCOUNT_NOT_FOUND' });
  narrow.emit('master:login:start', { account_id: other, session_id: 's' });
  expect(await narrow.next('admin:error')).toMatchObject({ error: 'ACCOUNT_NOT_DRIVEN', message: expect.any(String) });
  await rest('DELETE', '/api/admin/users/nora');
  await narrow.next('(disconnect)');
});

test('[P8] the steps of a login reach only pages whose user may see the account', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const other = await world.addAccount('二');
  await fetch(`${world.url}/api/admin/users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.login()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'nora', password: 'correct horse', role: 'operator', grants: [other] }),
  });
  const all = await page();
  const narrow = await page({ auth: { token: await world.login('nora', 'correct horse') } });
  all.emit('master:login:start', { account_id: accountId, session_id: 's-1' });
  await all.next('admin:login:start:ack');
  worker.peer.emit('worker:login:status', {
    session_id: 's-1',
    account_id: accountId,
    status: 'qrcode_ready',
    qr_code_data: QR,
  });
  await all.next('login:qrcode:ready');
  narrow.emit('admin:login_sessions:list');
  expect(await narrow.next('admin:login_sessions:list:response')).toMatchObject({ sessions: [] });
  narrow.emit('master:login:user_input', { session_id: 's-1', input_type: 'verification_code', value: '1' });
  expect(await narrow.next('admin:error')).toMatchObject({ error: 'NOT_FOUND' });
  expect(new Set(narrow.names())).toEqual(
    new Set(['admin:connected', 'admin:login_sessions:list:response', 'admin:error']),
  );
});

test('whatever a page sends is answered, and nothing breaks', async () => {
  world = await openCompatWorld();
  const admin = await page();
  const junk = [
    undefined,
    null,
    7,
    'x',
    [],
    {},
    { account_id: {} },
    { session_id: 'x'.repeat(10_000), account_id: 'a' },
  ];
  for (const payload of junk) {
    for (const event of ['master:login:start', 'master:login:user_input']) {
      admin.emit(event, payload);
      expect((await admin.next<Entry>('admin:error')).error).toEqual(expect.any(String));
    }
    admin.emit('admin:auth', payload);
    await admin.next('admin:auth:success');
  }
});

test('[D58] a login that nobody ends expires and is told; the book is bounded and leaves nothing', () => {
  const clock = new FakeClock({ now: 1_000 });
  const expired: string[] = [];
  const book = new LoginBook({ clock, onExpired: ({ id }) => expired.push(id) });
  book.begin('a', 'acc' as AccountId, 'w');
  book.begin('b', 'acc' as AccountId, 'w');
  book.change('b', { status: 'success' });
  clock.advance(LOGIN_LIFE_MS + 1_000);
  expect([expired, book.get('a')?.status, book.get('b')?.status]).toEqual([['a'], 'expired', 'success']);
  for (let n = 0; n < LOGINS_LIMIT_COUNT + 5; n++) book.begin(`n${n}`, 'acc' as AccountId, 'w');
  expect(book.all()).toHaveLength(LOGINS_LIMIT_COUNT);
  book.close();
  book.close();
  expect(clock.pendingCount).toBe(0);
});

test('a login at a Worker of ours is told in the same events, from its session states', () => {
  const clock = new FakeClock({ now: 5_000 });
  const book = new LoginBook({ clock, onExpired: () => undefined });
  const id = 'acc-1' as AccountId;
  book.begin('s', id, 'local-1');
  const account = {
    id,
    platform: 'douyin',
    name: '店',
    isPaused: false,
    createdAt: 1,
    lease: { workerId: 'local-1' as WorkerId, token: 1 as Seq },
  };
  const told = (session: object): string[] =>
    fromOwnWorker(book, { ...account, session } as never, clock.now()).map(({ event, payload }) =>
      `${event} ${'status' in payload ? payload.status : ''}`.trim(),
    );
  expect(told({ kind: 'loginRequired', since: 1 })).toEqual([]);
  const scan = { kind: 'awaitingScan', since: 1, qrImage: QR, expiresAt: 400_000 };
  expect(told(scan)).toEqual(['login:status:update qrcode_ready', 'login:qrcode:ready']);
  expect(told(scan)).toEqual([]);
  expect(told({ ...scan, qrImage: `${QR}2` })).toEqual([
    'login:status:update qrcode_refreshed',
    'login:qrcode:refreshed',
  ]);
  expect(told({ kind: 'online', since: 2 })).toEqual(['login:status:update success', 'login:success']);
  expect(told({ kind: 'online', since: 2 })).toEqual([]);
  book.close();
});
