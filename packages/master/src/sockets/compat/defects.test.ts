/** One test for each defect of the deployed system that could come back at these edges, by the number of its list. */
import { afterEach, expect, test } from 'vitest';
import { openCompatWorld } from './testing/compat-world.ts';
import { goldenSnapshot, inboundMessage } from './testing/existing-worker.ts';
import type { Peer } from './testing/peer.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

async function client(how?: ConstructorParameters<typeof Peer>[1]): Promise<Peer> {
  const peer = await world.monitor(how);
  peer.emit('monitor:register', {});
  await peer.next('monitor:registered');
  return peer;
}
async function topics(peer: Peer, channelId: string): Promise<Entry[]> {
  peer.emit('monitor:request_topics', { channelId });
  return (await peer.next<{ topics: Entry[] }>('monitor:topics')).topics;
}
async function messages(peer: Peer, topicId: string): Promise<Entry[]> {
  peer.emit('monitor:request_messages', { topicId });
  return (await peer.next<{ messages: Entry[] }>('monitor:messages')).messages;
}
async function channels(peer: Peer): Promise<Entry[]> {
  peer.emit('monitor:request_channels');
  return (await peer.next<{ channels: Entry[] }>('monitor:channels')).channels;
}
/** Everything sent before is done when this returns. */
async function settled(peer: Peer): Promise<void> {
  peer.emit('monitor:request_platforms');
  await peer.next('monitor:platforms');
}

test('[D2] nobody comes in without a key or a login; a Worker touches only what it was given', async () => {
  world = await openCompatWorld({ anonymous: false });
  await world.addAccount();
  for (const peer of [
    world.peer(),
    world.peer('/worker'),
    world.peer('/client'),
    world.peer('', { auth: { token: 'admin-token' } }),
  ]) {
    await expect(peer.opened).rejects.toThrow(/NOT_LOGGED_IN|BAD_WORKER_KEY/);
    expect(peer.names()).toEqual([]);
  }
  const token = await world.login();
  for (const how of [{ auth: { token } }, { query: { token } }])
    expect(await channels(await client(how))).toHaveLength(1);
});

test('[D2] a Worker cannot write about, or learn of, an account of another one', async () => {
  world = await openCompatWorld();
  const { accountId } = await world.golden();
  const stranger = await world.worker('w2');
  const seq = world.store.head();
  expect(await stranger.sync(accountId, goldenSnapshot(accountId, Date.now()))).toMatchObject({ success: false });
  expect(JSON.stringify(stranger.peer.heard)).toContain('master:task:revoke');
  stranger.peer.emit('worker:login:success', { account_id: accountId, user_info: { nickname: 'x', uid: '1' } });
  stranger.peer.emit('worker:reply:result', { reply_id: 'rep-none', status: 'success' });
  await stranger.heartbeat();
  expect(world.store.head()).toBe(seq);
});

test('[D4] after a restart of the Master a Worker that only reconnects is known again by its next heartbeat', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  worker.close();
  const { dataDir } = world;
  await world.close(true);
  world = await openCompatWorld({ dataDir });
  const again = world.connectWorker('w1');
  expect(await again.joinRoom()).toBe(true);
  expect(await again.heartbeat()).toEqual({ success: true });
  expect(await again.sync(accountId, { messages: [inboundMessage('M9', Date.now())] })).toMatchObject({
    success: true,
  });
  const peer = await client();
  peer.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '在' });
  expect(await again.peer.next('master:reply:request')).toMatchObject({ account_id: accountId });
});

test('[D5] a new account is listed before its first sync', async () => {
  world = await openCompatWorld();
  const peer = await client();
  const accountId = await world.addAccount();
  expect((await peer.next<{ channels: Entry[] }>('monitor:channels')).channels).toMatchObject([
    { id: accountId, isLoggedIn: false },
  ]);
});

test('[D6] one item and a batch are marked read by either id, here and after a restart', async () => {
  world = await openCompatWorld();
  const { accountId } = await world.golden();
  const peer = await client();
  peer.emit('monitor:mark_as_read', { type: 'comment', id: `comm_${accountId}_K1` });
  expect(await peer.next('monitor:mark_as_read_response')).toMatchObject({ success: true, type: 'comment' });
  expect(await peer.next('monitor:message_read')).toMatchObject({ channelId: accountId });
  peer.emit('monitor:mark_batch_as_read', { type: 'message', ids: ['M1', 'M2', 'nothing'], channelId: accountId });
  expect(await peer.next('monitor:mark_batch_as_read_response')).toMatchObject({
    success: true,
    count: 1,
    type: 'message',
  });
  expect(await peer.next('monitor:messages_read')).toMatchObject({ ids: ['M1'], count: 1 });
  const { dataDir } = world;
  await world.close(true);
  world = await openCompatWorld({ dataDir });
  expect((await channels(await client()))[0]).toMatchObject({ unreadCount: 0 });
});

