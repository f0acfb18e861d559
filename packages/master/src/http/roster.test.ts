import { must } from '@hiscrm/shared/lib/must.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rosterFile } from './roster-file.ts';
import { type HttpWorld, startHttpWorld } from './testing/http-world.ts';

/** Some slices of a file, and more records than are written for a list. */
const RECIPIENTS_COUNT = 2_500;
const BASE = '/api/admin/notification';
const ids = Array.from({ length: RECIPIENTS_COUNT }, (_, n) => `r-${String(n).padStart(4, '0')}` as UserId);

let world: HttpWorld;
let admin: string;
beforeAll(async () => {
  world = await startHttpWorld();
  admin = await world.login('root', 'admin');
  const list = { recipients: { userIds: ids, usernames: ids.map((id) => `n${id}`), roles: 'o'.repeat(ids.length) } };
  await world.commit([
    {
      kind: 'notice.sent',
      notice: {
        messageId: 'm-1',
        type: 'system_notice',
        content: 'x',
        priority: 'normal',
        target: { kind: 'users', userIds: ids },
        needConfirm: true,
        digest: 'd',
        senderId: 'u-root' as UserId,
      },
      recipients: { ...list.recipients, online: '0'.repeat(ids.length), held: [] },
    },
  ]);
  await confirm(ids.slice(0, 3));
});
afterAll(async () => {
  expect(world.bugs).toEqual([]);
  await world.close();
});

const confirm = (userIds: readonly UserId[]): Promise<unknown> =>
  Promise.all(userIds.map((userId) => world.notices.receive({ userId, messageIds: ['m-1'], state: 'confirmed' })));
const roster = async (query: string) => (await world.get(`${BASE}/messages/m-1/roster${query}`, admin)).json().data;
const file = async (query: string): Promise<string> =>
  (await world.get(`${BASE}/messages/m-1/roster/export${query}`, admin)).body;
const namesOf = (items: readonly { user_id: string }[]): string[] => items.map(({ user_id }) => user_id);
/** The second cell of each line but the first. */
const idsIn = (csv: string): string[] =>
  csv
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => must(line.split('","')[1], 'a line has cells'));

test('[NO52] a file has everybody once, also those who are on no disk yet', async () => {
  expect(world.notices.figures().unsavedCount).toBeGreaterThanOrEqual(RECIPIENTS_COUNT);
  expect(idsIn(await file('?only=all'))).toEqual(ids);
  // A notice to many is in the list of notices at once: for it the tables get what they lack.
  const { data: list } = (await world.get(`${BASE}/push-records`, admin)).json();
  expect(list.items).toMatchObject([{ message_id: 'm-1', stats: { total: RECIPIENTS_COUNT } }]);
  expect(world.notices.figures().unsavedCount).toBe(0);
  await confirm(ids.slice(3, 5)); // the tables know three
  expect(idsIn(await file('?only=confirmed'))).toEqual(ids.slice(0, 5));
  expect(idsIn(await file('?only=missing'))).toEqual(ids.slice(5));
  const { code, data } = JSON.parse(await file('?format=json'));
  expect(code).toBe(200);
  expect(data).toMatchObject({ message_id: 'm-1', count: RECIPIENTS_COUNT - 5 });
  expect(namesOf(data.items)).toEqual(ids.slice(5));
  expect(data.items[0]).toMatchObject({ username: 'nr-0005', is_confirmed: false, delivery_status: 'pending' });
  expect(JSON.parse(await file('?format=json&only=all')).data.count).toBe(RECIPIENTS_COUNT);
});

test('[NO51] a roster comes in pages, each with the number of all', async () => {
  await world.notices.checkpoint();
  const first = await roster('');
  expect(first).toMatchObject({
    message_id: 'm-1',
    total: 2_495,
    count: 2_495,
    total_is_exact: true,
    page: 1,
    page_size: 20,
  });
  expect(namesOf(first.items)).toEqual(ids.slice(5, 25));
  expect(namesOf((await roster('?page=2&page_size=100')).items)).toEqual(ids.slice(105, 205));
  expect(namesOf((await roster('?only=all&sort_order=desc&page_size=2')).items)).toEqual(ids.slice(-2).reverse());
  expect(await roster('?only=confirmed')).toMatchObject({ total: 5, stats: { total: 5, confirmed: 5 } });
  for (const bad of ['?page_size=101', '?page=0', '?only=some', '?format=xml', '?limit=1']) {
    expect((await world.get(`${BASE}/messages/m-1/roster${bad}`, admin)).statusCode, bad).toBe(400);
  }
  expect((await world.get(`${BASE}/messages/none/roster`, admin)).statusCode).toBe(404);
  expect((await world.get(`${BASE}/messages/none/roster/export`, admin)).statusCode).toBe(404);
});

test('[NO51] format=csv is the file', async () => {
  const { headers, body } = await world.get(`${BASE}/messages/m-1/roster?format=csv&only=confirmed`, admin);
  expect(headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(headers['content-disposition']).toContain('roster.csv');
  expect(body).toBe(await file('?only=confirmed'));
});

test('[NO52] a file is made no faster than it is taken, in turns that others get, and ends with its reader', async () => {
  const notice = must(world.notices.book.shelf.byId('m-1'), 'the notice');
  const stream = rosterFile(world.notices, notice, { part: 'all', format: 'json' });
  stream.once('readable', () => undefined); // asks for the first bytes, takes none
  let turnsCount = 0;
  while (stream.readableLength < stream.readableHighWaterMark) {
    await new Promise(setImmediate);
    turnsCount++;
  }
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(stream.readableLength).toBeLessThan(4 * stream.readableHighWaterMark);
  expect(turnsCount).toBeGreaterThan(0);
  stream.destroy();
  await new Promise((resolve) => stream.once('close', resolve));
  expect(stream.readableEnded).toBe(false);
});
