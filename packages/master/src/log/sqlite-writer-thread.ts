/**
 * The thread that holds the only connection that writes the log and the state tables. It takes every job that waits,
 * does them in one transaction (group commit) and answers after the commit, so the event loop never waits for the disk.
 * After a failed commit nothing is written any more: what is on disk is then exactly what was answered.
 */
import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { must } from '@hiscrm/shared/lib/must.ts';
import { putMeta, readLogHead, readMeta, rowInserter, trimSlice } from './log-statements.ts';
import { migrate } from './migrate.ts';
import { NoticeWriter } from './notice-statements.ts';
import { StateWriter } from './state-statements.ts';
import { WalMover } from './wal-mover.ts';
import { type FromWriter, type JobAnswer, memoryOf, type WriterJob } from './writer-protocol.ts';

/** Rows and records in one transaction: bounds how long a small append behind a large one waits. */
const GROUP_LIMIT_RECORDS = 500;
/** Writing a page of receive records takes as long as so many of the others. */
const RECORDS_A_PAGE = 10;
/** The other connection that writes (users, sessions) holds the file for one small transaction. */
const BUSY_TIMEOUT_MS = 10_000;
/** 32 MiB: the pages of a checkpoint's indexes stay in memory between transactions. */
const CACHE_KIB = 32 * 1024;
/** Pages in the write-ahead file before a commit moves them itself, whatever that takes: 64 MiB. */
const WAL_LIMIT_PAGES = 16_000;
/** Rows deleted in one transaction by trimming and sweeping: some milliseconds. */
const SLICE_COUNT = 1_000;

type Settings = { readonly path: string; readonly newEpoch: string };

class WriterThread {
  readonly #port: MessagePort;
  readonly #db: DatabaseSync;
  readonly #insertRows: ReturnType<typeof rowInserter>;
  readonly #state: StateWriter;
  readonly #notices: NoticeWriter;
  readonly #mover: WalMover;
  #failure: string | undefined;
  #trimTo = 0;
  #mayHaveRemoved = true;
  #isIdleScheduled = false;

  constructor(port: MessagePort, settings: Settings) {
    this.#port = port;
    this.#db = openForWriting(settings.path);
    const epoch = readMeta(this.#db, 'epoch');
    if (epoch === undefined) putMeta(this.#db, 'epoch', settings.newEpoch);
    this.#insertRows = rowInserter(this.#db);
    this.#state = new StateWriter(this.#db);
    this.#notices = new NoticeWriter(this.#db);
    this.#mover = new WalMover(this.#db, settings.path);
    this.#say({ kind: 'ready', epoch: epoch ?? settings.newEpoch, ...readLogHead(this.#db) });
    port.on('message', (job: WriterJob) => this.#take(job));
    this.#scheduleIdle();
  }

  #take(first: WriterJob): void {
    let next: WriterJob | undefined = first;
    while (next) {
      if (next.kind === 'close') {
        this.#close();
        return;
      }
      next = this.#takeGroup(next);
    }
    this.#scheduleIdle();
  }

  /** Commits what waits, up to the limit or a `close`; the job that comes after it, if there is one. */
  #takeGroup(first: WriterJob): WriterJob | undefined {
    const group: WriterJob[] = [];
    let recordCount = 0;
    let next: WriterJob | undefined = first;
    while (next && next.kind !== 'close' && recordCount < GROUP_LIMIT_RECORDS) {
      group.push(next);
      recordCount += recordCountOf(next);
      next = this.#received();
    }
    this.#say({ kind: 'answers', answers: this.#commit(group) });
    for (const job of group) letGo(job);
    if (this.#failure === undefined) this.#mover.afterCommit();
    return next;
  }

  #received(): WriterJob | undefined {
    return receiveMessageOnPort(this.#port)?.message as WriterJob | undefined; // the other side sends nothing else
  }

  #commit(group: readonly WriterJob[]): readonly JobAnswer[] {
    if (this.#failure === undefined) {
      try {
        this.#inTransaction(() => {
          for (const job of group) this.#do(job);
        });
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : String(error);
      }
    }
    const answer: JobAnswer = this.#failure === undefined ? { ok: true } : { ok: false, reason: this.#failure };
    return group.map(() => answer);
  }

  #do(job: WriterJob): void {
    if (job.kind === 'append') this.#insertRows(job);
    if (job.kind === 'stageItems') this.#state.stage(job.items);
    if (job.kind === 'saveState') {
      this.#state.save(job.batch);
      if (job.batch.removedAccountNos.length > 0) this.#mayHaveRemoved = true;
    }
    if (job.kind === 'saveNotices') this.#notices.save(job.batch);
    if (job.kind === 'trim') this.#trimTo = Math.max(this.#trimTo, job.upToSeq);
  }

  /** Trimming and sweeping go on in slices while nobody waits. */
  #scheduleIdle(): void {
    if (this.#isIdleScheduled || this.#failure !== undefined || (this.#trimTo === 0 && !this.#mayHaveRemoved)) return;
    this.#isIdleScheduled = true;
    setImmediate(() => {
      this.#isIdleScheduled = false;
      if (!this.#db.isOpen) return;
      this.#idleSlice();
      this.#scheduleIdle();
    });
  }

  #idleSlice(): void {
    try {
      this.#inTransaction(() => {
        if (this.#trimTo > 0 && trimSlice(this.#db, this.#trimTo, SLICE_COUNT) < SLICE_COUNT) this.#trimTo = 0;
        if (this.#mayHaveRemoved) this.#mayHaveRemoved = this.#state.sweepRemoved(SLICE_COUNT);
      });
      this.#mover.afterCommit();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  #inTransaction(run: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #close(): void {
    this.#mover.close();
    if (this.#failure === undefined) this.#db.exec('PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
    this.#say({ kind: 'answers', answers: [{ ok: true }] });
    this.#port.close();
  }

  #say(message: FromWriter): void {
    this.#port.postMessage(message);
  }
}

/**
 * Gives the job's memory back at once. Left to the collector, ten megabytes a second of it made this thread collect every two
 * seconds, and appends waited 25 ms for that.
 */
function letGo(job: WriterJob): void {
  for (const buffer of memoryOf(job)) buffer.transfer(0);
}

function recordCountOf(job: WriterJob): number {
  if (job.kind === 'append') return job.texts.length;
  if (job.kind === 'saveNotices') return job.batch.pages.length * RECORDS_A_PAGE + job.batch.users.length;
  if (job.kind === 'stageItems') return job.items.length;
  return job.kind === 'saveState' ? job.batch.items.length + job.batch.topics.length : 1;
}

function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${WAL_LIMIT_PAGES}`);
  migrate(db);
  return db;
}

const port = must(parentPort, 'this file runs as a worker thread');
try {
  new WriterThread(port, workerData as Settings); // given by SqliteWriter.open
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  port.postMessage({ kind: 'openFailed', reason } satisfies FromWriter);
  port.close();
}
