import { must } from '@hiscrm/shared/lib/must.ts';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { FaultOrder } from './faults/fault.ts';
import { idSeconds } from './lib/platform-id.ts';
import { startSimulator } from './simulator.ts';

const NOW_MS = 1_773_280_800_000;
const SELECT = '/web/api/third_party/aweme/api/comment/read/aweme/v1/web/comment/list/select/';
const REPLY = '/aweme/v1/creator/comment/reply/';

const simulator = await startSimulator({ seed: 'tests', nowMs: NOW_MS, accounts: 3 });
const { control } = simulator;
afterAll(() => simulator.close());

let cookie = '';
beforeEach(() => {
  control.reset({
    seed: 'tests',
    profile: 'default',
    nowMs: NOW_MS,
    variant: { works: 'work_list', write: 'creator_v1' },
  });
  cookie = sessionCookie('a1');
});

function sessionCookie(account: string): string {
  const cookies = must(control.login({ account }).cookies, 'cookies');
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

function call(path: string, init: RequestInit & { as?: string } = {}): Promise<Response> {
  const headers = { cookie: init.as ?? cookie, 'content-type': 'application/json' };
  return fetch(`${simulator.creatorBase}${path}`, { redirect: 'manual', ...init, headers });
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are read field by field
async function json(path: string, init: RequestInit & { as?: string } = {}): Promise<any> {
  return (await call(path, init)).json();
}

function comments(work: string, cursor = 0, count = 10): string {
  return `${SELECT}?aweme_id=${work}&cursor=${cursor}&count=${count}&comment_select_options=0&sort_options=0`;
}

function reply(work: string, comment: string, text: string): Promise<Response> {
  return call(REPLY, { method: 'POST', body: JSON.stringify({ comment_Id: comment, item_id: work, text }) });
}

/** The work with most comments that can be answered. */
function busiestWork(account = 'a1'): string {
  const works = control.contents(account).works.filter((work) => !work.isPrivate);
  return must(works.sort((a, b) => b.commentCount - a.commentCount)[0], 'a work').awemeId;
}

async function allComments(work: string, count: number): Promise<string[]> {
  const found: string[] = [];
  for (let cursor = 0, hasMore = true; hasMore; ) {
    const page = await json(comments(work, cursor, count));
    found.push(...(page.comments ?? []).map((comment: { cid: string }) => comment.cid));
    hasMore = page.has_more;
    cursor = page.cursor;
  }
  return found;
}

function actions(kind: string) {
  return control.log({ kind }).entries;
}

test('ids are 19 digits, never repeat, and carry a second 2–4 s before the fact', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.integer({ min: NOW_MS - 1e11, max: NOW_MS + 1e11 }), (atMs) => {
      control.clock({ nowMs: atMs });
      const { cid, serverId } = {
        ...control.event({ kind: 'comment_new', account: 'a1' }),
        ...control.event({ kind: 'dm_in', account: 'a1', user: 1 }),
      };
      for (const id of [must(cid, 'cid'), must(serverId, 'serverId')]) {
        expect(id).toMatch(/^\d{19}$/);
        expect(seen.has(id)).toBe(false);
        seen.add(id);
        const lag = Math.floor(atMs / 1000) - idSeconds(id);
        expect(lag).toBeGreaterThanOrEqual(2);
        expect(lag).toBeLessThanOrEqual(4);
      }
    }),
    { numRuns: 50 },
  );
});

test('the same seed and instant make the same world, whatever was looked at first', async () => {
  control.clock({ nowMs: NOW_MS, isFrozen: true });
  control.reset({ nowMs: NOW_MS });
  const first = control.contents('a2');
  const firstComments = control.contents('a1').works;
  control.reset({ nowMs: NOW_MS });
  cookie = sessionCookie('a1');
  await allComments(busiestWork(), 20);
  expect(control.contents('a1').works).toEqual(firstComments);
  expect(control.contents('a2')).toEqual(first);
  control.reset({ seed: 'another', nowMs: NOW_MS });
  expect(control.contents('a2')).not.toEqual(first);
  control.clock({ isFrozen: false });
});

test('a seeded world has works with one title, people with one nickname, uids on both sides of the peer', () => {
  const { works, conversations, account } = control.contents('a1');
  expect(works[1]?.title).toBe(works[2]?.title);
  expect(conversations[0]?.peerName).toBe(conversations[1]?.peerName);
  const selfFirst = conversations.map(({ id }) => id.startsWith(`0:1:${account.uid}:`));
  expect(new Set(selfFirst).size).toBe(2);
});

