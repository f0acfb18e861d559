import type { DatabaseSync } from 'node:sqlite';
import { putMeta, readMeta } from '../log-statements.ts';
import {
  emptyBody,
  emptyHeads,
  type HeldCell,
  type PageRun,
  packBody,
  packHeads,
  packRuns,
  RECORDS_PER_PAGE,
} from '../record-page-layout.ts';
import type { Migration } from './migration.ts';

/**
 * Receive records as pages of columns instead of a row and five indexes each: a tenth of the bytes, and a hundredth of the
 * work to write them. Devices are kept once a connection instead of once a record.
 */
export const recordPages: Migration = {
  version: 3,
  statements: [
    `CREATE TABLE notice_record_pages (
      no INTEGER PRIMARY KEY, runs BLOB NOT NULL, held TEXT, heads BLOB NOT NULL, body BLOB NOT NULL
    ) STRICT`,
    `CREATE TABLE notice_devices (
      no INTEGER PRIMARY KEY, connection_id TEXT NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL
    ) STRICT`,
  ],
  move: (db) => {
    movePages(db);
    db.exec('DROP TABLE notice_records');
    db.exec('ALTER TABLE notices DROP COLUMN counts');
  },
};

type OldRecord = {
  readonly noticeNo: number;
  readonly userNo: number;
  readonly place: number;
  readonly flags: number;
  readonly role: string;
  readonly createdAt: number;
  readonly receivedAt: number;
  readonly readAt: number;
  readonly confirmedAt: number;
  readonly updatedAt: number;
  readonly heldUntil: number;
  readonly retryCount: number;
  readonly device: string | null;
  readonly error: string | null;
};

/** As `RECORD_ERRORS` had them when this step was written. */
const ERRORS = ['', 'recalled', 'expired: time', 'expired: age', 'expired: overflow'];

const OLD_RECORDS = `SELECT notice_no AS noticeNo, user_no AS userNo, place, flags, role, created_at AS createdAt,
    received_at AS receivedAt, read_at AS readAt, confirmed_at AS confirmedAt, updated_at AS updatedAt,
    held_until AS heldUntil, retry_count AS retryCount, device, error
  FROM notice_records ORDER BY created_at, notice_no, user_no`;
const SENT_LATER = `SELECT text FROM log WHERE seq > ? AND instr(text, '"kind":"notice.sent"') > 0`;
const DROP_RECORDS = 'DELETE FROM notice_records WHERE notice_no = (SELECT no FROM notices WHERE message_id = ?)';

/** Records in the order in which they were made, numbered. */
function movePages(db: DatabaseSync): void {
  dropMadeLater(db);
  const devices = new DeviceTable(db);
  const pages = new PageTable(db);
  const putFirst = db.prepare("UPDATE notices SET body = json_set(body, '$.firstRecordNo', ?) WHERE no = ?");
  let noticeNo = -1;
  for (const row of db.prepare(OLD_RECORDS).iterate()) {
    const record = row as unknown as OldRecord; // the statement names these columns
    if (record.noticeNo !== noticeNo) {
      noticeNo = record.noticeNo;
      putFirst.run(pages.count, noticeNo);
    }
    pages.add(record, record.device === null ? 0 : devices.noOf(record.device));
  }
  pages.flush();
  putMeta(db, 'notice_record_count', String(pages.count));
}

/** A checkpoint that was cut short wrote records ahead of its place: the start makes them again from the log. */
function dropMadeLater(db: DatabaseSync): void {
  const drop = db.prepare(DROP_RECORDS);
  for (const { text } of db.prepare(SENT_LATER).all(Number(readMeta(db, 'notice_state_seq') ?? 0))) {
    const { change } = JSON.parse(String(text)) as {
      readonly change: { readonly notice?: { readonly messageId: string } };
    }; // a row
    if (change.notice) drop.run(change.notice.messageId);
  }
}

class DeviceTable {
  readonly #put: ReturnType<DatabaseSync['prepare']>;
  readonly #nos = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#put = db.prepare('INSERT INTO notice_devices (no, connection_id, address, agent) VALUES (?, ?, ?, ?)');
  }

  noOf(json: string): number {
    const known = this.#nos.get(json);
    if (known !== undefined) return known;
    const no = this.#nos.size + 1;
    const { connectionId, address, agent } = JSON.parse(json) as Record<'connectionId' | 'address' | 'agent', string>; // as it was written
    this.#put.run(no, connectionId, address, agent);
    this.#nos.set(json, no);
    return no;
  }
}

class PageTable {
  readonly #put: ReturnType<DatabaseSync['prepare']>;
  #runs: { noticeNo: number; place: number; at: number; count: number }[] = [];
  #held: HeldCell[] = [];
  #heads = emptyHeads();
  #body = emptyBody();
  /** Where the records of the notice under way stand that were never held. */
  #place = 0;
  #noticeNo = -1;
  count = 0;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare('INSERT INTO notice_record_pages (no, runs, held, heads, body) VALUES (?, ?, ?, ?, ?)');
  }

  add(record: OldRecord, deviceNo: number): void {
    const offset = this.count % RECORDS_PER_PAGE;
    if (record.noticeNo !== this.#noticeNo) {
      this.#noticeNo = record.noticeNo;
      this.#place = record.place || record.noticeNo;
    }
    const last = this.#runs.at(-1);
    if (last?.noticeNo === record.noticeNo) last.count++;
    else this.#runs.push({ noticeNo: record.noticeNo, place: this.#place, at: record.createdAt, count: 1 });
    if (record.heldUntil > 0 || record.place !== this.#place) this.#held.push([offset, record.place, record.heldUntil]);
    this.#heads.userNos[offset] = record.userNo;
    this.#heads.flags[offset] = record.flags;
    this.#body.receivedAt[offset] = record.receivedAt;
    this.#body.readAt[offset] = record.readAt;
    this.#body.confirmedAt[offset] = record.confirmedAt;
    this.#body.updatedAt[offset] = record.updatedAt;
    this.#body.devices[offset] = deviceNo;
    this.#body.roles[offset] = record.role === '' ? 0 : record.role.charCodeAt(0);
    this.#body.errors[offset] = Math.max(0, ERRORS.indexOf(record.error ?? ''));
    this.#body.retries[offset] = Math.min(255, record.retryCount);
    this.count++;
    if (this.count % RECORDS_PER_PAGE === 0) this.flush();
  }

  /** Writes the page that is under way; without effect when it is empty. */
  flush(): void {
    const count = this.#runs.reduce((sum, run) => sum + run.count, 0);
    if (count === 0) return;
    const runs: readonly PageRun[] = this.#runs;
    const held = this.#held.length === 0 ? null : JSON.stringify(this.#held);
    const no = Math.floor((this.count - 1) / RECORDS_PER_PAGE);
    this.#put.run(no, packRuns(runs), held, packHeads(this.#heads, count), packBody(this.#body, count));
    this.#runs = [];
    this.#held = [];
    this.#heads = emptyHeads();
    this.#body = emptyBody();
  }
}
