import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Epoch } from '@hiscrm/shared/model/ids.ts';
import { FileLock } from './file-lock.ts';
import { startNewEpoch } from './open-database.ts';
import { readDatabase } from './read-database.ts';

const COPY = 'VACUUM INTO ?';
/** Beside a database file; a stale one would be taken for part of another file of the same name. */
const SIDE_FILES = ['-wal', '-shm'];

/** Writes one consistent copy, also while a Master works. Throws when `target` exists. */
export function backupDatabase(path: string, target: string): void {
  if (existsSync(target)) throw new Error(`${target} exists already`);
  const part = `${target}.part`;
  rmSync(part, { force: true });
  readDatabase(path, (db) => {
    rmSync(part, { force: true }); // of a reading that is made again
    db.prepare(COPY).run(part);
  });
  flush(part);
  renameSync(part, target);
  flush(dirname(target));
}

/**
 * Puts a copy in the place of the database, under a new epoch: what clients and Workers know of the history it leaves is
 * not taken for its own. The file that was there is kept as `replacedBy`. Throws when a process has the database open.
 */
export function restoreDatabase(path: string, options: { readonly from: string; readonly replacedBy: string }): Epoch {
  const lock = new FileLock(`${path}.lock`);
  const part = `${path}.part`;
  try {
    copyFileSync(options.from, part);
    const epoch = startNewEpoch(part);
    rmSync(`${part}.lock`, { force: true });
    flush(part);
    for (const side of ['', ...SIDE_FILES]) {
      if (existsSync(path + side)) renameSync(path + side, options.replacedBy + side);
    }
    renameSync(part, path);
    flush(dirname(path));
    return epoch;
  } finally {
    lock.release();
  }
}

/** Waits until the file, or the folder's list of names, is on disk. */
function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