test('[D7] counts, titles, last messages, recalls and edits are refreshed', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  await topics(peer, accountId);
  await messages(peer, 'S1');
  peer.skip();
  const before = goldenSnapshot(accountId, Date.now());
  const [work] = before.contents;
  const [, first] = before.messages;
  await worker.sync(accountId, {
    contents: [{ ...work, viewCount: 555, title: '改名' }],
    messages: [{ ...first, isRecalled: true }],
  });
  const pushed = await peer.next<{ topics: Entry[] }>('monitor:topics');
  expect(pushed.topics.find(({ id }) => id === 'V1')).toMatchObject({ viewCount: 555, title: '改名' });
  expect((await messages(peer, 'S1')).find(({ id }) => id === 'M1')).toMatchObject({ content: '[消息已撤回]' });
});

test('[D8] two syncs at once lose nothing', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const now = Date.now();
  const all = ['A', 'B', 'C'].map((id) => worker.sync(accountId, { messages: [inboundMessage(id, now)] }));
  for (const ack of await Promise.all(all)) expect(ack).toMatchObject({ success: true });
  const ids = (await messages(await client(), 'S1')).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['A', 'B', 'C']));
});

test('[D9][D10] every reply leaves the queue with its outcome, also one that nobody could send', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  for (const [result, status] of [
    [{ status: 'failed', error_code: 'TARGET_NOT_FOUND', error_message: 'gone' }, 'failed'],
    [{ status: 'error', error_code: 'UNKNOWN_ERROR', error_message: 'timeout' }, 'unknown'],
  ] as const) {
    peer.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '在' });
    const request = await worker.peer.next('master:reply:request');
    worker.peer.emit('worker:reply:result', { ...request, ...result });
    worker.peer.emit('worker:reply:result', { ...request, ...result });
    expect(await peer.next('channel:message:status')).toMatchObject({ messageId: request.reply_id, status });
    peer.emit('monitor:request_messages', { topicId: 'S1' });
    expect(await peer.next('monitor:sending_queue')).toMatchObject({ sendingMessages: [] });
  }
});

test('[D10] the page’s own view of a sent message takes the place of the first one', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  await messages(peer, 'S1');
  peer.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '马上发货' });
  const request = await worker.peer.next('master:reply:request');
  worker.peer.emit('worker:reply:result', { ...request, status: 'success' });
  const sent = await peer.next<{ messages: Entry[] }>('monitor:messages');
  expect(sent.messages.at(-1)).toMatchObject({
    content: '马上发货',
    fromName: '客服',
    fromId: 'monitor_client',
    direction: 'outbound',
    isRead: true,
  });
  await worker.sync(accountId, {
    messages: [inboundMessage('M7', Date.now(), { senderId: 'self', content: '马上发货', direction: 'outbound' })],
  });
  const shown = await peer.next<{ messages: Entry[] }>('monitor:messages');
  expect(shown.messages.filter(({ content }) => content === '马上发货')).toMatchObject([{ id: 'M7' }]);
});

test('[D11] a client that asks for missed notices is answered', async () => {
  world = await openCompatWorld();
  const desktop = world.peer('/client');
  desktop.emit('message', { type: 'client:sync:request', version: 'v1', payload: { device_id: 'd1' }, timestamp: 1 });
  expect(await desktop.next('message')).toMatchObject({
    type: 'client:sync:response',
    payload: { device_id: 'd1', notifications: [], total_count: 0 },
  });
});

test('[D12] every reply is on record, with who asked for it', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  peer.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '在' });
  const { reply_id } = await worker.peer.next('master:reply:request');
  expect(world.store.reply(reply_id as never)).toMatchObject({
    byUserId: 'compat-anonymous',
    text: '在',
    state: { kind: 'attempted' },
  });
});

test('[D14] what is old on arrival, new works and own messages reach the lists without a hint', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  await topics(peer, accountId);
  peer.skip();
  const from = peer.heard.length;
  await worker.sync(accountId, {
    contents: [{ contentId: 'V2', title: '旧作', publishTime: 1_700_000_000 }],
    messages: [inboundMessage('OLD', Date.now() - 86_400_000)],
  });
  const pushed = await peer.next<{ topics: Entry[] }>('monitor:topics', ({ topics: all }) =>
    all.some(({ id }) => id === 'V2'),
  );
  expect(pushed.topics.find(({ id }) => id === 'V2')).toMatchObject({
    lastMessageTime: 1_700_000_000_000,
    messageCount: 0,
  });
  await settled(peer);
  expect(peer.names(from)).not.toContain('monitor:new_message_hint');
  expect((await messages(peer, 'S1')).map(({ id }) => id)).toContain('OLD');
});

