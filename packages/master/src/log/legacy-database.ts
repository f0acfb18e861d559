import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** Columns that are read, by table of the existing system's database. Older files lack some of them. */
const TABLES = {
  accounts: [
    'id',
    'platform',
    'account_name',
    'account_id',
    'credentials',
    'status',
    'cookies_valid_until',
    'created_at',
    'updated_at',
    'user_info',
    'fingerprint',
    'platform_user_id',
    'platform_username',
    'avatar',
    'signature',
    'total_followers',
    'total_following',
    'last_crawl_time',
  ],
  cache_contents: ['id', 'account_id', 'data', 'publish_time', 'updated_at', 'persist_at'],
  cache_conversations: ['id', 'account_id', 'user_id', 'data', 'last_message_time', 'updated_at', 'persist_at'],
  cache_comments: [
    'id',
    'account_id',
    'content_id',
    'data',
    'created_at',
    'updated_at',
    'persist_at',
    'read_at',
    'is_read',
  ],
  cache_messages: [
    'id',
    'account_id',
    'conversation_id',
    'data',
    'created_at',
    'updated_at',
    'persist_at',
    'read_at',
    'is_read',
  ],
  replies: [
    'id',
    'request_id',
    'account_id',
    'target_type',
    'target_id',
    'platform_target_id',
    'video_id',
    'user_id',
    'reply_content',
    'reply_status',
    'executed_at',
    'created_at',
    'updated_at',
    'error_message',
    'error_code',
    'platform_reply_id',
  ],
  proxies: [
    'id',
    'name',
    'server',
    'protocol',
    'username',
    'password',
    'country',
    'city',
    'status',
    'created_at',
    'updated_at',
  ],
  worker_configs: [
    'id',
    'worker_id',
    'name',
    'description',
    'deployment_type',
    'host',
    'port',
    'max_accounts',
    'env_variables',
    'auto_restart',
    'enabled',
    'created_at',
    'updated_at',
  ],
} as const;

export type LegacyTable = keyof typeof TABLES;
/** A row as it is stored; nothing about its values is to be believed. */
export type LegacyRow = Readonly<Record<string, unknown>>;

/** Rows read at a time. */
const PAGE_COUNT = 500;
/** Waits for a commit of the system that still has the file open. */
const BUSY_TIMEOUT_MS = 5_000;
const TABLE_NAMES = "SELECT name FROM sqlite_schema WHERE type = 'table'";

/** The file is not a database of the existing system; the message says why. */
export class NotLegacyDatabase extends Error {}

/** The database of the existing system, read and never written. */
export class LegacyDatabase {
  readonly #db: DatabaseSync;
  readonly #tables: ReadonlySet<string>;

  /** Throws NotLegacyDatabase. */
  constructor(path: string) {
    if (!existsSync(path)) throw new NotLegacyDatabase(`there is no file ${path}`);
    this.#db = open(path);
    try {
      this.#tables = new Set(
        this.#db
          .prepare(TABLE_NAMES)
          .all()
          .map(({ name }) => String(name)),
      );
    } catch (cause) {
      this.#db.close();
      throw new NotLegacyDatabase(`${path} is not an SQLite database`, { cause });
    }
    if (this.#tables.has('accounts') && this.#columns('accounts').has('account_id')) return;
    this.#db.close();
    throw new NotLegacyDatabase(`${path} holds no accounts of the existing system`);
  }

  /** Every table in the file, also those that are not read. */
  tableNames(): readonly string[] {
    return [...this.#tables].filter((name) => !name.startsWith('sqlite_')).sort();
  }

  count(table: string): number {
    if (!this.#tables.has(table)) return 0;
    return Number(this.#db.prepare(`SELECT count(*) AS count FROM "${table}"`).get()?.count ?? 0); // a name that the file itself gave
  }

  /** Rows of a table, or of one account's part of it, in the order in which they were stored. */
  *rows(table: LegacyTable, accountId?: string | undefined): Generator<LegacyRow, void, undefined> {
    for (const page of this.pages(table, accountId)) yield* page;
  }

  /** The same, some hundred at a time. */
  *pages(table: LegacyTable, accountId?: string | undefined): Generator<readonly LegacyRow[], void, undefined> {
    if (!this.#tables.has(table)) return;
    const present = this.#columns(table);
    const columns = TABLES[table].filter((name) => present.has(name));
    const where = accountId === undefined ? '' : 'account_id = ? AND';
    const select = `SELECT rowid AS place, ${columns.join(', ')} FROM ${table} WHERE ${where} rowid > ? ORDER BY rowid LIMIT ${PAGE_COUNT}`;
    const statement = this.#db.prepare(select);
    for (let place = Number.MIN_SAFE_INTEGER; ; ) {
      const rows = accountId === undefined ? statement.all(place) : statement.all(accountId, place);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE_COUNT) return;
      place = Number(rows.at(-1)?.place);
    }
  }

  /** Safe twice. */
  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #columns(table: string): ReadonlySet<string> {
    return new Set(
      this.#db
        .prepare(`PRAGMA table_info("${table}")`)
        .all()
        .map(({ name }) => String(name)),
    );
  }
}

/** A file that nobody has open is opened as unchangeable, so that nothing is left beside it. */
function open(path: string): DatabaseSync {
  const address = pathToFileURL(path);
  if (!existsSync(`${path}-wal`)) address.search = 'immutable=1';
  return new DatabaseSync(address, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
}
