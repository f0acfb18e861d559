/**
 * The thread that moves pages from the write-ahead file into the database. Asked once, it moves until little is left: what was
 * written while it moved is less each time. Commits go on meanwhile on the writing thread's own connection.
 */
import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, workerData } from 'node:worker_threads';
import type { FromMover, ToMover } from './wal-mover.ts';

/** Fewer are left to the writing thread, which moves them in a few milliseconds. */
const LITTLE_PAGES = 200;
/** With a writer that is as fast as the disk it never gets to be little. */
const ROUNDS_COUNT = 4;

const { path, port } = workerData as { readonly path: string; readonly port: MessagePort }; // given by WalMover
const db = new DatabaseSync(path);
db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
const move = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

function moveMost(): void {
  let movedCount = 0;
  for (let round = 0; round < ROUNDS_COUNT; round++) {
    const before = movedCount;
    movedCount = Number(move.get()?.checkpointed);
    if (movedCount - before < LITTLE_PAGES) return;
  }
}

port.on('message', (message: ToMover) => {
  if (message === 'close') {
    db.close();
    port.close();
    return;
  }
  moveMost();
  port.postMessage('moved' satisfies FromMover);
});
