/** What the PC client forces on a server, tolerance by tolerance, with both client libraries and a real Master. */
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { openCompatWorld } from '../compat/testing/compat-world.ts';
import { goldenSnapshot, inboundMessage } from '../compat/testing/existing-worker.ts';
import type { ClientVersion, Peer } from '../compat/testing/peer.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

const list = (payload: Entry, name: string): Entry[] => payload[name] as Entry[]; // the test names its shape

describe.each<ClientVersion>(['4.6', '4.8'])('socket.io-client %s', (version) => {
  /** A client that is registered and has the topics of the channel. */
  async function startClient(accountId: string): Promise<Peer> {
    const client = await world.monitor({ version });
    client.emit('monitor:register', { clientType: 'monitor', clientId: 'monitor_1_x' });
    await client.next('monitor:registered');
    client.emit('monitor:request_topics', { channelId: accountId });
    await client.next('monitor:topics');
    return client;
  }

  test('[T1] userInfo is null or a JSON string', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(accountId);
    client.emit('monitor:request_channels');
    expect(list(await client.next('monitor:channels'), 'channels')[0]?.userInfo).toBeNull();
    worker.peer.emit('worker:login:success', {
      account_id: accountId,
      user_info: { nickname: '品牌 "官方"', platform_user_id: 'brand01' },
    });
    const [channel] = list(await client.next('monitor:channels'), 'channels');
    expect(JSON.parse(String(channel?.userInfo))).toMatchObject({ nickname: '品牌 "官方"' });
  });

  test('[T2] every channel has a name, every topics event a list', async () => {
    world = await openCompatWorld();
    const accountId = await world.addAccount('只有名字');
    const client = await startClient(accountId);
    client.emit('monitor:request_channels');
    for (const { name } of list(await client.next('monitor:channels'), 'channels')) expect(name).toBe('只有名字');
    for (const channelId of [accountId, 'acc-none', '', 7]) {
      client.emit('monitor:request_topics', { channelId });
      await expect.poll(() => client.names().at(-1)).toMatch(/^(?:monitor:topics|error)$/);
      for (const { event, payload } of client.heard)
        if (event === 'monitor:topics') expect((payload as Entry).topics).toEqual([]);
    }
  });

  test('[T3] a status update is followed by the list with the badges', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(accountId);
    const from = client.heard.length;
    await worker.status(accountId, { login_status: 'not_logged_in' });
    await client.next('channel:status_update');
    expect(list(await client.next('monitor:channels'), 'channels')[0]?.unreadCount).toBe(2);
    const names = client.names(from);
    expect(names.lastIndexOf('monitor:channels')).toBeGreaterThan(names.lastIndexOf('channel:status_update'));
  });

  test('[T4] what was sent comes as a message of the own side, read, under one id', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(accountId);
    client.emit('monitor:request_messages', { topicId: 'S1' });
    await client.next('monitor:sending_queue');
    client.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '好的' });
    const request = await worker.peer.next('master:reply:request');
    worker.peer.emit('worker:reply:result', { ...request, status: 'success', platform_reply_id: 'M9' });
    const sent = await client.next('monitor:messages', (payload) => JSON.stringify(payload).includes('"M9"'));
    const own = { id: 'M9', content: '好的', isRead: true, direction: 'outbound', fromName: '客服' };
    expect(list(sent, 'messages').filter(({ id }) => id === 'M9')).toMatchObject([own]);
    expect(list(sent, 'messages').at(-1)?.fromId).toMatch(/^monitor_/);
    const seen = inboundMessage('M9', Date.now(), { direction: 'outbound', senderId: 'self', content: '好的' });
    await worker.sync(accountId, { messages: [seen] });
    client.emit('monitor:request_messages', { topicId: 'S1' });
    expect(
      list(await client.next('monitor:messages'), 'messages').filter(({ content }) => content === '好的'),
    ).toHaveLength(1);
    client.emit('monitor:request_channels');
    expect(list(await client.next('monitor:channels'), 'channels')[0]?.unreadCount).toBe(1);
  });

  test('[T5] the chat that a client asked for is pushed when it changes', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(accountId);
    client.emit('monitor:request_messages', { topicId: 'S1' });
    await client.next('monitor:messages');
    await worker.sync(accountId, { messages: [inboundMessage('M3', Date.now())] });
    expect(list(await client.next('monitor:messages'), 'messages').map(({ id }) => id)).toEqual(['M2', 'M1', 'M3']);
  });

  test.each(['monitor:sync', 'monitor:request_channels', 'monitor:request_platforms'])(
    '[T6] %s of a client that never registered is answered, and it is told what happens from then on',
    async (event) => {
      world = await openCompatWorld();
      const { accountId, worker } = await world.golden({ version });
      const client = await world.monitor({ version });
      client.emit(event, {});
      await expect.poll(() => client.heard.length).toBeGreaterThan(0);
      await worker.sync(accountId, { messages: [inboundMessage('M3', Date.now())] });
      expect(await client.next('monitor:new_message_hint')).toMatchObject({ conversationId: 'S1', messageCount: 1 });
    },
  );

  test('[T7] what changes nothing sends no list', async () => {
    const clock = new FakeClock({ now: Date.now() });
    world = await openCompatWorld({ clock });
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(accountId);
    /** Every list that was kept back is on its way before the answer. */
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn++) {
        clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.emit('monitor:request_platforms');
      await client.next('monitor:platforms');
    };
    const snapshot = goldenSnapshot(accountId, Date.now());
    await worker.sync(accountId, snapshot);
    await settle();
    const from = client.heard.length;
    await worker.sync(accountId, snapshot);
    await worker.status(accountId, { worker_status: 'online', login_status: 'logged_in' });
    await worker.heartbeat();
    client.emit('monitor:mark_topic_as_read', { channelId: accountId, topicId: 'none' });
    await client.next('monitor:mark_topic_as_read_response');
    await settle();
    expect(client.names(from)).toEqual(['monitor:mark_topic_as_read_response', 'monitor:platforms']);
  });

  test('[T8] no event called error comes with a connection', async () => {
    world = await openCompatWorld();
    await world.golden({ version });
    const client = await world.monitor({ version });
    client.emit('monitor:register', {});
    await client.next('monitor:registered');
    expect(client.names()).toEqual(['monitor:channels', 'monitor:registered']);
  });
});
