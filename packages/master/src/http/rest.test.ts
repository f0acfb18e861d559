import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpWorld, sampleChanges, startHttpWorld } from './testing/http-world.ts';

let world: HttpWorld;
let token: string;
const A = 'acc-a' as AccountId;
const B = 'acc-b' as AccountId;

beforeAll(async () => {
  world = await startHttpWorld();
  token = await world.login('reader', 'viewer');
  await world.commit(sampleChanges(A, { conversationCount: 38, messageCount: 6, workCount: 5, commentCount: 9 }));
  await world.commit(sampleChanges(B, { conversationCount: 2, messageCount: 3, workCount: 1, commentCount: 3 }));
});
afterAll(() => world.close());

test('[RS1] a list has the historic envelope, its rows newest first', async () => {
  const answer = await world.get(`/api/im/conversations?account_id=${A}&count=38`, token);
  expect(answer.statusCode).toBe(200);
  const body = answer.json();
  expect(Object.keys(body)).toEqual(['data', 'status_code', 'cursor', 'has_more']);
  expect(body).toMatchObject({ status_code: 0, data: { cursor: 38, has_more: false }, cursor: 38, has_more: false });
  expect(body.data.conversations).toHaveLength(38);
  const times = body.data.conversations.map((row: { update_time: number }) => row.update_time);
  expect(times).toEqual([...times].sort((a: number, b: number) => b - a));
  expect(body.data.conversations[0]).toMatchObject({
    conversation_id: 'conv-acc-a-37',
    conversation_type: 'one_on_one',
    participant: { user_name: '顾客37' },
    last_message: { content: '你好，请问什么时候发货？第 5 条', msg_type: 'text' },
    unread_count: 1,
  });
});

const LISTS = [
  ['conversations', `/api/im/conversations?account_id=${A}`, 'conversations', 'conversation_id'],
  ['messages', `/api/im/messages?account_id=${A}`, 'messages', 'msg_id'],
  ['messages of one', `/api/im/messages?account_id=${A}&conversation_id=conv-acc-a-3`, 'messages', 'msg_id'],
  ['conversation messages', `/api/im/conversations/conv-acc-a-3/messages?account_id=${A}`, 'messages', 'msg_id'],
  ['contents', `/api/im/contents?account_id=${A}`, 'contents', 'content_id'],
  ['contents filtered', `/api/im/contents?account_id=${A}&content_type=video`, 'contents', 'content_id'],
  ['discussions', `/api/im/discussions?account_id=${A}`, 'discussions', 'discussion_id'],
  ['unified', `/api/im/unified-messages?account_id=${A}`, 'messages', 'msg_id'],
  ['unified comments', `/api/im/unified-messages?account_id=${A}&types=comment,discussion`, 'messages', 'msg_id'],
  ['accounts', '/api/im/accounts?', 'accounts', 'user_id'],
] as const;

test.each(LISTS)('[RS2] pages join without hole or repetition: %s', async (_name, url, key, id) => {
  const idsOf = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let cursor = 0; ; ) {
      const { data } = (await world.get(`${url}&count=${count}&cursor=${cursor}`, token)).json();
      ids.push(...data[key].map((row: Record<string, string>) => row[id]));
      if (!data.has_more) return ids;
      expect(data.cursor).toBe(cursor + count);
      cursor = data.cursor;
    }
  };
  const [whole, byThree, bySeven] = [await idsOf(200), await idsOf(3), await idsOf(7)];
  expect(whole.length).toBeGreaterThan(0);
  expect(new Set(whole).size).toBe(whole.length);
  expect(byThree).toEqual(whole);
  expect(bySeven).toEqual(whole);
});

test('[RS3] an account that one may not see is not there', async () => {
  const narrow = await world.login('narrow', 'operator', [B]);
  for (const url of [
    `/api/im/conversations?account_id=${A}`,
    `/api/im/unified-messages/stats?account_id=${A}`,
    `/api/im/accounts/${A}`,
    `/api/im/messages/msg-acc-a-1-1?account_id=${A}`,
    '/api/im/messages/msg-acc-a-1-1',
    '/api/im/contents/work-acc-a-1',
  ]) {
    await world.fetch(url, token); // what another user's request kept must not leak
    const answer = await world.fetch(url, narrow);
    expect([url, answer.status, (await answer.json()).status_code]).toEqual([url, 404, 404]);
  }
  const { data } = (await world.get('/api/im/accounts', narrow)).json();
  expect(data.accounts.map((user: { user_id: string }) => user.user_id)).toEqual([B]);
});

