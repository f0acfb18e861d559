import type { NoticeTables, StoredNotice } from '../log/notice-tables.ts';
import { FlagCounts } from './flag-counts.ts';
import { LiveNotice } from './live-notice.ts';
import type { ReceiveRecords } from './receive-records.ts';

/** Notices by number, id and idempotency key: the ones somebody waits for in memory, the others read back when asked for. */
export class NoticeShelf {
  readonly #tables: NoticeTables;
  readonly #limitCount: number;
  readonly #records: ReceiveRecords;
  readonly #byNo = new Map<number, LiveNotice>();
  readonly #byId = new Map<string, LiveNotice>();
  readonly #byKey = new Map<string, LiveNotice>();
  #changed = new Set<LiveNotice>();
  #saving = new Set<LiveNotice>();

  constructor(options: {
    readonly tables: NoticeTables;
    readonly limitCount: number;
    readonly records: ReceiveRecords;
  }) {
    this.#tables = options.tables;
    this.#limitCount = options.limitCount;
    this.#records = options.records;
  }

  /** Notices in memory. */
  get count(): number {
    return this.#byNo.size;
  }
  get changedCount(): number {
    return this.#changed.size;
  }
  /** Notices that no finished checkpoint has as they are. */
  get unsavedCount(): number {
    return this.#changed.size + this.#saving.size;
  }

  loadOpen(): void {
    for (const stored of this.#tables.loadOpenNotices()) this.#keep(this.#revive(stored));
  }

  add(stored: StoredNotice): LiveNotice {
    const notice = this.#keep(new LiveNotice(stored, new FlagCounts()));
    this.changed(notice);
    return notice;
  }

  byNo(no: number): LiveNotice | undefined {
    return this.#byNo.get(no) ?? this.#read(this.#tables.readNotice(no));
  }
  byId(messageId: string): LiveNotice | undefined {
    return this.#byId.get(messageId) ?? this.#read(this.#tables.readNoticeById(messageId));
  }
  byKey(senderId: string, key: string): LiveNotice | undefined {
    return this.#byKey.get(`${senderId} ${key}`) ?? this.#read(this.#tables.readNoticeByKey(senderId, key));
  }

  /** Notices that time can still change. */
  *open(): Iterable<LiveNotice> {
    for (const notice of this.#byNo.values()) if (notice.isOpen()) yield notice;
  }

  /** It goes into the next checkpoint. */
  changed(notice: LiveNotice): void {
    this.#changed.add(notice);
  }

  takeChanged(): readonly LiveNotice[] {
    this.#saving = this.#changed;
    this.#changed = new Set();
    return [...this.#saving];
  }

  saved(): void {
    this.#saving = new Set();
    this.#evict();
  }

  #read(stored: StoredNotice | undefined): LiveNotice | undefined {
    if (!stored) return undefined;
    return this.#byNo.get(stored.no) ?? this.#keep(this.#revive(stored));
  }

  #revive(stored: StoredNotice): LiveNotice {
    const { firstRecordNo: first = 0, recipientCount } = stored.body;
    // Records made after the checkpoint are counted when they are made again.
    const end = Math.min(first + recipientCount, this.#records.count);
    return new LiveNotice(stored, FlagCounts.of(this.#records.countFlags(first, end)));
  }

  #keep(notice: LiveNotice): LiveNotice {
    this.#byNo.set(notice.no, notice);
    this.#byId.set(notice.messageId, notice);
    const { senderId, key } = notice.notice;
    if (key !== undefined) this.#byKey.set(`${senderId} ${key}`, notice);
    return notice;
  }

  /** Lets the oldest go that are on disk and that nobody waits for. */
  #evict(): void {
    let surplusCount = this.#byNo.size - this.#limitCount;
    for (const [no, notice] of this.#byNo) {
      if (surplusCount-- <= 0) break;
      if (this.#changed.has(notice) || this.#saving.has(notice) || notice.isOpen()) continue;
      if (notice.counts.counts().pending > 0) continue;
      this.#byNo.delete(no);
      this.#byId.delete(notice.messageId);
      this.#byKey.delete(`${notice.notice.senderId} ${notice.notice.key}`);
    }
  }
}
