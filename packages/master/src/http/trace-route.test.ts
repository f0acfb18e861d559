import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpWorld, sampleChanges, startHttpWorld } from './testing/http-world.ts';

let world: HttpWorld;
let admin: string;

beforeAll(async () => {
  world = await startHttpWorld();
  admin = await world.login('boss', 'admin');
  await world.commit(sampleChanges('a', { conversationCount: 1, messageCount: 1, workCount: 1, commentCount: 1 }));
});
afterAll(() => world.close());

test('a trace is for administrators, and an id that nothing has is not found', async () => {
  const operator = await world.login('lena', 'operator');
  expect((await world.get('/api/admin/trace/com-a-0-0', operator)).statusCode).toBe(403);
  expect((await world.get('/api/admin/trace/nothing', admin)).json()).toMatchObject({
    code: 404,
    error: { code: 'NOT_FOUND' },
  });
  const found = await world.get('/api/admin/trace/com-a-0-0', admin);
  expect(found.json()).toMatchObject({
    code: 200,
    data: [{ kind: 'comment', accountId: 'a', hops: [{ name: 'written' }, { name: 'observed' }, { name: 'logged' }] }],
  });
  expect(found.body).not.toContain('评论');
});
