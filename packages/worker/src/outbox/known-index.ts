import type { StatementSync } from 'node:sqlite';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { WorkerDatabase } from './worker-database.ts';

/** What this Worker has told the Master about one thing. `facts` is the caller's own JSON value. */
export type KnownEntry = { readonly facts: unknown; readonly missingCount: number };
export type IdentifiedEntry = KnownEntry & { readonly id: string };
export type KnownUpdate = {
  readonly kind: string;
  readonly id: string;
  readonly topicId?: string | undefined;
  readonly facts: unknown;
  readonly missingCount?: number | undefined;
};

const GET = 'SELECT facts, missing_count FROM known WHERE account_id = ? AND kind = ? AND id = ?';
const PUT = `INSERT INTO known (account_id, kind, id, topic_id, facts, missing_count) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (account_id, kind, id) DO UPDATE SET topic_id = excluded.topic_id, facts = excluded.facts, missing_count = excluded.missing_count`;
const OF_KIND = 'SELECT id, facts, missing_count FROM known WHERE account_id = ? AND kind = ?';
const OF_TOPIC = 'SELECT id, facts, missing_count FROM known WHERE account_id = ? AND kind = ? AND topic_id = ?';

/**
 * Remembers across restarts what was told already, so that only what is new or different is told again. Written in the same
 * transaction as the batch that tells it.
 */
export class KnownIndex {
  readonly #db: WorkerDatabase;
  readonly #get: StatementSync;
  readonly #put: StatementSync;

  constructor(db: WorkerDatabase) {
    this.#db = db;
    this.#get = db.sql.prepare(GET);
    this.#put = db.sql.prepare(PUT);
  }

  get(accountId: AccountId, kind: string, id: string): KnownEntry | undefined {
    const row = this.#get.get(accountId, kind, id);
    return row && { facts: JSON.parse(String(row.facts)), missingCount: Number(row.missing_count) };
  }

  put(accountId: AccountId, update: KnownUpdate): void {
    this.#put.run(
      accountId,
      update.kind,
      update.id,
      update.topicId ?? null,
      JSON.stringify(update.facts),
      update.missingCount ?? 0,
    );
  }

  ofTopic(accountId: AccountId, kind: string, topicId: string): IdentifiedEntry[] {
    return this.#db.sql.prepare(OF_TOPIC).all(accountId, kind, topicId).map(entryOf);
  }

  ofKind(accountId: AccountId, kind: string): IdentifiedEntry[] {
    return this.#db.sql.prepare(OF_KIND).all(accountId, kind).map(entryOf);
  }

  /** Everything about the account is told again from now on. */
  forget(accountId: AccountId): void {
    this.#db.transaction(() => {
      this.#db.sql.prepare('DELETE FROM known WHERE account_id = ?').run(accountId);
      this.#db.sql.prepare('DELETE FROM hint WHERE account_id = ?').run(accountId);
    });
  }

  forgetAll(): void {
    this.#db.transaction(() => this.#db.sql.exec('DELETE FROM known; DELETE FROM hint'));
  }

  hint(accountId: AccountId, name: string): string | undefined {
    const row = this.#db.sql.prepare('SELECT value FROM hint WHERE account_id = ? AND name = ?').get(accountId, name);
    return row && String(row.value);
  }

  setHint(accountId: AccountId, name: string, value: string): void {
    this.#db.sql
      .prepare(
        'INSERT INTO hint (account_id, name, value) VALUES (?, ?, ?) ON CONFLICT (account_id, name) DO UPDATE SET value = excluded.value',
      )
      .run(accountId, name, value);
  }

  /** A value of this Worker itself, such as the Master's epoch. */
  meta(name: string): string | undefined {
    const row = this.#db.sql.prepare('SELECT value FROM meta WHERE name = ?').get(name);
    return row && String(row.value);
  }

  setMeta(name: string, value: string): void {
    this.#db.sql
      .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
      .run(name, value);
  }
}

const entryOf = (row: Readonly<Record<string, unknown>>): IdentifiedEntry => ({
  id: String(row.id),
  facts: JSON.parse(String(row.facts)),
  missingCount: Number(row.missing_count),
});
