import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ItemId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { Preview } from '@hiscrm/shared/model/summary.ts';
import { readMeta } from './log-statements.ts';
import type { ItemRow, StateBatch } from './writer-protocol.ts';

export type LoadedAccount = { readonly no: number; readonly version: Seq; readonly record: AccountRecord };
export type LoadedTopic = {
  readonly no: number;
  readonly accountNo: number;
  readonly record: TopicRecord;
  readonly itemCount: number;
  readonly last: Preview | undefined;
};
/** How many items of a topic may be unread, with the least of each column: when its marks have passed neither, all are. */
export type LoadedUnread = {
  readonly topicNo: number;
  readonly count: number;
  readonly oldestAt: number;
  readonly oldestArrivedSeq: Seq;
};
/** An item that may be unread: the topic's marks decide. */
export type StoredUnread = { readonly id: ItemId; readonly at: number; readonly arrivedSeq: Seq };
/** A reply with its account's number: that account may have been removed. */
export type StoredReply = { readonly accountNo: number; readonly record: ReplyRecord };
/** A reply with its place among the stored ones. */
export type PlacedReply = StoredReply & { readonly place: number };
/** A position in a topic, newest first; `id` orders equal times. */
export type ItemPosition = { readonly at: number; readonly id: ItemId };

/**
 * The state on disk, as of the row `stateSeq()`. What changed since is with whoever folds, until `save` has resolved.
 * Reads are synchronous and small; the `load…` ones are for the start.
 */
export interface StateTables {
  /** The newest row that the tables have in them. */
  stateSeq(): Seq;
  loadAccounts(): readonly LoadedAccount[];
  loadTopics(): Iterable<LoadedTopic>;
  /** Each topic that has some, once. */
  loadUnread(): Iterable<LoadedUnread>;
  loadEarlyAnswers(): Iterable<{ readonly accountNo: number; readonly id: ItemId }>;
  /** Replies that may still have to be shown: open and rejected ones. */
  loadShownReplies(): readonly StoredReply[];
  /** The highest numbers in use, also by rows of removed accounts that wait to be swept. */
  lastNumbers(): { readonly accountNo: number; readonly topicNo: number };
  loadWorkers(): readonly WorkerRecord[];
  /** Runs synchronous reads in one snapshot: many small ones then cost a fraction. May be nested. */
  inOneRead<T>(run: () => T): T;
  readItem(scope: number, id: ItemId): ItemRecord | undefined;
  /** A topic's items that may be unread. */
  readUnread(topicNo: number): Iterable<StoredUnread>;
  /** Where a topic's items stand, newest first by (at, id), strictly older than `before`. Reads the index only. */
  readPositions(topicNo: number, before: ItemPosition | undefined, limitCount: number): readonly ItemPosition[];
  readReply(id: string): StoredReply | undefined;
  readReplyByKey(userId: string, key: string): readonly StoredReply[];
  /** Replies of an account, the last stored first; `place` orders them and continues the reading. */
  readReplies(accountNo: number, beforePlace: number | undefined, limitCount: number): readonly PlacedReply[];
  /** Hands over items of the next batch, so that a large one does not go all in one turn. Nothing is written before `save`. */
  stageItems(items: readonly ItemRow[]): void;
  /** Writes the batch, with what was staged, in one transaction, after all rows appended before. Rejects with LOG_WRITE_FAILED. */
  save(batch: StateBatch): Promise<void>;
}

const SQL = {
  accounts: 'SELECT no, version, body FROM accounts ORDER BY no',
  topics: 'SELECT no, account_no, item_count, last, body FROM topics',
  // Counted where they are, in the order of the index: a million of them as objects take a second of a start.
  unread: `SELECT topic_no, count(*), min(at), min(arrived_seq)
    FROM items INDEXED BY items_unread WHERE unread = 1 GROUP BY topic_no`,
  unreadOfTopic: 'SELECT id, at, arrived_seq FROM items INDEXED BY items_unread WHERE unread = 1 AND topic_no = ?',
  earlyAnswers: 'SELECT account_no, id FROM early_answers',
  shownReplies: 'SELECT account_no, body FROM replies WHERE shown = 1',
  workers: 'SELECT body FROM workers ORDER BY id',
  lastNumbers: `SELECT
    max((SELECT coalesce(max(no), 0) FROM accounts), (SELECT coalesce(max(no), 0) FROM removed_accounts)),
    max((SELECT coalesce(max(no), 0) FROM topics), (SELECT coalesce(max(topic_no), 0) FROM items))`,
  item: 'SELECT body FROM items WHERE scope = ? AND id = ?',
  newestItems: 'SELECT at, id FROM items WHERE topic_no = ? ORDER BY at DESC, id DESC LIMIT ?',
  olderItems: `SELECT at, id FROM items WHERE topic_no = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?`,
  reply: 'SELECT account_no, body FROM replies WHERE id = ?',
  replies: 'SELECT account_no, body, rowid FROM replies WHERE account_no = ? AND rowid < ? ORDER BY rowid DESC LIMIT ?',
  replyByKey: 'SELECT account_no, body FROM replies WHERE user_id = ? AND key = ?',
} as const;

/** Row of a statement that returns arrays; the casts beside each use name the columns. */
type Cells = readonly (string | number | null)[];

