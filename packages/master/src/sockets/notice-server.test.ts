import { request } from 'node:http';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { textOfFrame } from '../hub/prepared-frame.ts';
import type { NoticeLink } from '../notices/notice-link.ts';
import { ADMIN, openNoticeWorld } from './testing/notice-world.ts';

async function aWorld(options: Parameters<typeof openNoticeWorld>[0] = {}) {
  const world = await openNoticeWorld(options);
  onTestFinished(() => world.close());
  return world;
}

/** Asks for an upgrade: the status and body of a refusal, or 101. */
function askFor(port: number, token: string, headers: Record<string, string>): Promise<readonly [number, unknown]> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      path: `/ws?token=${token}`,
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        ...headers,
      },
    });
    sent.on('upgrade', (_response, stream) => {
      onTestFinished(() => void stream.destroy());
      resolve([101, undefined]);
    });
    sent.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve([response.statusCode ?? 0, JSON.parse(body)]));
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('[NO1] what is acknowledged while more is on its way is answered, each once', async () => {
  const world = await aWorld();
  const ann = await world.connect('ann');
  const ids = Array.from({ length: 40 }, (_, n) => `m-${n}`);
  const sending = ids.map((messageId) =>
    world.send({ messageId, target: { kind: 'users', userIds: ['u-ann' as UserId] } }),
  );
  const answered: string[] = [];
  for (const messageId of ids) {
    expect(await ann.next('system_notice')).toMatchObject({ messageId });
    ann.send({ type: 'ack', messageIds: [messageId] });
  }
  await Promise.all(sending);
  for (const _ of ids) {
    const { messageIds } = await ann.next('ack_result');
    answered.push(...(messageIds as string[])); // the contract's
  }
  expect(answered.sort()).toEqual([...ids].sort());
});

test('[NO1] a notice goes to everybody it is for and is delivered only when acknowledged', async () => {
  const world = await aWorld();
  const ann = await world.connect('ann');
  const sent = await world.send({ messageId: 'm-1', data: { 编号: 7 } });
  expect(sent).toEqual({ messageId: 'm-1', recipients: 2, online: 1, queued: 1 });
  const frame = await ann.next('system_notice');
  expect(frame).toMatchObject({
    messageId: 'm-1',
    title: '通知',
    content: '今晚维护 😀',
    data: { 编号: 7 },
    priority: 'normal',
    needConfirm: false,
  });
  expect(frame).not.toHaveProperty('offline');
  expect(await ann.next('unread')).toEqual({ type: 'unread', count: 1 });
  expect(world.hub.figures().records).toMatchObject({ total: 2, received: 0, pending: 2 });
  ann.send({ type: 'ack', messageIds: ['m-1'] });
  expect(await ann.next('ack_result')).toEqual({ type: 'ack_result', messageIds: ['m-1'], state: 'delivered' });
  expect(world.hub.figures().records).toMatchObject({ total: 2, received: 1, pending: 1 });
});

test('[NO62] who has a notice that was taken back meanwhile has got it, and says so by its offset', async () => {
  const world = await aWorld();
  const ann = await world.connect('ann');
  await world.send({ messageId: 'm-1' });
  const { offset } = await ann.next('system_notice');
  await world.hub.recall('m-1', ADMIN);
  await ann.next('notice_withdrawn');
  expect(world.hub.figures().records).toMatchObject({ received: 0, expired: 2 });
  ann.send({ type: 'ack', uptoOffset: offset });
  expect(await ann.next('ack_result')).toEqual({ type: 'ack_result', messageIds: ['m-1'], state: 'delivered' });
  expect(world.hub.figures().records).toMatchObject({ received: 1, expired: 1 }); // bob was away
  const bob = await world.connect('bob');
  await world.send({ messageId: 'm-2' });
  const later = await bob.next('system_notice');
  bob.send({ type: 'ack', uptoOffset: later.offset });
  expect(await bob.next('ack_result')).toMatchObject({ messageIds: ['m-2'] });
  expect(world.hub.figures().records).toMatchObject({ received: 2, expired: 1 });
});

test('[NO62] what is taken back while its acknowledgement is on the way into the log was got as well', async () => {
  const { hub, send } = await aWorld({ users: ['ann'] });
  const written: string[] = [];
  const link: NoticeLink = {
    id: 'c-1',
    format: 'plain',
    userId: 'u-ann' as UserId,
    username: 'ann',
    address: '::1',
    agent: 'test',
    since: 0,
    lastSeenAt: 0,
    bufferedBytes: 0,
    write: (frame) => written.push(textOfFrame(frame)),
    flush: () => undefined,
    tooSlow: () => undefined,
  };
  hub.enter(link);
  hub.start(link);
  await send({ messageId: 'm-1' });
  await vi.waitFor(() => expect(written.at(-1)).toContain('m-1'));
  const acknowledged = new Promise((onReceived, onReceiveFailed) =>
    hub.acknowledgeUpTo(link, hub.book.head(), { onReceived, onReceiveFailed }),
  );
  await hub.recall('m-1', ADMIN); // commits in this turn; acknowledgements wait for the next
  expect(await acknowledged).toEqual({ messageIds: ['m-1'], unknownIds: [] });
  expect(hub.figures().records).toMatchObject({ received: 1, expired: 0 });
});

