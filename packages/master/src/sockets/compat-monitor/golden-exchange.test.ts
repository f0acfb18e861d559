/** The exchanges of an unmodified PC client, row by row, with both client libraries and a real Master. */
import { afterEach, describe, expect, test } from 'vitest';
import { openCompatWorld } from '../compat/testing/compat-world.ts';
import { inboundMessage } from '../compat/testing/existing-worker.ts';
import type { ClientVersion, Peer } from '../compat/testing/peer.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

const list = (payload: Entry, name: string): Entry[] => payload[name] as Entry[]; // the test names its shape

/** Starts as the PC client does: register, channels, topics of every channel. */
async function startClient(version: ClientVersion): Promise<Peer> {
  const client = await world.monitor({ version });
  client.emit('monitor:register', { clientType: 'monitor', clientId: 'monitor_1_x' });
  client.emit('monitor:request_channels');
  const { channels } = await client.next<{ channels: Entry[] }>('monitor:channels');
  for (const { id } of channels) client.emit('monitor:request_topics', { channelId: id });
  for (const { id } of channels) await client.next('monitor:topics', ({ channelId }) => channelId === id);
  client.skip();
  return client;
}

describe.each<ClientVersion>(['4.6', '4.8'])('socket.io-client %s', (version) => {
  test('[row 1–5] connect, register, channels, topics, sync', async () => {
    world = await openCompatWorld();
    const { accountId } = await world.golden({ version });
    const client = await world.monitor({ version });
    client.emit('monitor:register', { clientType: 'monitor', clientId: 'monitor_1_x' });
    const { channels } = await client.next<{ channels: Entry[] }>('monitor:channels');
    expect(await client.next('monitor:registered')).toEqual({
      success: true,
      channelCount: 1,
      clientId: 'monitor_1_x',
      clientType: 'monitor',
    });
    expect(client.names()).toEqual(['monitor:channels', 'monitor:registered']);
    expect(channels).toMatchObject([
      {
        id: accountId,
        name: '账号一',
        platform: 'douyin',
        lastMessage: '在吗',
        unreadCount: 2,
        status: 'active',
        login_status: 'logged_in',
        worker_status: 'online',
        isLoggedIn: true,
        userInfo: null,
      },
    ]);
    client.emit('monitor:request_channels');
    expect(await client.next('monitor:channels')).toEqual({ channels });
    client.emit('monitor:request_topics', { channelId: accountId });
    const topics = await client.next('monitor:topics');
    expect(topics.channelId).toBe(accountId);
    expect(
      list(topics, 'topics')
        .map(({ id, isPrivate, unreadCount }) => [id, isPrivate, unreadCount])
        .sort(),
    ).toEqual([
      ['S1', true, 1],
      ['V1', false, 1],
    ]);
    expect(list(topics, 'topics').find(({ id }) => id === 'V1')).toMatchObject({
      title: '新品发布 🎉',
      viewCount: 100,
      likeRate: 0.07,
      avgViewSecond: 3.5,
      unsubscribeCount: 0,
      messageCount: 2,
      url: 'https://www.douyin.com/video/V1',
    });
    client.emit('monitor:request_topics', { channelId: 'acc-unknown' });
    expect(await client.next('monitor:topics')).toEqual({ channelId: 'acc-unknown', topics: [] });
    client.emit('monitor:sync', {});
    expect(await client.next('monitor:channels')).toEqual({ channels });
    expect(client.names()).not.toContain('error');
  });

  test('[row 6] messages ascending, then the queue; times in milliseconds', async () => {
    world = await openCompatWorld();
    const { accountId } = await world.golden({ version });
    const client = await startClient(version);
    client.emit('monitor:request_messages', { topicId: 'V1' });
    const { topicId, messages } = await client.next<{ topicId: string; messages: Entry[] }>('monitor:messages');
    expect(topicId).toBe('V1');
    expect(await client.next('monitor:sending_queue')).toEqual({ topicId: 'V1', sendingMessages: [] });
    expect(messages).toMatchObject([
      {
        id: 'K1',
        channelId: accountId,
        topicId: 'V1',
        fromName: '小王',
        fromId: 'fan1',
        content: 'hello',
        type: 'comment',
        messageCategory: 'comment',
        replyToId: null,
        direction: 'incoming',
        isAuthorReply: false,
        isRead: false,
        images: ['https://p3.example/k1.jpeg'],
      },
      {
        id: 'K2',
        fromName: '客服',
        fromId: 'monitor_client',
        direction: 'outgoing',
        isAuthorReply: true,
        isRead: true,
      },
    ]);
    for (const { timestamp } of messages) expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(120_000);
    client.emit('monitor:request_messages', { topicId: 'S1' });
    const conversation = await client.next('monitor:messages');
    expect(
      list(conversation, 'messages').map((one) => [one.id, one.direction, one.messageCategory, one.fromName, one.type]),
    ).toEqual([
      ['M2', 'outbound', 'private', '客服', 'text'],
      ['M1', 'inbound', 'private', '客户甲', 'text'],
    ]);
  });

  test('[row 7, 8] marking read answers, tells everybody, and takes the dot away', async () => {
    world = await openCompatWorld();
    const { accountId } = await world.golden({ version });
    const client = await startClient(version);
    const other = await startClient('4.8');
    const readAt = Math.floor(Date.now() / 1_000);
    const from = client.heard.length;
    client.emit('monitor:mark_topic_as_read', { channelId: accountId, topicId: 'V1' });
    const response = await client.next('monitor:mark_topic_as_read_response');
    expect(response).toMatchObject({ success: true, count: 1, topicId: 'V1', channelId: accountId });
    expect(Number(response.read_at) - readAt).toBeLessThan(60);
    for (const peer of [client, other]) {
      expect(await peer.next('monitor:topic_read')).toMatchObject({ topicId: 'V1', channelId: accountId, count: 1 });
      const topics = await peer.next('monitor:topics');
      expect(list(topics, 'topics').find(({ id }) => id === 'V1')?.unreadCount).toBe(0);
      expect(list(await peer.next('monitor:channels'), 'channels')[0]?.unreadCount).toBe(1);
    }
    expect(client.names(from)[0]).toBe('monitor:mark_topic_as_read_response');
    client.emit('monitor:mark_conversation_as_read', { channelId: accountId, conversationId: 'S1' });
    expect(await client.next('monitor:mark_conversation_as_read_response')).toMatchObject({
      success: true,
      count: 1,
      conversationId: 'S1',
    });
    expect(await other.next('monitor:conversation_read')).toMatchObject({ conversationId: 'S1', count: 1 });
    expect(list(await other.next('monitor:channels'), 'channels')[0]?.unreadCount).toBe(0);
  });

  test('[row 9] a reply to a comment: queue, answer, Worker, result, empty queue and the message', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(version);
    client.emit('monitor:request_messages', { topicId: 'V1' });
    await client.next('monitor:sending_queue');
    const common = { channelId: accountId, fromName: 'admin', fromId: 'monitor_x', authorAvatar: null };
    client.emit('monitor:reply', {
      ...common,
      topicId: 'V1',
      type: 'comment',
      messageCategory: 'comment',
      replyToId: 'K1',
      replyToContent: 'hello',
      content: 'hi 👋',
    });
    const queued = await client.next('monitor:sending_queue');
    expect(queued).toMatchObject({
      topicId: 'V1',
      sendingMessages: [
        { channelId: accountId, content: 'hi 👋', fromName: '客服', status: 'sending', replyToId: 'K1' },
      ],
    });
    const { messageId, requestId, status } = await client.next('reply:success');
    expect([typeof messageId, typeof requestId, status]).toEqual(['string', 'string', 'submitted']);
    const request = await worker.peer.next('master:reply:request');
    expect(request).toMatchObject({
      reply_id: messageId,
      platform: 'douyin',
      account_id: accountId,
      target_type: 'comment',
      target_id: 'K1',
      conversation_id: null,
      platform_message_id: null,
      reply_content: 'hi 👋',
      assigned_worker_id: 'w1',
      context: {
        reply_to_content: 'hello',
        channel_name: '账号一',
        video_id: 'V1',
        user_id: null,
        target_comment: { commentId: 'K1' },
      },
    });
    worker.peer.emit('worker:reply:result', {
      ...request,
      status: 'success',
      platform_reply_id: 'K3',
      timestamp: Date.now(),
    });
    expect(
      await client.next('monitor:messages', ({ messages }) => JSON.stringify(messages).includes('K3')),
    ).toMatchObject({
      messages: [
        { id: 'K1' },
        { id: 'K2' },
        { id: 'K3', content: 'hi 👋', fromName: '客服', isRead: true, direction: 'outgoing' },
      ],
    });
    expect(await client.next('monitor:sending_queue')).toEqual({ topicId: 'V1', sendingMessages: [] });
  });

  test('[row 10] a direct message: to its conversation, and a refusal is told', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(version);
    const common = { channelId: accountId, fromName: 'admin', fromId: 'monitor_x', authorAvatar: null };
    client.emit('monitor:reply', {
      ...common,
      topicId: 'S1',
      type: 'text',
      messageCategory: 'private',
      replyToId: null,
      content: '好的',
    });
    const direct = await worker.peer.next('master:reply:request');
    expect(direct).toMatchObject({
      target_type: 'direct_message',
      target_id: 'S1',
      conversation_id: 'S1',
      platform_message_id: null,
    });
    expect(direct).toMatchObject({ context: { user_id: 'S1', video_id: null } });
    worker.peer.emit('worker:reply:result', {
      ...direct,
      status: 'blocked',
      error_code: 'REPLY_BLOCKED',
      error_message: '对方拒收',
    });
    expect(
      await client.next('monitor:sending_queue', ({ sendingMessages }) => (sendingMessages as []).length === 0),
    ).toMatchObject({
      topicId: 'S1',
    });
    const failure = await client.next('channel:message:status');
    expect(failure).toMatchObject({ messageId: direct.reply_id, status: 'failed' });
    expect(String(failure.error)).toContain('对方拒收');
  });

  test('[row 11] a reply while the Worker is away fails at once and leaves nothing in the queue', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(version);
    worker.close();
    await expect.poll(() => world.store.workers()[0]?.isOnline).toBeDefined();
    const reply = { channelId: accountId, topicId: 'S1', messageCategory: 'private', replyToId: null, content: '在' };
    await expect
      .poll(async () => {
        client.skip();
        client.emit('monitor:reply', reply);
        return (await client.next('channel:message:status')).status;
      })
      .toBe('failed');
    const { error } = await client.next('reply:error');
    expect(error).toBe('Worker not connected: w1');
    expect(await client.next('monitor:sending_queue')).toEqual({ topicId: 'S1', sendingMessages: [] });
    client.emit('monitor:request_messages', { topicId: 'S1' });
    expect(await client.next('monitor:sending_queue')).toEqual({ topicId: 'S1', sendingMessages: [] });
    client.emit('monitor:reply', { ...reply, channelId: 'acc-none' });
    expect((await client.next('reply:error')).error).toBe('Account not found: acc-none');
  });

  test('[row 12] a new message: hint, channels, topics, and the open chat', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const client = await startClient(version);
    client.emit('monitor:request_messages', { topicId: 'S1' });
    await client.next('monitor:sending_queue');
    await worker.sync(accountId, { messages: [inboundMessage('M3', Date.now())] });
    expect(await client.next('monitor:new_message_hint')).toMatchObject({
      channelId: accountId,
      platform: 'douyin',
      messageType: 'private_message',
      conversationId: 'S1',
      fromUserId: 'S1',
      fromUserName: '客户甲',
      messageCount: 1,
      totalUnreadCount: 3,
    });
    const heard = client.names();
    expect(await client.next('monitor:messages')).toMatchObject({ topicId: 'S1', messages: [{}, {}, { id: 'M3' }] });
    await expect
      .poll(() => client.names().slice(heard.lastIndexOf('monitor:new_message_hint')))
      .toEqual(expect.arrayContaining(['monitor:channels', 'monitor:topics']));
    await worker.sync(accountId, {
      comments: [
        {
          commentId: 'K4',
          contentId: 'V1',
          authorId: 'fan2',
          authorName: '李',
          content: '多少钱',
          createdAt: Date.now() / 1_000,
        },
      ],
    });
    expect(await client.next('monitor:new_message_hint')).toMatchObject({
      messageType: 'comment',
      topicId: 'V1',
      topicTitle: '新品发布 🎉',
      commentCount: 1,
      totalUnreadCount: 4,
    });
  });

  test('[row 13–15] platforms, a new account at once, and its removal', async () => {
    world = await openCompatWorld();
    const client = await startClient(version);
    client.emit('monitor:request_platforms');
    expect(await client.next('monitor:platforms')).toEqual({
      success: true,
      data: [{ value: 'douyin', label: '抖音' }],
    });
    client.emit('monitor:create_account', {
      platform: 'douyin',
      account_name: '新账号',
      monitor_interval: 30,
      status: 'active',
      assigned_worker_id: null,
    });
    const { success, data } = await client.next<{ success: boolean; data: Entry }>('monitor:create_account_result');
    expect([success, data.account_name, data.platform, data.monitor_interval]).toEqual([true, '新账号', 'douyin', 30]);
    expect(JSON.stringify(data)).not.toMatch(/"cookies"|credentials/);
    const listed = await client.next('monitor:channels');
    expect(list(listed, 'channels')).toMatchObject([
      { id: data.id, name: '新账号', isLoggedIn: false, unreadCount: 0 },
    ]);
    client.emit('monitor:delete_account', { accountId: data.id });
    expect(await client.next('monitor:delete_account_result')).toEqual({ success: true, accountId: data.id });
    expect(await client.next('monitor:channels')).toEqual({ channels: [] });
    client.emit('monitor:delete_account', { accountId: data.id });
    expect(await client.next('monitor:delete_account_result')).toEqual({ success: false, error: '账号不存在' });
    client.emit('monitor:delete_account', {});
    expect(await client.next('monitor:delete_account_result')).toEqual({
      success: false,
      error: '缺少必填字段：accountId',
    });
    client.emit('monitor:create_account', { platform: 'douyin' });
    expect(await client.next('monitor:create_account_result')).toEqual({
      success: false,
      error: '缺少必填字段：platform 和 account_name',
    });
  });

  test('[row 16, 17] the desktop part registers and hands a login in', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const desktop = world.peer('/client', { version });
    desktop.emit('client:register', { device_id: 'd1', device_type: 'desktop', device_name: 'PC' });
    const registered = await desktop.next('client:register:success');
    expect(registered).toMatchObject({ device_id: 'd1' });
    expect(Math.abs(Number(registered.connected_at) - Date.now() / 1_000)).toBeLessThan(60);
    const storageState = {
      cookies: [{ name: 'sid', value: 'secret-value' }],
      origins: [{ origin: 'https://x.example', localStorage: [{ name: 'k', value: 'v' }] }],
    };
    desktop.emit('client:manual-login-success', { accountId, platform: 'douyin', storageState, timestamp: 5 });
    expect(await desktop.next('client:manual-login-success:ack')).toMatchObject({
      accountId,
      success: true,
      workerId: 'w1',
    });
    expect(await worker.peer.next('master:update-account-storage')).toEqual({
      accountId,
      platform: 'douyin',
      storageState,
      timestamp: 5,
    });
    await worker.status(accountId, { login_status: 'not_logged_in' });
    await worker.status(accountId, { login_status: 'logged_in', worker_status: 'online' });
    expect(await desktop.next('master:account-status-updated', ({ status }) => status === 'active')).toMatchObject({
      accountId,
      platform: 'douyin',
    });
  });
});