test('[D15] messages under a composite id are in the conversation of their peer, and answered there', async () => {
  world = await openCompatWorld();
  const accountId = await world.addAccount();
  const worker = await world.worker();
  await worker.sync(accountId, {
    conversations: [{ conversationId: '222', userId: '222', userName: '乙' }],
    messages: [
      inboundMessage('X1', Date.now(), { conversationId: '0:1:111:222', senderId: '222', senderName: '乙' }),
      inboundMessage('X2', Date.now(), { conversationId: '0:1:333:111', senderId: '333', senderName: '丙' }),
    ],
  });
  const peer = await client();
  const listed = await topics(peer, accountId);
  expect(listed.map(({ id, title, unreadCount }) => [id, title, unreadCount]).sort()).toEqual([
    ['222', '乙', 1],
    ['333', '丙', 1],
  ]);
  expect((await channels(peer))[0]).toMatchObject({ unreadCount: 2 });
  expect(await messages(peer, '222')).toMatchObject([{ id: 'X1', topicId: '222' }]);
  peer.emit('monitor:reply', { channelId: accountId, topicId: '222', messageCategory: 'private', content: '在' });
  expect(await worker.peer.next('master:reply:request')).toMatchObject({ conversation_id: '222', target_id: '222' });
});

test('[D16] the account’s own comments are neither unread nor announced', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  await topics(peer, accountId);
  const from = peer.heard.length;
  await worker.sync(accountId, {
    comments: [
      {
        commentId: 'OWN',
        contentId: 'V1',
        authorId: 'self',
        content: '谢谢',
        isAuthorReply: true,
        createdAt: Date.now() / 1_000,
      },
    ],
  });
  const pushed = await peer.next<{ topics: Entry[] }>('monitor:topics');
  expect(pushed.topics.find(({ id }) => id === 'V1')).toMatchObject({ unreadCount: 1, messageCount: 3 });
  expect(peer.names(from)).not.toContain('monitor:new_message_hint');
});

test('[D18] read marks survive a restart, and the next full snapshot', async () => {
  world = await openCompatWorld();
  const first = await world.golden();
  const peer = await client();
  peer.emit('monitor:mark_topic_as_read', { channelId: first.accountId, topicId: 'V1' });
  await peer.next('monitor:mark_topic_as_read_response');
  const { dataDir } = world;
  first.worker.close();
  await world.close(true);
  world = await openCompatWorld({ dataDir });
  const worker = await world.worker('w1');
  await worker.sync(first.accountId, goldenSnapshot(first.accountId, Date.now()));
  expect((await channels(await client()))[0]).toMatchObject({ unreadCount: 1 });
});

test('[D19][D20][D23] cookies go to the Worker that drives the account, and nowhere else', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  const secret = 'cookie-value-nobody-sees';
  const payload = {
    session_id: 's1',
    account_id: accountId,
    status: 'success',
    user_info: { uid: '7', nickname: '牌' },
  };
  worker.peer.emit('worker:login:status', {
    ...payload,
    cookies: [{ name: 'sid', value: secret }],
    fingerprint: { ua: 'x' },
  });
  expect(await worker.envelope('master:account:config_update')).toMatchObject({
    account_id: accountId,
    reason: 'login_success',
  });
  expect(await worker.start()).toMatchObject({
    assigned_accounts: [{ credentials: { cookies: [{ value: secret }], fingerprint: { ua: 'x' } } }],
  });
  await channels(peer);
  expect(JSON.stringify(peer.heard)).not.toContain(secret);
  expect(JSON.stringify(world.warnings)).not.toContain(secret);
  const { readdirSync, readFileSync, statSync } = await import('node:fs');
  for (const name of readdirSync(world.dataDir)) {
    const path = `${world.dataDir}/${name}`;
    if (statSync(path).isFile()) expect(readFileSync(path).includes(secret)).toBe(false);
  }
});

