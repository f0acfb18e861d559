import { DatabaseSync } from 'node:sqlite';

/** What SQLite finds wrong with the database file, at most 20 lines; empty when it is sound. Reads the whole file. */
export function problemsOfFile(path: string): readonly string[] {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare('PRAGMA quick_check(20)').all();
    return rows.map((row) => String(row.quick_check)).filter((line) => line !== 'ok');
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]; // not a database at all
  } finally {
    database?.close();
  }
}
