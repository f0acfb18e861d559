import { must } from '@hiscrm/shared/lib/must.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NoticeLink } from '../notices/notice-link.ts';
import { type HttpWorld, startHttpWorld } from './testing/http-world.ts';

let world: HttpWorld;
let admin: string;
let ann: string;
beforeAll(async () => {
  world = await startHttpWorld();
  admin = await world.login('root', 'admin');
  ann = await world.login('ann', 'operator');
  await world.login('bob', 'viewer');
});
afterAll(async () => {
  expect(world.bugs).toEqual([]);
  await world.close();
});

const send = (payload: object, headers: Record<string, string> = {}, token = admin) =>
  world.request({ method: 'POST', url: '/api/admin/system/notice', payload, headers }, token);
const get = async (url: string, token = admin) => (await world.get(url, token)).json();
const idOf = (username: string): string => must(world.auth.user(username), 'a user').id;

test('[NO10] a notice is accepted with 202 and its records are listed', async () => {
  const sent = await send({ content: '今晚维护', target: 'all', title: '维护', messageId: 'n-1' });
  expect(sent.statusCode).toBe(202);
  expect(sent.json()).toEqual({
    code: 200,
    message: 'OK',
    data: { messageId: 'n-1', recipients: 3, online: 0, queued: 3 },
  });
  const listed = await get('/api/admin/notification/admin-receive-records?message_id=n-1&sort_order=asc');
  expect(listed.data).toMatchObject({ total: 3, page: 1, page_size: 20, stats: { total: 3, pending: 3 } });
  expect(listed.data.items[0]).toMatchObject({
    message_id: 'n-1',
    username: 'root',
    user_role: 'admin',
    delivery_status: 'pending',
    push_channel: 'offline',
    is_received: false,
  });
});

test('[NO11] the same Idempotency-Key or messageId gives the first answer, another body is refused', async () => {
  const body = { content: 'once', target: { kind: 'role', role: 'operator' } };
  const first = await send(body, { 'idempotency-key': 'k-1' });
  const again = await send(body, { 'idempotency-key': 'k-1' });
  expect(again.json()).toEqual(first.json());
  expect(first.json().data.recipients).toBe(1);
  expect((await send({ ...body, content: 'other' }, { 'idempotency-key': 'k-1' })).statusCode).toBe(409);
  const [one, two] = await Promise.all([
    send({ content: 'x', target: 'admin', message_id: 'n-2' }),
    send({ content: 'x', target: 'admin', message_id: 'n-2' }),
  ]);
  expect(one.json()).toEqual(two.json());
});

test('[NO12] targets name all, admins, roles, groups and users, and leave out the excluded', async () => {
  const group = await world.request(
    { method: 'PUT', url: '/api/admin/notification/groups/售后', payload: { userIds: [idOf('ann'), idOf('bob')] } },
    admin,
  );
  expect(group.statusCode).toBe(200);
  const countOf = async (target: unknown, more: object = {}): Promise<number> =>
    (await send({ content: 'x', target, ...more })).json().data.recipients;
  expect(await countOf('admin')).toBe(1);
  expect(await countOf({ kind: 'group', group: '售后' })).toBe(2);
  expect(await countOf({ kind: 'all', excludeUserIds: [idOf('ann')] })).toBe(2);
  expect(await countOf({ kind: 'users', userIds: [idOf('ann'), 'nobody'] })).toBe(1);
  expect(await countOf('users', { user_ids: [idOf('ann'), idOf('bob')], exclude_ids: [idOf('bob')] })).toBe(1);
  expect((await send({ content: 'x', target: 'somebody' })).statusCode).toBe(400);
});

