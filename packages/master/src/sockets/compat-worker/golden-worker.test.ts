/** What an unmodified Worker does, row by row, with both client libraries and a real Master. */
import { afterEach, describe, expect, test } from 'vitest';
import { openCompatWorld } from '../compat/testing/compat-world.ts';
import { goldenSnapshot } from '../compat/testing/existing-worker.ts';
import type { ClientVersion } from '../compat/testing/peer.ts';

let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

describe.each<ClientVersion>(['4.6', '4.8'])('socket.io-client %s', (version) => {
  test('[row 1–4] room, registration, heartbeat, and an envelope without its version', async () => {
    world = await openCompatWorld();
    const accountId = await world.addAccount();
    const worker = world.connectWorker('w1', { version });
    expect(await worker.joinRoom()).toBe(true);
    const registered = await worker.start();
    expect(registered).toMatchObject({
      success: true,
      assigned_accounts: [
        {
          id: accountId,
          platform: 'douyin',
          account_name: '账号一',
          monitor_interval: 30,
          status: 'active',
          credentials: { cookies: [], fingerprint: null, localStorage: {} },
          user_info: null,
        },
      ],
    });
    expect(await worker.heartbeat()).toEqual({ success: true });
    worker.peer.emit('message', { type: 'worker:heartbeat', payload: {}, timestamp: 1 });
    expect(await worker.envelope('worker:heartbeat:error')).toEqual({
      success: false,
      error: 'Missing required field: version',
    });
    worker.peer.emit('message', 'nonsense');
    expect(await worker.envelope('error')).toEqual({ success: false, error: 'Missing required field: type' });
    for (const type of ['worker:messages:update', 'worker:nonsense']) worker.send(type, {});
    expect(await worker.heartbeat()).toEqual({ success: true });
    const later = await world.addAccount('账号二');
    expect(await worker.envelope('master:task:assign')).toMatchObject({ id: later, credentials: { cookies: [] } });
    await world.run({ name: 'removeAccount', params: { accountId: later }, key: 'key-removal-1' });
    expect(await worker.envelope('master:task:revoke')).toEqual({ account_id: later });
  });

  test('[row 5–7] snapshots are stored once, statuses reach the monitors', async () => {
    world = await openCompatWorld();
    const accountId = await world.addAccount();
    const worker = await world.worker('w1', { version });
    const snapshot = goldenSnapshot(accountId, Date.now());
    const ack = await worker.sync(accountId, snapshot);
    expect(ack).toMatchObject({
      success: true,
      accountId,
      stats: { totalAccounts: 1, totalComments: 2, totalContents: 1, totalConversations: 1, totalMessages: 2 },
    });
    const monitor = await world.monitor();
    monitor.emit('monitor:register', {});
    await monitor.next('monitor:registered');
    monitor.emit('monitor:request_topics', { channelId: accountId });
    await monitor.next('monitor:topics');
    const [seq, heardCount] = [world.store.head(), monitor.heard.length];
    expect(await worker.sync(accountId, snapshot)).toMatchObject({ success: true });
    expect(world.store.head()).toBe(seq);
    expect(monitor.heard).toHaveLength(heardCount);
    expect(
      await worker.status(accountId, { worker_status: 'online', login_status: 'logged_in', total_followers: 5 }),
    ).toEqual({
      success: true,
      updated: 1,
      failed: 0,
    });
    const update = await monitor.next<{ channel: object }>('channel:status_update');
    expect(update.channel).toMatchObject({
      id: accountId,
      accountName: '账号一',
      loginStatus: 'logged_in',
      workerStatus: 'online',
    });
    expect((await monitor.next<{ channels: object[] }>('monitor:channels')).channels).toMatchObject([
      { isLoggedIn: true },
    ]);
    expect(await worker.status('acc-other', {})).toEqual({ success: true, updated: 0, failed: 1 });
  });

  test('[row 8, 9] a detected login gives name and picture; a result empties the queue', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const monitor = await world.monitor();
    monitor.emit('monitor:register', {});
    await monitor.next('monitor:registered');
    const user_info = {
      nickname: '品牌官方',
      platform_user_id: 'brand01',
      uid: '10001',
      avatar: 'https://p3.example/me.jpeg',
      followers: 12,
    };
    worker.peer.emit('worker:login:success', { account_id: accountId, user_info });
    const { channels } = await monitor.next<{ channels: Record<string, unknown>[] }>('monitor:channels');
    expect(channels[0]).toMatchObject({ name: '品牌官方', avatar: 'https://p3.example/me.jpeg' });
    expect(JSON.parse(String(channels[0]?.userInfo))).toMatchObject({
      nickname: '品牌官方',
      platform_user_id: 'brand01',
    });
    monitor.emit('monitor:reply', {
      channelId: accountId,
      topicId: 'V1',
      messageCategory: 'comment',
      replyToId: null,
      content: '谢谢',
    });
    const request = await worker.peer.next('master:reply:request');
    expect(request).toMatchObject({ target_type: 'work', target_id: null });
    worker.peer.emit('worker:reply:result', { ...request, status: 'success' });
    expect(
      await monitor.next('monitor:sending_queue', ({ sendingMessages }) => (sendingMessages as []).length === 0),
    ).toEqual({
      topicId: 'V1',
      sendingMessages: [],
    });
  });

  test('[row 11] a new socket before the old one closes: the way leads to the new one', async () => {
    world = await openCompatWorld();
    const { accountId, worker } = await world.golden({ version });
    const fresh = await world.worker('w1', { version });
    await worker.peer.next('(disconnect)');
    await expect.poll(() => world.store.workers()[0]?.isOnline).toBe(true);
    const monitor = await world.monitor();
    monitor.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '在的' });
    expect(await fresh.peer.next('master:reply:request')).toMatchObject({ reply_content: '在的' });
  });
});
