import type { DatabaseSync } from 'node:sqlite';
import { openTables } from './open-tables.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS platform_logins (
  account_id TEXT PRIMARY KEY, sealed TEXT NOT NULL
) STRICT, WITHOUT ROWID`;

/** Sealed platform logins, in the database file of the log. What is in them is not known here. */
export class CredentialTables {
  readonly #database: DatabaseSync;
  #isOpen = true;

  /** Opens the file and makes the table where it is missing. `:memory:` serves tests. */
  constructor(path: string) {
    this.#database = openTables(path, SCHEMA);
  }

  read(accountId: string): string | undefined {
    const sealed = this.#database
      .prepare('SELECT sealed FROM platform_logins WHERE account_id = ?')
      .get(accountId)?.sealed;
    return typeof sealed === 'string' ? sealed : undefined;
  }

  /** Durable when it returns. */
  put(accountId: string, sealed: string): void {
    this.#database
      .prepare(
        'INSERT INTO platform_logins (account_id, sealed) VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed',
      )
      .run(accountId, sealed);
  }

  drop(accountId: string): void {
    this.#database.prepare('DELETE FROM platform_logins WHERE account_id = ?').run(accountId);
  }

  /** Safe twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#database.close();
  }
}
