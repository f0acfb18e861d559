import type { DatabaseSync } from 'node:sqlite';
import type { WriterJob, WriterReady } from './writer-protocol.ts';

const READ_META = 'SELECT value FROM meta WHERE name = ?';
const PUT_META = `INSERT INTO meta (name, value) VALUES (?, ?)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
const READ_NEWEST = 'SELECT seq, at FROM log ORDER BY seq DESC LIMIT 1';
const READ_END_BYTES = 'SELECT end_bytes AS endBytes FROM log ORDER BY seq DESC LIMIT 1';
const READ_OLDEST = 'SELECT seq FROM log ORDER BY seq LIMIT 1';
const INSERT_ROW = 'INSERT INTO log (seq, at, end_bytes, text) VALUES (?, ?, ?, ?)';
const TRIM = 'DELETE FROM log WHERE seq <= ?';

/** A name of the file's `meta` table, or undefined. */
export function readMeta(db: DatabaseSync, name: string): string | undefined {
  const value = db.prepare(READ_META).get(name)?.value;
  return typeof value === 'string' ? value : undefined;
}

export function putMeta(db: DatabaseSync, name: string, value: string): void {
  db.prepare(PUT_META).run(name, value);
}

/** Where the log stands. A trimmed log remembers its last place, so that no seq is ever given twice. */
export function readLogHead(db: DatabaseSync): Omit<WriterReady, 'kind' | 'epoch'> {
  const newest = db.prepare(READ_NEWEST).get();
  const trimmedSeq = Number(readMeta(db, 'trimmed_seq') ?? 0);
  return {
    headSeq: Number(newest?.seq ?? trimmedSeq),
    trimmedSeq,
    newestAt: Number(newest?.at ?? 0),
    stateSeq: Number(readMeta(db, 'state_seq') ?? 0),
  };
}

/** Inserts rows inside a transaction that the caller holds. */
export function rowInserter(db: DatabaseSync): (job: Extract<WriterJob, { kind: 'append' }>) => void {
  const insert = db.prepare(INSERT_ROW);
  let endBytes = Number(db.prepare(READ_END_BYTES).get()?.endBytes ?? readMeta(db, 'trimmed_bytes') ?? 0);
  return (job) => {
    let seq = job.firstSeq;
    for (const text of job.texts) {
      endBytes += Buffer.byteLength(text);
      insert.run(seq, job.at, endBytes, text);
      seq += 1;
    }
  };
}

/** Deletes the rows from the oldest up to `upToSeq`, at most `limitCount`, in the caller's transaction; how many went. */
export function trimSlice(db: DatabaseSync, upToSeq: number, limitCount: number): number {
  const oldest = db.prepare(READ_OLDEST).get()?.seq;
  if (typeof oldest !== 'number' || oldest > upToSeq) return 0;
  const last = Math.min(upToSeq, oldest + limitCount - 1);
  const endBytes = db.prepare('SELECT end_bytes AS endBytes FROM log WHERE seq = ?').get(last)?.endBytes;
  db.prepare(TRIM).run(last);
  putMeta(db, 'trimmed_seq', String(last));
  putMeta(db, 'trimmed_bytes', String(endBytes ?? 0));
  return last - oldest + 1;
}
