import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { assert } from '@hiscrm/shared/lib/must.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Notice } from '@hiscrm/shared/model/notice.ts';
import type { NoticeDevice } from '@hiscrm/shared/model/notice-change.ts';
import { readMeta } from './log-statements.ts';
import {
  type HeldCell,
  type PageBody,
  type PageHeads,
  type PageRun,
  RECORDS_PER_PAGE,
  unpackBody,
  unpackHeads,
  unpackRuns,
} from './record-page-layout.ts';
import type { NoticeBatch } from './writer-protocol.ts';

/** Place in the log of the newest row that the notice tables have in them. */
export const NOTICE_STATE_SEQ = 'notice_state_seq';

/** How many receive records were made up to that place. */
export const NOTICE_RECORD_COUNT = 'notice_record_count';

/** What became of a notice. `scheduled` has no records yet. */
export type NoticeStatus = 'scheduled' | 'sent' | 'recalled' | 'superseded' | 'expired';

/** A notice as stored. `no` is the place of the row that accepted it; its last change is in `body`. */
export type StoredNotice = {
  readonly no: Seq;
  readonly status: NoticeStatus;
  readonly at: number;
  readonly body: NoticeBody;
};
export type NoticeBody = {
  readonly notice: Notice;
  /** When a scheduled one is due. */
  readonly sendAt?: number;
  /** When it went out; `at` of the row. */
  readonly sentAt?: number;
  /** Number of the first of its receive records, which follow each other; absent until it went out. */
  readonly firstRecordNo?: number;
  /** What the sender was answered. */
  readonly recipientCount: number;
  readonly onlineCount: number;
  readonly supersededBy?: string;
  readonly reminderCount?: number;
  readonly isEscalated?: boolean;
};

/** A page of receive records without its body. */
export type StoredPage = {
  readonly pageNo: number;
  readonly runs: readonly PageRun[];
  readonly held: readonly HeldCell[];
  readonly heads: PageHeads;
};
export type StoredNoticeUser = {
  readonly no: number;
  readonly userId: UserId;
  readonly username: string;
  readonly onlineMs: number;
};
export type StoredSetting = { readonly kind: string; readonly id: string; readonly body: string };

export type NoticeSort = 'no' | 'priority' | 'type' | 'status';
/** A range of notices, both ends included, as one index has them: by number, or also those of one type, target or status. */
export type NoticeIndex = {
  readonly by: NoticeSort | 'target';
  /** Undefined: the index gives its order only. */
  readonly value?: string | undefined;
  readonly fromNo: number;
  readonly toNo: number;
};
export type NoticeScan = NoticeIndex & {
  readonly sort: NoticeSort;
  readonly isDescending: boolean;
  readonly skipCount: number;
  readonly limitCount: number;
};
/** What is looked for in the notices themselves. */
export type NoticeSearch = {
  readonly type?: string | undefined;
  readonly target?: string | undefined;
  readonly status?: string | undefined;
  readonly senderId?: string | undefined;
  readonly keyword?: string | undefined;
};

/**
 * The state of the notification hub on disk, as of the row `stateSeq()`; what changed since is with whoever folds. Reads
 * are synchronous and small, or for the start.
 */
export interface NoticeTables {
  stateSeq(): Seq;
  loadUsers(): readonly StoredNoticeUser[];
  loadSettings(): readonly StoredSetting[];
  loadOpenNotices(): readonly StoredNotice[];
  /** How many receive records there are as of `stateSeq()`; a page may hold some that were made after it. */
  recordCount(): number;
  /** The pages that hold the first `recordCount` records, in order. */
  loadPages(recordCount: number): Iterable<StoredPage>;
  readPageBody(pageNo: number): PageBody | undefined;
  /** The highest number of a device; 0 = none. */
  newestDeviceNo(): number;
  readDevice(no: number): NoticeDevice | undefined;
  readNotice(no: number): StoredNotice | undefined;
  readNoticeById(messageId: string): StoredNotice | undefined;
  readNoticeByKey(senderId: string, key: string): StoredNotice | undefined;
  /** Numbers of notices. */
  scanNotices(scan: NoticeScan): readonly Seq[];
  /** Stops at `limitCount`. */
  countNotices(index: NoticeIndex, limitCount: number): number;
  /** Those of the notices that fit, in the order given. */
  searchNotices(nos: readonly Seq[], search: NoticeSearch): readonly Seq[];
  /** The first and last notice accepted in a range of times; undefined when there is none. */
  noticesBetween(fromAt: number, toAt: number): { readonly fromNo: number; readonly toNo: number } | undefined;
  /** Writes the batch in one transaction. `reached` in it moves `stateSeq()`. Rejects with LOG_WRITE_FAILED. */
  save(batch: NoticeBatch): Promise<void>;
}

