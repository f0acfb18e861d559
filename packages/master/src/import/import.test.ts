import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AccountId, ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Rest } from '../http/v1/testing/rest.ts';
import { DataFolder } from '../main/data-folder.ts';
import { ImportError, importLegacy } from '../main/import-legacy.ts';
import { openCompatWorld } from '../sockets/compat/testing/compat-world.ts';
import { fillLegacyFile, LEGACY_ACCOUNT, LegacyFile, THEN } from './testing/legacy-file.ts';

const A = LEGACY_ACCOUNT as AccountId;
const PEER = '5500002' as TopicId;
let dir: string;
let sourcePath: string;
let folder: DataFolder;
let file: LegacyFile;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hiscrm-import-test-'));
  sourcePath = join(dir, 'master.db');
  folder = new DataFolder(join(dir, 'data'));
  file = new LegacyFile(sourcePath);
  fillLegacyFile(file);
});
afterEach(() => {
  file.close();
  rmSync(dir, { recursive: true, force: true });
});

const run = (isDryRun = false) => importLegacy({ sourcePath, folder, secretKey: undefined, isDryRun });
/** Place of the newest row in a file that nobody has open. */
function headOf(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const row = db.prepare('SELECT max(seq) AS head FROM log').get();
  db.close();
  return Number(row?.head);
}
const openMaster = () => openCompatWorld({ dataDir: folder.path });

test('[IM1] what is in the file is taken, told apart by unit and by id, and what is not is reported', async () => {
  const result = await run();
  expect(result.tables).toEqual({
    accounts: { found: 3, taken: 2, known: 0, skipped: 1 },
    contents: { found: 1, taken: 1, known: 0, skipped: 0 },
    conversations: { found: 1, taken: 1, known: 0, skipped: 0 },
    comments: { found: 4, taken: 4, known: 0, skipped: 0 },
    messages: { found: 5, taken: 4, known: 0, skipped: 1 },
    replies: { found: 4, taken: 3, known: 0, skipped: 1 },
    proxies: { found: 1, taken: 1, known: 0, skipped: 0 },
    workerConfigs: { found: 2, taken: 1, known: 0, skipped: 1 },
  });
  expect(result.notTaken).toEqual(
    expect.arrayContaining([
      { what: 'cache_notifications', count: 1, reason: expect.any(String) },
      { what: 'login_sessions', count: 1, reason: expect.any(String) },
      { what: 'cache_comments', count: 1, reason: 'rows of accounts that were deleted' },
    ]),
  );
  expect(result.problems.map(({ table, id }) => `${table} ${id}`)).toEqual(
    expect.arrayContaining(['accounts acc-bad', 'messages broken', 'replies reply-4', 'workerConfigs worker-2']),
  );
  expect(JSON.stringify(result)).not.toMatch(/SECRET|评论|消息/);

  const world = await openMaster();
  const { store } = world;
  expect(store.account(A)).toMatchObject({
    name: '旗舰店',
    createdAt: THEN,
    isPaused: false,
    profile: { platformUserId: '4400001', nickname: '品牌官方', followerCount: 77 },
  });
  expect(store.account(A)?.profile?.contentCount).toBeUndefined();
  expect(store.account('acc-new' as AccountId)).toMatchObject({ isPaused: true });
  expect(store.item(A, 'comment', 'K1' as ItemId)?.facts).toMatchObject({
    at: THEN,
    text: '评论 K1 🎉',
    direction: 'in',
  });
  expect(store.item(A, 'message', 'M3' as ItemId)?.facts).toMatchObject({ at: THEN + 180_000, topicId: PEER });
  expect(store.item(A, 'message', '7301234567890123456' as ItemId)?.facts).toMatchObject({
    text: '长号',
    at: THEN + 600_000,
  });
  expect(store.topic({ accountId: A, kind: 'content', id: 'V1' as TopicId })?.record.facts).toMatchObject({
    title: '新品发布',
    stats: { likeCount: 5 },
  });
  expect(JSON.stringify(store.topic({ accountId: A, kind: 'content', id: 'V1' as TopicId }))).not.toContain(
    'javascript:',
  );
  expect(store.topic({ accountId: A, kind: 'conversation', id: PEER })?.summary).toMatchObject({ itemCount: 4 });
  await world.close(true);
});

