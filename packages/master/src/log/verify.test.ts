import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, Seq, TopicId } from '@hiscrm/shared/model/ids.ts';
import { expect, onTestFinished, test } from 'vitest';
import { LogCommitter } from '../ingest/log-committer.ts';
import { openStore } from '../store/open-store.ts';
import { openMasterDatabase } from './open-database.ts';
import { verifyDatabase } from './verify.ts';

const accountId = 'acc-1' as AccountId;
const item = (id: string): Change => ({
  kind: 'comment.observed',
  accountId,
  facts: { kind: 'comment', id: id as ItemId, topicId: 'w' as TopicId, at: Number(id), source: 'api', observedAt: 1 },
});

/** A file as a Master leaves it after some work. */
async function makeFile(trimToSeq = 0): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'hiscrm-verify-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const path = join(place, 'hiscrm.db');
  const clock = new FakeClock();
  const database = await openMasterDatabase({ path, clock, onDurable: (rows) => committer.onDurable(rows) });
  const store = await openStore({ ...database, clock });
  const committer = new LogCommitter({ log: database.log, store, publish: () => undefined });
  await committer.commit([{ kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 }]);
  await committer.commit([item('1'), item('2'), item('3')]);
  await store.checkpoint();
  await database.log.trimTo(trimToSeq as Seq);
  await store.close();
  await database.close();
  return path;
}

function tamper(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

test('[LG22] a file that a Master wrote is sound, and is compared with the fold of its log', async () => {
  const found = verifyDatabase(await makeFile(), {});
  expect(found).toMatchObject({ findings: [], headSeq: 4, stateSeq: 4, topicCount: 1, itemCount: 3, isRebuilt: true });
});

test('[LG22] reading leaves nothing beside the file, and counts each account item by item', async () => {
  const path = await makeFile();
  const before = readdirSync(dirname(path));
  const { accounts } = verifyDatabase(path);
  expect(accounts.get(accountId)).toEqual({ unreadComments: 3, unreadMessages: 0, commentCount: 3, messageCount: 0 });
  expect(readdirSync(dirname(path))).toEqual(before);
});

test('[LG22] a key that is there twice is found', async () => {
  const path = await makeFile();
  // As a file looks whose index lost an entry: the same rows, without what kept them apart.
  tamper(
    path,
    `CREATE TABLE copy AS SELECT * FROM items; DROP TABLE items; ALTER TABLE copy RENAME TO items;
     INSERT INTO items SELECT * FROM items WHERE id = '2'`,
  );
  const { findings } = verifyDatabase(path);
  expect(findings).toContain('items: 2:2 is there twice');
  expect(findings).toContain('topic acc-1:content:w: 3 items counted, 4 stored');
});

test.each([
  ['a row is missing', 'DELETE FROM log WHERE seq = 3', 'log: row 4 follows 2'],
  ['an item is missing', "DELETE FROM items WHERE id = '1'", 'topic acc-1:content:w: 3 items counted, 2 stored'],
  ['a counter is wrong', 'UPDATE topics SET item_count = 7', 'topic acc-1:content:w: 7 items counted, 3 stored'],
  ['a flag is missing', "UPDATE items SET unread = 0 WHERE id = '2'", 'item acc-1:comment:2: unread and not flagged'],
  ['a column is wrong', "UPDATE items SET at = 9 WHERE id = '2'", 'item acc-1:comment:2: columns differ'],
  ['a preview is wrong', 'UPDATE topics SET last = NULL', 'topic acc-1:content:w: its newest item is another one'],
  [
    'a record is wrong',
    `UPDATE accounts SET body = replace(body, 'shop', 'stop')`,
    'accounts: acc-1 is not what the log gives',
  ],
])('[LG22] %s, and it is found', async (_name, sql, finding) => {
  const path = await makeFile();
  tamper(path, sql);
  expect(verifyDatabase(path, {}).findings).toContain(finding);
});

test('[LG22] a trimmed log is checked without a fold', async () => {
  expect(verifyDatabase(await makeFile(2), {})).toMatchObject({ findings: [], headSeq: 4, itemCount: 3 });
});
