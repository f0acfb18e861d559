/** `/api/v1/replies`, with an existing Worker that answers. */
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCompatWorld } from '../../sockets/compat/testing/compat-world.ts';
import type { ExistingWorker } from '../../sockets/compat/testing/existing-worker.ts';
import { Rest } from './testing/rest.ts';

type Entry = Record<string, unknown>;
let world: Awaited<ReturnType<typeof openCompatWorld>>;
let rest: Rest;
let worker: ExistingWorker;
let accountId: AccountId;

beforeEach(async () => {
  world = await openCompatWorld();
  ({ accountId, worker } = await world.golden());
  rest = new Rest(world.url, await world.login());
});
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

const body = (over: object = {}): object => ({
  request_id: 'req-1',
  account_id: accountId,
  target_type: 'comment',
  target_id: 'K1',
  reply_content: '谢谢 🎉',
  ...over,
});
const settled = (id: unknown, status: string) =>
  expect.poll(async () => (await rest.data(`/api/v1/replies/${id}`)).status).toBe(status);

test('a reply to a comment goes to the Worker once; the request id never makes a second one', async () => {
  const first = await rest.post('/api/v1/replies', body({ video_id: 'V1' }));
  expect(first).toMatchObject({ status: 201, body: { success: true, request_id: 'req-1', status: 'pending' } });
  const id = first.body.reply_id;
  const asked = await worker.peer.next('master:reply:request');
  expect(asked).toMatchObject({ reply_id: id, target_type: 'comment', target_id: 'K1', reply_content: '谢谢 🎉' });
  expect(await rest.post('/api/v1/replies', body())).toMatchObject({
    status: 409,
    body: { success: false, error: 'Duplicate request', reply_id: id },
  });
  worker.peer.emit('worker:reply:result', {
    reply_id: id,
    request_id: asked.request_id,
    account_id: accountId,
    status: 'success',
    platform_reply_id: 'P1',
  });
  await settled(id, 'success');
  expect(await rest.data(`/api/v1/replies/${id}`)).toMatchObject({
    request_id: 'req-1',
    platform_reply_id: 'P1',
    error_code: null,
    submitted_count: 1,
  });
  expect(worker.peer.names().filter((name) => name === 'master:reply:request')).toHaveLength(1);
});

test('[D55] a failed reply stays readable with its reason, and is counted', async () => {
  const { reply_id: id } = (await rest.post('/api/v1/replies', body())).body;
  const { request_id } = await worker.peer.next('master:reply:request');
  worker.peer.emit('worker:reply:result', {
    reply_id: id,
    request_id,
    account_id: accountId,
    status: 'blocked',
    error_code: 'REPLY_BLOCKED',
    error_message: '对方关闭了评论',
  });
  await settled(id, 'failed');
  const reply = await rest.data(`/api/v1/replies/${id}`);
  expect(reply).toMatchObject({ status: 'failed', error_message: expect.stringContaining('对方关闭了评论') });
  expect(reply.error_code).toEqual(expect.any(String));
  for (const time of ['created_at', 'updated_at', 'executed_at']) expect(String(reply[time])).toMatch(/^\d{13}$/);
  const listed = await rest.get(`/api/v1/replies?account_id=${accountId}&status=failed&limit=5`);
  expect(listed.body).toMatchObject({ success: true, total: 1, data: [{ reply_id: id, status: 'failed' }] });
  expect((await rest.get('/api/v1/replies?status=success')).body).toMatchObject({ total: 0, data: [] });
  expect(await rest.data(`/api/v1/replies/account/${accountId}/stats`)).toMatchObject({
    total_replies: 1,
    failed_count: 1,
    pending_count: 0,
    success_rate: '0.00%',
  });
});

test('[D54][D55] a direct message by conversation, by message and by peer; a work; ids of the old system', async () => {
  const wishes: [object, object][] = [
    [
      { target_type: 'direct_message', target_id: 'S1' },
      { target_type: 'direct_message', conversation_id: 'S1' },
    ],
    [
      { target_type: 'direct_message', target_id: `msg_${accountId}_M1` },
      { target_type: 'direct_message', conversation_id: 'S1' },
    ],
    [{ target_type: 'direct_message', target_id: 'other', context: { user_id: 'S1' } }, { conversation_id: 'S1' }],
    [
      { target_type: 'work', target_id: 'V1' },
      { target_type: 'work', target_id: null },
    ],
    [
      { target_type: 'comment', target_id: `comm_${accountId}_K1` },
      { target_type: 'comment', target_id: 'K1' },
    ],
  ];
  for (const [index, [wish, seen]] of wishes.entries()) {
    const answer = await rest.post('/api/v1/replies', body({ request_id: `req-${index}`, ...wish }));
    expect([answer.status, answer.body.error]).toEqual([201, undefined]);
    const asked = await worker.peer.next('master:reply:request', ({ reply_id }) => reply_id === answer.body.reply_id);
    expect(asked).toMatchObject(seen);
    worker.peer.emit('worker:reply:result', {
      reply_id: asked.reply_id,
      request_id: asked.request_id,
      account_id: accountId,
      status: 'success',
    });
    await settled(asked.reply_id, 'success');
  }
});

test.each([
  ['nothing', { request_id: undefined }, 400, { required: expect.arrayContaining(['reply_content']) }],
  ['a type that is none', { target_type: 'other' }, 400, { error: expect.stringContaining('Invalid target_type') }],
  ['[D62] an empty text', { reply_content: '   ' }, 400, {}],
  ['[D62] a text that no platform takes', { reply_content: 'x'.repeat(3_000) }, 400, {}],
  ['an unknown account', { account_id: 'acc-none' }, 404, { error: 'Account not found' }],
  ['an unknown comment', { target_id: 'K9' }, 404, { error: 'Comment not found: K9' }],
  ['an unknown conversation', { target_type: 'direct_message', target_id: 'S9' }, 404, {}],
  ['another work', { video_id: 'V9' }, 400, {}],
])('POST /replies refuses %s', async (_name, over, status, shown) => {
  const head = world.store.head();
  expect(await rest.post('/api/v1/replies', body(over))).toMatchObject({ status, body: { success: false, ...shown } });
  expect(world.store.head()).toBe(head);
});

test('a paused account takes no replies; an unknown reply is 404', async () => {
  await rest.patch(`/api/v1/accounts/${accountId}`, { status: 'paused' });
  expect(await rest.post('/api/v1/replies', body())).toMatchObject({
    status: 400,
    body: { error: 'Account is not active', account_status: 'paused' },
  });
  expect(await rest.get('/api/v1/replies/none')).toMatchObject({ status: 404, body: { error: 'Reply not found' } });
  const rows = await rest.data<Entry[]>('/api/v1/replies');
  expect(rows).toEqual([]);
});