test('[IM2] read state is kept: what was read stays read at its time; own and answered items are not unread', async () => {
  const result = await run();
  expect(result.readItemCount).toBe(2);
  // The file counts its own comment; M3 and the long one were written after the answer M2.
  expect(result.unread).toEqual({ before: { comments: 3, messages: 2 }, after: { comments: 2, messages: 2 } });
  const world = await openMaster();
  expect(world.store.item(A, 'comment', 'K2' as ItemId)?.readAt).toBe(THEN + 60_000);
  expect(world.store.item(A, 'comment', 'K3' as ItemId)?.facts.direction).toBe('out');
  expect(world.store.item(A, 'message', 'M1' as ItemId)?.readAt).toBe(THEN);
  expect(world.store.accountSummary(A)).toMatchObject({ unreadComments: 2, unreadMessages: 2 });
  const monitor = await world.monitor();
  monitor.emit('monitor:register', {});
  const { channels } = await monitor.next<{ channels: object[] }>('monitor:channels');
  expect(channels).toContainEqual(expect.objectContaining({ id: A, name: '品牌官方', unreadCount: 4 }));
  await world.close(true);
});

test('[IM3] a second run adds nothing; what was decided here since is not undone; what is new in the file is taken', async () => {
  await run();
  const world = await openMaster();
  const readTopic = {
    topic: { accountId: A, kind: 'content', id: 'V1' as TopicId },
    upToSeq: world.store.head(),
  } as const;
  await world.run({ name: 'markRead', params: readTopic, key: 'key-read-0001' });
  await world.run({ name: 'changeAccount', params: { accountId: A, name: '新名字' }, key: 'key-name-0001' });
  await world.close(true);
  const before = headOf(folder.database);
  const again = await run();
  for (const tally of Object.values(again.tables)) expect(tally.taken).toBe(0);
  expect([again.readItemCount, again.sealedLoginCount]).toEqual([0, 0]);
  file.put('cache_contents', {
    id: 'cont_x',
    account_id: LEGACY_ACCOUNT,
    data: JSON.stringify({ contentId: 'V2', title: '第二个' }),
    updated_at: THEN,
    persist_at: THEN,
  });
  expect((await run()).tables.contents).toMatchObject({ found: 2, taken: 1, known: 1 });
  expect(headOf(folder.database)).toBe(before + 1);
  const reopened = await openMaster();
  expect(reopened.store.account(A)?.name).toBe('新名字');
  expect(reopened.store.accountSummary(A)).toMatchObject({ unreadComments: 1, contentCount: 3 });
  await reopened.close(true);
});

test('[IM4] a dry run says the same and changes nothing, here or there, also while a Master runs', async () => {
  const hashes = (): string[] =>
    [sourcePath, folder.database].map((path) =>
      existsSync(path) ? `${statSync(path).size} ${statSync(path).mtimeMs}` : '',
    );
  const files = readdirSync(dir);
  const before = hashes();
  const dry = await run(true);
  expect(dry).toMatchObject({ isDryRun: true, tables: { comments: { taken: 4 }, accounts: { taken: 2 } } });
  expect([hashes(), readdirSync(dir)]).toEqual([before, files]);
  const real = await run();
  expect({ ...real, isDryRun: true }).toEqual(dry);
  const world = await openMaster();
  const head = world.store.head();
  expect((await run(true)).tables.comments).toMatchObject({ taken: 0, known: 4 });
  expect(world.store.head()).toBe(head);
  await expect(run()).rejects.toThrow(ImportError);
  await expect(run()).rejects.toThrow(/Stop it, import, and start it again/);
  await world.close(true);
});

