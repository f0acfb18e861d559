import { DatabaseSync } from 'node:sqlite';

/** Waits this long for a group commit of the log on another connection to the same file. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens small tables in the database file of the log, and makes them where they are missing. What is written is durable when the
 * call returns. Moving pages of the write-ahead file is left to the log (`wal-mover.ts`): here it would hold up the event loop.
 */
export function openTables(path: string, schema: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;');
  database.exec(schema);
  return database;
}