/** Reads the tables through a connection of the event loop; `save` is the writing thread's. */
export class SqliteStateTables implements StateTables {
  readonly #db: DatabaseSync;
  readonly #save: (batch: StateBatch) => Promise<void>;
  readonly #stage: (items: readonly ItemRow[]) => void;
  readonly #prepared = new Map<keyof typeof SQL, StatementSync>();
  #stateSeq: Seq;

  constructor(options: {
    readonly reader: DatabaseSync;
    readonly save: (batch: StateBatch) => Promise<void>;
    readonly stage: (items: readonly ItemRow[]) => void;
  }) {
    this.#db = options.reader;
    this.#save = options.save;
    this.#stage = options.stage;
    this.#stateSeq = Number(readMeta(options.reader, 'state_seq') ?? 0) as Seq; // written from a batch's stateSeq
  }

  stateSeq(): Seq {
    return this.#stateSeq;
  }

  stageItems(items: readonly ItemRow[]): void {
    this.#stage(items);
  }

  async save(batch: StateBatch): Promise<void> {
    await this.#save(batch);
    this.#stateSeq = batch.stateSeq as Seq; // batches are saved in order
  }

  loadAccounts(): readonly LoadedAccount[] {
    return [...this.#rows('accounts')].map(([no, version, body]) => ({
      no: Number(no),
      version: Number(version) as Seq, // stored from one
      record: parse<AccountRecord>(body),
    }));
  }

  *loadTopics(): Iterable<LoadedTopic> {
    for (const [no, accountNo, itemCount, last, body] of this.#each('topics'))
      yield {
        no: Number(no),
        accountNo: Number(accountNo),
        itemCount: Number(itemCount),
        last: typeof last === 'string' ? parse<Preview>(last) : undefined,
        record: parse<TopicRecord>(body),
      };
  }

  *loadUnread(): Iterable<LoadedUnread> {
    for (const [topicNo, count, oldestAt, oldestArrivedSeq] of this.#each('unread'))
      yield {
        topicNo: Number(topicNo),
        count: Number(count),
        oldestAt: Number(oldestAt),
        oldestArrivedSeq: Number(oldestArrivedSeq) as Seq, // stored from one
      };
  }

  *loadEarlyAnswers(): Iterable<{ readonly accountNo: number; readonly id: ItemId }> {
    for (const [accountNo, id] of this.#rows('earlyAnswers')) yield { accountNo: Number(accountNo), id: id as ItemId }; // strict columns
  }

  loadShownReplies(): readonly StoredReply[] {
    return this.#rows('shownReplies').map(toReply);
  }

  lastNumbers(): { readonly accountNo: number; readonly topicNo: number } {
    const [row] = this.#rows('lastNumbers');
    return { accountNo: Number(row?.[0] ?? 0), topicNo: Number(row?.[1] ?? 0) };
  }

  loadWorkers(): readonly WorkerRecord[] {
    return [...this.#rows('workers')].map(([body]) => parse<WorkerRecord>(body));
  }

  inOneRead<T>(run: () => T): T {
    if (this.#db.isTransaction) return run();
    this.#db.exec('BEGIN');
    try {
      return run();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  readItem(scope: number, id: ItemId): ItemRecord | undefined {
    const [row] = this.#rows('item', scope, id);
    return row && parse<ItemRecord>(row[0]);
  }

  *readUnread(topicNo: number): Iterable<StoredUnread> {
    for (const [id, at, arrivedSeq] of this.#rows('unreadOfTopic', topicNo))
      yield { id: id as ItemId, at: Number(at), arrivedSeq: Number(arrivedSeq) as Seq }; // strict columns
  }

  readPositions(topicNo: number, before: ItemPosition | undefined, limitCount: number): readonly ItemPosition[] {
    const rows = before
      ? this.#rows('olderItems', topicNo, before.at, before.id, limitCount)
      : this.#rows('newestItems', topicNo, limitCount);
    return rows.map(([at, id]) => ({ at: at as number, id: id as ItemId })); // strict columns
  }

  readReply(id: string): StoredReply | undefined {
    return this.#rows('reply', id).map(toReply)[0];
  }

  readReplyByKey(userId: string, key: string): readonly StoredReply[] {
    return this.#rows('replyByKey', userId, key).map(toReply);
  }

  readReplies(accountNo: number, beforePlace: number | undefined, limitCount: number): readonly PlacedReply[] {
    const rows = this.#rows('replies', accountNo, beforePlace ?? Number.MAX_SAFE_INTEGER, limitCount);
    return rows.map((row) => ({ ...toReply(row), place: Number(row[2]) }));
  }

  #rows(name: keyof typeof SQL, ...params: readonly (string | number)[]): readonly Cells[] {
    return this.#statement(name).all(...params) as unknown as Cells[]; // the statement returns arrays, strict columns
  }

  /** For large answers: one row at a time. */
  #each(name: keyof typeof SQL): Iterable<Cells> {
    return this.#statement(name).iterate() as unknown as Iterable<Cells>; // as above
  }

  #statement(name: keyof typeof SQL): StatementSync {
    const known = this.#prepared.get(name);
    if (known) return known;
    const statement = this.#db.prepare(SQL[name]);
    statement.setReturnArrays(true);
    this.#prepared.set(name, statement);
    return statement;
  }
}

const toReply = ([accountNo, body]: Cells): StoredReply => ({
  accountNo: Number(accountNo),
  record: parse<ReplyRecord>(body),
});

/** Bodies were written from records of the same type. */
const parse = <T>(body: string | number | null | undefined): T => JSON.parse(String(body)) as T;
