import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** Waits for a commit of a running Master. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Runs `read` on the file without changing it or anything beside it, whether or not a Master has it open. SQLite leaves
 * its two side files behind when a reader is the first to open a file in WAL mode; a file that nobody has open and that
 * has no `-wal` is therefore opened as unchangeable. When a Master started meanwhile, what was read may be torn: it is
 * read again.
 */
export function readDatabase<T>(path: string, read: (db: DatabaseSync) => T): T {
  if (!hasWal(path)) {
    const address = pathToFileURL(path);
    address.search = 'immutable=1';
    const first = attempt(address, read);
    if (!hasWal(path)) {
      if (first.ok) return first.value;
      throw first.error;
    }
  }
  const second = attempt(path, read);
  if (second.ok) return second.value;
  throw second.error;
}

const hasWal = (path: string): boolean => existsSync(`${path}-wal`);

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

function attempt<T>(address: string | URL, read: (db: DatabaseSync) => T): Attempt<T> {
  const db = new DatabaseSync(address, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return { ok: true, value: read(db) };
  } catch (error) {
    return { ok: false, error }; // whether it counts is known when the file was seen not to have moved
  } finally {
    db.close();
  }
}
