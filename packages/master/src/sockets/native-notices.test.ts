import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createRunCommand } from '../commands/run-command.ts';
import { Hub } from '../hub/hub.ts';
import { HUB_LIMITS } from '../hub/hub-limits.ts';
import { MemoryMaster } from '../hub/testing/memory-master.ts';
import { silentLogger } from '../lib/logger.ts';
import { CLIENT_LIMITS } from './client-limits.ts';
import { ClientServer } from './client-server.ts';
import { TestClient } from './testing/client-world.ts';
import { openNoticeWorld } from './testing/notice-world.ts';

/** Our own client's sockets in front of a notice world. */
async function aWorld() {
  const world = await openNoticeWorld({ users: ['ann', 'bob'] });
  const master = new MemoryMaster({ now: () => world.clock.now() });
  const hub = new Hub({ log: master, store: master.store, clock: world.clock, limits: HUB_LIMITS, lc: silentLogger });
  const httpServer = createServer();
  const shared = { store: master.store, clock: world.clock, newId: () => crypto.randomUUID() };
  const runCommand = createRunCommand({
    ...shared,
    committer: master,
    workers: { requestSync: () => Promise.resolve(), startLogin: () => Promise.resolve() },
    notices: world.hub,
    platforms: ['douyin'],
  });
  const server = new ClientServer({
    ...shared,
    httpServer,
    hub,
    authenticator: world.authenticator,
    runCommand,
    notices: world.hub,
    limits: CLIENT_LIMITS,
    lc: silentLogger,
    serverVersion: 'test',
    allowedOrigins: [],
    trustProxy: true,
    onOtherProtocol: (request, stream, head) => world.server.upgrade(request, stream, head),
  });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const { port } = httpServer.address() as AddressInfo; // a TCP server has a port
  const clients: TestClient[] = [];
  onTestFinished(async () => {
    for (const { ws } of clients) ws.terminate();
    await server.close();
    hub.close();
    await world.close();
    await new Promise((resolve) => httpServer.close(resolve));
  });
  const connect = async (name: string, hello: object, headers = {}): Promise<TestClient> => {
    const client = new TestClient(`ws://127.0.0.1:${port}/ws?token=${name}`, headers);
    clients.push(client);
    await client.opened;
    client.send({ type: 'hello', protocol: 1, client: { name: 't', version: '1' }, ...hello });
    await client.next('snapshot');
    return client;
  };
  return { ...world, connect, epoch: master.epoch };
}

test('[NO18] our own client gets notices in its protocol, marks them by command, and both kinds share one badge', async () => {
  const world = await aWorld();
  const ann = await world.connect('ann', { notices: {} });
  expect(await ann.next('notices')).toEqual({ type: 'notices', notices: [], withdrawn: [], unreadCount: 0 });
  await world.send({ messageId: 'm-1', needConfirm: true });
  const frame = await ann.next('notices');
  expect(frame).toMatchObject({ unreadCount: 1, notices: [{ messageId: 'm-1', needConfirm: true, offset: 1 }] });
  expect(world.hub.figures().records.received).toBe(0);
  const params = { state: 'confirmed', messageIds: ['m-1', 'unknown'] };
  ann.send({ type: 'command', id: 1, key: 'key-0001', name: 'markNotices', params });
  expect(await ann.next('done')).toMatchObject({ id: 1, result: { unknownIds: ['unknown'] } });
  expect(await ann.next('notices')).toMatchObject({ notices: [], unreadCount: 0 });
  expect(world.hub.figures().records).toMatchObject({ received: 1, confirmed: 1 });
  ann.send({ type: 'query', id: 2, name: 'notices', params: { limit: 10 } });
  expect(await ann.next('answer')).toMatchObject({
    result: { unreadCount: 0, notices: [{ notice: { messageId: 'm-1' }, confirmedAt: world.clock.now() }] },
  });
  await world.hub.recall('m-1', world.people[0]?.id ?? ('' as never));
  expect(await ann.next('notices')).toMatchObject({ withdrawn: ['m-1'] });
});

test('[NO19] who does not ask gets none; who names a place gets what comes after it', async () => {
  const world = await aWorld();
  const older = await world.connect('bob', {});
  await world.send({ messageId: 'm-1' });
  await world.send({ messageId: 'm-2' });
  const bob = await world.connect('bob', { notices: {} });
  expect((await bob.next('notices')).notices.map(({ messageId }) => messageId)).toEqual(['m-1', 'm-2']);
  bob.ws.terminate();
  const returning = new Promise<void>((resolve) => bob.ws.once('close', () => resolve()));
  await returning;
  const again = await world.connect('bob', { notices: { offset: 1 }, resume: { epoch: 'other', seq: 1 } });
  expect((await again.next('notices')).notices).toHaveLength(2);
  expect(older.frames.filter(({ type }) => type === 'notices')).toEqual([]);
});

test('behind a trusted proxy a user of our own client is where the proxy says', async () => {
  const world = await aWorld();
  const ann = await world.connect('ann', { notices: {} }, { 'x-forwarded-for': '10.9.9.9, 203.0.113.7' });
  await ann.next('notices');
  expect([...world.hub.presence.users()]).toMatchObject([{ username: 'ann', address: '203.0.113.7' }]);
});
