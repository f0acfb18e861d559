import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { AuthTables } from '../log/auth-tables.ts';
import { Auth } from './auth.ts';
import { SESSION_IDLE_MS, SESSION_LIFE_MS } from './sessions.ts';

const PASSWORD = 'correct horse';
const DAY_MS = 24 * 60 * 60_000;
let folder: string;
let clock: FakeClock;
let tables: AuthTables;
let auth: Auth;
let lines: string[];

const logger = {
  ...silentLogger,
  info: (fields: object, message: string) => void lines.push(JSON.stringify([fields, message])),
};
const open = (): void => {
  tables = new AuthTables(join(folder, 'hiscrm.db'));
  auth = new Auth({ tables, clock, logger });
};
const close = (): void => {
  auth.close();
  tables.close();
};
const login = (username: string, password = PASSWORD, address = '10.0.0.1') =>
  auth.login({ username, password, address });
const codeOf = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hiscrm-auth-'));
  clock = new FakeClock();
  lines = [];
  open();
  await auth.ensureAdministrator(PASSWORD);
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

test('the first start makes one administrator, later ones none', async () => {
  expect(auth.users()).toMatchObject([{ username: 'admin', role: 'admin', grants: 'all', mustChangePassword: false }]);
  expect(await auth.ensureAdministrator()).toBeUndefined();
  const fresh = new Auth({ tables: new AuthTables(':memory:'), clock, logger });
  const made = await fresh.ensureAdministrator();
  expect(made).toMatch(/^[\w-]{16}$/);
  expect(fresh.user('admin').mustChangePassword).toBe(true);
  const { token } = await fresh.login({ username: 'admin', password: made ?? '', address: 'a' });
  await fresh.changeOwnPassword({ token, oldPassword: made ?? '', newPassword: PASSWORD, address: 'a' });
  expect(fresh.user('admin').mustChangePassword).toBe(false);
  fresh.close();
});

test('[AU1] a wrong password and an unknown user look the same', async () => {
  const wrong = await login('admin', 'wrong').catch((error: unknown) => error);
  const unknown = await login('nobody').catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: 'BAD_CREDENTIALS', details: {} });
  expect(unknown).toEqual(wrong);
});

test('[AU2] failures slow down the pair of user and address, also when they come at once', async () => {
  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(login('admin', 'wrong'))));
  expect(codes.filter((code) => code === 'BAD_CREDENTIALS')).toHaveLength(5);
  expect(codes.filter((code) => code === 'TOO_MANY')).toHaveLength(15);
  expect(await codeOf(login('admin'))).toBe('TOO_MANY');
  expect(await codeOf(login('admin', PASSWORD, '10.0.0.2'))).toBe('done');
  clock.advance(1_000);
  expect(await codeOf(login('ADMIN', 'wrong'))).toBe('BAD_CREDENTIALS');
  clock.advance(1_999);
  await expect(login('admin')).rejects.toMatchObject({ code: 'TOO_MANY', details: { retryAfterMs: 1 } });
  clock.advance(1);
  expect(await codeOf(login('admin'))).toBe('done');
  expect(await codeOf(login('admin', 'wrong'))).toBe('BAD_CREDENTIALS');
  expect(await codeOf(login('admin'))).toBe('done');
});

test('[AU3] a session ends when it is not used, and at the latest after its life; across restarts too', async () => {
  const { token: unused } = await login('admin');
  const { token: used } = await login('admin');
  for (let day = 0; day < 29; day++) {
    clock.advance(DAY_MS);
    expect(auth.principalOf(used)?.username).toBe('admin');
  }
  close();
  open();
  clock.advance(SESSION_IDLE_MS - 29 * DAY_MS);
  expect(auth.principalOf(unused)).toBeUndefined();
  for (let day = 30; day * DAY_MS < SESSION_LIFE_MS; day++) {
    expect(auth.principalOf(used)?.username).toBe('admin');
    clock.advance(DAY_MS);
  }
  expect(auth.principalOf(used)).toBeUndefined();
  expect(tables.sessions()).toHaveLength(0);
});

test('[AU3] logout, another password and removal end sessions, and sockets hear of it', async () => {
  await auth.addUser({ username: 'lena', password: PASSWORD, role: 'operator', grants: 'all' }, 'test');
  let changeCount = 0;
  auth.onChanged(() => changeCount++);
  const [a, b, c] = [await login('lena'), await login('lena'), await login('lena')];
  auth.logout(a.token);
  expect([changeCount, auth.principalOf(a.token)]).toEqual([1, undefined]);
  const change = { oldPassword: PASSWORD, newPassword: 'another one', address: '10.0.0.1' };
  expect(await codeOf(auth.changeOwnPassword({ ...change, token: b.token, oldPassword: 'wrong' }))).toBe(
    'BAD_CREDENTIALS',
  );
  await auth.changeOwnPassword({ ...change, token: b.token });
  expect([changeCount, auth.principalOf(b.token)?.username, auth.principalOf(c.token)]).toEqual([2, 'lena', undefined]);
  auth.removeUser('lena', 'test');
  expect([changeCount, auth.principalOf(b.token)]).toEqual([3, undefined]);
  expect(await codeOf(login('lena', 'another one', '10.0.0.9'))).toBe('BAD_CREDENTIALS');
});

