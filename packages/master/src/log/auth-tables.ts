import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openTables } from './open-tables.ts';

/** A user as stored. `grants` is `all` or a JSON array of account ids. */
export type UserRow = {
  readonly id: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly role: string;
  readonly grants: string;
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
};

/** A login as stored: of the token only its SHA-256, in hex. */
export type SessionRow = {
  readonly tokenHash: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly usedAt: number;
};

export type WorkerKeyRow = { readonly name: string; readonly keyHash: string; readonly createdAt: number };

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS auth_users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    grants TEXT NOT NULL,
    must_change_password INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_sessions (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS auth_sessions_by_user ON auth_sessions (user_id);
  CREATE TABLE IF NOT EXISTS auth_worker_keys (
    name TEXT PRIMARY KEY,
    key_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;`;

const STATEMENTS = {
  users: `SELECT id, username, password_hash AS passwordHash, role, grants,
      must_change_password AS mustChangePassword, created_at AS createdAt FROM auth_users ORDER BY created_at, id`,
  putUser: `INSERT INTO auth_users (id, username, password_hash, role, grants, must_change_password, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET username = excluded.username, password_hash = excluded.password_hash,
        role = excluded.role, grants = excluded.grants, must_change_password = excluded.must_change_password`,
  dropUser: 'DELETE FROM auth_users WHERE id = ?',
  sessions: `SELECT token_hash AS tokenHash, user_id AS userId, created_at AS createdAt, used_at AS usedAt
      FROM auth_sessions`,
  putSession: `INSERT INTO auth_sessions (token_hash, user_id, created_at, used_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (token_hash) DO UPDATE SET used_at = excluded.used_at`,
  dropSession: 'DELETE FROM auth_sessions WHERE token_hash = ?',
  workerKeys: 'SELECT name, key_hash AS keyHash, created_at AS createdAt FROM auth_worker_keys ORDER BY name',
  putWorkerKey: 'INSERT INTO auth_worker_keys (name, key_hash, created_at) VALUES (?, ?, ?)',
  dropWorkerKey: 'DELETE FROM auth_worker_keys WHERE name = ?',
} as const;

/**
 * Users, sessions and Worker keys, in the database file of the log. Writes are rare and synchronous: when a call returns,
 * the row is durable. Whoever asks often keeps a copy in memory (`auth/`).
 */
export class AuthTables {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<keyof typeof STATEMENTS, StatementSync>();
  #isOpen = true;

  /** Opens the file and makes the tables where they are missing. `:memory:` serves tests. */
  constructor(path: string) {
    this.#database = openTables(path, SCHEMA);
  }

  users(): readonly UserRow[] {
    return this.#all<Omit<UserRow, 'mustChangePassword'> & { mustChangePassword: number }>('users').map((row) => ({
      ...row,
      mustChangePassword: row.mustChangePassword === 1,
    }));
  }

  /** Adds the user, or replaces the one with the same id. */
  putUser(user: UserRow): void {
    const mustChange = user.mustChangePassword ? 1 : 0;
    this.#run('putUser', [
      user.id,
      user.username,
      user.passwordHash,
      user.role,
      user.grants,
      mustChange,
      user.createdAt,
    ]);
  }

  dropUser(id: string): void {
    this.#run('dropUser', [id]);
  }

  sessions(): readonly SessionRow[] {
    return this.#all<SessionRow>('sessions');
  }

  /** Adds the session, or moves `usedAt` of the one that is there. */
  putSession(row: SessionRow): void {
    this.#run('putSession', [row.tokenHash, row.userId, row.createdAt, row.usedAt]);
  }

  dropSession(tokenHash: string): void {
    this.#run('dropSession', [tokenHash]);
  }

  workerKeys(): readonly WorkerKeyRow[] {
    return this.#all<WorkerKeyRow>('workerKeys');
  }

  putWorkerKey(row: WorkerKeyRow): void {
    this.#run('putWorkerKey', [row.name, row.keyHash, row.createdAt]);
  }

  dropWorkerKey(name: string): void {
    this.#run('dropWorkerKey', [name]);
  }

  /** All or nothing, and one disk write instead of many. */
  inOneWrite(run: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Safe twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#database.close();
  }

  #all<Row>(name: keyof typeof STATEMENTS): Row[] {
    return this.#statement(name).all() as Row[]; // the statement names these columns
  }

  #run(name: keyof typeof STATEMENTS, values: readonly (string | number)[]): void {
    this.#statement(name).run(...values);
  }

  #statement(name: keyof typeof STATEMENTS): StatementSync {
    const known = this.#prepared.get(name);
    if (known) return known;
    const statement = this.#database.prepare(STATEMENTS[name]);
    this.#prepared.set(name, statement);
    return statement;
  }
}