test('[NO13] users mark their own notices, an administrator may name a user', async () => {
  await send({ content: 'x', target: 'all', messageId: 'n-3', needConfirm: true, priority: 3 });
  const mark = (name: string, payload: object, token: string) =>
    world.request({ method: 'POST', url: `/api/admin/notification/${name}`, payload }, token);
  expect((await mark('mark-read', { message_id: 'n-3' }, ann)).statusCode).toBe(200);
  expect((await mark('mark-confirmed', { message_id: 'n-3', user_id: idOf('bob') }, ann)).statusCode).toBe(403);
  expect((await mark('mark-confirmed', { message_id: 'n-3', user_id: idOf('bob') }, admin)).statusCode).toBe(200);
  expect((await mark('mark-read', { message_id: 'missing' }, ann)).statusCode).toBe(404);
  const status = await get('/api/admin/notification/messages/n-3/receive-status');
  expect(status.data).toMatchObject({ total_users: 3, read_users: 2, confirmed_users: 1, read_rate: 66.67 });
  const batch = await mark('batch-mark-read', { message_ids: ['n-1', 'n-3', 'missing'] }, ann);
  expect(batch.json().data).toMatchObject({ success_count: 2, failed_count: 1, total_count: 3, success_rate: 66.67 });
  const roster = await world.get('/api/admin/notification/messages/n-3/roster?format=csv&only=missing', admin);
  expect(roster.body.split('\r\n').filter((line) => line.includes('n-3'))).toHaveLength(2);
});

test('[NO14] lists filter, sort by an allow-list, and count', async () => {
  const base = '/api/admin/notification/admin-receive-records';
  expect(
    (await get(`${base}?is_read=true&username=an`)).data.items.every(
      (item: { username: string; is_read: boolean }) => item.username === 'ann' && item.is_read,
    ),
  ).toBe(true);
  expect((await get(`${base}?delivery_status=pending&page_size=1`)).data.items).toHaveLength(1);
  const read = await get(`${base}?is_read=true&sort_by=read_at`);
  expect(read.data.total).toBe(read.data.items.length);
  expect(read.data.total).toBeGreaterThan(0);
  for (const bad of ['sort_by=password', 'page_size=101', 'page=0', 'start_date=yesterday', 'nonsense=1']) {
    expect((await world.get(`${base}?${bad}`, admin)).statusCode, bad).toBe(400);
  }
  const records = await get('/api/admin/notification/push-records?type=system_notice&keyword=%E7%BB%B4%E6%8A%A4');
  expect(records.data).toMatchObject({ total: 1, items: [{ message_id: 'n-1', stats: { total: 3 } }] });
  expect((await get('/api/admin/notification/admin-receive-stats')).data.users).toHaveLength(3);
});

test('[NO15] the badge, the own history and the own preferences are everybody’s; the rest is for administrators', async () => {
  const summary = await get('/api/admin/notification/user-summary', ann);
  expect(summary.data).toMatchObject({ online_status: 'offline' });
  expect(summary.data.unread_count).toBeGreaterThan(0);
  const mine = await get('/api/admin/notification/my-notices?limit=2', ann);
  expect(mine.data.items).toHaveLength(2);
  const older = await get(`/api/admin/notification/my-notices?limit=2&before=${mine.data.next_before}`, ann);
  expect(older.data.items[0].offset).toBeLessThan(mine.data.items[1].offset);
  const put = (payload: object) =>
    world.request({ method: 'PUT', url: '/api/admin/notification/preferences', payload }, ann);
  expect((await put({ timeZone: 'Asia/Shanghai', language: 'zh' })).statusCode).toBe(200);
  expect((await put({ timeZone: 'Mars/Olympus' })).statusCode).toBe(400);
  expect((await get('/api/admin/notification/preferences', ann)).data).toEqual({
    timeZone: 'Asia/Shanghai',
    language: 'zh',
  });
  for (const path of ['admin-receive-records', 'push-records', 'online-users', 'groups', 'admin-receive-stats']) {
    expect((await world.get(`/api/admin/notification/${path}`, ann)).statusCode, path).toBe(403);
  }
  expect((await send({ content: 'x', target: 'all' }, {}, ann)).statusCode).toBe(403);
  expect((await get('/api/admin/websocket/stats')).data).toMatchObject({
    queue_size: { urgent: 0 },
    dropped: 0,
    directory: { kind: 'local', state: 'own', users: 3, ownUsers: 3, refusedRows: 0, lastReadAt: null },
  });
});

test('[NO16] a template fills its gaps in both languages, and a missing variable is refused', async () => {
  const template = {
    zh: { title: '你好 {{name}}', content: '{{name}}：{{what}}' },
    en: { content: '{{name}}: {{what}}' },
  };
  await world.request({ method: 'PUT', url: '/api/admin/notification/templates/hello', payload: template }, admin);
  const preview = (variables: object) =>
    world.request(
      {
        method: 'POST',
        url: '/api/admin/system/notice/preview',
        payload: { target: 'all', template: 'hello', variables },
      },
      admin,
    );
  expect((await preview({ name: '安', what: '$& 维护' })).json().data).toMatchObject({
    recipients: 3,
    title: '你好 安',
    content: '安：$& 维护',
  });
  expect((await preview({ name: '安' })).statusCode).toBe(400);
});