test('[NO2] what was not acknowledged comes again in order after a reconnect, what was acknowledged does not', async () => {
  const world = await aWorld({ users: ['ann'] });
  const first = await world.connect('ann');
  for (let n = 1; n <= 5; n++) await world.send({ messageId: `m-${n}` });
  await first.until(({ notices }) => notices.length === 5);
  first.send({ type: 'ack', uptoOffset: first.notices[1]?.offset });
  expect(await first.next('ack_result')).toMatchObject({ messageIds: ['m-1', 'm-2'] });
  first.ws.terminate();
  await first.closed;
  await world.send({ messageId: 'm-6', priority: 'urgent' });
  const second = await world.connect('ann', Number(first.notices[1]?.offset));
  await second.until(({ notices }) => notices.length === 4);
  expect(second.messageIds).toEqual(['m-3', 'm-4', 'm-5', 'm-6']);
  expect(second.notices.every(({ offline }) => offline === true)).toBe(true);
});

test('[NO3] a client that names no offset gets what nobody acknowledged, after a moment', async () => {
  const world = await aWorld({ users: ['ann'] });
  await world.send({ messageId: 'm-1' });
  const { NoticeClient } = await import('./testing/notice-world.ts');
  const client = new NoticeClient(`ws://127.0.0.1:${world.port}/ws?token=ann`);
  await client.next('connected');
  world.clock.advance(100);
  expect(await client.next('system_notice')).toMatchObject({ messageId: 'm-1', offline: true });
  client.ws.terminate();
});

test('[NO4] reading on one device clears the badge on the others at once', async () => {
  const world = await aWorld({ users: ['ann'] });
  const [phone, desk] = [await world.connect('ann'), await world.connect('ann')];
  await world.send({ messageId: 'm-1' });
  await world.send({ messageId: 'm-2' });
  await desk.until(({ notices }) => notices.length === 2);
  await phone.until(({ notices }) => notices.length === 2);
  phone.send({ type: 'read', messageIds: ['m-1'] });
  await desk.until(({ frames }) => frames.at(-1)?.type === 'unread' && frames.at(-1)?.count === 1);
  phone.send({ type: 'read', messageIds: 'all' });
  await desk.until(({ frames }) => frames.at(-1)?.type === 'unread' && frames.at(-1)?.count === 0);
});

test('[NO5] an unknown id is answered with an error that names it', async () => {
  const world = await aWorld({ users: ['ann'] });
  const ann = await world.connect('ann');
  ann.send({ type: 'confirm', messageId: 'never-sent' });
  expect(await ann.next('error')).toMatchObject({ code: 'NOT_FOUND', ref: 'never-sent' });
  ann.send({ type: 'ping' });
  await ann.next('pong');
});

test('[NO6] bad frames are answered, and ten of them in a minute close with 1008', async () => {
  const world = await aWorld({ users: ['ann'] });
  const ann = await world.connect('ann');
  const bad = ['{', '{}', '[]', '{"type":"nonsense"}', `{"type":"ping","x":"${'x'.repeat(5_000)}"}`];
  for (const frame of [...bad, ...bad]) ann.send(frame);
  expect(await ann.closed).toBe(1008);
  expect(ann.frames.filter(({ type }) => type === 'error')).toHaveLength(10);
  expect(ann.frames.at(-1)).toMatchObject({ type: 'bye', reason: 'bad_frames' });
});

test('[NO7] connections are refused before the upgrade, with the reason as JSON', async () => {
  const world = await aWorld({ users: ['ann'], socketLimits: { connectionsPerUserCount: 1, connectionCount: 2 } });
  const refused = (token: string, headers: Record<string, string> = {}) => askFor(world.port, token, headers);
  expect(await refused('nobody')).toMatchObject([401, { code: 401, error: { code: 'NOT_LOGGED_IN' } }]);
  expect(await refused('ann', { origin: 'https://evil.example' })).toMatchObject([403, { code: 403 }]);
  await world.connect('ann');
  expect(await refused('ann')).toMatchObject([429, { code: 429 }]);
  world.addUser('bob');
  world.addUser('cat');
  await world.connect('bob');
  expect(await refused('cat')).toMatchObject([503, { code: 503 }]);
});

test('[NO8] a revoked session is cut with its reason', async () => {
  const world = await aWorld({ users: ['ann'] });
  const ann = await world.connect('ann');
  world.authenticator.principals.delete('ann');
  world.authenticator.tell();
  expect(await ann.next('bye')).toMatchObject({ reason: 'revoked' });
  await ann.closed;
});