const NOTICE = 'no, status, at, body';

const SQL = {
  users: 'SELECT no, user_id AS userId, username, online_ms AS onlineMs FROM notice_users ORDER BY no',
  settings: 'SELECT kind, id, body FROM notice_settings ORDER BY kind, id',
  open: `SELECT ${NOTICE} FROM notices WHERE is_open = 1 ORDER BY no`,
  pages: 'SELECT no, runs, held, heads FROM notice_record_pages ORDER BY no LIMIT ?',
  pageBody: 'SELECT runs, body FROM notice_record_pages WHERE no = ?',
  newestDevice: 'SELECT coalesce(max(no), 0) AS no FROM notice_devices',
  device: 'SELECT connection_id AS connectionId, address, agent FROM notice_devices WHERE no = ?',
  notice: `SELECT ${NOTICE} FROM notices WHERE no = ?`,
  noticeById: `SELECT ${NOTICE} FROM notices WHERE message_id = ?`,
  noticeByKey: `SELECT ${NOTICE} FROM notices WHERE sender_id = ? AND key = ?`,
  search: `SELECT no FROM json_each(?) AS chosen CROSS JOIN notices ON no = chosen.value
    WHERE notices.type = coalesce(?, notices.type) AND target = coalesce(?, target) AND status = coalesce(?, status)
      AND sender_id = coalesce(?, sender_id) AND instr(body, ?) > 0`,
  firstNotice: 'SELECT no FROM notices WHERE at >= ? ORDER BY at, no LIMIT 1',
  lastNotice: 'SELECT no FROM notices WHERE at <= ? ORDER BY at DESC, no DESC LIMIT 1',
} as const;

/** Statements made from parts: as many as there are combinations of filters that somebody used. */
const BUILT_LIMIT_COUNT = 500;

type Value = string | number | null;
type Row = Readonly<Record<string, string | number | null | Uint8Array>>;

/** Reads the notice tables through a connection of the event loop; `save` is the writing thread's. */
export class SqliteNoticeTables implements NoticeTables {
  readonly #db: DatabaseSync;
  readonly #save: (batch: NoticeBatch) => Promise<void>;
  readonly #prepared = new Map<string, StatementSync>();
  #stateSeq: Seq;

  constructor(options: { readonly reader: DatabaseSync; readonly save: (batch: NoticeBatch) => Promise<void> }) {
    this.#db = options.reader;
    this.#save = options.save;
    this.#stateSeq = Number(readMeta(options.reader, NOTICE_STATE_SEQ) ?? 0) as Seq; // written from a batch's stateSeq
  }

  stateSeq(): Seq {
    return this.#stateSeq;
  }

  async save(batch: NoticeBatch): Promise<void> {
    await this.#save(batch);
    if (batch.reached) this.#stateSeq = batch.reached.stateSeq as Seq; // batches are saved in order
  }

