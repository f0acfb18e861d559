import { DatabaseSync } from 'node:sqlite';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import { MIGRATIONS, migrate } from '../log/migrate.ts';
import { SqliteNoticeTables } from '../log/notice-tables.ts';
import { NoticeBook } from './notice-book.ts';
import { confirmed, freshFlags, withdrawn } from './record-flags.ts';
import { readHistory } from './user-history.ts';

const RECIPIENTS_COUNT = 1_500;
const DEVICE = { connectionId: 'c-1', address: '10.0.0.1', agent: 'Mozilla' };

/** A file as it was when each record was a row: three notices, one held and released, one sent after the checkpoint's place. */
function olderFile(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  migrate(db, MIGRATIONS.slice(0, 2));
  const put = (table: string, row: Record<string, string | number | null>): void => {
    const names = Object.keys(row);
    db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(
      ...Object.values(row),
    );
  };
  const notice = (no: number, messageId: string): void => {
    const body = {
      notice: {
        messageId,
        type: 'system_notice',
        content: 'x',
        priority: 'normal',
        target: { kind: 'all' },
        digest: 'd',
      },
      recipientCount: no === 5 ? RECIPIENTS_COUNT : 2,
      onlineCount: 0,
      sentAt: no * 1_000,
    };
    const columns = { sender_id: 'u-1', key: null, type: 'system_notice', target: 'all', priority: 1, status: 'sent' };
    put('notices', {
      no,
      message_id: messageId,
      ...columns,
      at: no * 1_000,
      is_open: 1,
      counts: '[]',
      body: JSON.stringify(body),
    });
  };
  const record = (noticeNo: number, userNo: number, more: Record<string, string | number | null> = {}): void =>
    put('notice_records', {
      notice_no: noticeNo,
      user_no: userNo,
      place: noticeNo,
      flags: freshFlags(true),
      role: 'o',
      created_at: noticeNo * 1_000,
      received_at: 0,
      read_at: 0,
      confirmed_at: 0,
      updated_at: noticeNo * 1_000,
      held_until: 0,
      retry_count: 0,
      device: null,
      error: null,
      ...more,
    });
  for (let no = 1; no <= RECIPIENTS_COUNT; no++) {
    put('notice_users', { no, user_id: `u-${no}`, username: `name ${no}`, online_ms: no });
  }
  for (const [no, id] of [
    [2, 'held'],
    [5, 'all'],
    [9, 'later'],
  ] as const)
    notice(no, id);
  record(2, 1, { place: 7, flags: freshFlags(false) });
  record(2, 3, { place: 0, flags: freshFlags(false), held_until: 99_000 });
  for (let no = 1; no <= RECIPIENTS_COUNT; no++) record(5, no);
  markSome(db);
  record(9, 1);
  put('log', {
    seq: 9,
    at: 9_000,
    end_bytes: 1,
    text: JSON.stringify({ seq: 9, change: { kind: 'notice.sent', notice: { messageId: 'later' } } }),
  });
  put('meta', { name: 'notice_state_seq', value: '8' });
  return db;
}

/** Two users have confirmed, one was too late. */
function markSome(db: DatabaseSync): void {
  const marks = { received_at: 6_000, read_at: 6_100, confirmed_at: 6_200, updated_at: 6_200, retry_count: 2 };
  db.prepare(
    `UPDATE notice_records SET flags = ?, received_at = ?, read_at = ?, confirmed_at = ?, updated_at = ?, retry_count = ?, device = ?
     WHERE notice_no = 5 AND user_no IN (2, 1500)`,
  ).run(confirmed(freshFlags(true)), ...Object.values(marks), JSON.stringify(DEVICE));
  db.prepare('UPDATE notice_records SET flags = ?, error = ? WHERE notice_no = 5 AND user_no = 4').run(
    withdrawn(freshFlags(true)),
    'recalled',
  );
}

test('[NO56] receive records of an older file are all there, in their order, with their states', () => {
  const db = olderFile();
  migrate(db);
  const book = new NoticeBook({
    tables: new SqliteNoticeTables({ reader: db, save: () => Promise.resolve() }),
    cachedNoticeCount: 10,
    cachedPageCount: 1,
    waitingPerUserCount: 0,
  });
  expect(book.records.count).toBe(2 + RECIPIENTS_COUNT); // what was sent later is made again from the log
  expect(book.totals.counts()).toMatchObject({ total: 2 + RECIPIENTS_COUNT, confirmed: 2, received: 2 });
  const all = book.shelf.byId('all');
  expect(all?.counts.counts()).toMatchObject({ total: RECIPIENTS_COUNT, confirmed: 2, pending: RECIPIENTS_COUNT - 3 });
  expect(all?.records).toEqual({ first: 2, count: RECIPIENTS_COUNT });
  const of = (user: number) => {
    const mailbox = book.mailboxes.get(`u-${user}` as UserId);
    if (!mailbox) throw new Error(`user ${user} is gone`);
    return { mailbox, history: readHistory({ book, mailbox }, 1e9 as Seq, 10).items.map(({ record }) => record) };
  };
  expect(of(1).history.map(({ noticeNo, place }) => [noticeNo, place])).toEqual([
    [2, 7],
    [5, 5],
  ]);
  expect(of(3).mailbox.held).toHaveLength(1);
  expect(of(3).mailbox.unreadCount).toBe(2);
  for (const user of [2, 1_500]) {
    const [record] = of(user).history;
    expect(record).toMatchObject({
      receivedAt: 6_000,
      readAt: 6_100,
      confirmedAt: 6_200,
      retryCount: 2,
      role: 'o',
      createdAt: 5_000,
    });
    expect(book.devices.get(record?.deviceNo ?? 0)).toEqual(DEVICE);
  }
  expect(of(4).history[0]).toMatchObject({ error: 'recalled' });
  expect(of(5).history[0]).toMatchObject({ error: '', receivedAt: 0, deviceNo: 0, place: 5 });
});
