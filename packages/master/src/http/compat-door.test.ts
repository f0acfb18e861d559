import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpWorld, startHttpWorld } from './testing/http-world.ts';

let world: HttpWorld;
let token: string;
const PAGE = 'https://crm.example';

beforeAll(async () => {
  world = await startHttpWorld();
  token = await world.login('root', 'admin');
});
afterAll(() => world.close());

test('[RS14] a page of a listed origin may ask beforehand, read and write; others get no such headers', async () => {
  const ask = (origin: string, path = '/api/v1/accounts') =>
    world.request({
      method: 'OPTIONS',
      url: path,
      headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' },
    });
  const allowed = await ask(PAGE);
  expect([allowed.statusCode, allowed.headers['access-control-allow-origin']]).toEqual([200, PAGE]);
  expect(allowed.headers['access-control-allow-methods']).toContain('PATCH');
  expect(allowed.headers['access-control-allow-headers']).toContain('Authorization');
  const foreign = await ask('https://evil.example');
  expect([foreign.statusCode, foreign.headers['access-control-allow-origin']]).toEqual([404, undefined]);
  for (const url of ['/api/v1/accounts', '/api/im/accounts']) {
    const first = await fetch(`${world.url}${url}`, { headers: { authorization: `Bearer ${token}` } });
    expect(first.headers.get('access-control-allow-origin')).toBeNull();
    // What was kept for a program must not be answered to a page without its headers.
    const read = await fetch(`${world.url}${url}`, { headers: { authorization: `Bearer ${token}`, origin: PAGE } });
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
  }
  const headers = { origin: PAGE, authorization: `Bearer ${token}` };
  const made = await world.request({
    method: 'POST',
    url: '/api/v1/accounts',
    headers,
    payload: { platform: 'douyin', account_name: 'x' },
  });
  expect([made.statusCode, made.headers['access-control-allow-origin']]).toEqual([201, PAGE]);
});
