import { readDatabase } from './read-database.ts';

/** What SQLite finds wrong with the database file, at most 20 lines; empty when it is sound. Reads the whole file. */
export function problemsOfFile(path: string): readonly string[] {
  try {
    const rows = readDatabase(path, (db) => db.prepare('PRAGMA quick_check(20)').all());
    return rows.map((row) => String(row.quick_check)).filter((line) => line !== 'ok');
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]; // not a database at all
  }
}
