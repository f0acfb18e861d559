/** Every write of the historic inbox API. */
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpWorld, sampleChanges, startHttpWorld } from '../testing/http-world.ts';

type Entry = Record<string, unknown>;
let world: HttpWorld;
let admin: string;
let operator: string;
let viewer: string;
const A = 'acc-a' as AccountId;
const B = 'acc-b' as AccountId;

beforeAll(async () => {
  world = await startHttpWorld();
  admin = await world.login('root', 'admin');
  operator = await world.login('lena', 'operator', [A]);
  viewer = await world.login('vera', 'viewer', [A]);
  await world.commit(sampleChanges(A, { conversationCount: 4, messageCount: 3, workCount: 2, commentCount: 3 }));
  await world.commit(sampleChanges(B, { conversationCount: 1, messageCount: 2, workCount: 1, commentCount: 3 }));
});
afterAll(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object, token = operator) {
  const answer = await world.request({ method, url: `/api/im${path}`, ...(body && { payload: body }) }, token);
  return { status: answer.statusCode, body: answer.json(), data: answer.json().data as Entry };
}
const list = async (path: string, key: string, token = operator): Promise<Entry[]> =>
  (await call('GET', path, undefined, token)).data[key] as Entry[];

test('[RS11] accounts: POST, PUT, DELETE', async () => {
  const made = await call('POST', '/accounts', { platform: 'douyin', account_name: '新店' }, admin);
  expect(made).toMatchObject({ status: 201, body: { status_code: 0 }, data: { user_name: '新店', status: 'pending' } });
  const path = `/accounts/${made.data.user_id}`;
  expect((await call('PUT', path, { account_name: '改名', status: 'inactive' }, admin)).data).toMatchObject({
    user_name: '改名',
    status: 'inactive',
  });
  expect((await call('PUT', path, { status: 'active' }, admin)).data).toMatchObject({ status: 'pending' });
  expect((await call('DELETE', path, undefined, admin)).data).toMatchObject({ deleted: true });
  expect(await call('DELETE', path, undefined, admin)).toMatchObject({
    status: 404,
    body: { data: null, status_code: 404, status_msg: expect.any(String), code: 'ACCOUNT_NOT_FOUND' },
  });
  expect((await call('POST', '/accounts', { platform: 'other', account_name: 'x' }, admin)).status).toBe(422);
});

test('[RS11] conversations: read, pin, mute; filters find them; a new one is written down', async () => {
  const id = 'conv-acc-a-1';
  expect((await call('PUT', `/conversations/${id}/read`)).data).toMatchObject({ conversation_id: id, unread_count: 0 });
  expect((await call('PUT', `/conversations/${id}/pin`)).data).toMatchObject({ is_pinned: true, is_muted: false });
  expect((await call('PUT', `/conversations/${id}/mute`, { account_id: A })).data).toMatchObject({ is_muted: true });
  const found = async (query: string): Promise<unknown[]> =>
    (await list(`/conversations?account_id=${A}&${query}`, 'conversations')).map((row) => row.conversation_id);
  expect(await found('is_pinned=true')).toEqual([id]);
  expect(await found('is_muted=true')).toEqual([id]);
  expect(await found('is_pinned=false')).toHaveLength(3);
  expect((await call('DELETE', `/conversations/${id}/pin`)).data).toMatchObject({ is_pinned: false });
  expect((await call('DELETE', `/conversations/${id}/mute`)).data).toMatchObject({ is_muted: false });
  expect(await found('is_pinned=true')).toEqual([]);
  const fresh = { account_id: A, user_id: 'peer-new', user_name: '新客户' };
  expect(await call('POST', '/conversations', fresh, admin)).toMatchObject({
    status: 201,
    data: { conversation_id: 'peer-new', participant: { user_name: '新客户' } },
  });
  expect((await call('POST', '/conversations', fresh)).status).toBe(403);
  expect((await call('POST', '/conversations', { account_id: A }, admin)).status).toBe(400);
});

