/** What somebody might send to break in, to see more, or to bring the Master down, through the protocols of existing programs. */
import type { AccountId, ItemId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, expect, test } from 'vitest';
import { openCompatWorld } from './testing/compat-world.ts';
import { inboundMessage } from './testing/existing-worker.ts';
import type { Peer } from './testing/peer.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

/** Words that every JavaScript object knows. */
const OBJECT_WORDS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'] as const;

const answered = async (peer: Peer): Promise<void> => {
  peer.emit('monitor:request_platforms', {});
  await peer.next('monitor:platforms');
};

test('words that every object knows are ids and texts like others, and no kinds of anything', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const messages = OBJECT_WORDS.map((word, n) =>
    inboundMessage(word, Date.now() + n, { type: word, messageType: word, content: word, senderName: word }),
  );
  const contents = OBJECT_WORDS.map((word) => ({ contentId: word, type: word, visibility: word, title: word }));
  const conversations = OBJECT_WORDS.map((word) => ({
    conversationId: word,
    userId: word,
    type: word,
    userName: word,
  }));
  expect(await worker.sync(accountId, { messages, contents, conversations })).toMatchObject({ success: true });
  for (const word of OBJECT_WORDS) {
    const facts = world.store.item(accountId, 'message', word as ItemId)?.facts; // an id like others
    expect(facts).toMatchObject({ id: word, text: word, type: 'text' });
  }
  const monitor = await world.monitor();
  for (const type of OBJECT_WORDS) {
    monitor.emit('monitor:mark_as_read', { type, id: 'M1' });
    expect(String((await monitor.next('error')).message)).toContain('不支持的消息类型');
  }
  monitor.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '在' });
  const request = await worker.peer.next('master:reply:request');
  worker.peer.emit('worker:reply:result', { ...request, status: 'failed', error_code: 'constructor' });
  expect((await monitor.next('channel:message:status')).status).toBe('unknown');
});

test('keys that would change what every object is change nothing', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const poison = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}');
  const monitor = await world.monitor();
  monitor.emit('monitor:reply', { ...poison, channelId: accountId, topicId: 'S1', content: poison });
  monitor.emit('monitor:create_account', poison);
  worker.send('worker:data:sync', {
    accountId,
    snapshot: { data: { ...poison, messages: [poison], comments: poison } },
  });
  worker.send('worker:account:status', { account_statuses: [{ account_id: accountId, status: poison }, poison] });
  worker.peer.emit('worker:login:status', { ...poison, status: 'success', user_info: poison });
  world.peer('/client').emit('client:manual-login-success', { accountId, storageState: poison });
  await worker.heartbeat();
  await answered(monitor);
  expect('polluted' in {}).toBe(false);
});

test('[P8] whoever may see one account learns of no other through any request, and changes nothing there', async () => {
  world = await openCompatWorld({ anonymous: false });
  const hidden = await world.addAccount('别人的账号');
  const own = await world.addAccount('自己的账号');
  const admin = await world.login();
  await fetch(`${world.url}/api/admin/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
    body: JSON.stringify({ username: 'nora', password: 'correct horse', role: 'operator', grants: [own] }),
  });
  const peer = await world.monitor({ auth: { token: await world.login('nora', 'correct horse') } });
  const head = world.store.head();
  for (const [event, payload] of attacksOn(hidden)) peer.emit(event, payload);
  await answered(peer);
  expect(JSON.stringify(peer.heard.map(({ payload }) => payload))).not.toContain('别人的账号');
  for (const { event, payload } of peer.heard)
    if (event === 'monitor:topics') expect(payload).toEqual({ channelId: hidden, topics: [] });
  expect(world.store.head()).toBe(head);
  expect(world.store.account(hidden)).toBeDefined();
});

const attacksOn = (channelId: AccountId): readonly (readonly [string, Entry])[] => [
  ['monitor:register', { clientType: 'admin', clientId: 'monitor_1_x' }],
  ['monitor:request_channels', { channelId }],
  ['monitor:request_topics', { channelId }],
  ['monitor:request_messages', { channelId, topicId: 'V1' }],
  ['monitor:mark_topic_as_read', { channelId, topicId: 'V1' }],
  ['monitor:mark_conversation_as_read', { channelId, conversationId: 'S1' }],
  ['monitor:mark_as_read', { channelId, type: 'comment', id: 'K1' }],
  ['monitor:mark_batch_as_read', { channelId, type: 'message', ids: ['M1'] }],
  ['monitor:get_unread_count', { channelId }],
  ['monitor:get_unread_count', {}],
  ['monitor:reply', { channelId, topicId: 'S1', messageCategory: 'private', content: '在' }],
  ['monitor:delete_account', { accountId: channelId }],
  ['monitor:create_account', { platform: 'douyin', account_name: '新' }],
  ['join_room', { room: `worker:${channelId}` }],
];

test('a storm of requests is answered with errors beyond its limit, and others are served meanwhile', async () => {
  world = await openCompatWorld();
  const { accountId } = await world.golden();
  const [stormy, calm] = [await world.monitor(), await world.monitor()];
  await answered(calm);
  for (let count = 0; count < 20_000; count++) stormy.emit('monitor:request_topics', { channelId: accountId });
  await answered(calm);
  await stormy.next('error');
  const served = stormy.names().filter((name) => name === 'monitor:topics').length;
  expect(served).toBeLessThan(20_000);
  await answered(calm);
});

test('deep and wide nonsense in an envelope is passed over', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const deep = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`);
  const wide = Array.from({ length: 50_000 }, (_, n) => n);
  const line = { messageId: deep, content: wide, createdAt: deep };
  for (const nonsense of [deep, wide, [deep], [line], 'x'.repeat(1_000_000)])
    await worker.sync(accountId, { messages: nonsense, comments: nonsense, contents: nonsense });
  worker.send('worker:account:status', { account_statuses: wide });
  worker.send('worker:register', { worker_id: deep, capabilities: wide });
  expect(await worker.heartbeat()).toEqual({ success: true });
  expect(await worker.sync(accountId, { messages: [inboundMessage('M7', Date.now())] })).toMatchObject({
    success: true,
  });
});
