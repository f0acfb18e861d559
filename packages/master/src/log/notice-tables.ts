import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Notice } from '@hiscrm/shared/model/notice.ts';
import type { NoticeDevice } from '@hiscrm/shared/model/notice-change.ts';
import { readMeta } from './log-statements.ts';
import { countStatement, scanStatement, type Value } from './record-statements.ts';
import type { NoticeBatch } from './writer-protocol.ts';

/** Place in the log of the newest row that the notice tables have in them. */
export const NOTICE_STATE_SEQ = 'notice_state_seq';

/** How many records have each combination of flags. */
export type FlagCount = { readonly flags: number; readonly count: number };

/** What became of a notice. `scheduled` has no records yet. */
export type NoticeStatus = 'scheduled' | 'sent' | 'recalled' | 'superseded' | 'expired';

/** A notice as stored. `no` is the place of the row that accepted it; its last change is in `body`. */
export type StoredNotice = {
  readonly no: Seq;
  readonly status: NoticeStatus;
  readonly at: number;
  readonly counts: readonly FlagCount[];
  readonly body: NoticeBody;
};
export type NoticeBody = {
  readonly notice: Notice;
  /** When a scheduled one is due. */
  readonly sendAt?: number;
  /** When it went out; `at` of the row. */
  readonly sentAt?: number;
  /** What the sender was answered. */
  readonly recipientCount: number;
  readonly onlineCount: number;
  readonly supersededBy?: string;
  readonly reminderCount?: number;
  readonly isEscalated?: boolean;
};

export type StoredRecord = {
  readonly noticeNo: Seq;
  readonly userNo: number;
  /** Place in the user's stream; 0 while held. */
  readonly place: Seq;
  readonly flags: number;
  readonly role: string;
  readonly createdAt: number;
  readonly receivedAt: number;
  readonly readAt: number;
  readonly confirmedAt: number;
  readonly updatedAt: number;
  readonly heldUntil: number;
  readonly retryCount: number;
  readonly device: NoticeDevice | undefined;
  readonly error: string | undefined;
};
/** What waits: enough to queue it. */
export type PendingRecord = Pick<StoredRecord, 'noticeNo' | 'userNo' | 'place' | 'heldUntil'>;
export type StoredNoticeUser = {
  readonly no: number;
  readonly userId: UserId;
  readonly username: string;
  readonly onlineMs: number;
};
export type UserFlagCount = FlagCount & { readonly userNo: number };
/** One user's records of one combination of flags, counted, with the highest place among them. */
export type UserCount = UserFlagCount & { readonly newestPlace: Seq };
export type StoredSetting = { readonly kind: string; readonly id: string; readonly body: string };

/** Key of a record, in the order of creation. */
export type RecordKey = { readonly noticeNo: number; readonly userNo: number };
export type RecordSort = 'created' | 'received' | 'read' | 'confirmed';
/**
 * Where the records are read: those of a range of notices, of each combination of flags, of each user, or those that have
 * the time which is sorted by. Only the users' ones, and the notices' ones by a time, have to be sorted.
 */