test('[NO9] draining says goodbye and tells when to come back', async () => {
  const world = await aWorld({ users: ['ann'] });
  const ann = await world.connect('ann');
  await world.server.close();
  expect(ann.frames.at(-1)).toMatchObject({ type: 'bye', reason: 'drain' });
  expect(await ann.closed).toBe(1001);
  expect(world.hub.presence.userCount).toBe(0);
});

test('[NO40] a user whose machine died is gone within 30 s; one who only says nothing stays', async () => {
  const world = await aWorld();
  await world.connect('ann');
  const dead = await world.connect('bob');
  dead.ws.pause(); // its machine neither reads nor hangs up
  const seenAt = (name: string) => [...world.hub.presence.users()].find((user) => user.username === name)?.lastSeenAt;
  for (let n = 0; n < 3; n++) {
    expect(seenAt('bob')).toBeDefined();
    world.clock.advance(10_000);
    await vi.waitFor(() => expect(seenAt('ann')).toBe(world.clock.now()));
  }
  expect(seenAt('bob')).toBeUndefined();
});

test('[NO7] an address has so many sockets and connects, behind a trusted proxy by the address that it names', async () => {
  const limits = { connectionsPerAddressCount: 2, connectBurstCount: 3, connectsPerSecond: 1 };
  const world = await aWorld({ users: ['ann'], socketLimits: limits, trustProxy: true });
  const from = async (address: string): Promise<number> =>
    (await askFor(world.port, 'ann', { 'x-forwarded-for': address }))[0];
  expect([await from('10.0.0.1'), await from('9.9.9.9, 10.0.0.1'), await from('10.0.0.1')]).toEqual([101, 101, 429]);
  expect(await from('10.0.0.2')).toBe(101);
  for (const unknown of ['nonsense', '127.0.0.1', '']) expect(await from(unknown)).toBe(101);
  expect((await askFor(world.port, 'nobody', { 'x-forwarded-for': '10.0.0.3' }))[0]).toBe(401);
  expect([...world.hub.presence.users()]).toMatchObject([{ connections: 6 }]);
  for (let n = 0; n < 2; n++) await askFor(world.port, 'nobody', { 'x-forwarded-for': '10.0.0.3' });
  expect(await from('10.0.0.3')).toBe(429); // guessing tokens uses up the connects
  const strict = await aWorld({ users: ['ann'], socketLimits: limits });
  for (let n = 0; n < 4; n++) {
    expect((await askFor(strict.port, 'ann', { 'x-forwarded-for': '10.0.0.1' }))[0]).toBe(101);
  }
});

test('[NO49] who reads too slowly is closed with its reason, keeps nobody waiting, and catches up', async () => {
  const world = await aWorld({ limits: { slowConsumerBytes: 64 * 1024 } });
  const [ann, slow] = [await world.connect('ann'), await world.connect('bob')];
  slow.ws.pause();
  let sentCount = 0;
  const data = 'x'.repeat(15_000);
  while (world.hub.figures().slowCount === 0) {
    const ids = Array.from({ length: 20 }, (_, n) => `m-${sentCount + n}`);
    await Promise.all(ids.map((messageId) => world.send({ messageId, data })));
    sentCount += ids.length;
    await ann.until(({ notices }) => notices.length === sentCount);
    ann.send({ type: 'ack', uptoOffset: ann.lastOffset });
  }
  expect(world.hub.presence.isOnline('u-bob' as UserId)).toBe(false);
  slow.ws.resume();
  expect(await slow.closed).toBe(1008);
  expect(slow.frames.at(-1)).toMatchObject({ type: 'bye', reason: 'slow_consumer' });
  const back = await world.connect('bob', slow.lastOffset);
  await back.until(({ messageIds }) => messageIds.includes(`m-${sentCount - 1}`));
  const seen = [...slow.messageIds, ...back.messageIds];
  expect(new Set(seen).size).toBe(seen.length);
});

test('[NO50] the time on line is summed over overlapping connections once, and kept', async () => {
  const world = await aWorld({ users: ['ann'] });
  const first = await world.connect('ann');
  await world.send({ messageId: 'm-1' });
  await first.until(({ notices }) => notices.length === 1);
  world.clock.advance(5_000);
  const second = await world.connect('ann');
  world.clock.advance(5_000);
  first.ws.terminate();
  await vi.waitFor(() => expect(world.hub.presence.linkCount).toBe(1));
  world.clock.advance(2_000);
  second.ws.terminate();
  await vi.waitFor(() => expect(world.hub.presence.linkCount).toBe(0));
  expect(world.hub.book.mailboxes.get('u-ann' as UserId)?.onlineMs).toBe(12_000);
  await world.hub.checkpoint();
  expect([...world.database.notices.loadUsers()]).toMatchObject([{ userId: 'u-ann', onlineMs: 12_000 }]);
});
