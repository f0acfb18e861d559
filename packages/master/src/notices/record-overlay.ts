import { assert } from '@hiscrm/shared/lib/must.ts';
import type { NoticeTables, StoredRecord } from '../log/notice-tables.ts';
import type { NoticeRecordRow } from '../log/writer-protocol.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A record that the fold may change. */
export type LiveRecord = Mutable<StoredRecord>;

/** Receive records as the log says they are: those changed since the last checkpoint from memory, the others from the tables. */
export class RecordOverlay {
  readonly #tables: NoticeTables;
  #changed = new Map<number, Map<number, LiveRecord>>();
  #saving = new Map<number, Map<number, LiveRecord>>();
  /**
   * What the newest checkpoint wrote, as the tables have it: an acknowledgement comes a moment after its notice, and reading
   * each record back for it cost more than everything else about a delivery.
   */
  #saved: ReadonlyMap<number, ReadonlyMap<number, StoredRecord>> = new Map();
  #changedCount = 0;
  #savingCount = 0;

  constructor(tables: NoticeTables) {
    this.#tables = tables;
  }

  /** Records changed since the last checkpoint began. */
  get changedCount(): number {
    return this.#changedCount;
  }
  /** Records in memory that no finished checkpoint has. */
  get unsavedCount(): number {
    return this.#changedCount + this.#savingCount;
  }

  peek(noticeNo: number, userNo: number): StoredRecord | undefined {
    return (
      this.#unsaved(noticeNo, userNo) ??
      this.#saved.get(userNo)?.get(noticeNo) ??
      this.#tables.readRecord(noticeNo, userNo)
    );
  }

  /** The record, to be changed right away: it goes into the next checkpoint. */
  edit(noticeNo: number, userNo: number): LiveRecord | undefined {
    const changed = this.#changed.get(userNo)?.get(noticeNo);
    if (changed) return changed;
    const stored = this.peek(noticeNo, userNo);
    return stored && this.add({ ...stored });
  }

  add(record: LiveRecord): LiveRecord {
    let ofUser = this.#changed.get(record.userNo);
    if (!ofUser) {
      ofUser = new Map();
      this.#changed.set(record.userNo, ofUser);
    }
    if (!ofUser.has(record.noticeNo)) this.#changedCount++;
    ofUser.set(record.noticeNo, record);
    return record;
  }

  /** A user's records that are not in the tables as they are. */
  *unsavedOfUser(userNo: number): Iterable<StoredRecord> {
    const changed = this.#changed.get(userNo);
    yield* changed?.values() ?? [];
    for (const record of this.#saving.get(userNo)?.values() ?? []) {
      if (!changed?.has(record.noticeNo)) yield record;
    }
  }

  /** The users who have unsaved records of a notice. */
  *unsavedOfNotice(noticeNo: number): Iterable<StoredRecord> {
    for (const userNo of new Set([...this.#changed.keys(), ...this.#saving.keys()])) {
      const record = this.#unsaved(noticeNo, userNo);
      if (record) yield record;
    }
  }

  /** Every record of a notice, as it is now. Reads as many rows as the notice has recipients. */
  *ofNotice(noticeNo: number): Iterable<StoredRecord> {
    const unsaved = new Map([...this.unsavedOfNotice(noticeNo)].map((record) => [record.userNo, record]));
    for (const record of this.#tables.readNoticeRecords(noticeNo)) {
      yield unsaved.get(record.userNo) ?? record;
      unsaved.delete(record.userNo);
    }
    yield* unsaved.values();
  }

  /** The first `limitCount` records of a notice, as they are now, whose users' numbers are above `afterUserNo`; by these numbers. */
  pageOfNotice(noticeNo: number, afterUserNo: number, limitCount: number): readonly StoredRecord[] {
    const stored = this.#tables.readNoticePage(noticeNo, afterUserNo, limitCount);
    if (this.unsavedCount === 0) return stored;
    const records = new Map(stored.map((record) => [record.userNo, record]));
    for (const record of this.unsavedOfNotice(noticeNo)) {
      if (record.userNo > afterUserNo) records.set(record.userNo, record);
    }
    return [...records.values()].sort((a, b) => a.userNo - b.userNo).slice(0, limitCount);
  }

  /** Everything changed, in slices; until `saved` it is read from here. */
  *takeSlices(sliceCount: number): Iterable<readonly NoticeRecordRow[]> {
    assert(this.#saving.size === 0, 'one checkpoint at a time');
    this.#saving = this.#changed;
    this.#changed = new Map();
    this.#savingCount = this.#changedCount;
    this.#changedCount = 0;
    let slice: NoticeRecordRow[] = [];
    for (const ofUser of this.#saving.values()) {
      for (const record of ofUser.values()) {
        slice.push(toRow(record));
        if (slice.length < sliceCount) continue;
        yield slice;
        slice = [];
      }
    }
    if (slice.length > 0) yield slice;
  }

  saved(): void {
    this.#saved = this.#saving;
    this.#saving = new Map();
    this.#savingCount = 0;
  }

  #unsaved(noticeNo: number, userNo: number): LiveRecord | undefined {
    return this.#changed.get(userNo)?.get(noticeNo) ?? this.#saving.get(userNo)?.get(noticeNo);
  }
}

const toRow = (record: StoredRecord): NoticeRecordRow => [
  record.noticeNo,
  record.userNo,
  record.place,
  record.flags,
  record.role,
  record.createdAt,
  record.receivedAt,
  record.readAt,
  record.confirmedAt,
  record.updatedAt,
  record.heldUntil,
  record.retryCount,
  record.device ? JSON.stringify(record.device) : null,
  record.error ?? null,
];