export type RecordAccess = 'notices' | 'flags' | 'users' | 'time';
/** The numbers of some users, and a byte for each number from 0: 1 = is one of them. */
export type UserSet = { readonly nos: readonly number[]; readonly marks: Uint8Array };
/** Which records; bounds are inclusive. */
export type RecordFilter = {
  /** Only these combinations of flags; undefined = all. */
  readonly cells: readonly number[] | undefined;
  /** Only these users; undefined = all. */
  readonly users: UserSet | undefined;
  readonly fromNo: number;
  readonly toNo: number;
};
/** `by` = `flags` needs `cells`, `users` needs `users`, `time` needs a sort by a time. */
export type RecordScan = RecordFilter & {
  readonly by: RecordAccess;
  readonly sort: RecordSort;
  readonly isDescending: boolean;
  readonly skipCount: number;
  readonly limitCount: number;
};
export type CountAccess = Exclude<RecordAccess, 'time'>;
export type RecordCount = RecordFilter & {
  readonly by: CountAccess;
  /** Rows to look at. */
  readonly limitCount: number;
};

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
  /** Records that nobody has got yet, oldest notice first. */
  loadPending(): Iterable<PendingRecord>;
  countUsers(): Iterable<UserCount>;
  countAll(): readonly FlagCount[];
  countNotice(noticeNo: number): readonly FlagCount[];
  readNotice(no: number): StoredNotice | undefined;
  readNoticeById(messageId: string): StoredNotice | undefined;
  readNoticeByKey(senderId: string, key: string): StoredNotice | undefined;
  readRecord(noticeNo: number, userNo: number): StoredRecord | undefined;
  /** A user's records with a place above `place`, the newest `limitCount` of them, oldest first. */
  readStream(userNo: number, place: Seq, limitCount: number): readonly StoredRecord[];
  /** The user's records with a place below `before`, newest first. */
  readHistory(userNo: number, before: Seq, limitCount: number): readonly StoredRecord[];
  readNoticeRecords(noticeNo: number): Iterable<StoredRecord>;
  /** The first `limitCount` records of a notice whose users' numbers are above `afterUserNo`, by these numbers. */
  readNoticePage(noticeNo: number, afterUserNo: number, limitCount: number): readonly StoredRecord[];
  scanRecords(scan: RecordScan): readonly RecordKey[];
  /** Counts records, whatever their flags, among the first `limitCount` rows; `passedCount` says how many there were. */
  countRecords(count: RecordCount): { readonly cells: readonly FlagCount[]; readonly passedCount: number };
  /** The same, of each user. */
  countUserRecords(count: RecordCount): { readonly cells: readonly UserFlagCount[]; readonly passedCount: number };
  /** The counts of the first `limitCount` notices of a range of numbers, as of the last save. */
  readCounts(fromNo: number, toNo: number, limitCount: number): readonly Pick<StoredNotice, 'no' | 'counts'>[];
  /** Numbers of notices. */
  scanNotices(scan: NoticeScan): readonly Seq[];
  /** Stops at `limitCount`. */
  countNotices(index: NoticeIndex, limitCount: number): number;
  /** Those of the notices that fit, in the order given. */
  searchNotices(nos: readonly Seq[], search: NoticeSearch): readonly Seq[];
  /** The first and last notice accepted in a range of times; undefined when there is none. */
  noticesBetween(fromAt: number, toAt: number): { readonly fromNo: number; readonly toNo: number } | undefined;
  /** Writes the batch in one transaction. `stateSeq` in it moves `stateSeq()`. Rejects with LOG_WRITE_FAILED. */
  save(batch: NoticeBatch): Promise<void>;
}

const NOTICE = 'no, status, at, counts, body';
const RECORD = `notice_no AS noticeNo, user_no AS userNo, place, flags, role, created_at AS createdAt,
  received_at AS receivedAt, read_at AS readAt, confirmed_at AS confirmedAt, updated_at AS updatedAt,
  held_until AS heldUntil, retry_count AS retryCount, device, error`;
/** Flags below this are pending. */
const PENDING_BELOW = 16;

const SQL = {
  users: 'SELECT no, user_id AS userId, username, online_ms AS onlineMs FROM notice_users ORDER BY no',
  settings: 'SELECT kind, id, body FROM notice_settings ORDER BY kind, id',
  open: `SELECT ${NOTICE} FROM notices WHERE is_open = 1 ORDER BY no`,
  pending: `SELECT notice_no, user_no, place, held_until FROM notice_records INDEXED BY notice_records_pending
    WHERE flags < ${PENDING_BELOW} ORDER BY notice_no, user_no`,
  countUsers: `SELECT user_no AS userNo, flags, count(*) AS count, max(place) AS newestPlace FROM notice_records
    INDEXED BY notice_records_by_user GROUP BY user_no, flags`,
  countAll: 'SELECT flags, count(*) AS count FROM notice_records INDEXED BY notice_records_by_flags GROUP BY flags',
  countNotice: 'SELECT flags, count(*) AS count FROM notice_records WHERE notice_no = ? GROUP BY flags',
  notice: `SELECT ${NOTICE} FROM notices WHERE no = ?`,
  noticeById: `SELECT ${NOTICE} FROM notices WHERE message_id = ?`,
  noticeByKey: `SELECT ${NOTICE} FROM notices WHERE sender_id = ? AND key = ?`,
  record: `SELECT ${RECORD} FROM notice_records WHERE notice_no = ? AND user_no = ?`,
  stream: `SELECT ${RECORD} FROM notice_records WHERE user_no = ? AND place > ? ORDER BY place DESC LIMIT ?`,
  history: `SELECT ${RECORD} FROM notice_records WHERE user_no = ? AND place < ? ORDER BY place DESC LIMIT ?`,
  noticeRecords: `SELECT ${RECORD} FROM notice_records WHERE notice_no = ? ORDER BY user_no`,
  noticePage: `SELECT ${RECORD} FROM notice_records WHERE notice_no = ? AND user_no > ? ORDER BY user_no LIMIT ?`,
  counts: 'SELECT no, counts FROM notices WHERE no BETWEEN ? AND ? ORDER BY no LIMIT ?',
  search: `SELECT no FROM json_each(?) AS chosen CROSS JOIN notices ON no = chosen.value
    WHERE notices.type = coalesce(?, notices.type) AND target = coalesce(?, target) AND status = coalesce(?, status)
      AND sender_id = coalesce(?, sender_id) AND instr(body, ?) > 0`,
  firstNotice: 'SELECT no FROM notices WHERE at >= ? ORDER BY at, no LIMIT 1',
  lastNotice: 'SELECT no FROM notices WHERE at <= ? ORDER BY at DESC, no DESC LIMIT 1',
} as const;

