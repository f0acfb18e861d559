import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ItemRow, StateBatch } from './writer-protocol.ts';

const PUT_ACCOUNT = `INSERT INTO accounts (no, id, version, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET version = excluded.version, body = excluded.body`;
const DROP_ACCOUNT = 'DELETE FROM accounts WHERE no = ?';
/** Its topics, items and replies are unreachable from here on and are swept in slices. */
const NOTE_REMOVED = 'INSERT OR IGNORE INTO removed_accounts (no) VALUES (?)';
const PUT_TOPIC = `INSERT INTO topics (no, account_no, kind, id, item_count, last, body) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (no) DO UPDATE SET item_count = excluded.item_count, last = excluded.last, body = excluded.body`;
const PUT_ITEM = `INSERT INTO items (scope, id, topic_no, at, arrived_seq, unread, body) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (scope, id) DO UPDATE SET topic_no = excluded.topic_no, at = excluded.at,
    arrived_seq = excluded.arrived_seq, unread = excluded.unread, body = excluded.body`;
/** Uses the partial index of unread items, so that the cost is that of what was unread. */
const SWEEP_UNREAD = `UPDATE items SET unread = 0
  WHERE topic_no = ? AND unread = 1 AND (arrived_seq <= ? OR at <= ?)`;
const PUT_REPLY = `INSERT INTO replies (id, account_no, user_id, key, shown, body) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET account_no = excluded.account_no, user_id = excluded.user_id, key = excluded.key,
    shown = excluded.shown, body = excluded.body`;
const PUT_EARLY_ANSWER = 'INSERT OR IGNORE INTO early_answers (account_no, id) VALUES (?, ?)';
const PUT_WORKER = 'INSERT INTO workers (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body';
const PUT_STATE_SEQ = `INSERT INTO meta (name, value) VALUES ('state_seq', ?)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`;

const NEXT_REMOVED = 'SELECT no FROM removed_accounts ORDER BY no LIMIT 1';
const FORGET_REMOVED = 'DELETE FROM removed_accounts WHERE no = ?';
/** Each deletes at most as many rows as it is given, of one removed account. */
const SWEEP_ITEMS = 'DELETE FROM items WHERE rowid IN (SELECT rowid FROM items WHERE scope = ? LIMIT ?)';
const SWEEP_TOPICS = 'DELETE FROM topics WHERE no IN (SELECT no FROM topics WHERE account_no = ? LIMIT ?)';
const SWEEP_REPLIES = 'DELETE FROM replies WHERE rowid IN (SELECT rowid FROM replies WHERE account_no = ? LIMIT ?)';
const SWEEP_EARLY =
  'DELETE FROM early_answers WHERE account_no = ? AND id IN (SELECT id FROM early_answers WHERE account_no = ? LIMIT ?)';

/** An item's first key column: platform ids are unique only within an account and a kind. */
export const scopeOf = (accountNo: number, kind: 'comment' | 'message'): number =>
  accountNo * 2 + (kind === 'message' ? 1 : 0);

/** Writes batches of state inside a transaction that the caller holds. */
export class StateWriter {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  #staged: (readonly ItemRow[])[] = [];

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Keeps items of the next batch until that is saved; a large one comes in parts. */
  stage(items: readonly ItemRow[]): void {
    this.#staged.push(items);
  }

  save(batch: StateBatch): void {
    for (const no of batch.removedAccountNos) {
      this.#statement(DROP_ACCOUNT).run(no);
      this.#statement(NOTE_REMOVED).run(no);
    }
    this.#runAll(PUT_ACCOUNT, batch.accounts);
    this.#runAll(PUT_TOPIC, batch.topics);
    for (const items of this.#staged) this.#runAll(PUT_ITEM, items);
    this.#staged = [];
    this.#runAll(PUT_ITEM, batch.items);
    this.#runAll(SWEEP_UNREAD, batch.sweeps);
    this.#runAll(PUT_REPLY, batch.replies);
    this.#runAll(PUT_EARLY_ANSWER, batch.earlyAnswers);
    this.#runAll(PUT_WORKER, batch.workers);
    this.#statement(PUT_STATE_SEQ).run(String(batch.stateSeq));
  }

  /** Deletes up to `limitCount` rows of each table of one removed account; false when nothing is left to sweep. */
  sweepRemoved(limitCount: number): boolean {
    const no = this.#statement(NEXT_REMOVED).get()?.no;
    if (typeof no !== 'number') return false;
    const deletedCount =
      this.#delete(SWEEP_ITEMS, scopeOf(no, 'comment'), limitCount) +
      this.#delete(SWEEP_ITEMS, scopeOf(no, 'message'), limitCount) +
      this.#delete(SWEEP_TOPICS, no, limitCount) +
      this.#delete(SWEEP_REPLIES, no, limitCount) +
      this.#delete(SWEEP_EARLY, no, no, limitCount);
    if (deletedCount === 0) this.#statement(FORGET_REMOVED).run(no);
    return true;
  }

  #delete(sql: string, ...params: readonly number[]): number {
    return Number(this.#statement(sql).run(...params).changes);
  }

  #runAll(sql: string, rows: readonly (readonly (string | number | null)[])[]): void {
    if (rows.length === 0) return;
    const statement = this.#statement(sql);
    for (const row of rows) statement.run(...row);
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