test('paging by any count gives every comment once', async () => {
  const work = busiestWork();
  const wanted = (await allComments(work, 20)).sort();
  expect(new Set(wanted).size).toBe(wanted.length);
  for (const count of [1, 3, 7]) expect((await allComments(work, count)).sort()).toEqual(wanted);
});

test('accounts see their own things only, and nothing without a session', async () => {
  const mine = await json('/janus/douyin/creator/pc/work_list?count=20&max_cursor=0');
  const theirs = await json('/janus/douyin/creator/pc/work_list?count=20&max_cursor=0', { as: sessionCookie('a2') });
  const ids = (body: typeof mine) => body.aweme_list.map((work: { aweme_id: string }) => work.aweme_id);
  expect(ids(mine).filter((id: string) => ids(theirs).includes(id))).toEqual([]);
  expect(await json(comments(ids(theirs)[0]))).toMatchObject({ status_code: 5 });
  expect(await json('/web/api/media/user/info/', { as: '' })).toMatchObject({
    status_code: 8,
    status_msg: '用户未登录',
  });
});

test('an expired session is logged out everywhere; the other account is not', async () => {
  const other = sessionCookie('a2');
  expect(control.expireSession({ account: 'a1' })).toEqual({ ended: 1 });
  expect(await json('/web/api/media/user/info/')).toMatchObject({ status_code: 8 });
  expect((await call('/creator-micro/home')).headers.get('location')).toBe('/');
  expect((await call('/creator-micro/data/following/chat')).status).toBe(200);
  expect(await json('/web/api/media/user/info/', { as: other })).toMatchObject({ status_code: 0 });
});

test('a path without its slash is redirected with its query; redirects keep nothing else', async () => {
  const response = await call('/aweme/v1/creator/item/list?cursor=&aid=2906');
  expect(response.status).toBe(301);
  expect(response.headers.get('location')).toBe('/aweme/v1/creator/item/list/?cursor=&aid=2906');
});