/** Statements made from parts: as many as there are combinations of filters that somebody used. */
const BUILT_LIMIT_COUNT = 500;

type Row = Readonly<Record<string, string | number | null>>;

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
    if (batch.stateSeq !== undefined) this.#stateSeq = batch.stateSeq as Seq; // batches are saved in order
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
  *loadPending(): Iterable<PendingRecord> {
    const statement = this.#db.prepare(SQL.pending);
    statement.setReturnArrays(true); // there may be a million of them
    for (const cells of statement.iterate() as unknown as Iterable<readonly number[]>) {
      const [noticeNo, userNo, place, heldUntil] = cells as readonly [Seq, number, Seq, number]; // strict columns
      yield { noticeNo, userNo, place, heldUntil };
    }
  }
  countUsers(): Iterable<UserCount> {
    return this.#each(SQL.countUsers) as unknown as Iterable<UserCount>; // the statement names these columns
  }
  countAll(): readonly FlagCount[] {
    return this.#all(SQL.countAll) as unknown as FlagCount[]; // as above
  }
  countNotice(noticeNo: number): readonly FlagCount[] {
    return this.#all(SQL.countNotice, noticeNo) as unknown as FlagCount[]; // as above
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
  readRecord(noticeNo: number, userNo: number): StoredRecord | undefined {
    return this.#all(SQL.record, noticeNo, userNo).map(toRecord)[0];
  }
  readStream(userNo: number, place: Seq, limitCount: number): readonly StoredRecord[] {
    return this.#all(SQL.stream, userNo, place, limitCount).map(toRecord).reverse();
  }
  readHistory(userNo: number, before: Seq, limitCount: number): readonly StoredRecord[] {
    return this.#all(SQL.history, userNo, before, limitCount).map(toRecord);
  }
  readNoticePage(noticeNo: number, afterUserNo: number, limitCount: number): readonly StoredRecord[] {
    return this.#all(SQL.noticePage, noticeNo, afterUserNo, limitCount).map(toRecord);
  }
  *readNoticeRecords(noticeNo: number): Iterable<StoredRecord> {
    for (const row of this.#each(SQL.noticeRecords, noticeNo)) yield toRecord(row);
  }

  scanRecords(scan: RecordScan): readonly RecordKey[] {
    const { sql, values } = scanStatement(scan);
    return this.#all(sql, ...values) as unknown as RecordKey[]; // named in the statement
  }

  countRecords(count: RecordCount): { readonly cells: readonly FlagCount[]; readonly passedCount: number } {
    return this.#count<FlagCount>(countStatement(count, ['flags']));
  }

  countUserRecords(count: RecordCount): { readonly cells: readonly UserFlagCount[]; readonly passedCount: number } {
    return this.#count<UserFlagCount>(countStatement(count, ['userNo', 'flags']));
  }

  #count<T extends FlagCount>(statement: { readonly sql: string; readonly values: readonly Value[] }) {
    const rows = this.#all(statement.sql, ...statement.values) as unknown as (T & { readonly isMatch: number })[]; // named there
    return {
      cells: rows.filter(({ isMatch }) => isMatch === 1),
      passedCount: rows.reduce((sum, row) => sum + row.count, 0),
    };
  }

  readCounts(fromNo: number, toNo: number, limitCount: number): readonly Pick<StoredNotice, 'no' | 'counts'>[] {
    return this.#all(SQL.counts, fromNo, toNo, limitCount).map(({ no, counts }) => ({
      no: no as Seq, // stored from one
      counts: parseCounts(counts),
    }));
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

const parseCounts = (text: unknown): FlagCount[] => JSON.parse(String(text)) as FlagCount[]; // written from the same type

const toNotice = (row: Row): StoredNotice => ({
  no: row.no as Seq, // stored from one
  status: row.status as NoticeStatus, // stored from one
  at: Number(row.at),
  counts: parseCounts(row.counts),
  body: JSON.parse(String(row.body)) as NoticeBody, // likewise
});

const toRecord = (row: Row): StoredRecord => ({
  ...(row as unknown as StoredRecord), // the statement names its columns
  device: typeof row.device === 'string' ? (JSON.parse(row.device) as NoticeDevice) : undefined,
  error: typeof row.error === 'string' ? row.error : undefined,
});