test('[AU4] the list of users is the same one until somebody changes, and then a new one', async () => {
  const before = auth.users();
  expect(auth.users()).toBe(before);
  await auth.addUser({ username: 'lena', password: PASSWORD, role: 'viewer', grants: [] }, 'test');
  const added = auth.users();
  expect(added.map(({ username }) => username)).toContain('lena');
  auth.changeUser('lena', { role: 'operator' }, 'test');
  expect(auth.users().find(({ username }) => username === 'lena')?.role).toBe('operator');
  auth.removeUser('lena', 'test');
  expect(auth.users()).toEqual(before);
  expect(added.map(({ username }) => username)).toContain('lena');
});

test('[AU4] a changed role or grant holds in open sessions', async () => {
  const accountId = 'acc-1' as AccountId;
  await auth.addUser({ username: 'lena', password: PASSWORD, role: 'viewer', grants: [] }, 'test');
  const { token } = await login('lena');
  expect(auth.principalOf(token)).toMatchObject({ role: 'viewer', grants: new Set() });
  auth.changeUser('lena', { role: 'operator', grants: [accountId] }, 'test');
  expect(auth.principalOf(token)).toMatchObject({ role: 'operator', grants: new Set([accountId]) });
  close();
  open();
  expect(auth.principalOf(token)).toMatchObject({ role: 'operator', grants: new Set([accountId]) });
});

test('[AU5] neither file nor log holds a token, a key or a password', async () => {
  const { token } = await login('admin');
  const key = auth.addWorkerKey('w1', 'test');
  await codeOf(login('admin', 'a wrong password'));
  close();
  const bytes = ['', '-wal'].map((end) => {
    try {
      return readFileSync(join(folder, `hiscrm.db${end}`)).toString('latin1');
    } catch {
      return ''; // closing removes the write-ahead file
    }
  });
  open();
  for (const secret of [token, key, PASSWORD, 'a wrong password']) {
    expect(`${bytes.join('')}${lines.join('\n')}`).not.toContain(secret);
  }
  expect(lines.join('\n')).toContain('worker key added');
});

test('[AU6] the last administrator stays', async () => {
  expect(() => auth.removeUser('admin', 'test')).toThrow(/last administrator/);
  expect(() => auth.changeUser('admin', { role: 'viewer' }, 'test')).toThrow(/last administrator/);
  await auth.addUser({ username: 'second', password: PASSWORD, role: 'admin', grants: 'all' }, 'test');
  auth.changeUser('admin', { role: 'viewer' }, 'test');
  expect(() => auth.removeUser('second', 'test')).toThrow(/last administrator/);
});

test('[AU7] a Worker key works until it is revoked, also after a restart', () => {
  const key = auth.addWorkerKey('w1', 'test');
  expect(auth.workerKeyName(key)).toBe('w1');
  expect(() => auth.addWorkerKey('w1', 'test')).toThrow(/already/);
  close();
  open();
  expect(auth.workerKeyName(key)).toBe('w1');
  auth.revokeWorkerKey('w1', 'test');
  expect(auth.workerKeyName(key)).toBeUndefined();
  expect(() => auth.revokeWorkerKey('w1', 'test')).toThrow();
});

test('names that look the same are one user, and bad ones are refused', async () => {
  const add = (username: string, password = PASSWORD) =>
    auth.addUser({ username, password, role: 'viewer', grants: 'all' }, 't');
  await add('小丽');
  expect(await codeOf(Promise.all([add('Lena'), add('lena')]))).toBe('ALREADY_EXISTS');
  expect(await codeOf(add('ｌｅｎａ'))).toBe('ALREADY_EXISTS');
  for (const name of ['', 'a b', 'a\n', '../x', 'x'.repeat(61)]) expect(await codeOf(add(name))).toBe('BAD_REQUEST');
  expect(await codeOf(add('kurt', 'short'))).toBe('BAD_REQUEST');
});

test('a closed Auth leaves no timer', () => {
  const before = clock.pendingCount;
  const other = new Auth({ tables, clock, logger });
  other.close();
  other.close();
  expect(clock.pendingCount).toBe(before);
});

test('[NO36] a user may get the id of another system, once, and none that the program uses', async () => {
  const user = { password: PASSWORD, role: 'viewer', grants: [] } as const;
  const add = (username: string, id: string) => auth.addUser({ ...user, username, id: id as UserId }, 'test');
  expect(await add('lena', '42')).toMatchObject({ id: '42', username: 'lena' });
  expect(await codeOf(add('other', '42'))).toBe('ALREADY_EXISTS');
  for (const id of ['system', 'owner', 'a b', '', 'x'.repeat(81)]) {
    expect(await codeOf(add('other', id)), id).toBe('BAD_REQUEST');
  }
  const { token } = await auth.login({ username: 'lena', password: PASSWORD, address: '::1' });
  expect(auth.principalOf(token)).toMatchObject({ userId: '42' });
});
