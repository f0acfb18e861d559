import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** Pages in the write-ahead file that are not in the database yet, before they are moved: 8 MiB. */
export const MOST_PAGES = 2_000;

export type ToMover = 'move' | 'close';
export type FromMover = 'moved';

/**
 * Keeps the write-ahead file short without holding commits up. SQLite moves its pages into the database in the commit that
 * makes it too long, and that one waits for the disk for 50 to 100 ms. Here another thread moves them. The file is begun anew
 * only when nothing in it is left to move, so the little that was written meanwhile is moved by the writing thread itself.
 */
export class WalMover {
  readonly #path: string;
  /** How many pages there are, and how many are moved; moves none. An SQLite before 3.51 does not know it, and moves them. */
  readonly #look: StatementSync;
  readonly #move: StatementSync;
  /** To the thread, once there was something to move. */
  #port: MessagePort | undefined;
  #isMoving = false;

  /** `db` is the calling thread's connection to the file at `path`. This thread ends with an error if the mover does. */
  constructor(db: DatabaseSync, path: string) {
    this.#path = path;
    this.#look = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#move = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** To be called after each commit, behind its answer. */
  afterCommit(): void {
    if (this.#port && this.#isMoving) {
      if (!receiveMessageOnPort(this.#port)) return;
      this.#isMoving = false;
      this.#move.get();
      return;
    }
    const { log, checkpointed } = this.#look.get() ?? {};
    if (Number(log) - Number(checkpointed) < MOST_PAGES) return;
    this.#isMoving = true;
    this.#port ??= startThread(this.#path);
    this.#port.postMessage('move' satisfies ToMover);
  }

  /** Ends the thread, after what it does. */
  close(): void {
    this.#port?.postMessage('close' satisfies ToMover);
    this.#port?.close();
  }
}

function startThread(path: string): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const thread = new Worker(new URL('./wal-mover-thread.ts', import.meta.url), {
    workerData: { path, port: port2 },
    transferList: [port2],
  });
  thread.on('error', (error) => {
    throw error;
  });
  return port1;
}
