import { readDatabase } from './read-database.ts';

/** Writes what is committed in one file into another, which must not exist; also while a Master has the first one open. */
export function copyDatabase(from: string, to: string): void {
  readDatabase(from, (db) => {
    db.prepare('VACUUM INTO ?').run(to);
  });
}
