import type { Socket } from 'socket.io';
import { afterEach, expect, test } from 'vitest';
import { ANONYMOUS } from '../../auth/anonymous.ts';
import { silentLogger } from '../../lib/logger.ts';
import { FakeAuthenticator } from '../testing/fake-authenticator.ts';
import { CompatAccess } from './compat-access.ts';
import { openCompatWorld } from './testing/compat-world.ts';

let world: Awaited<ReturnType<typeof openCompatWorld>> | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const socket = (handshake: { address?: string; headers?: object; auth?: object; query?: object }): Socket => {
  const headers = { host: 'localhost:3000', ...handshake.headers };
  return {
    handshake: { address: '127.0.0.1', auth: {}, query: {}, ...handshake, headers },
    nsp: { name: '/' },
  } as unknown as Socket; // what is read of it
};

test('without login only this machine is served, and only where that is switched on', () => {
  const authenticator = new FakeAuthenticator();
  authenticator.login('good', 'viewer');
  const on = new CompatAccess({ authenticator, isAnonymousServed: true, lc: silentLogger });
  const off = new CompatAccess({ authenticator, isAnonymousServed: false, lc: silentLogger });
  const served = [
    {},
    { address: '::1' },
    { headers: { origin: 'http://localhost:5173' } },
    { headers: { origin: 'file://' } },
  ];
  for (const peer of served) {
    expect(on.principalOf(socket(peer))).toBe(ANONYMOUS);
    expect(off.principalOf(socket(peer))).toBeUndefined();
  }
  const refused = [
    { address: '192.168.1.9' },
    { headers: { 'x-forwarded-for': '203.0.113.9' } },
    { headers: { host: 'evil.example:3000' } },
    { headers: { origin: 'https://evil.example' } },
    { headers: { origin: 'null' } },
  ];
  for (const peer of refused) expect(on.principalOf(socket(peer))).toBeUndefined();
  expect(off.principalOf(socket({ auth: { token: 'good' } }))?.username).toBe('good');
  expect(off.principalOf(socket({ query: { token: 'good' }, address: '203.0.113.9' }))?.role).toBe('viewer');
  expect(off.principalOf(socket({ auth: { token: 'x'.repeat(10_000) } }))).toBeUndefined();
});

test('[P8] a client sees the accounts of its user, and is cut when the user’s session ends', async () => {
  world = await openCompatWorld({ anonymous: false });
  const token = await world.login();
  const [one, two] = [await world.addAccount('一'), await world.addAccount('二')];
  const create = await fetch(`${world.url}/api/admin/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ username: 'op', password: 'a long enough password', role: 'operator', grants: [one] }),
  });
  expect(create.status).toBeLessThan(300);
  const own = await world.login('op', 'a long enough password');
  const peer = await world.monitor({ auth: { token: own } });
  peer.emit('monitor:register', {});
  const { channels } = await peer.next<{ channels: { id: string }[] }>('monitor:channels');
  expect(channels.map(({ id }) => id)).toEqual([one]);
  peer.emit('monitor:request_topics', { channelId: two });
  expect(await peer.next('monitor:topics')).toEqual({ channelId: two, topics: [] });
  peer.emit('monitor:create_account', { platform: 'douyin', account_name: '三' });
  expect(await peer.next('monitor:create_account_result')).toMatchObject({ success: false });
  peer.emit('monitor:delete_account', { accountId: two });
  expect(await peer.next('monitor:delete_account_result')).toMatchObject({ success: false, error: '账号不存在' });
  await fetch(`${world.url}/api/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${own}` } });
  await peer.next('(disconnect)');
});