test('[D25] a client that marks read on every monitor:topics settles', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await world.monitor();
  const socket = peer.socket;
  let topicEvents = 0;
  socket.on('monitor:channels', (payload) => {
    for (const { id } of (payload as { channels: Entry[] }).channels)
      peer.emit('monitor:request_topics', { channelId: id });
  });
  socket.on('monitor:topics', (payload) => {
    topicEvents += 1;
    for (const { id, isPrivate } of (payload as { topics: Entry[] }).topics) {
      if (isPrivate) peer.emit('monitor:mark_conversation_as_read', { channelId: accountId, conversationId: id });
      else peer.emit('monitor:mark_topic_as_read', { channelId: accountId, topicId: id });
    }
  });
  peer.emit('monitor:register', {});
  for (let round = 0; round < 3; round++) {
    await worker.sync(accountId, { messages: [inboundMessage(`R${round}`, Date.now())] });
    await expect
      .poll(() => world.store.accountSummary(accountId))
      .toMatchObject({ unreadComments: 0, unreadMessages: 0 });
  }
  const quiet = async (): Promise<boolean> => {
    const before = topicEvents;
    for (let turn = 0; turn < 30; turn++) await worker.heartbeat();
    await new Promise((resolve) => setTimeout(resolve, 400)); // longer than every pause of the edge for one channel
    return topicEvents === before;
  };
  await expect.poll(quiet).toBe(true);
  expect(topicEvents).toBeLessThan(40);
});

test('[D27] windows with the same clientId each get their feed; a gone one is forgotten', async () => {
  world = await openCompatWorld();
  const [one, two] = [await world.monitor(), await world.monitor()];
  for (const peer of [one, two]) {
    peer.emit('monitor:register', { clientId: 'same', clientType: 'monitor' });
    await peer.next('monitor:registered');
  }
  await world.addAccount('一');
  for (const peer of [one, two]) await peer.next('monitor:channels');
  one.close();
  await world.addAccount('二');
  expect((await two.next<{ channels: Entry[] }>('monitor:channels')).channels).toHaveLength(2);
});

test('[D32][D34] a client that comes back without registering is served from its first event on', async () => {
  world = await openCompatWorld();
  const peer = await world.monitor();
  peer.emit('monitor:sync', {});
  await peer.next('monitor:channels');
  const accountId = await world.addAccount();
  expect((await peer.next<{ channels: Entry[] }>('monitor:channels')).channels).toMatchObject([{ id: accountId }]);
});

test('[D33] the open chat is pushed to who has it open, and to nobody else', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const [open, shut] = [await client(), await client()];
  await messages(open, 'S1');
  await worker.sync(accountId, { messages: [inboundMessage('M3', Date.now())] });
  const pushed = await open.next<{ messages: Entry[] }>('monitor:messages');
  expect(pushed.messages.at(-1)).toMatchObject({ id: 'M3', isRead: false });
  await shut.next('monitor:new_message_hint');
  await settled(shut);
  expect(shut.names()).not.toContain('monitor:messages');
});

test('[D42] only platforms that an account can be added for are offered', async () => {
  world = await openCompatWorld();
  const peer = await client();
  peer.emit('monitor:create_account', { platform: 'xiaohongshu', account_name: 'x' });
  const { error } = await peer.next('monitor:create_account_result');
  expect(String(error)).toMatch(/^Validation failed: /);
});

test('[D43] a login made by hand is given to the Worker again when it registers again', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const desktop = world.peer('/client');
  desktop.emit('client:manual-login-success', {
    accountId,
    platform: 'douyin',
    storageState: { cookies: [{ name: 'a' }], origins: [] },
  });
  await desktop.next('client:manual-login-success:ack');
  worker.close();
  const again = await world.connectWorker('w1').start();
  expect(again).toMatchObject({ assigned_accounts: [{ credentials: { cookies: [{ name: 'a' }] } }] });
});

test('[D45] kinds of messages, pictures and files reach the client', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const at = Date.now();
  await worker.sync(accountId, {
    messages: [
      inboundMessage('P', at, { type: 'image', content: '', mediaUrl: 'https://p3.example/p.jpeg' }),
      inboundMessage('F', at + 1, {
        type: 'file',
        content: '',
        fileUrl: 'https://p3.example/f',
        fileName: '报价.pdf',
        fileSize: 9,
      }),
    ],
  });
  const shown = await messages(await client(), 'S1');
  expect(shown.slice(-2)).toMatchObject([
    { id: 'P', type: 'image', content: '[图片]', mediaUrl: 'https://p3.example/p.jpeg' },
    { id: 'F', type: 'file', content: '[文件] 报价.pdf', fileName: '报价.pdf', fileSize: 9 },
  ]);
});