test('[NO17] a recalled notice waits for nobody and counts for nobody', async () => {
  const before = (await get('/api/admin/notification/user-summary', ann)).data.unread_count;
  await send({ content: 'oops', target: 'all', messageId: 'n-oops' });
  expect((await get('/api/admin/notification/user-summary', ann)).data.unread_count).toBe(before + 1);
  const recall = await world.request({ method: 'POST', url: '/api/admin/system/notice/n-oops/recall' }, admin);
  expect(recall.json().data).toEqual({ messageId: 'n-oops', status: 'recalled' });
  expect((await get('/api/admin/notification/user-summary', ann)).data.unread_count).toBe(before);
  await send({ content: 'old', target: 'all', messageId: 'n-old' });
  await send({ content: 'new', target: 'all', messageId: 'n-new', supersedes: 'n-old' });
  expect((await get('/api/admin/notification/push-records?status=superseded')).data.items).toMatchObject([
    { message_id: 'n-old', superseded_by: 'n-new' },
  ]);
});

test('[NO13] no cell of an exported roster is run as a formula', async () => {
  await send({ content: 'x', target: 'admins', messageId: '-2', needConfirm: true });
  const { body } = await world.get('/api/admin/notification/messages/-2/roster?format=csv', admin);
  expect(body).toContain('\r\n"\'-2",');
  expect(body).not.toMatch(/(^|[\r\n,])"?[=+@-]/);
});

test('[NO54] what the routes answer is what /openapi.json says, field by field', async () => {
  const link: NoticeLink = {
    ...{ id: 'c-1', format: 'plain', userId: idOf('ann') as UserId, username: 'ann', address: '::1', agent: 'test' },
    ...{
      since: 1,
      lastSeenAt: 1,
      bufferedBytes: 0,
      write: () => undefined,
      flush: () => undefined,
      tooSlow: () => undefined,
    },
  };
  world.notices.enter(link);
  await send({
    content: 'x',
    target: { kind: 'users', userIds: [idOf('ann')] },
    messageId: 'n-shown',
    needConfirm: true,
  });
  await world.notices.receive({ userId: idOf('ann') as UserId, messageIds: ['n-shown'], state: 'read', link });
  const { paths } = (await world.get('/openapi.json', admin)).json();
  const base = '/api/admin/notification';
  for (const [path, url] of [
    ['/api/admin/websocket/stats'],
    [`${base}/push-records`],
    [`${base}/admin-receive-records`],
    [`${base}/admin-receive-stats`],
    [`${base}/messages/{messageId}/receive-status`, `${base}/messages/n-shown/receive-status`],
    [`${base}/messages/{messageId}/roster`, `${base}/messages/n-shown/roster`],
    [`${base}/online-users`],
    [`${base}/user-summary`],
    [`${base}/my-notices`],
    [`${base}/preferences`],
    [`${base}/groups`],
    [`${base}/templates`],
  ] as const) {
    const said = paths[path].get.responses['200'].content['application/json'].schema;
    expect(differences(said, (await world.get(url ?? path, admin)).json(), 'answer'), path).toEqual([]);
  }
  world.notices.leave(link);
});

type Said = {
  readonly properties?: Readonly<Record<string, Said>>;
  readonly required?: readonly string[];
  readonly items?: Said;
};

/** Fields that are answered and not said, or said and not answered. */
function differences(said: Said, value: unknown, where: string): readonly string[] {
  if (said.items && Array.isArray(value)) {
    const { items } = said;
    return value.flatMap((one: unknown) => differences(items, one, `${where}[]`));
  }
  const { properties } = said;
  if (!properties || typeof value !== 'object' || value === null) return [];
  const missing = (said.required ?? []).filter((name) => !(name in value)).map((name) => `${where}.${name} is missing`);
  const more = Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const saidPart = properties[name];
    return saidPart ? differences(saidPart, part, `${where}.${name}`) : [`${where}.${name} is not said`];
  });
  return [...missing, ...more];
}