test('items[] ids are unquoted, objects have unknown fields and changing key order', async () => {
  const path = '/janus/douyin/creator/pc/work_list?count=12&max_cursor=0';
  const texts = await Promise.all([call(path), call(path)].map(async (response) => (await response).text()));
  expect(texts[0]).toMatch(/"items":\[\{.*?"id":\d{19}[,}]/s);
  expect(texts[0]).not.toBe(texts[1]);
  const keys = texts.map((text) => Object.keys(JSON.parse(text).aweme_list[0]).join());
  expect(keys[0]).not.toBe(keys[1]);
});

test('the picker pairs plain ids with encrypted ones that differ between sessions, and both can be used', async () => {
  const path = '/aweme/v1/creator/item/list/?cursor=';
  const [first, second] = [await json(path), await json(path, { as: sessionCookie('a1') })];
  const row = first.item_info_list[0];
  expect(row.item_id).toMatch(/^@/);
  expect(second.item_info_list[0]).toMatchObject({ item_id_plain: row.item_id_plain });
  expect(second.item_info_list[0].item_id).not.toBe(row.item_id);
  expect(await json(comments(encodeURIComponent(row.item_id)))).toMatchObject({ status_code: 0 });
});

test('a reply appears once in the world and once in the log, with an id that reads back', async () => {
  const work = busiestWork();
  const { comments: rows } = await json(comments(work));
  const target = rows.find((row: { level: number }) => row.level === 1);
  const answered = await (await reply(work, target.cid, '收到🌿')).json();
  expect(answered).toMatchObject({ status_code: 0, comment_info: { text: '收到🌿', level: 2 } });
  const replies = await json(
    `${SELECT.replace('select', 'reply')}?item_id=${work}&comment_id=${target.cid}&cursor=0&count=20`,
  );
  expect(replies.comments.filter((row: { text: string }) => row.text === '收到🌿')).toHaveLength(1);
  expect(actions('comment_reply')).toMatchObject([
    { account: 'a1', text: '收到🌿', result: 'accepted', target: { work, comment: target.cid } },
  ]);
});

const REFUSALS: readonly [FaultOrder['kind'], number][] = [
  ['reply_private', 15421],
  ['reply_rate', 8],
  ['reply_review', 2190],
];
test.each(REFUSALS)('refusal %s answers %i and posts nothing', async (kind, code) => {
  control.addFault({ kind, times: 1 });
  const work = busiestWork();
  const before = (await json(comments(work))).total;
  expect(await (await reply(work, '', '你好')).json()).toMatchObject({ status_code: code });
  expect((await json(comments(work))).total).toBe(before);
  expect(actions('comment_reply')).toMatchObject([{ result: 'refused', code }]);
  expect(await (await reply(work, '', '你好')).json()).toMatchObject({ status_code: 0 });
});

test('a private work refuses by itself', async () => {
  const work = busiestWork();
  control.event({ kind: 'work_private', account: 'a1', work });
  expect(await (await reply(work, '', '你好')).json()).toMatchObject({ status_code: 15421 });
});

test('an ambiguous reply is delivered once though its connection is cut; a silent drop is confirmed and never appears', async () => {
  const work = busiestWork();
  control.addFault({ kind: 'reply_ambiguous', times: 1, args: { mode: 'cut' } });
  await expect(reply(work, '', '第一条').then((response) => response.text())).rejects.toThrow();
  expect(await allComments(work, 20)).toContain(must(actions('comment_reply')[0]?.ids?.cid, 'cid'));
  control.addFault({ kind: 'reply_silent_drop', times: 1 });
  expect(await (await reply(work, '', '第二条')).json()).toMatchObject({ status_code: 0 });
  expect(await allComments(work, 20)).not.toContain(must(actions('comment_reply')[1]?.ids?.cid, 'cid'));
  expect(actions('comment_reply').map((entry) => entry.result)).toEqual(['accepted', 'silent_drop']);
});

test('paging lies: each is told once and the honest answer follows', async () => {
  const work = busiestWork();
  const honest = await json(comments(work, 3, 3));
  const cids = (body: { comments: { cid: string }[] | null }) => (body.comments ?? []).map((row) => row.cid);
  const lied = async (order: FaultOrder) => {
    control.addFault({ times: 1, ...order });
    return json(comments(work, 3, 3));
  };
  expect(cids(await lied({ kind: 'dup_page' }))).toEqual(cids(await json(comments(work, 0, 3))));
  expect(cids(await lied({ kind: 'overlap' }))).toEqual(cids(await json(comments(work, 1, 5))));
  expect(await lied({ kind: 'stuck_cursor' })).toMatchObject({ cursor: 3, has_more: true });
  expect(await lied({ kind: 'empty_with_more' })).toMatchObject({ comments: null, cursor: 3, has_more: true });
  expect((await lied({ kind: 'has_more_lie' })).has_more).toBe(!honest.has_more);
  expect(cids(await json(comments(work, 3, 3)))).toEqual(cids(honest));
});

test('spoiled answers', async () => {
  const path = '/web/api/media/user/info/';
  const spoiled = async (order: FaultOrder): Promise<{ status: number; text: string; type: string }> => {
    control.addFault({ times: 1, ...order });
    const response = await call(path);
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') ?? '' };
  };
  expect(await spoiled({ kind: 'http', args: { status: 429 } })).toMatchObject({ status: 429 });
  expect(await spoiled({ kind: 'empty' })).toMatchObject({ status: 200, text: '' });
  expect(await spoiled({ kind: 'blocked' })).toMatchObject({ text: 'blocked' });
  expect((await spoiled({ kind: 'html_200' })).text).toContain('验证码中间页');
  expect((await spoiled({ kind: 'captcha', args: { asTicket: true } })).text).toContain('verify_ticket');
  expect((await spoiled({ kind: 'login_expired' })).text).toContain('用户未登录');
  for (const kind of ['truncated', 'bad_json'] as const) {
    const { text } = await spoiled({ kind });
    expect(() => JSON.parse(text)).toThrow();
  }
  expect((await spoiled({ kind: 'id_number' })).text).toMatch(/"uid":\d{16}|"uid":"\d{1,15}"/);
  expect((await spoiled({ kind: 'slow', args: { delayMs: 20, isStreamed: true } })).text).toContain('sec_uid');
  expect(control.faults()).toEqual([]);
});

test('time_shuffle keeps the rows and changes order, forms and clock', async () => {
  const work = busiestWork();
  const honest = await json(comments(work, 0, 20));
  control.addFault({ kind: 'time_shuffle', times: 1, args: { skewMs: 600_000 } });
  const shuffled = await json(comments(work, 0, 20));
  const cids = (body: typeof honest) => body.comments.map((row: { cid: string }) => row.cid);
  expect(cids(shuffled)).not.toEqual(cids(honest));
  expect(cids(shuffled).sort()).toEqual(cids(honest).sort());
  expect(new Set(shuffled.comments.map((row: { create_time: unknown }) => typeof row.create_time)).size).toBe(2);
  expect(shuffled.extra.now - honest.extra.now).toBeGreaterThanOrEqual(600_000);
});

test('faults reach only the account, path and number of times they name', async () => {
  control.addFault({ kind: 'http', match: { account: 'a2', path: 'user/info' }, times: 1 });
  const other = sessionCookie('a2');
  expect((await call('/web/api/media/user/info/')).status).toBe(200);
  expect((await call('/janus/douyin/creator/pc/work_list', { as: other })).status).toBe(200);
  expect((await call('/web/api/media/user/info/', { as: other })).status).toBe(502);
  expect((await call('/web/api/media/user/info/', { as: other })).status).toBe(200);
  control.addFault({ kind: 'http' });
  control.addFault({ kind: 'slow' });
  expect(control.removeFaults({ kind: 'slow' })).toEqual({ removed: 1 });
  expect(control.removeFaults({})).toEqual({ removed: 1 });
});

test('direct messages: sent once, refused by rule, read state and recall', async () => {
  const conversation = must(control.contents('a1').conversations[0], 'a conversation').id;
  const send = (text: string) =>
    json('/__sim_page/im/send', {
      method: 'POST',
      body: JSON.stringify({ conversationId: conversation, clientMessageId: `c-${text}`, text }),
    });
  expect(await send('第一条')).toMatchObject({
    statusCode: 0,
    sendMessageBody: { checkCode: '8101', clientMessageId: 'c-第一条' },
  });
  control.addFault({ kind: 'dm_audit', times: 1 });
  expect(await send('敏感')).toMatchObject({ sendMessageBody: { serverMessageId: '0', checkCode: '8610' } });
  control.addFault({ kind: 'dm_not_friend', times: 1 });
  expect(await send('陌生')).toMatchObject({ statusCode: 10 });
  control.addFault({ kind: 'dm_touch_limit', times: 1 });
  expect(await send('太多')).toMatchObject({ statusCode: 18 });
  expect(actions('dm_send').map((entry) => [entry.text, entry.result])).toEqual([
    ['第一条', 'accepted'],
    ['敏感', 'refused'],
    ['陌生', 'refused'],
    ['太多', 'refused'],
  ]);
  control.event({ kind: 'dm_in', account: 'a1', conversation, text: '在吗' });
  const message = control.event({ kind: 'dm_in', account: 'a1', conversation, text: '打错了' });
  control.event({ kind: 'dm_recall', account: 'a1', conversation, message: must(message.serverId, 'serverId') });
  const page = await json(`/__sim_page/im/messages?conversation=${conversation}`);
  expect(page.bubbles.at(-1).ext['s:is_recalled']).toBe('true');
  expect(control.contents('a1').conversations[0]?.unreadCount).toBe(2);
  control.event({ kind: 'dm_read', account: 'a1', conversation });
  expect(control.contents('a1').conversations[0]?.unreadCount).toBe(0);
});

test('a message of a type without content gets content of that type', async () => {
  const conversation = must(control.contents('a1').conversations[0], 'a conversation').id;
  for (const type of [5, 8, 27]) control.event({ kind: 'dm_in', account: 'a1', conversation, type });
  const { messages } = await json(`/__sim_page/im/messages?conversation=${conversation}`);
  const contents = messages.slice(-3).map((message: { content: string }) => JSON.parse(message.content).aweType);
  expect(contents).toEqual([507, 800, 2702]);
});

test('the push channel gives an account its own events only; loss and duplication can be ordered', async () => {
  const frames: { kind: string }[] = [];
  const socket = new WebSocket(`${simulator.creatorBase.replace('http', 'ws')}/__sim_push`, { headers: { cookie } });
  const waiting: (() => void)[] = [];
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)));
    for (const wake of waiting.splice(0)) wake();
  });
  const until = async (count: number): Promise<void> => {
    while (frames.filter(({ kind }) => kind === 'message' || kind === 'notice').length < count)
      await new Promise<void>((wake) => waiting.push(wake));
  };
  await new Promise((resolve) => socket.once('open', resolve));
  control.event({ kind: 'dm_in', account: 'a2', user: 1, text: '别人的' });
  control.event({ kind: 'dm_in', account: 'a1', user: 1, text: '第一' });
  control.addFault({ kind: 'ws_gap', times: 1 });
  control.event({ kind: 'dm_in', account: 'a1', user: 1, text: '丢失' });
  control.addFault({ kind: 'ws_dup', times: 1 });
  control.event({ kind: 'comment_new', account: 'a1', text: '两次' });
  await until(3);
  const kinds = frames.map(({ kind }) => kind).filter((kind) => kind === 'message' || kind === 'notice');
  expect(kinds).toEqual(['message', 'notice', 'notice']);
  expect(JSON.stringify(frames)).not.toContain('别人的');
  expect(JSON.stringify(frames)).not.toContain('丢失');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  control.expireSession({ account: 'a1' });
  expect(await closed).toBe(4401);
});

