import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { ERRORS } from '@hiscrm/shared/protocol/errors.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONTROL_TOKEN, type HttpWorld, sampleChanges, startHttpWorld } from './testing/http-world.ts';

type Described = { openapi: string; paths: Record<string, Record<string, { parameters?: { name: string }[] }>> };

let world: HttpWorld;
let webDir: string;
let admin: string;
const A = 'acc-a' as AccountId;

beforeAll(async () => {
  webDir = mkdtempSync(join(tmpdir(), 'hiscrm-web-'));
  mkdirSync(join(webDir, 'assets'));
  writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>client</title>');
  writeFileSync(join(webDir, 'assets', 'index-1a2b.js'), 'export {};');
  writeFileSync(join(webDir, 'assets', 'index-1a2b.js.gz'), gzipSync('export {};'));
  writeFileSync(join(webDir, 'favicon.svg'), '<svg/>');
  world = await startHttpWorld({ webDir });
  admin = await world.login('root', 'admin');
  await world.commit(sampleChanges(A, { conversationCount: 3, messageCount: 3, workCount: 2, commentCount: 3 }));
});
afterAll(async () => {
  await world.close();
  rmSync(webDir, { recursive: true });
});

const describe = async (): Promise<Described> => (await world.get('/openapi.json')).json();

test('[RS9] /openapi.json is OpenAPI 3.1 and holds every route', async () => {
  const described = await describe();
  expect(described.openapi).toBe('3.1.0');
  const listed = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const hidden = new Set(['/api/*']);
  const routes = world.routes.filter(({ method, url }) => method !== 'HEAD' && !hidden.has(url));
  expect(routes.length).toBeGreaterThan(30);
  expect(listed.sort()).toEqual(routes.map(({ method, url }) => `${method} ${url}`).sort());
});

