import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Raised with every change of the tables below; an older file is brought up by the migrations in order. */
const SCHEMA_VERSION = 1;

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE batch (
    -- Order of keeping; the halves of a split batch share their place and are ordered by part.
    place INTEGER NOT NULL,
    part TEXT NOT NULL DEFAULT '',
    batch_id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    lease_token INTEGER NOT NULL,
    changes TEXT NOT NULL,
    sync TEXT,
    bytes INTEGER NOT NULL,
    kept_at INTEGER NOT NULL,
    attempt_count INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    PRIMARY KEY (place, part)
  ) STRICT;
  CREATE INDEX batch_by_account ON batch (account_id, place, part);
  CREATE TABLE dead_batch (
    batch_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    changes TEXT NOT NULL,
    reason TEXT NOT NULL,
    died_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE known (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    topic_id TEXT,
    facts TEXT NOT NULL,
    missing_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX known_by_topic ON known (account_id, kind, topic_id);
  CREATE TABLE hint (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE reply_journal (
    reply_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    request TEXT NOT NULL,
    step TEXT NOT NULL,
    attempted_at INTEGER,
    outcome TEXT,
    check_count INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX reply_by_account ON reply_journal (account_id, step);
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

/**
 * The Worker's one database: batches, what is known of each account, and the reply journal, so that one transaction can
 * hold an observation together with the batch that tells of it. Every commit is on disk when it returns.
 */
export class WorkerDatabase {
  readonly sql: DatabaseSync;
  #depth = 0;
  #isClosed = false;

  /** Opens or makes the file (0600). `:memory:` keeps nothing. Throws when a later version wrote it. */
  constructor(path: string) {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.sql = new DatabaseSync(path);
    this.sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
    if (path !== ':memory:') chmodSync(path, 0o600);
    this.#migrate();
  }

  /** Runs `work` in one transaction; inside another one it is part of that. Throws what `work` throws, after rolling back. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.sql.exec('BEGIN IMMEDIATE');
    this.#depth += 1;
    try {
      const result = work();
      this.sql.exec('COMMIT');
      return result;
    } catch (error) {
      this.sql.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.sql.close();
  }

  #migrate(): void {
    const version = Number(this.sql.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > SCHEMA_VERSION)
      throw new Error(`the Worker's database is of version ${version}; this program knows ${SCHEMA_VERSION}`);
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.transaction(() => this.sql.exec(`${statements}; PRAGMA user_version = ${index + 1}`));
    }
  }
}