test.each([
  ['no login', '/api/im/accounts', undefined, 401, 'NOT_LOGGED_IN'],
  ['unknown token', '/api/im/accounts', 'nobody', 401, 'NOT_LOGGED_IN'],
  ['no account named', '/api/im/conversations', 'reader', 400, 'BAD_REQUEST'],
  ['count beyond the page', `/api/im/conversations?account_id=${A}&count=201`, 'reader', 400, 'BAD_REQUEST'],
  ['a cursor that is no number', `/api/im/conversations?account_id=${A}&cursor=x`, 'reader', 400, 'BAD_REQUEST'],
  ['an unknown type', `/api/im/unified-messages?account_id=${A}&types=likes`, 'reader', 400, 'BAD_REQUEST'],
  ['an unknown conversation', '/api/im/conversations/none', 'reader', 404, 'TOPIC_NOT_FOUND'],
  ['an unknown message', '/api/im/messages/none', 'reader', 404, 'ITEM_NOT_FOUND'],
  ['an unknown address', '/api/im/nothing', 'reader', 404, 'NOT_FOUND'],
])('[RS4] errors have the historic envelope: %s', async (_name, url, who, status, code) => {
  const answer = await world.get(url, who === 'reader' ? token : who);
  expect(answer.statusCode).toBe(status);
  expect(answer.json()).toEqual({ data: null, status_code: status, status_msg: expect.any(String), code });
});

test.each(LISTS)('[RS5] what is served from kept bytes equals what is put together afresh: %s', async (_name, url) => {
  const hitCount = async () => Number(/kept_answers_total (\d+)/.exec(await world.metrics.text())?.[1]);
  const first = await world.fetch(`${url}&count=5`, token);
  const text = await first.text();
  const before = await hitCount();
  const kept = await world.fetch(`${url}&count=5`, token);
  expect(await kept.text()).toBe(text);
  expect(await hitCount()).toBe(before + 1);
  expect(kept.headers.get('etag')).toBe(first.headers.get('etag'));
  expect(kept.headers.get('content-type')).toBe(first.headers.get('content-type'));
  const afresh = await world.fetch(`${url}&count=5&x=${Math.random()}`, token);
  expect(await afresh.text()).toBe(text);
});

test('[RS5] kept bytes go out of use with the session, the grants and the contents', async () => {
  const url = `/api/im/contents?account_id=${B}`;
  const other = await world.login('other', 'operator', [B]);
  const statuses = async () => [(await world.fetch(url, token)).status, (await world.fetch(url, other)).status];
  expect([await statuses(), await statuses()]).toEqual([
    [200, 200],
    [200, 200],
  ]);
  world.auth.changeUser('other', { grants: [A] }, 'test');
  expect(await statuses()).toEqual([200, 404]);
  world.auth.removeUser('other', 'test');
  expect(await statuses()).toEqual([200, 401]);
  const etag = (await world.fetch(url, token)).headers.get('etag') ?? '';
  expect((await world.fetch(url, token, { 'if-none-match': etag })).status).toBe(304);
  await world.commit([{ kind: 'account.changed', accountId: B, isPaused: false }]);
  expect((await world.fetch(url, token, { 'if-none-match': etag })).status).toBe(200);
});

test('[RS6] a list changes with its account, and only then', async () => {
  const url = `/api/im/conversations?account_id=${B}`;
  const before = await world.get(url, token);
  const etag = String(before.headers.etag);
  const ask = () => world.request({ method: 'GET', url, headers: { 'if-none-match': etag } }, token);
  expect((await ask()).statusCode).toBe(304);
  expect((await ask()).body).toBe('');
  await world.commit([{ kind: 'account.changed', accountId: A, isPaused: false }]);
  expect((await ask()).statusCode).toBe(304);
  await world.commit(sampleChanges('acc-b', { conversationCount: 3, messageCount: 4, workCount: 0, commentCount: 0 }));
  const after = await ask();
  expect(after.statusCode).toBe(200);
  expect(after.headers.etag).not.toBe(etag);
  expect(after.json().data.conversations).toHaveLength(3);
});

test('[RS7] filters keep what they say', async () => {
  const of = async (query: string) => (await world.get(`/api/im/${query}`, token)).json().data;
  const unread = await of(`messages?account_id=${A}&status=delivered&count=200`);
  expect(unread.messages).toHaveLength(38);
  expect((await of(`messages?account_id=${A}&sender_id=peer-3&count=200`)).messages).toHaveLength(5);
  const since = 1_773_000_000_000 + 5 * 60_000;
  const late = (await of(`messages?account_id=${A}&since_time=${since}&count=200`)).messages;
  expect(late).toHaveLength(102);
  expect(late.every((row: { create_time: number }) => row.create_time >= since)).toBe(true);
  expect((await of(`comments/com-acc-a-1-1/discussions?account_id=${A}`)).discussions).toMatchObject([
    {
      discussion_id: 'com-acc-a-1-2',
      parent_comment_id: 'com-acc-a-1-1',
      content_id: 'work-acc-a-1',
      post_title: '作品 1',
    },
  ]);
  const { messages } = await of(`unified-messages?account_id=${A}&types=discussion&count=200`);
  expect(messages).toHaveLength(15);
  expect(new Set(messages.map((row: { business_type: string }) => row.business_type))).toEqual(new Set(['discussion']));
  expect(await of(`unified-messages/stats?account_id=${A}`)).toMatchObject({
    by_type: { comment: { total: 45, unread: 45 }, direct_message: { total: 228, unread: 38 } },
  });
  expect((await of(`contents/work-acc-a-0?account_id=${A}`)).stats).toMatchObject({
    total_comments: 9,
    new_comments: 9,
  });
});