test('login gives a token and a cookie that no script can read; both open the same door; logout closes it', async () => {
  await world.auth.addUser({ username: 'lena', password: 'correct horse', role: 'operator', grants: [A] }, 'test');
  const answer = await world.request({
    method: 'POST',
    url: '/api/auth/login',
    payload: { username: 'lena', password: 'correct horse' },
  });
  expect(answer.statusCode).toBe(200);
  const { token, user } = answer.json();
  expect(user).toMatchObject({ username: 'lena', role: 'operator', grants: [A], mustChangePassword: false });
  expect(answer.headers['set-cookie']).toMatch(
    /^hiscrm_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const cookie = `x=1; hiscrm_session=${token}`;
  for (const request of [
    { url: '/api/auth/me', headers: { authorization: `Bearer ${token}` } },
    { url: '/api/auth/me', headers: { cookie } },
    { url: `/api/auth/me?token=${token}` },
  ]) {
    expect((await world.request({ method: 'GET', ...request })).json()).toMatchObject({ user: { username: 'lena' } });
  }
  expect((await world.get('/api/admin/users', token)).statusCode).toBe(403);
  const out = await world.request({ method: 'POST', url: '/api/auth/logout', headers: { cookie } });
  expect([out.statusCode, out.headers['set-cookie']]).toEqual([204, expect.stringContaining('Max-Age=0')]);
  expect((await world.get('/api/auth/me', token)).json()).toMatchObject({ error: { code: 'NOT_LOGGED_IN' } });
});

test('a throttled login says when to come back', async () => {
  const attempt = () =>
    world.request({ method: 'POST', url: '/api/auth/login', payload: { username: 'mallory', password: 'guess' } });
  for (let i = 0; i < 5; i++) expect((await attempt()).statusCode).toBe(401);
  const answer = await attempt();
  expect(answer.statusCode).toBe(429);
  expect(answer.headers['retry-after']).toBe('1');
  expect(answer.json()).toMatchObject({ error: { code: 'TOO_MANY', retry: 'later' } });
});

test('[RS10] a foreign web page changes nothing', async () => {
  const add = (headers: Record<string, string>) =>
    world.request(
      { method: 'POST', url: '/api/admin/worker-keys', payload: { name: `k${Math.random()}` }, headers },
      admin,
    );
  const host = 'crm.local:3000';
  for (const origin of [
    'https://evil.example',
    'null',
    'http://crm.local:3001',
    'not a url',
    'https://crm.example.evil',
  ]) {
    const answer = await add({ origin, host });
    expect([origin, answer.statusCode, answer.json().error.code]).toEqual([origin, 403, 'BAD_ORIGIN']);
  }
  for (const headers of [{}, { origin: `http://${host}`, host }, { origin: 'https://crm.example', host }]) {
    expect((await add(headers as Record<string, string>)).statusCode).toBe(200);
  }
});

test('administrators manage users and keys; the state of things is there', async () => {
  const call = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
    (await world.request({ method, url, ...(payload && { payload }) }, admin)).json();
  expect(
    await call('POST', '/api/admin/users', { username: 'nia', password: 'correct horse', role: 'viewer' }),
  ).toMatchObject({ code: 200, message: 'OK', data: { username: 'nia', role: 'viewer', grants: 'all' } });
  expect(await call('PATCH', '/api/admin/users/nia', { role: 'operator', grants: [A] })).toMatchObject({
    data: { role: 'operator', grants: [A] },
  });
  expect(await call('DELETE', '/api/admin/users/nia')).toMatchObject({ code: 200 });
  expect(await call('DELETE', '/api/admin/users/nia')).toMatchObject({ code: 404, error: { code: 'USER_NOT_FOUND' } });
  const { data } = await call('POST', '/api/admin/worker-keys', { name: 'w9' });
  expect(world.auth.workerKeyName(data.key)).toBe('w9');
  await call('DELETE', '/api/admin/worker-keys/w9');
  expect(world.auth.workerKeyName(data.key)).toBeUndefined();
  const status = await call('GET', '/api/admin/status');
  expect(status.data).toMatchObject({
    state: 'starting',
    seq: world.store.head(),
    totals: { accountCount: 1, conversationCount: 3, messageCount: 9, contentCount: 2, commentCount: 6 },
    accounts: [{ id: A, unreadComments: 6, unreadMessages: 9, syncCount: 0 }],
  });
  await call('POST', `/api/admin/accounts/${A}/sync`);
  expect(world.syncRequests).toEqual([A]);
});

test('the control token acts for the CLI, from this machine and not through a proxy', async () => {
  expect((await world.get('/api/admin/users', CONTROL_TOKEN)).statusCode).toBe(200);
  const elsewhere = { method: 'GET', url: '/api/admin/users', remoteAddress: '10.0.0.9' } as const;
  expect((await world.request(elsewhere, CONTROL_TOKEN)).statusCode).toBe(401);
  const proxied = { method: 'GET', url: '/api/admin/users', headers: { 'x-forwarded-for': '10.0.0.9' } } as const;
  expect((await world.request(proxied, CONTROL_TOKEN)).statusCode).toBe(401);
});

test('monitors see process, readiness and figures; strangers no figures', async () => {
  expect((await world.get('/healthz')).statusCode).toBe(200);
  expect((await world.get('/readyz')).statusCode).toBe(503);
  world.health.becomeReady();
  expect((await world.get('/readyz')).json()).toEqual({ state: 'ready', detail: 'Clients may connect.' });
  const figures = await world.get('/metrics');
  expect(figures.headers['content-type']).toContain('text/plain');
  expect(figures.body).toMatch(/hiscrm_buffer_limit\{buffer="rest_read_cache",unit="bytes"\} 33554432/);
  const stranger = { method: 'GET', url: '/metrics', remoteAddress: '10.0.0.9' } as const;
  expect((await world.request(stranger)).statusCode).toBe(401);
  expect((await world.request(stranger, admin)).statusCode).toBe(200);
});

test('every answer has the headers that keep a browser safe: a page, an answer, a refusal', async () => {
  const csp =
    "default-src 'self';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' https: data: blob:;" +
    "media-src 'self' https: blob:;font-src 'self' data:;connect-src 'self' ws: wss:;object-src 'none';base-uri 'self';" +
    "form-action 'self';frame-ancestors 'none'";
  const expected = {
    'content-security-policy': csp,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'SAMEORIGIN',
    'x-permitted-cross-domain-policies': 'none',
    'x-xss-protection': '0',
  };
  const asked = [
    { url: '/', token: undefined },
    { url: '/api/admin/websocket/stats', token: admin },
    { url: '/api/admin/websocket/stats', token: undefined },
    { url: '/api/none', token: undefined },
  ];
  for (const { url, token } of asked) {
    const { headers } = await world.get(url, token);
    expect(headers, url).toMatchObject(expected);
    expect(headers, url).not.toHaveProperty('strict-transport-security');
  }
});

test('the web client: its page is never kept, its files for ever, its routes lead to its page, nothing outside is served', async () => {
  const page = await world.get('/');
  expect(page.body).toContain('<title>client');
  expect(page.headers).toMatchObject({ 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' });
  expect(page.headers['content-security-policy']).toContain("script-src 'self';");
  expect((await world.get('/inbox/acc-1?x=1')).body).toContain('<title>client');
  expect((await world.get('/assets/index-1a2b.js')).headers['cache-control']).toBe(
    'public, max-age=31536000, immutable',
  );
  const packed = await world.request({
    method: 'GET',
    url: '/assets/index-1a2b.js',
    headers: { 'accept-encoding': 'gzip' },
  });
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: expect.stringMatching(/accept-encoding/i) });
  expect(packed.headers['content-type']).toContain('javascript');
  expect((await world.get('/favicon.svg')).body).toBe('<svg/>');
  expect((await world.get('/assets/gone.js')).statusCode).toBe(404);
  for (const url of ['/assets/../../../etc/passwd', '/assets/%2e%2e/%2e%2e/package.json', '/..%2f..%2fpackage.json']) {
    expect((await world.get(url)).body).not.toMatch(/root:|"name"/);
  }
});

test('[RS8] whatever a request holds, the answer is in the catalogue and the process goes on', async () => {
  const { paths } = await describe();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method })),
  );
  const junk = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('', A, '1', '-1', '9e99', 'null', '%00', '../..', '"'),
  );
  const request = fc.record({
    route: fc.constantFrom(...routes.filter(({ path }) => path !== '/api/auth/logout')),
    parts: fc.array(junk, { minLength: 3, maxLength: 3 }),
    query: fc.dictionary(fc.constantFrom('account_id', 'cursor', 'count', 'types', 'since_time', 'is_new', 'x'), junk),
    body: fc.oneof(fc.jsonValue(), fc.string()),
    type: fc.constantFrom('application/json', 'text/plain', 'application/xml', 'application/json; charset=x'),
    hasLogin: fc.boolean(),
    etag: junk,
  });
  const codes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(request, async ({ route, parts, query, body, type, hasLogin, etag }) => {
      let at = 0;
      const path = route.path.replace(/\{\w+\}/g, () => encodeURIComponent(parts[at++] ?? ''));
      const answer = await world.request(
        {
          method: route.method.toUpperCase() as 'GET',
          url: `${path}?${new URLSearchParams(query)}`,
          headers: { 'if-none-match': etag.replace(/[^\x20-\x7e]/g, ''), 'content-type': type },
          ...(route.method !== 'get' && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
        hasLogin ? CONTROL_TOKEN : undefined,
      );
      if (answer.statusCode < 400) return;
      const shown = answer.json();
      const code = shown.error?.code ?? shown.code;
      codes.add(code);
      expect(Object.keys(ERRORS)).toContain(code);
      expect(answer.statusCode).toBe(ERRORS[code as keyof typeof ERRORS].status);
      expect(code).not.toBe('INTERNAL');
    }),
    { numRuns: 1_500 },
  );
  expect([...codes]).toEqual(expect.arrayContaining(['BAD_REQUEST', 'NOT_LOGGED_IN', 'ACCOUNT_NOT_FOUND']));
  expect(world.bugs).toEqual([]);
});