  loadUsers(): readonly StoredNoticeUser[] {
    return this.#all(SQL.users) as unknown as StoredNoticeUser[]; // the statement names these columns
  }
  loadSettings(): readonly StoredSetting[] {
    return this.#all(SQL.settings) as unknown as StoredSetting[]; // as above
  }
  loadOpenNotices(): readonly StoredNotice[] {
    return this.#all(SQL.open).map(toNotice);
  }
  recordCount(): number {
    return Number(readMeta(this.#db, NOTICE_RECORD_COUNT) ?? 0);
  }
  *loadPages(recordCount: number): Iterable<StoredPage> {
    for (const row of this.#each(SQL.pages, Math.ceil(recordCount / RECORDS_PER_PAGE))) {
      const runs = unpackRuns(bytesOf(row.runs));
      const held = row.held === null ? [] : (JSON.parse(String(row.held)) as HeldCell[]); // written from the same type
      yield { pageNo: Number(row.no), runs, held, heads: unpackHeads(bytesOf(row.heads), recordCountOf(runs)) };
    }
  }
  readPageBody(pageNo: number): PageBody | undefined {
    const [row] = this.#all(SQL.pageBody, pageNo);
    return row && unpackBody(bytesOf(row.body), recordCountOf(unpackRuns(bytesOf(row.runs))));
  }
  newestDeviceNo(): number {
    return Number(this.#all(SQL.newestDevice)[0]?.no);
  }
  readDevice(no: number): NoticeDevice | undefined {
    return this.#all(SQL.device, no)[0] as NoticeDevice | undefined; // the statement names its columns
  }
  readNotice(no: number): StoredNotice | undefined {
    return this.#all(SQL.notice, no).map(toNotice)[0];
  }
  readNoticeById(messageId: string): StoredNotice | undefined {
    return this.#all(SQL.noticeById, messageId).map(toNotice)[0];
  }
  readNoticeByKey(senderId: string, key: string): StoredNotice | undefined {
    return this.#all(SQL.noticeByKey, senderId, key).map(toNotice)[0];
  }
  scanNotices(scan: NoticeScan): readonly Seq[] {
    const { from, values } = noticeIndex(scan);
    const order = scan.isDescending ? 'DESC' : 'ASC';
    const by = scan.sort === 'no' ? `no ${order}` : `${scan.sort} ${order}, no ${order}`;
    const sql = `SELECT no FROM ${from} ORDER BY ${by} LIMIT ? OFFSET ?`;
    return this.#all(sql, ...values, scan.limitCount, scan.skipCount).map(({ no }) => no as Seq); // stored from one
  }

  countNotices(index: NoticeIndex, limitCount: number): number {
    const { from, values } = noticeIndex(index);
    const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM ${from} LIMIT ?)`;
    return Number(this.#all(sql, ...values, limitCount)[0]?.count ?? 0);
  }

  searchNotices(nos: readonly Seq[], search: NoticeSearch): readonly Seq[] {
    const { type = null, target = null, status = null, senderId = null, keyword = '' } = search;
    const values = [JSON.stringify(nos), type, target, status, senderId, keyword];
    return this.#all(SQL.search, ...values).map(({ no }) => no as Seq); // stored from one
  }

  noticesBetween(fromAt: number, toAt: number): { readonly fromNo: number; readonly toNo: number } | undefined {
    const fromNo = this.#all(SQL.firstNotice, fromAt)[0]?.no;
    const toNo = this.#all(SQL.lastNotice, toAt)[0]?.no;
    if (typeof fromNo !== 'number' || typeof toNo !== 'number' || fromNo > toNo) return undefined;
    return { fromNo, toNo };
  }

  #all(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.#statement(sql).all(...values) as Row[]; // strict columns
  }

  /** For large answers: one row at a time. */
  #each(sql: string, ...values: readonly Value[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values) as Iterable<Row>; // strict columns
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known) return known;
    if (this.#prepared.size >= BUILT_LIMIT_COUNT) this.#prepared.clear();
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

/** The index is named: SQLite, which does not know how common a type is, may take one that leaves all rows. */
function noticeIndex({ by, value, fromNo, toNo }: NoticeIndex): {
  readonly from: string;
  readonly values: readonly Value[];
} {
  const index = by === 'no' ? 'NOT INDEXED' : `INDEXED BY notices_by_${by}`;
  const isValue = value === undefined ? '' : ` AND ${by} = ?`;
  return {
    from: `notices ${index} WHERE no BETWEEN ? AND ?${isValue}`,
    values: value === undefined ? [fromNo, toNo] : [fromNo, toNo, value],
  };
}

const toNotice = (row: Row): StoredNotice => ({
  no: row.no as Seq, // stored from one
  status: row.status as NoticeStatus, // stored from one
  at: Number(row.at),
  body: JSON.parse(String(row.body)) as NoticeBody, // written from the same type
});

const recordCountOf = (runs: readonly PageRun[]): number => runs.reduce((sum, { count }) => sum + count, 0);

function bytesOf(cell: Row[string] | undefined): Uint8Array {
  assert(cell instanceof Uint8Array, 'a column of bytes holds bytes');
  return cell;
}
