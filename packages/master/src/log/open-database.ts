import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { ChangeLog, OnDurable } from './change-log.ts';
import { FileLock } from './file-lock.ts';
import { putMeta } from './log-statements.ts';
import { MemoryChangeLog } from './memory-change-log.ts';
import { migrate } from './migrate.ts';
import { NoticeWriter } from './notice-statements.ts';
import { type NoticeTables, SqliteNoticeTables } from './notice-tables.ts';
import { type LogFigures, SqliteChangeLog } from './sqlite-change-log.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { StateWriter } from './state-statements.ts';
import { SqliteStateTables, type StateTables } from './state-tables.ts';
import { type TrimPolicy, trimPlace } from './trim-place.ts';
import type { WriterJob } from './writer-protocol.ts';

/** Recent rows kept in memory: some 2,000 for subscribers that fell behind for a moment. Others are read from disk. */
const RING_LIMIT_BYTES = 2 * 1024 * 1024;
/** Rows that wait for the disk: some seconds of the fastest ingest. */
const IN_FLIGHT_LIMIT_BYTES = 32 * 1024 * 1024;
/** The event loop's connection only reads; a checkpoint of the write-ahead file may hold it up for a moment. */
const BUSY_TIMEOUT_MS = 5_000;
/** 32 MiB of pages for point reads. */
const READ_CACHE_KIB = 32 * 1024;
/** Pages are read where the operating system has them, without another copy. */
const MMAP_BYTES = 1024 * 1024 * 1024;

/** Rows of removed accounts that go with each save of a database in memory. */
const SWEEP_COUNT = 1_000;

export type DatabaseOptions = {
  /** The file; created when missing. A second process that opens it is refused. */
  readonly path: string;
  readonly clock: Clock;
  /** Gets every committed row once, in order, before the append that made it resolves. */
  readonly onDurable: OnDurable;
  readonly ringLimitBytes?: number | undefined;
  readonly inFlightLimitBytes?: number | undefined;
};

/** The Master's file: its log, and the state that the log made. */
export interface MasterDatabase {
  readonly log: ChangeLog;
  readonly state: StateTables;
  readonly notices: NoticeTables;
  /** Where the kept log passes the size or age given: the place up to which it may be trimmed. */
  trimPlace(policy: TrimPolicy): Seq;
  figures(): LogFigures;
  /** Waits for the commits under way. Safe twice. */
  close(): Promise<void>;
}

/** Opens the file, brings its schema up to date and starts the writing thread. Throws when another process has it open. */
export async function openMasterDatabase(options: DatabaseOptions): Promise<MasterDatabase> {
  const lock = new FileLock(`${options.path}.lock`);
  try {
    const writer = await SqliteWriter.open({ path: options.path, newEpoch: newEpoch() });
    return assemble(options, lock, writer);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function assemble(options: DatabaseOptions, lock: FileLock, writer: SqliteWriter): MasterDatabase {
  const reader = new DatabaseSync(options.path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  reader.exec(`PRAGMA cache_size = -${READ_CACHE_KIB}; PRAGMA mmap_size = ${MMAP_BYTES}`);
  const state = new SqliteStateTables({
    reader,
    save: (batch) => saveThrough(writer, { kind: 'saveState', batch }),
    stage: (items) => writer.post({ kind: 'stageItems', items }, () => undefined), // a failure is the save's as well
  });
  const notices = new SqliteNoticeTables({
    reader,
    save: (batch) => saveThrough(writer, { kind: 'saveNotices', batch }),
  });
  const log = new SqliteChangeLog({
    writer,
    reader,
    clock: options.clock,
    onDurable: options.onDurable,
    trimLimit: () => (state.stateSeq() < notices.stateSeq() ? state.stateSeq() : notices.stateSeq()),
    ringLimitBytes: options.ringLimitBytes ?? RING_LIMIT_BYTES,
    inFlightLimitBytes: options.inFlightLimitBytes ?? IN_FLIGHT_LIMIT_BYTES,
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await log.close();
    reader.close();
    await writer.close();
    lock.release();
  };
  return {
    log,
    state,
    notices,
    trimPlace: (policy) => trimPlace(reader, log, policy),
    figures: () => log.figures(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function saveThrough(writer: SqliteWriter, job: WriterJob): Promise<void> {
  const saved = deferred<void>();
  writer.post(job, (answer) => {
    if (answer.ok) saved.resolve();
    else saved.reject(new ImError('LOG_WRITE_FAILED', {}, { cause: new Error(answer.reason) }));
  });
  await saved.promise;
}

/** A database that is gone with the process: the same statements on a database in memory, without a thread. */
export function openMemoryDatabase(options: Pick<DatabaseOptions, 'clock' | 'onDurable'>): MasterDatabase {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  const stateWriter = new StateWriter(db);
  const noticeWriter = new NoticeWriter(db);
  const state = new SqliteStateTables({
    reader: db,
    stage: (items) => stateWriter.stage(items),
    save: async (batch) => {
      stateWriter.save(batch);
      stateWriter.sweepRemoved(SWEEP_COUNT);
    },
  });
  const notices = new SqliteNoticeTables({ reader: db, save: async (batch) => noticeWriter.save(batch) });
  const log = new MemoryChangeLog({ ...options, epoch: newEpoch() });
  return {
    log,
    state,
    notices,
    trimPlace: () => 0 as Seq, // nothing is ever trimmed here
    figures: () => ({ inFlightBytes: 0, inFlightLimitBytes: 0, ringBytes: 0, ringLimitBytes: 0 }), // nothing waits
    close: async () => {
      await log.close();
      if (db.isOpen) db.close();
    },
  };
}

/** Names the history anew, in a file that nobody has open: a restored copy must not be taken for the history it left. */
export function startNewEpoch(path: string): Epoch {
  const lock = new FileLock(`${path}.lock`);
  const db = new DatabaseSync(path);
  try {
    migrate(db);
    const epoch = newEpoch();
    putMeta(db, 'epoch', epoch);
    return epoch;
  } finally {
    db.close();
    lock.release();
  }
}

/** Made here and by nothing else. */
const newEpoch = (): Epoch => randomUUID().replaceAll('-', '') as Epoch;
