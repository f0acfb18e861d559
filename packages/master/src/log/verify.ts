import type { DatabaseSync } from 'node:sqlite';
import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import { same } from '@hiscrm/shared/lib/same.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import { type AccountId, type Seq, START } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import { comparePreviews, previewOf } from '@hiscrm/shared/model/preview.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { Preview } from '@hiscrm/shared/model/summary.ts';
import { itemKey, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import { readLogHead, readMeta } from './log-statements.ts';
import { readDatabase } from './read-database.ts';
import { scopeOf } from './state-statements.ts';

/** Findings beyond these are counted, not written out. */
const FINDINGS_LIMIT_COUNT = 100;
export type Verification = {
  /** What is wrong, for a person; empty when the file is sound. Holds ids and places, never text. */
  readonly findings: readonly string[];
  readonly epoch: string;
  readonly headSeq: Seq;
  readonly stateSeq: Seq;
  readonly topicCount: number;
  readonly itemCount: number;
  /** What each account holds as of `stateSeq`, counted item by item. */
  readonly accounts: ReadonlyMap<AccountId, AccountCount>;
  /** Whether the state was compared with the fold of the log: only possible while nothing has been trimmed. */
  readonly isRebuilt: boolean;
};

/** The counters of an account, from nothing but its items. */
export type AccountCount = {
  readonly unreadComments: number;
  readonly unreadMessages: number;
  readonly commentCount: number;
  readonly messageCount: number;
};
const NOTHING: AccountCount = { unreadComments: 0, unreadMessages: 0, commentCount: 0, messageCount: 0 };

const SQL = {
  log: 'SELECT seq, text FROM log ORDER BY seq',
  accounts: 'SELECT no, id, body FROM accounts',
  topics: 'SELECT no, account_no AS accountNo, item_count AS itemCount, last, body FROM topics',
  items: `SELECT scope, id, topic_no AS topicNo, at, arrived_seq AS arrivedSeq, unread, body FROM items
    ORDER BY topic_no, at DESC, id DESC`,
  replies: 'SELECT account_no AS accountNo, body FROM replies',
  workers: 'SELECT body FROM workers',
  earlyAnswers: 'SELECT account_no AS accountNo, id FROM early_answers',
  // Over the rows themselves: an index that holds what it must not hold twice would not show it.
  sameAccounts: 'SELECT id AS name FROM accounts NOT INDEXED GROUP BY id HAVING count(*) > 1',
  sameTopics: `SELECT account_no || ':' || kind || ':' || id AS name FROM topics NOT INDEXED
    GROUP BY account_no, kind, id HAVING count(*) > 1`,
  sameItems: `SELECT scope || ':' || id AS name FROM items NOT INDEXED GROUP BY scope, id HAVING count(*) > 1`,
  sameReplies: `SELECT user_id || ' ' || key AS name FROM replies NOT INDEXED
    WHERE account_no IN (SELECT no FROM accounts) GROUP BY user_id, key HAVING count(*) > 1`,
} as const;
const HAS_LOG = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'log'";
const SAME = ['sameAccounts', 'sameTopics', 'sameItems', 'sameReplies'] as const;

const NO_LOG: Verification = {
  findings: [],
  epoch: '',
  headSeq: START,
  stateSeq: START,
  topicCount: 0,
  itemCount: 0,
  accounts: new Map(),
  isRebuilt: true,
};

type Cell = string | number | null;
type Row<Columns extends string> = Readonly<Record<Columns, Cell>>;

/** The counters of a topic as stored, and as its items give them. */
type Tally = {
  readonly record: TopicRecord;
  readonly accountNo: number;
  readonly storedCount: number;
  readonly storedLast: Preview | undefined;
  count: number;
  last: Preview | undefined;
};

/**
 * Checks a database file, also one that a Master has open: places without gaps, every stored record against its columns,
 * every counter against a recount, and, while the log is whole, the state against the fold of the log. `compareWith` is
 * a fold made by the caller, for a log that was trimmed. Reads everything once, in one snapshot.
 */
export function verifyDatabase(
  path: string,
  options: { readonly compareWith?: MemoryView | undefined } = {},
): Verification {
  return readDatabase(path, (db) => {
    db.exec('BEGIN');
    return new Verifier(db).run(options.compareWith);
  });
}

class Verifier {
  readonly #db: DatabaseSync;
  readonly #findings: string[] = [];
  readonly #counts = new Map<AccountId, AccountCount>();
  #findingCount = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  run(compareWith: MemoryView | undefined): Verification {
    // `hiscrm user` makes the file before the first start does.
    if (this.#db.prepare(HAS_LOG).get() === undefined) return NO_LOG;
    const { headSeq, stateSeq, trimmedSeq } = readLogHead(this.#db);
    const folded = trimmedSeq === 0 && !compareWith ? new MemoryView() : undefined;
    this.#checkLog(trimmedSeq, stateSeq, folded);
    if (stateSeq > headSeq) this.#find(`the state is at ${stateSeq}, the log ends at ${headSeq}`);
    const stored = new MemoryView();
    const expected = compareWith ?? folded;
    const { topicCount, itemCount } = this.#checkState(stored, expected !== undefined);
    if (expected) this.#compare(stored, expected);
    for (const name of SAME)
      for (const row of this.#each<'name'>(name))
        this.#find(`${name.slice(4).toLowerCase()}: ${row.name} is there twice`);
    const hidden = this.#findingCount - this.#findings.length;
    return {
      findings: hidden > 0 ? [...this.#findings, `and ${hidden} more`] : this.#findings,
      epoch: readMeta(this.#db, 'epoch') ?? '',
      headSeq: headSeq as Seq, // read from the log
      stateSeq: stateSeq as Seq, // likewise
      topicCount,
      itemCount,
      accounts: this.#counts,
      isRebuilt: expected !== undefined,
    };
  }

  #find(text: string): void {
    this.#findingCount += 1;
    if (this.#findings.length < FINDINGS_LIMIT_COUNT) this.#findings.push(text);
  }

  #checkLog(trimmedSeq: number, stateSeq: number, folded: MemoryView | undefined): void {
    let previous = trimmedSeq;
    for (const { seq, text } of this.#each<'seq' | 'text'>('log')) {
      if (seq !== previous + 1) this.#find(`log: row ${seq} follows ${previous}`);
      previous = Number(seq);
      const row = JSON.parse(String(text)) as LoggedChange; // the log's own text
      if (row.seq !== seq) this.#find(`log: row ${seq} says it is ${row.seq}`);
      if (folded && row.seq <= stateSeq) applyChange(folded, row);
    }
  }

  /** Checks what is stored against itself; with `keeps`, also puts it into `stored`. */
  #checkState(stored: MemoryView, keeps: boolean): { readonly topicCount: number; readonly itemCount: number } {
    const accounts = new Map<number, AccountId>();
    for (const { no, body } of this.#each<'no' | 'body'>('accounts')) {
      const record = parse<AccountRecord>(body);
      accounts.set(Number(no), record.id);
      this.#counts.set(record.id, NOTHING);
      stored.putAccount(record);
    }
    const tallies = this.#loadTallies(accounts);
    let itemCount = 0;
    for (const row of this.#each<'scope' | 'id' | 'topicNo' | 'at' | 'arrivedSeq' | 'unread' | 'body'>('items')) {
      const record = parse<ItemRecord>(row.body);
      if (accounts.get(Number(row.scope) >> 1) === undefined) continue; // of a removed account, swept later
      itemCount += 1;
      this.#checkItem(row, record, tallies.get(Number(row.topicNo)));
      if (keeps) stored.putItem(record);
    }
    for (const tally of tallies.values()) {
      this.#checkTally(tally);
      stored.putTopic(tally.record);
    }
    this.#loadRest(stored, accounts);
    return { topicCount: tallies.size, itemCount };
  }

  #loadTallies(accounts: ReadonlyMap<number, AccountId>): ReadonlyMap<number, Tally> {
    const tallies = new Map<number, Tally>();
    for (const row of this.#each<'no' | 'accountNo' | 'itemCount' | 'last' | 'body'>('topics')) {
      if (!accounts.has(Number(row.accountNo))) continue; // of a removed account, swept later
      tallies.set(Number(row.no), {
        record: parse<TopicRecord>(row.body),
        accountNo: Number(row.accountNo),
        storedCount: Number(row.itemCount),
        storedLast: row.last === null ? undefined : parse<Preview>(row.last),
        count: 0,
        last: undefined,
      });
    }
    return tallies;
  }

  #checkItem(
    row: Row<'scope' | 'id' | 'at' | 'arrivedSeq' | 'unread'>,
    record: ItemRecord,
    tally: Tally | undefined,
  ): void {
    const { facts } = record;
    const name = itemKey(record.accountId, facts.kind, facts.id);
    if (!tally || tally.record.id !== facts.topicId || tally.record.accountId !== record.accountId) {
      this.#find(`item ${name}: its topic is not the one it is filed under`);
      return;
    }
    const columns = [scopeOf(tally.accountNo, facts.kind), facts.id, facts.at, record.arrivedSeq];
    if (!same([row.scope, row.id, row.at, row.arrivedSeq], columns)) this.#find(`item ${name}: columns differ`);
    const unread = isUnread(record, tally.record.marks);
    if (unread && row.unread !== 1) this.#find(`item ${name}: unread and not flagged`);
    this.#count(record, unread);
    const preview = previewOf(record);
    tally.count += 1;
    if (!tally.last || comparePreviews(preview, tally.last) > 0) tally.last = preview;
  }

  #count({ accountId, facts }: ItemRecord, unread: boolean): void {
    const known = this.#counts.get(accountId) ?? NOTHING;
    const isComment = facts.kind === 'comment';
    this.#counts.set(accountId, {
      unreadComments: known.unreadComments + Number(isComment && unread),
      unreadMessages: known.unreadMessages + Number(!isComment && unread),
      commentCount: known.commentCount + Number(isComment),
      messageCount: known.messageCount + Number(!isComment),
    });
  }

  #checkTally({ record, count, storedCount, last, storedLast }: Tally): void {
    if (count !== storedCount) this.#find(`topic ${topicKey(record)}: ${storedCount} items counted, ${count} stored`);
    if (!same(last, storedLast)) this.#find(`topic ${topicKey(record)}: its newest item is another one`);
  }

  #loadRest(stored: MemoryView, accounts: ReadonlyMap<number, AccountId>): void {
    for (const { accountNo, body } of this.#each<'accountNo' | 'body'>('replies'))
      if (accounts.has(Number(accountNo))) stored.putReply(parse<ReplyRecord>(body));
    for (const { body } of this.#each<'body'>('workers')) stored.putWorker(parse<WorkerRecord>(body));
    for (const { accountNo, id } of this.#each<'accountNo' | 'id'>('earlyAnswers')) {
      const accountId = accounts.get(Number(accountNo));
      if (accountId) stored.earlyAnswers.add(`${accountId}:comment:${id}`);
    }
  }

  #compare(stored: MemoryView, expected: MemoryView): void {
    for (const part of ['accounts', 'topics', 'items', 'replies', 'workers'] as const) {
      const [have, want]: [ReadonlyMap<string, unknown>, ReadonlyMap<string, unknown>] = [stored[part], expected[part]];
      for (const key of [...new Set([...have.keys(), ...want.keys()])].sort(compareText))
        if (!same(have.get(key), want.get(key))) this.#find(`${part}: ${key} is not what the log gives`);
    }
    const isSame = same([...stored.earlyAnswers].sort(), [...expected.earlyAnswers].sort());
    if (!isSame) this.#find('early answers are not what the log gives');
  }

  #each<Columns extends string>(name: keyof typeof SQL): Iterable<Row<Columns>> {
    return this.#db.prepare(SQL[name]).iterate() as unknown as Iterable<Row<Columns>>; // the statement names the columns
  }
}

/** Bodies were written from records of the same type. */
const parse = <T>(body: Cell): T => JSON.parse(String(body)) as T;
