/**
 * Batches on their way to the Master. A batch is on disk before `keep` returns and leaves only when an acknowledgement
 * names it, when its lease is lost, or into the dead letters when the Master will never take it. Rules: docs/spec/outbox.md.
 */
import { randomUUID } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import {
  type ChangesPayload,
  WORKER_BATCH_LIMIT_BYTES,
  WORKER_BATCH_LIMIT_COUNT,
} from '@hiscrm/shared/protocol/worker-link.ts';
import type { WorkerDatabase } from './worker-database.ts';

/** Kept back for the envelope around a batch's changes. */
const ENVELOPE_RESERVE_BYTES = 4 * 1024;
/** Dead letters kept as evidence; the oldest go first. */
const DEAD_LIMIT_COUNT = 200;

export type SyncMark = NonNullable<ChangesPayload['sync']>;
export type KeptBatch = { readonly place: number; readonly attemptCount: number; readonly payload: ChangesPayload };
export type KeepOptions = {
  readonly accountId: AccountId;
  readonly leaseToken: number;
  readonly reports: readonly WorkerReport[];
  /** Marks the batches as one part of a sync. A mark without reports makes one empty batch. */
  readonly sync?: SyncMark | undefined;
  /** Replies' outcomes and session changes are kept even when the outbox is full. */
  readonly isUrgent?: boolean | undefined;
};
export type OutboxStats = { readonly batchCount: number; readonly bytes: number; readonly deadCount: number };

