import type { DatabaseSync } from 'node:sqlite';
import { openTables } from './open-tables.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS admin_records (
  kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, sealed TEXT, PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID`;
const LIST = 'SELECT id, body, sealed FROM admin_records WHERE kind = ? ORDER BY id';
const GET = 'SELECT id, body, sealed FROM admin_records WHERE kind = ? AND id = ?';
const PUT = `INSERT INTO admin_records (kind, id, body, sealed) VALUES (?, ?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, sealed = excluded.sealed`;
const DROP = 'DELETE FROM admin_records WHERE kind = ? AND id = ?';

/** What administrators wrote down, as text. `sealed` holds the secret part. */
export type AdminRecordRow = { readonly id: string; readonly body: string; readonly sealed: string | null };

/** Small records of administrators that are no part of the inbox, in the database file of the log. */
export class RecordTables {
  readonly #database: DatabaseSync;
  #isOpen = true;

  /** Opens the file and makes the table where it is missing. `:memory:` serves tests. */
  constructor(path: string) {
    this.#database = openTables(path, SCHEMA);
  }

  list(kind: string): readonly AdminRecordRow[] {
    return this.#database.prepare(LIST).all(kind).map(toRow);
  }

  get(kind: string, id: string): AdminRecordRow | undefined {
    const row = this.#database.prepare(GET).get(kind, id);
    return row && toRow(row);
  }

  /** Durable when it returns. */
  put(kind: string, { id, body, sealed }: AdminRecordRow): void {
    this.#database.prepare(PUT).run(kind, id, body, sealed);
  }

  drop(kind: string, id: string): void {
    this.#database.prepare(DROP).run(kind, id);
  }

  /** Safe twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#database.close();
  }
}

const toRow = ({ id, body, sealed }: Record<string, unknown>): AdminRecordRow => ({
  id: String(id),
  body: String(body),
  sealed: typeof sealed === 'string' ? sealed : null,
});
