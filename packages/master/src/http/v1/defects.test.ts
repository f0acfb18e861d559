/** Defects of the deployed system that show at its REST API, or between it and the sockets, by the number of their list. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCompatWorld } from '../../sockets/compat/testing/compat-world.ts';
import { Rest } from './testing/rest.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
let rest: Rest;
beforeEach(async () => {
  world = await openCompatWorld();
  rest = new Rest(world.url, await world.login());
});
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

test('[D17] a comment whose time came in seconds is of that moment, everywhere', async () => {
  const { accountId, worker } = await world.golden();
  const at = Math.floor(Date.now() / 1_000) - 86_400 * 30;
  await worker.sync(accountId, {
    comments: [{ commentId: 'K7', contentId: 'V1', authorId: 'f', content: '旧', createdAt: at }],
  });
  const [oldest] = await rest.data<Entry[]>('/api/v1/cache/comments?order=asc&limit=1');
  expect(oldest).toMatchObject({ platform_comment_id: 'K7', created_at: at });
  expect((await rest.get(`/api/im/comments/K7?account_id=${accountId}`)).body.data).toMatchObject({
    create_time: at * 1_000,
  });
});

test('[D31] notifications whose ids change with every reading add nothing', async () => {
  const { accountId, worker } = await world.golden();
  const head = world.store.head();
  for (const n of [1, 2]) {
    const notifications = [{ id: `notif_${accountId}_1_${Date.now()}_${n}`, notificationId: '1', type: 'like' }];
    expect(await worker.sync(accountId, { notifications })).toMatchObject({ success: true });
  }
  expect(world.store.head()).toBe(head);
});

test('[D39] a status report changes what it names, and leaves the rest', async () => {
  const { accountId, worker } = await world.golden();
  worker.peer.emit('worker:login:success', {
    account_id: accountId,
    user_info: { nickname: '品牌', uid: '77', followers: 5 },
  });
  await expect.poll(() => world.store.account(accountId)?.profile?.followerCount).toBe(5);
  await worker.status(accountId, { total_following: 3 });
  await worker.status(accountId, { error_count: 1 });
  const [row] = await rest.data<Entry[]>('/api/v1/accounts/status/all');
  expect(row).toMatchObject({
    login_status: 'logged_in',
    runtime_stats: { total_followers: 5, total_following: 3, error_count: 1 },
  });
});

test('[D40][D60] a status update is followed by the badge, which every surface shows alike', async () => {
  const { accountId, worker } = await world.golden();
  const monitor = await world.monitor();
  monitor.emit('monitor:register', {});
  await monitor.next('monitor:registered');
  await worker.status(accountId, { login_status: 'not_logged_in' });
  await monitor.next('channel:status_update');
  const { channels } = await monitor.next<{ channels: Entry[] }>('monitor:channels');
  expect(channels).toMatchObject([{ id: accountId, unreadCount: 2 }]);
  monitor.emit('monitor:get_unread_count', { channelId: accountId });
  expect(await monitor.next('monitor:unread_count_response')).toMatchObject({
    unread: { comments: 1, messages: 1, total: 2 },
  });
  expect(await rest.data('/api/v1/cache/stats')).toMatchObject({
    comments_unread: 1,
    messages_unread: 1,
    total_unread: 2,
  });
  expect((await rest.get(`/api/im/unified-messages/stats?account_id=${accountId}`)).body.data).toMatchObject({
    unread: 2,
  });
});

test('[D48] text arrives as it was sent, whatever is in it', async () => {
  const { accountId, worker } = await world.golden();
  const reply_content = 'a�b é 客户 🎉 \u0000 "quoted"';
  const nested = { nested: ['文字', ['�']] };
  const body = {
    request_id: 'r1',
    account_id: accountId,
    target_type: 'comment',
    target_id: 'K1',
    reply_content,
    context: nested,
  };
  expect((await rest.post('/api/v1/replies', body)).status).toBe(201);
  expect(await worker.peer.next('master:reply:request')).toMatchObject({ reply_content });
});

test('[D56] a removed account is gone from every figure at once', async () => {
  const { accountId } = await world.golden();
  expect(await rest.data('/api/v1/cache/stats')).toMatchObject({ total: 4 });
  await rest.drop(`/api/v1/accounts/${accountId}`);
  expect(await rest.data('/api/v1/cache/stats')).toMatchObject({ total: 0, total_unread: 0 });
  expect(await rest.data('/api/v1/statistics')).toMatchObject({ total_messages: 0, accounts: [] });
  expect((await rest.get('/api/v1/cache/comments')).body.pagination).toMatchObject({ total: 0 });
  expect(await rest.data('/api/v1/replies')).toEqual([]);
});
