import type { DatabaseSync } from 'node:sqlite';
import { logAndState } from './migrations/0001-log-and-state.ts';
import { notices } from './migrations/0002-notices.ts';
import { recordPages } from './migrations/0003-record-pages.ts';
import type { Migration } from './migrations/migration.ts';

/** Every step, oldest first; `version` counts from 1 without gaps and is the database's `user_version` afterwards. */
export const MIGRATIONS: readonly Migration[] = [logAndState, notices, recordPages];

/**
 * Brings the database to the newest schema, each step in one transaction. Throws when a newer program wrote it: going
 * back needs the backup made before the update.
 */
export function migrate(db: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const present = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (present > newest)
    throw new Error(`the database has schema ${present}, this program knows ${newest}: start the newer program`);
  for (const { version, statements, move } of migrations) {
    if (version <= present) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      for (const statement of statements) db.exec(statement);
      move?.(db);
      db.exec(`PRAGMA user_version = ${version}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}
