import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { putMeta } from './log-statements.ts';
import { NOTICE_STATE_SEQ } from './notice-tables.ts';
import type { NoticeBatch } from './writer-protocol.ts';

const PUT_NOTICE = `INSERT INTO notices
    (no, message_id, sender_id, key, type, target, priority, status, at, is_open, counts, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET status = excluded.status, is_open = excluded.is_open, counts = excluded.counts,
    body = excluded.body`;
const PUT_USER = `INSERT INTO notice_users (no, user_id, username, online_ms) VALUES (?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET username = excluded.username, online_ms = excluded.online_ms`;
const PUT_RECORD = `INSERT INTO notice_records (notice_no, user_no, place, flags, role, created_at, received_at, read_at,
    confirmed_at, updated_at, held_until, retry_count, device, error)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (notice_no, user_no) DO UPDATE SET place = excluded.place, flags = excluded.flags,
    received_at = excluded.received_at, read_at = excluded.read_at, confirmed_at = excluded.confirmed_at,
    updated_at = excluded.updated_at, held_until = excluded.held_until, retry_count = excluded.retry_count,
    device = excluded.device, error = excluded.error`;
const PUT_SETTING = `INSERT INTO notice_settings (kind, id, body) VALUES (?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`;
const DROP_SETTING = 'DELETE FROM notice_settings WHERE kind = ? AND id = ?';

/** Writes batches of notice state inside a transaction that the caller holds. */
export class NoticeWriter {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  save(batch: NoticeBatch): void {
    this.#runAll(PUT_USER, batch.users);
    this.#runAll(PUT_NOTICE, batch.notices);
    this.#runAll(PUT_RECORD, batch.records);
    for (const [kind, id, body] of batch.settings) {
      if (body === null) this.#statement(DROP_SETTING).run(kind, id);
      else this.#statement(PUT_SETTING).run(kind, id, body);
    }
    if (batch.stateSeq !== undefined) putMeta(this.#db, NOTICE_STATE_SEQ, String(batch.stateSeq));
  }

  #runAll(sql: string, rows: readonly (readonly (string | number | null)[])[]): void {
    if (rows.length === 0) return;
    const statement = this.#statement(sql);
    for (const row of rows) statement.run(...row);
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