test('QR login: scanned, confirmed, a cookie that works; other codes and states', async () => {
  const open = async (): Promise<string> => (await json('/passport/web/get_qrcode/', { as: '' })).data.token;
  const poll = async (token: string) => call(`/passport/web/check_qrconnect/?token=${token}`, { as: '' });
  const token = await open();
  control.login({ action: 'scan' });
  expect(await (await poll(token)).json()).toMatchObject({ data: { status: 'scanned' } });
  control.login({ action: 'confirm', account: 'a2', token });
  const confirmed = await poll(token);
  const session = confirmed.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  expect(await json('/web/api/media/user/info/', { as: session })).toMatchObject({
    user: { uid: control.contents('a2').account.uid },
  });
  const second = await open();
  control.clock({ advanceMs: 151_000 });
  expect(await (await poll(second)).json()).toMatchObject({ data: { status: 'expired' } });
  const third = await open();
  control.login({ action: 'other_user', account: 'a1' });
  const stranger = (await poll(third)).headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  expect((await json('/web/api/media/user/info/', { as: stranger })).user.uid).not.toBe(
    control.contents('a1').account.uid,
  );
});

test('control over HTTP: token, schema, unknown names', async () => {
  const order = (path: string, body: object, token = simulator.controlToken) =>
    fetch(`${simulator.controlBase}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await order('/__sim/event', { kind: 'dm_in', account: 'a1' }, 'wrong')).status).toBe(401);
  expect((await order('/__sim/event', { kind: 'no_such', account: 'a1' })).status).toBe(400);
  expect((await order('/__sim/event', { kind: 'dm_in', account: 'a9' })).status).toBe(404);
  const made = await (await order('/__sim/event', { kind: 'dm_in', account: 'a1', user: 3, text: '你好' })).json();
  expect(made).toMatchObject({ account: 'a1', serverId: expect.stringMatching(/^\d{19}$/) });
  expect((await order('/__sim/fault', { kind: 'no_such' })).status).toBe(400);
});

test('a work of ten thousand comments is made when it is read, and then by the page', async () => {
  control.reset({ profile: 'huge', nowMs: NOW_MS });
  cookie = sessionCookie('a1');
  const work = busiestWork();
  const page = await json(comments(work, 10_000, 20));
  expect(page.total).toBe(10_342);
  const { works } = control.seed({ account: 'a1', works: { count: 1000, commentsEach: 10 } });
  expect(works).toHaveLength(1000);
});

test('closing twice is safe, also under a slow request and with an open page', async () => {
  const own = await startSimulator({ nowMs: NOW_MS });
  const cookies = must(own.control.login({ account: 'a1' }).cookies, 'cookies').map(
    ({ name, value }) => `${name}=${value}`,
  );
  own.control.addFault({ kind: 'slow', args: { delayMs: 60_000 } });
  const slow = fetch(`${own.creatorBase}/web/api/media/user/info/`, { headers: { cookie: cookies.join('; ') } }).then(
    () => 'answered',
    () => 'cut',
  );
  while (own.control.log({ kind: 'request' }).entries.length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  const demo = own.startDemoTraffic({ ratePerMinute: 60_000 });
  while (demo.count() < 20) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([own.close(), own.close()]);
  await slow;
  const count = demo.count();
  demo.stop();
  expect(demo.count()).toBe(count);
});
