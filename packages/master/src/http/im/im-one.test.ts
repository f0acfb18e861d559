/** Every single thing that the historic inbox API gives out, one request each. Lists are in `rest.test.ts`. */
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpWorld, sampleChanges, startHttpWorld } from '../testing/http-world.ts';

let world: HttpWorld;
let token: string;
const A = 'acc-a' as AccountId;

beforeAll(async () => {
  world = await startHttpWorld();
  token = await world.login('reader', 'viewer');
  await world.commit(sampleChanges(A, { conversationCount: 2, messageCount: 3, workCount: 2, commentCount: 4 }));
});
afterAll(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

const person = { user_id: expect.any(String), user_name: expect.any(String) };

test.each([
  ['/accounts/acc-a', { user_id: 'acc-a', platform: 'douyin', status: expect.any(String) }],
  [
    `/conversations/conv-acc-a-1?account_id=${A}`,
    { conversation_id: 'conv-acc-a-1', conversation_type: 'one_on_one', participant: person, is_pinned: false },
  ],
  [
    `/messages/msg-acc-a-1-1?account_id=${A}`,
    { msg_id: 'msg-acc-a-1-1', conversation_id: 'conv-acc-a-1', msg_type: 'text', is_deleted: false },
  ],
  ['/contents/work-acc-a-1', { content_id: 'work-acc-a-1', stats: { total_comments: expect.any(Number) } }],
  ['/contents/work-acc-a-1/stats', { total_comments: expect.any(Number), new_comments: expect.any(Number) }],
  [
    '/discussions/com-acc-a-1-2',
    { discussion_id: 'com-acc-a-1-2', parent_comment_id: 'com-acc-a-1-1', content_id: 'work-acc-a-1' },
  ],
  [`/unified-messages/stats?account_id=${A}`, {}],
  ['/health', {}],
  ['/version', { version: expect.any(String) }],
])('[RS1] GET /api/im%s', async (path, data) => {
  const answer = await world.get(`/api/im${path}`, token);
  expect([answer.statusCode, answer.json().status_code]).toEqual([200, 0]);
  expect(answer.json().data).toMatchObject(data);
});

test.each([
  [`/conversations/conv-acc-a-1/messages?account_id=${A}`, 'messages', 3],
  [`/messages/conversations/conv-acc-a-1/messages?account_id=${A}`, 'messages', 3],
  [`/discussions/comments/com-acc-a-1-1/discussions?account_id=${A}`, 'discussions', 1],
])('[RS1] GET /api/im%s', async (path, key, count) => {
  const answer = await world.get(`/api/im${path}`, token);
  expect([answer.statusCode, answer.json().status_code]).toEqual([200, 0]);
  expect(answer.json().data[key]).toHaveLength(count);
});