test('[RS12] what is put away is read, in no list, and back with its next item; pages still join', async () => {
  const id = 'conv-acc-a-2';
  expect((await call('DELETE', `/conversations/${id}`)).data).toEqual({ conversation_id: id, deleted: true });
  expect((await call('GET', `/conversations/${id}`)).status).toBe(404);
  const ids: unknown[] = [];
  for (let cursor = 0; ; ) {
    const { data } = await call('GET', `/conversations?account_id=${A}&count=2&cursor=${cursor}`);
    ids.push(...(data.conversations as Entry[]).map((row) => row.conversation_id));
    if (!data.has_more) break;
    cursor = Number(data.cursor);
  }
  expect(ids).not.toContain(id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(3);
  const messages = await list(`/messages?account_id=${A}&count=200`, 'messages');
  expect(messages.some((row) => row.conversation_id === id)).toBe(false);
  const late = {
    account_id: A,
    conversation_id: id,
    content: '在吗',
    msg_id: 'late-1',
    create_time: 1_773_999_999_000,
  };
  expect((await call('POST', '/messages', late, admin)).data).toMatchObject({ msg_id: 'late-1', is_read: false });
  expect((await call('GET', `/conversations/${id}`)).data).toMatchObject({ unread_count: 1 });
  expect((await call('DELETE', '/contents/work-acc-a-1')).data).toMatchObject({ deleted: true });
  expect((await list(`/contents?account_id=${A}`, 'contents')).map((row) => row.content_id)).not.toContain(
    'work-acc-a-1',
  );
});

test('[RS13] messages: sent once per request id, readable as what it becomes; read, recall, delete, status', async () => {
  const wish = { account_id: A, conversation_id: 'conv-acc-a-3', content: '马上发货 🎉', request_id: 'r-1' };
  const sent = await call('POST', '/messages', wish);
  expect(sent).toMatchObject({
    status: 201,
    data: { status: 'sending', content: '马上发货 🎉', direction: 'outbound' },
  });
  expect((await call('POST', '/messages', wish)).data.msg_id).toBe(sent.data.msg_id);
  expect((await call('POST', '/messages', { ...wish, content: '别的' })).body).toMatchObject({ code: 'KEY_REUSED' });
  const replies = world.store.openReplies(A);
  expect(replies.map(({ id, text }) => [id, text])).toEqual([[sent.data.msg_id, '马上发货 🎉']]);
  const path = `/messages/${sent.data.msg_id}`;
  expect((await call('GET', path)).data).toMatchObject({ status: 'sending' });
  expect((await call('PUT', `${path}/status`, { status: 'sent' })).body).toMatchObject({ code: 'REPLY_SETTLED' });
  const replyId = replies[0]?.id;
  if (replyId) await world.commit([{ kind: 'reply.unknown', accountId: A, replyId, at: 9 }]);
  expect((await call('PUT', `${path}/status`, { status: 'failed' })).data).toMatchObject({ status: 'failed' });

  const id = '/messages/msg-acc-a-3-1';
  expect((await call('PUT', `${id}/read`)).data).toMatchObject({ is_read: true, status: 'read' });
  expect((await call('PUT', '/messages/msg-acc-a-3-2/status', { status: 'read' })).data).toMatchObject({
    is_read: true,
  });
  expect((await call('PUT', `${id}/status`, { status: 'delivered' })).body).toMatchObject({ code: 'NOT_SUPPORTED' });
  expect((await call('PUT', `${id}/recall`, undefined, admin)).data).toMatchObject({ is_recalled: true });
  expect((await call('DELETE', '/messages/msg-acc-a-3-0', undefined, admin)).data).toMatchObject({ is_deleted: true });
  expect((await call('PUT', `${id}/recall`)).status).toBe(403);
});

test('[RS11] contents: POST, PUT, read', async () => {
  const work = { account_id: A, content_id: 'w-new', title: '新品', url: 'https://e.example/w', stats: { likes: 3 } };
  expect(await call('POST', '/contents', work, admin)).toMatchObject({
    status: 201,
    data: { content_id: 'w-new', title: '新品', stats: { likes: 3 } },
  });
  expect((await call('PUT', '/contents/w-new', { title: '改' }, admin)).data).toMatchObject({
    title: '改',
    url: work.url,
  });
  expect((await call('PUT', '/contents/work-acc-a-0', { title: '改了' }, admin)).data).toMatchObject({ title: '改了' });
  expect((await call('POST', '/contents', { ...work, url: 'javascript:alert(1)' }, admin)).status).toBe(400);
  expect((await call('PUT', '/contents/work-acc-a-0/read')).data).toMatchObject({ stats: { new_comments: 0 } });
});

test('[RS11] discussions and unified messages: answered, written down, changed, read, deleted', async () => {
  const parent = 'com-acc-a-0-0';
  const answer = { account_id: A, parent_comment_id: parent, content: '谢谢', request_id: 'd-1' };
  const sent = await call('POST', '/discussions', answer);
  expect(sent).toMatchObject({ status: 201, data: { parent_comment_id: parent, content: '谢谢', is_read: true } });
  expect(world.store.openReplies(A)).toMatchObject([{ id: sent.data.discussion_id, toItemId: parent, text: '谢谢' }]);
  const known = { ...answer, discussion_id: 'd-known', author: { author_id: 'fan-9', author_name: '粉丝九' } };
  expect((await call('POST', '/discussions', known, admin)).data).toMatchObject({
    discussion_id: 'd-known',
    is_read: false,
  });
  expect((await call('PUT', '/discussions/d-known', { content: '改' }, admin)).data).toMatchObject({ content: '改' });
  expect((await call('PUT', '/discussions/d-known/read')).data).toMatchObject({ is_read: true });
  expect((await call('PUT', '/discussions/d-known', { is_read: false }, admin)).body).toMatchObject({
    code: 'NOT_SUPPORTED',
  });
  expect((await call('DELETE', '/discussions/d-known', undefined, admin)).data).toMatchObject({ deleted: true });
  const one = { business_type: 'direct_message' };
  expect((await call('PUT', '/unified-messages/msg-acc-a-0-0/read', one)).data).toMatchObject({ is_read: true });
  const many = {
    message_ids: ['msg-acc-a-0-1', 'msg-acc-a-0-2', 'none', 'msg-acc-b-0-0'],
    business_type: 'direct_message',
  };
  expect((await call('PUT', '/unified-messages/read-many', many)).data).toEqual({ updated: 2 });
  expect((await call('PUT', '/unified-messages/read-many', { ...many, message_ids: [] })).status).toBe(400);
});

test('[RS3] nobody writes about an account that they may not see, and a viewer writes nothing', async () => {
  const head = world.store.head();
  for (const [method, path, body] of [
    ['PUT', '/conversations/conv-acc-b-0/read', undefined],
    ['PUT', '/conversations/conv-acc-b-0/pin', { account_id: B }],
    ['DELETE', '/conversations/conv-acc-b-0', undefined],
    ['PUT', '/messages/msg-acc-b-0-0/read', undefined],
    ['POST', '/messages', { account_id: B, conversation_id: 'conv-acc-b-0', content: 'x' }],
    ['POST', '/discussions', { account_id: B, parent_comment_id: 'com-acc-b-0-0', content: 'x' }],
    ['PUT', '/contents/work-acc-b-0/read', undefined],
    ['PUT', '/unified-messages/msg-acc-b-0-0/read', { business_type: 'direct_message' }],
  ] as const) {
    expect([path, (await call(method, path, body)).status]).toEqual([path, 404]);
    expect([path, (await call(method, path, body, viewer)).status]).toEqual([path, 403]);
  }
  expect(world.store.head()).toBe(head);
});
