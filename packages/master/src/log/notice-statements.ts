import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { putMeta } from './log-statements.ts';
import { NOTICE_RECORD_COUNT, NOTICE_STATE_SEQ } from './notice-tables.ts';
import type { NoticeBatch } from './writer-protocol.ts';

const PUT_NOTICE = `INSERT INTO notices
    (no, message_id, sender_id, key, type, target, priority, status, at, is_open, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET status = excluded.status, is_open = excluded.is_open, body = excluded.body`;
const PUT_USER = `INSERT INTO notice_users (no, user_id, username, online_ms) VALUES (?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET username = excluded.username, online_ms = excluded.online_ms`;
const PUT_PAGE = `INSERT INTO notice_record_pages (no, runs, held, heads, body) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET runs = excluded.runs, held = excluded.held, heads = excluded.heads, body = excluded.body`;
const PUT_DEVICE = `INSERT INTO notice_devices (no, connection_id, address, agent) VALUES (?, ?, ?, ?)
  ON CONFLICT (no) DO NOTHING`;
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
    this.#runAll(PUT_DEVICE, batch.devices);
    this.#runAll(PUT_PAGE, batch.pages);
    for (const [kind, id, body] of batch.settings) {
      if (body === null) this.#statement(DROP_SETTING).run(kind, id);
      else this.#statement(PUT_SETTING).run(kind, id, body);
    }
    if (!batch.reached) return;
    putMeta(this.#db, NOTICE_STATE_SEQ, String(batch.reached.stateSeq));
    putMeta(this.#db, NOTICE_RECORD_COUNT, String(batch.reached.recordCount));
  }

  #runAll(sql: string, rows: readonly (readonly (string | number | null | Uint8Array)[])[]): void {
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