const INSERT = `INSERT INTO batch (place, part, batch_id, account_id, lease_token, changes, sync, bytes, kept_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const OLDEST = `SELECT place, batch_id, lease_token, changes, sync, attempt_count, kept_at FROM batch
  WHERE account_id = ? ORDER BY place, part LIMIT 1`;
const ACCOUNTS = `SELECT account_id, min(place) AS place FROM batch GROUP BY account_id ORDER BY place`;
const SUMS = `SELECT count(*) AS n, coalesce(sum(bytes), 0) AS bytes, coalesce(max(place), 0) AS place FROM batch`;
const OF_BATCH = `SELECT place, part, batch_id, account_id, lease_token, changes, sync, kept_at FROM batch WHERE batch_id = ?`;

export class Outbox {
  readonly #db: WorkerDatabase;
  readonly #clock: Clock;
  readonly #limitBytes: number;
  readonly #newId: () => string;
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Map<string, (end: 'acknowledged' | 'gone') => void>();
  readonly #insert: StatementSync;
  readonly #oldest: StatementSync;
  #bytes: number;
  #batchCount: number;
  #lastPlace: number;

  /** `limitBytes`: beyond it `keep` answers `full`, and accounts stop reading until there is room. */
  constructor(options: { db: WorkerDatabase; clock: Clock; limitBytes: number; newId?: (() => string) | undefined }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#limitBytes = options.limitBytes;
    this.#newId = options.newId ?? randomUUID;
    this.#insert = this.#db.sql.prepare(INSERT);
    this.#oldest = this.#db.sql.prepare(OLDEST);
    const sums = this.#db.sql.prepare(SUMS).get();
    this.#bytes = Number(sums?.bytes ?? 0);
    this.#batchCount = Number(sums?.n ?? 0);
    this.#lastPlace = Number(sums?.place ?? 0);
  }

  /** Calls `listener` after every keep that is on disk. */
  onKept(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limitBytes;
  }

  stats(): OutboxStats {
    const dead = this.#db.sql.prepare('SELECT count(*) AS n FROM dead_batch').get();
    return { batchCount: this.#batchCount, bytes: this.#bytes, deadCount: Number(dead?.n ?? 0) };
  }

  /**
   * Puts reports on disk as batches under the wire's limits, in order, together with what `alongside` writes: both or
   * neither. Answers the batches' ids, or `full` when nothing was taken.
   */
  keep(options: KeepOptions, alongside: () => void = () => undefined): readonly string[] | 'full' {
    if (this.isFull && !options.isUrgent && options.reports.length > 0) return 'full';
    const groups = groupsUnderLimit(options.reports);
    if (groups.length === 0 && options.sync) groups.push([]);
    const ids = this.#db.transaction(() => {
      alongside();
      return groups.map((group, index) => {
        const sync = options.sync && { ...options.sync, isLast: options.sync.isLast && index === groups.length - 1 };
        return this.#put({
          accountId: options.accountId,
          leaseToken: options.leaseToken,
          changes: `[${group.join(',')}]`,
          sync,
        });
      });
    });
    if (ids.length > 0) for (const listener of [...this.#listeners]) listener();
    return ids;
  }

  /** Accounts with batches, the one that has waited longest first. */
  accounts(): AccountId[] {
    // Written by this class from a checked id.
    return this.#db.sql
      .prepare(ACCOUNTS)
      .all()
      .map((row) => row.account_id as AccountId);
  }

  /** The account's oldest batch. */
  oldest(accountId: AccountId): KeptBatch | undefined {
    const row = this.#oldest.get(accountId);
    if (!row) return undefined;
    const changes = JSON.parse(String(row.changes)) as WorkerReport[]; // written by this class from checked reports
    return {
      place: Number(row.place),
      attemptCount: Number(row.attempt_count),
      payload: {
        accountId,
        leaseToken: Number(row.lease_token),
        batchId: String(row.batch_id),
        changes,
        ...(row.sync !== null && { sync: JSON.parse(String(row.sync)) as SyncMark }), // likewise
        keptAt: Number(row.kept_at),
      },
    };
  }

  /** The Master has the batch on disk. */
  acknowledged(batchId: string): void {
    this.#remove(batchId);
    this.#settle(batchId, 'acknowledged');
  }

  /** The batch could not be handed over this time; it stays. */
  failed(batchId: string, error: string): void {
    this.#db.sql
      .prepare('UPDATE batch SET attempt_count = attempt_count + 1, last_error = ? WHERE batch_id = ?')
      .run(error.slice(0, 500), batchId);
  }

  /**
   * The Master will never take this batch. One that holds several changes is split in two, in its place, so that a single
   * bad change cannot take good ones with it; a lone change becomes a dead letter, kept as evidence.
   */
  refused(batchId: string, reason: string): 'split' | 'dead' {
    return this.#db.transaction(() => {
      const row = must(this.#db.sql.prepare(OF_BATCH).get(batchId), `no batch ${batchId}`);
      const changes = JSON.parse(String(row.changes)) as unknown[]; // written by this class
      if (changes.length > 1) {
        this.#split(row, changes);
        return 'split';
      }
      this.#db.sql
        .prepare(
          'INSERT OR REPLACE INTO dead_batch (batch_id, account_id, changes, reason, died_at) VALUES (?, ?, ?, ?, ?)',
        )
        .run(batchId, String(row.account_id), String(row.changes), reason.slice(0, 500), this.#clock.now());
      this.#db.sql
        .prepare(
          'DELETE FROM dead_batch WHERE batch_id NOT IN (SELECT batch_id FROM dead_batch ORDER BY died_at DESC, batch_id LIMIT ?)',
        )
        .run(DEAD_LIMIT_COUNT);
      this.#remove(batchId);
      this.#settle(batchId, 'gone');
      return 'dead';
    });
  }

  /** The account's waiting batches travel under a newer lease: they were read by this Worker, which holds it again. */
  restamp(accountId: AccountId, leaseToken: number): void {
    this.#db.sql
      .prepare('UPDATE batch SET lease_token = ? WHERE account_id = ? AND lease_token < ?')
      .run(leaseToken, accountId, leaseToken);
  }

  /** Another Worker drives the account: what waits here was read under a lease that is gone, and goes with it. */
  discardAccount(accountId: AccountId, alongside: () => void = () => undefined): number {
    const ids = this.#db.transaction(() => {
      alongside();
      const rows = this.#db.sql.prepare('SELECT batch_id FROM batch WHERE account_id = ?').all(accountId);
      for (const row of rows) this.#remove(String(row.batch_id));
      return rows.map((row) => String(row.batch_id));
    });
    for (const id of ids) this.#settle(id, 'gone');
    return ids.length;
  }

  /** Resolves once the batch is acknowledged, or gone with its lease; rejects when the signal aborts. */
  untilAcknowledged(batchId: string, signal: AbortSignal): Promise<'acknowledged' | 'gone'> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(batchId);
        reject(signal.reason);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(batchId, (end) => {
        signal.removeEventListener('abort', onAbort);
        resolve(end);
      });
    });
  }

  #settle(batchId: string, end: 'acknowledged' | 'gone'): void {
    const waiter = this.#waiting.get(batchId);
    this.#waiting.delete(batchId);
    waiter?.(end);
  }

  #put(batch: {
    accountId: string;
    leaseToken: number;
    changes: string;
    sync: SyncMark | undefined;
    at?: { place: number; part: string; keptAt: number };
  }): string {
    const id = this.#newId();
    const bytes = Buffer.byteLength(batch.changes);
    const { place, part, keptAt } = batch.at ?? { place: ++this.#lastPlace, part: '', keptAt: this.#clock.now() };
    const sync = batch.sync ? JSON.stringify(batch.sync) : null;
    this.#insert.run(place, part, id, batch.accountId, batch.leaseToken, batch.changes, sync, bytes, keptAt);
    this.#bytes += bytes;
    this.#batchCount += 1;
    return id;
  }

  #remove(batchId: string): void {
    const row = this.#db.sql.prepare('DELETE FROM batch WHERE batch_id = ? RETURNING bytes').get(batchId);
    if (!row) return;
    this.#bytes -= Number(row.bytes);
    this.#batchCount -= 1;
  }

  /** Both halves stand where the whole stood, and have waited since then. */
  #split(row: Record<string, unknown>, changes: readonly unknown[]): void {
    const middle = Math.ceil(changes.length / 2);
    const sync = row.sync === null ? undefined : (JSON.parse(String(row.sync)) as SyncMark); // written by this class
    const common = { accountId: String(row.account_id), leaseToken: Number(row.lease_token) };
    const at = (part: string) => ({
      place: Number(row.place),
      part: `${String(row.part)}${part}`,
      keptAt: Number(row.kept_at),
    });
    this.#remove(String(row.batch_id));
    this.#put({
      ...common,
      changes: JSON.stringify(changes.slice(0, middle)),
      sync: sync && { ...sync, isLast: false },
      at: at('0'),
    });
    this.#put({ ...common, changes: JSON.stringify(changes.slice(middle)), sync, at: at('1') });
  }
}

/** Reports as JSON texts in groups that fit one batch. A single report is far below the limit (its schema bounds it). */
function groupsUnderLimit(reports: readonly WorkerReport[]): string[][] {
  const limit = WORKER_BATCH_LIMIT_BYTES - ENVELOPE_RESERVE_BYTES;
  const groups: string[][] = [];
  let bytes = 0;
  for (const report of reports) {
    const text = JSON.stringify(report);
    const size = Buffer.byteLength(text) + 1;
    const last = groups.at(-1);
    if (!last || bytes + size > limit || last.length >= WORKER_BATCH_LIMIT_COUNT) {
      groups.push([text]);
      bytes = size;
    } else {
      last.push(text);
      bytes += size;
    }
  }
  return groups;
}