test('[D47] topics keep their order while nothing happens; units are told apart', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  await worker.sync(accountId, {
    contents: [
      { contentId: 'W1', title: 'ms', publishTime: 1_700_000_000_000 },
      { contentId: 'W2', title: 's', publishTime: 1_700_000_100 },
      { contentId: 'W3', title: 'cn', publishTime: '2023年11月15日 10:20' },
    ],
  });
  const peer = await client();
  const first = await topics(peer, accountId);
  expect(await topics(peer, accountId)).toEqual(first);
  const quiet = first
    .filter(({ messageCount }) => messageCount === 0)
    .map(({ id, lastMessageTime }) => [id, lastMessageTime]);
  expect(Object.fromEntries(quiet)).toMatchObject({ W1: 1_700_000_000_000, W2: 1_700_000_100_000 });
});

test('[D54] a quoted direct message is addressed to its conversation, not to the message', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const peer = await client();
  peer.emit('monitor:reply', {
    channelId: accountId,
    topicId: 'S1',
    messageCategory: 'private',
    replyToId: 'M1',
    content: '在',
  });
  expect(await worker.peer.next('master:reply:request')).toMatchObject({
    target_id: 'S1',
    platform_message_id: 'M1',
    context: { user_id: 'S1', reply_to_content: '在吗' },
  });
});

test('[D57] equal topic ids of two accounts are never mixed', async () => {
  world = await openCompatWorld();
  const [one, two] = [await world.addAccount('一'), await world.addAccount('二')];
  const worker = await world.worker();
  for (const accountId of [one, two]) {
    await worker.sync(accountId, {
      comments: [{ commentId: `C-${accountId}`, contentId: 'SAME', content: 'x', createdAt: Date.now() / 1_000 }],
    });
  }
  const peer = await client();
  for (const channelId of [one, two]) {
    peer.emit('monitor:request_messages', { channelId, topicId: 'SAME' });
    expect((await peer.next<{ messages: Entry[] }>('monitor:messages')).messages).toMatchObject([
      { id: `C-${channelId}`, channelId },
    ]);
  }
});

test('[D62] whatever a client sends is answered or passed over, and nothing breaks', async () => {
  world = await openCompatWorld();
  const { accountId } = await world.golden();
  const peer = await client();
  const events = [
    'register',
    'request_topics',
    'request_messages',
    'reply',
    'mark_as_read',
    'mark_batch_as_read',
    'mark_topic_as_read',
  ];
  for (const event of [
    ...events,
    'mark_conversation_as_read',
    'get_unread_count',
    'create_account',
    'delete_account',
    'nothing',
  ]) {
    for (const payload of [
      undefined,
      null,
      7,
      'x',
      [],
      {},
      { channelId: {}, topicId: [], type: 'x', id: {}, ids: 'x' },
    ]) {
      peer.emit(`monitor:${event}`, payload);
    }
  }
  const reply = { channelId: accountId, topicId: 'S1', messageCategory: 'private' };
  peer.emit('monitor:reply', { ...reply, content: '   ' });
  peer.emit('monitor:reply', { ...reply, content: '长'.repeat(2_001) });
  await settled(peer);
  const errors = peer.heard.flatMap(({ event, payload }) =>
    event === 'error' ? [(payload as { message: string }).message] : [],
  );
  for (const text of [
    '缺少必要参数: type 和 id',
    '缺少必要参数: type 和 ids 数组',
    '缺少必要参数: channelId 和 topicId',
    '缺少必要参数: channelId 和 conversationId',
  ])
    expect(errors).toContain(text);
  expect(world.store.openReplies(accountId)).toEqual([]);
});

test('[D66] nothing is heard before the first request; a refused connection is a connect_error', async () => {
  world = await openCompatWorld();
  const peer = await world.monitor();
  await world.addAccount();
  peer.emit('monitor:request_platforms');
  await peer.next('monitor:platforms');
  expect(peer.names()).not.toContain('error');
});

test('[D67] addresses of works that are no web pages are not handed on', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  await worker.sync(accountId, {
    contents: [{ contentId: 'EVIL', title: 'x', url: 'file:///etc/passwd', coverUrl: 'javascript:alert(1)' }],
  });
  const listed = await topics(await client(), accountId);
  expect(listed.find(({ id }) => id === 'EVIL')).toMatchObject({ url: null, thumbnail: null });
});

test('[D69] a login success without cookies keeps those that were stored', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const success = { session_id: 's', account_id: accountId, status: 'success', user_info: { uid: '7' } };
  worker.peer.emit('worker:login:status', { ...success, cookies: [{ name: 'keep' }] });
  worker.peer.emit('worker:login:status', { ...success, cookies: [] });
  worker.peer.emit('worker:login:status', success);
  for (let n = 0; n < 3; n++) await worker.envelope('master:account:config_update');
  expect(await worker.start()).toMatchObject({ assigned_accounts: [{ credentials: { cookies: [{ name: 'keep' }] } }] });
});