test('[IM5] replies come as history: none is ever sent again, and their outcomes can be read', async () => {
  await run();
  const world = await openMaster();
  const state = (id: string) => world.store.reply(id as ReplyId)?.state;
  expect(state('reply-1')).toMatchObject({ kind: 'sent', at: THEN + 3, itemId: 'K3' });
  expect(state('reply-2')).toMatchObject({ kind: 'rejected', reason: 'quotaExceeded', detail: '频繁' });
  expect(state('reply-3')).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('existing system') });
  const worker = await world.worker('w1');
  await worker.heartbeat();
  expect(worker.peer.names()).not.toContain('master:reply:request');
  const rest = new Rest(world.url, await world.login());
  expect(await rest.data('/api/v1/replies/reply-2')).toMatchObject({
    status: 'failed',
    request_id: 'req-reply-2',
    error_code: 'QUOTA_EXCEEDED',
  });
  expect(await rest.data(`/api/v1/replies/account/${A}/stats`)).toMatchObject({ total_replies: 3, unknown_count: 1 });
  await world.close(true);
});

test('[IM6] logins and passwords are sealed, and given to the Worker that drives the account', async () => {
  expect((await run()).sealedLoginCount).toBe(1);
  for (const name of readdirSync(folder.path)) {
    expect([name, /SECRET/.test(readFileSync(join(folder.path, name), 'latin1'))]).toEqual([name, false]);
  }
  const world = await openMaster();
  const worker = world.connectWorker('w1');
  const { assigned_accounts: accounts } = (await worker.start()) as { assigned_accounts: Record<string, unknown>[] };
  expect(accounts).toContainEqual(
    expect.objectContaining({
      id: A,
      credentials: expect.objectContaining({ cookies: [{ name: 'sessionid', value: 'SECRET-COOKIE' }] }),
    }),
  );
  const rest = new Rest(world.url, await world.login());
  expect(await rest.data('/api/v1/proxies')).toMatchObject([{ server: 'proxy.example:8080', has_password: true }]);
  expect((await rest.get('/api/v1/worker-configs/by-worker-id/worker-1')).body).toMatchObject({
    name: '本机',
    max_accounts: 5,
    auto_start: 0,
    env_variables: '{"LOG_LEVEL":"debug"}',
  });
  await world.close(true);
});

test('[IM7] a file that is none is refused, and an older one without some columns is read', async () => {
  const other = join(dir, 'other.db');
  for (const path of [join(dir, 'none.db'), other, folder.path]) {
    if (path === other) new DatabaseSync(other).exec('CREATE TABLE t (a)');
    await expect(importLegacy({ sourcePath: path, folder, secretKey: undefined, isDryRun: true })).rejects.toThrow(
      ImportError,
    );
  }
  const old = join(dir, 'old.db');
  const db = new DatabaseSync(old);
  db.exec(`CREATE TABLE accounts (id TEXT, platform TEXT, account_id TEXT, account_name TEXT);
    INSERT INTO accounts VALUES ('acc/with slash', 'xiaohongshu', '77', '小红书店');
    CREATE TABLE cache_comments (id TEXT, account_id TEXT, data TEXT);
    INSERT INTO cache_comments VALUES ('c', 'acc/with slash', '{"commentId":"C1","contentId":"W","isRead":true,"createdAt":1760000000}');`);
  db.close();
  const result = await importLegacy({ sourcePath: old, folder, secretKey: undefined, isDryRun: false });
  expect(result).toMatchObject({ tables: { accounts: { taken: 1 }, comments: { taken: 1 } }, readItemCount: 1 });
  const again = await importLegacy({ sourcePath: old, folder, secretKey: undefined, isDryRun: false });
  expect(again).toMatchObject({ tables: { accounts: { known: 1 }, comments: { known: 1 } } });
});