test('[RS8] broken requests are refused: too large, not JSON, a bad address', async () => {
  const post = (payload: string) =>
    world.request({ method: 'POST', url: '/api/auth/login', payload, headers: { 'content-type': 'application/json' } });
  const codeOf = async (answer: Promise<{ json: () => { error: { code: string } } }>) =>
    (await answer).json().error.code;
  expect(await codeOf(post('x'.repeat(300_000)))).toBe('TOO_LARGE');
  expect(await codeOf(post('{'))).toBe('BAD_REQUEST');
  expect(await codeOf(post('{"__proto__":1}'))).toBe('BAD_REQUEST');
  expect(await codeOf(post(''))).toBe('BAD_REQUEST');
  expect(await codeOf(world.get('/%zz'))).toBe('BAD_REQUEST');
  expect(await codeOf(world.request({ method: 'DELETE', url: '/nowhere' }))).toBe('NOT_FOUND');
});

test('a request that says JSON and sends nothing is taken as one without a body', async () => {
  const recall = {
    method: 'POST',
    url: '/api/admin/system/notice/none/recall',
    headers: { 'content-type': 'application/json' },
  } as const;
  expect((await world.request(recall)).json().error.code).toBe('NOT_LOGGED_IN');
  expect((await world.request(recall, await world.login('rita', 'admin'))).json().error.code).toBe('NOT_FOUND');
});
