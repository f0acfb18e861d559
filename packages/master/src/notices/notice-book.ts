/**
 * The state of the notification hub: a fold of the log's notice rows, like the store is of the others. In memory are the
 * users with what waits for them, and the notices that somebody waits for; receive records go to the tables in checkpoints.
 *
 * A record's state only rises, and a record is made only once. So a row that the tables already hold in part (a checkpoint
 * was cut between two slices) changes nothing when it is applied again at the next start, and the counters, which the
 * start counts from the tables, stay right.
 */

import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange, NoticeDevice, NoticeTemplate, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { isNoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import type { NoticePreferences } from '@hiscrm/shared/model/notice-preferences.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { NoticeStatus, NoticeTables, PendingRecord, StoredRecord } from '../log/notice-tables.ts';
import { FlagCounts } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import { Mailbox, type Waiting } from './mailbox.ts';
import { NoticeShelf } from './notice-shelf.ts';
import {
  confirmed,
  delivered,
  expired,
  freshFlags,
  isPending,
  isUnread,
  read,
  waited,
  withdrawn,
} from './record-flags.ts';
import { type LiveRecord, RecordOverlay } from './record-overlay.ts';

type Of<K extends NoticeChange['kind']> = Extract<NoticeChange, { kind: K }>;

/** What a row did, for those who tell connected users. */
export type NoticeEffect =
  | { readonly kind: 'sent'; readonly notice: LiveNotice; readonly mailboxes: readonly Mailbox[] }
  | { readonly kind: 'scheduled'; readonly notice: LiveNotice }
  | { readonly kind: 'released'; readonly mailbox: Mailbox; readonly entries: readonly Waiting[] }
  /** The user's client may have it on the screen. */
  | { readonly kind: 'withdrawn'; readonly notice: LiveNotice; readonly mailboxes: readonly Mailbox[] }
  /** Nothing of it waits for this user any more. */
  | { readonly kind: 'settled'; readonly notice: LiveNotice }
  | { readonly kind: 'unreadChanged'; readonly mailbox: Mailbox };

const NEXT: Record<ReceiptState, (flags: number) => number> = { delivered, read, confirmed };
/** A user's unread records are looked through in pages of so many. */
const HISTORY_PAGE_COUNT = 500;
/** Above every place. */
const NEWEST = Number.MAX_SAFE_INTEGER as Seq;

export class NoticeBook {
  readonly records: RecordOverlay;
  readonly shelf: NoticeShelf;
  readonly mailboxes = new Map<UserId, Mailbox>();
  readonly preferences = new Map<UserId, NoticePreferences>();
  readonly groups = new Map<string, readonly UserId[]>();
  readonly templates = new Map<string, NoticeTemplate>();
  /** All records, counted. */
  readonly totals: FlagCounts;
  readonly changedUsers = new Set<Mailbox>();
  /** Users for whom something is held until later. */
  readonly holding = new Set<Mailbox>();
  readonly changedSettings = new Map<string, readonly [kind: string, id: string, body: string | null]>();
  readonly #tables: NoticeTables;
  readonly #byNo: Mailbox[] = [];
  #head: Seq;
  #isReplaying = true;
  #waitingCount = 0;

  /** Loads what the tables hold; `apply` then takes every row after `head()`. */
  constructor(options: { readonly tables: NoticeTables; readonly cachedNoticeCount: number }) {
    const { tables } = options;
    this.#tables = tables;
    this.#head = tables.stateSeq();
    this.records = new RecordOverlay(tables);
    this.shelf = new NoticeShelf({
      tables,
      limitCount: options.cachedNoticeCount,
      isReplaying: () => this.#isReplaying,
    });
    this.totals = new FlagCounts(tables.countAll());
    for (const user of tables.loadUsers()) this.#addMailbox(new Mailbox(user));
    for (const { userNo, flags, count, newestPlace } of tables.countUsers()) {
      const mailbox = this.#byNo[userNo];
      if (!mailbox) continue; // users are written before their records
      mailbox.counts.add(flags, count);
      if (isUnread(flags)) mailbox.unreadCount += count;
      mailbox.reach(newestPlace);
    }
    this.shelf.loadOpen();
    for (const record of tables.loadPending()) this.#wait(record);
    for (const mailbox of this.#byNo) mailbox?.waiting.sort((a, b) => a.place - b.place);
    for (const setting of tables.loadSettings()) this.#setSetting(setting.kind, setting.id, JSON.parse(setting.body));
    this.changedSettings.clear();
  }

  /** Place of the newest row folded in. */
  head(): Seq {
    return this.#head;
  }
  /** Notices that wait for users who are away, in all. */
  get waitingCount(): number {
    return this.#waitingCount;
  }
  mailboxOf(userNo: number): Mailbox | undefined {
    return this.#byNo[userNo];
  }

  /** Goes on after a place below which there are no notices. */
  skipTo(seq: Seq): void {
    this.#head = seq;
  }

  /** The rows logged since the last checkpoint are folded in: from here on records are made without looking for them. */
  endReplay(): void {
    this.#isReplaying = false;
  }

  /** Folds rows in, in log order; rows of other rooms only move the place. */
  apply(rows: readonly LoggedRow[]): readonly NoticeEffect[] {
    const effects: NoticeEffect[] = [];
    for (const row of rows) {
      if (row.seq <= this.#head) continue;
      if (isNoticeChange(row.change)) this.#applyOne(row, row.change, effects);
      this.#head = row.seq;
    }
    return effects;
  }

  #applyOne(row: LoggedRow, change: NoticeChange, effects: NoticeEffect[]): void {
    switch (change.kind) {
      case 'notice.sent':
        this.#send(row, change, effects);
        return;
      case 'notice.scheduled': {
        const body = { notice: change.notice, sendAt: change.sendAt, recipientCount: 0, onlineCount: 0 };
        const notice = this.shelf.add({ no: row.seq, at: row.at, status: 'scheduled', counts: [], body });
        effects.push({ kind: 'scheduled', notice });
        return;
      }
      case 'notice.released':
        this.#release(row, change, effects);
        return;
      case 'notice.recalled':
        this.#withdraw(row, change, effects);
        return;
      case 'notice.expired':
        this.#expire(row, change, effects);
        return;
      case 'notice.receipts':
        this.#receive(row, change, effects);
        return;
      case 'notice.allRead':
        this.#readAll(row, change, effects);
        return;
      case 'notice.preferencesChanged':
        this.#setSetting('preferences', change.userId, change.preferences);
        return;
      case 'notice.groupChanged':
        this.#setSetting('group', change.group, change.userIds.length > 0 ? change.userIds : undefined);
        return;
      case 'notice.templateChanged':
        this.#setSetting('template', change.name, change.template);
        return;
      default:
        unreachable(change);
    }
  }

  #send(row: LoggedRow, { notice: sent, recipients }: Of<'notice.sent'>, effects: NoticeEffect[]): void {
    const known = this.shelf.byId(sent.messageId);
    const onlineCount = [...recipients.online].reduce((sum, digit) => sum + Number(digit), 0);
    const result = { recipientCount: recipients.userIds.length, onlineCount, sentAt: row.at };
    const body = { ...known?.body, notice: sent, ...result };
    const notice = known ?? this.shelf.add({ no: row.seq, at: row.at, status: 'sent', counts: [], body });
    if (known && (known.status === 'scheduled' || this.#isReplaying)) known.body = body;
    if (notice.status === 'scheduled') notice.status = 'sent';
    const held = new Map(recipients.held);
    const mailboxes = recipients.userIds.map((userId, index) => {
      const mailbox = this.#mailboxFor(userId, recipients.usernames[index] ?? userId);
      const heldUntil = held.get(index) ?? 0;
      const isOnline = recipients.online[index] === '1';
      this.#make({ row, notice, mailbox, isOnline, heldUntil, role: recipients.roles[index] ?? '' });
      return mailbox;
    });
    this.shelf.changed(notice);
    effects.push({ kind: 'sent', notice, mailboxes });
  }

  #make(sent: {
    readonly row: LoggedRow;
    readonly notice: LiveNotice;
    readonly mailbox: Mailbox;
    readonly isOnline: boolean;
    readonly heldUntil: number;
    readonly role: string;
  }): void {
    const { row, notice, mailbox, isOnline, heldUntil, role } = sent;
    if (this.#isReplaying && this.records.peek(notice.no, mailbox.no)) return;
    const record: LiveRecord = {
      noticeNo: notice.no,
      userNo: mailbox.no,
      place: heldUntil > 0 ? (0 as Seq) : row.seq, // a held one gets its place when it is released
      flags: freshFlags(isOnline && heldUntil === 0),
      role,
      createdAt: row.at,
      receivedAt: 0,
      readAt: 0,
      confirmedAt: 0,
      updatedAt: row.at,
      heldUntil,
      retryCount: 0,
      device: undefined,
      error: undefined,
    };
    this.records.add(record);
    this.totals.add(record.flags, 1);
    notice.counts.add(record.flags, 1);
    mailbox.counts.add(record.flags, 1);
    mailbox.unreadCount++;
    mailbox.reach(record.place);
    this.#wait(record, notice, mailbox, !isOnline);
  }

  #wait(
    record: PendingRecord,
    notice = this.shelf.byNo(record.noticeNo),
    mailbox = this.#byNo[record.userNo],
    isOffline = true,
  ): void {
    if (!notice || !mailbox) return; // a notice and its users are written before its records
    const { place, heldUntil } = record;
    (place > 0 ? mailbox.waiting : mailbox.held).push({ notice, place, heldUntil, isOffline, sentCount: 0 });
    this.#waitingCount++;
    if (place === 0) this.#noteHeld(mailbox);
  }

  #release(row: LoggedRow, change: Of<'notice.released'>, effects: NoticeEffect[]): void {
    for (const { userId, messageIds, isDigest } of change.users) {
      const mailbox = this.mailboxes.get(userId);
      if (!mailbox) continue;
      const entries = messageIds.flatMap((messageId) => {
        const at = mailbox.held.findIndex((one) => one.notice.messageId === messageId);
        return at < 0 ? [] : mailbox.held.splice(at, 1);
      });
      for (const entry of entries) {
        entry.place = row.seq;
        entry.isOffline = true;
        if (!isDigest) entry.heldUntil = 0;
        const record = this.records.edit(entry.notice.no, mailbox.no);
        if (record) Object.assign(record, { place: row.seq, heldUntil: entry.heldUntil, updatedAt: row.at });
        mailbox.waiting.push(entry);
      }
      if (entries.length > 0) mailbox.reach(row.seq);
      this.#noteHeld(mailbox);
      if (entries.length > 0) effects.push({ kind: 'released', mailbox, entries });
    }
  }

  #withdraw(row: LoggedRow, change: Of<'notice.recalled'>, effects: NoticeEffect[]): void {
    const notice = this.shelf.byId(change.messageId);
    if (!notice) return;
    if (change.supersededBy !== undefined) notice.body = { ...notice.body, supersededBy: change.supersededBy };
    this.#setStatus(notice, change.supersededBy === undefined ? 'recalled' : 'superseded');
    const userNos = [...this.records.ofNotice(notice.no)].map(({ userNo }) => userNo);
    const mailboxes: Mailbox[] = [];
    for (const userNo of userNos) {
      const mailbox = this.#byNo[userNo];
      if (!mailbox) continue;
      this.#mark({ row, notice, mailbox, next: withdrawn, error: 'recalled' }, effects);
      mailboxes.push(mailbox);
    }
    effects.push({ kind: 'withdrawn', notice, mailboxes }, { kind: 'settled', notice });
  }

  #expire(row: LoggedRow, change: Of<'notice.expired'>, effects: NoticeEffect[]): void {
    for (const { messageId, userIds } of change.marks) {
      const notice = this.shelf.byId(messageId);
      if (!notice) continue;
      const waiting = [...this.mailboxes.values()].filter((mailbox) => !userIds && mailbox.find(notice));
      const named = userIds?.flatMap((userId) => this.mailboxes.get(userId) ?? []);
      for (const mailbox of named ?? waiting)
        this.#mark({ row, notice, mailbox, next: expired, error: `expired: ${change.why}` }, effects);
      if (!userIds && change.why === 'time') this.#setStatus(notice, 'expired');
      effects.push({ kind: 'settled', notice });
    }
  }

  #receive(row: LoggedRow, change: Of<'notice.receipts'>, effects: NoticeEffect[]): void {
    for (const { messageId, state, userIds, deviceNos } of change.marks) {
      const notice = this.shelf.byId(messageId);
      if (!notice) continue;
      userIds.forEach((userId, index) => {
        const mailbox = this.mailboxes.get(userId);
        const device = change.devices[deviceNos[index] ?? -1];
        if (mailbox) this.#mark({ row, notice, mailbox, next: NEXT[state], device }, effects);
      });
      effects.push({ kind: 'settled', notice });
    }
  }

  #readAll(row: LoggedRow, change: Of<'notice.allRead'>, effects: NoticeEffect[]): void {
    const mailbox = this.mailboxes.get(change.userId);
    if (!mailbox) return;
    for (const noticeNo of this.#unreadNos(mailbox, change.upToSeq)) {
      const notice = this.shelf.byNo(noticeNo);
      if (notice) this.#mark({ row, notice, mailbox, next: read }, effects);
    }
  }

  #unreadNos(mailbox: Mailbox, upToSeq: Seq): ReadonlySet<number> {
    const nos = new Set<number>();
    const consider = (record: StoredRecord): void => {
      if (record.noticeNo <= upToSeq && isUnread(record.flags)) nos.add(record.noticeNo);
    };
    const unsaved = new Map([...this.records.unsavedOfUser(mailbox.no)].map((record) => [record.noticeNo, record]));
    for (const record of unsaved.values()) consider(record);
    let before = NEWEST;
    while (nos.size < mailbox.unreadCount) {
      const page = this.#tables.readHistory(mailbox.no, before, HISTORY_PAGE_COUNT);
      const last = page.at(-1);
      if (!last) break;
      for (const record of page) if (!unsaved.has(record.noticeNo)) consider(record);
      before = last.place; // notices released together share a place; a page holds more than are ever released at once
    }
    return nos;
  }

  /** Raises one record. Nothing happens when it is there already. */
  #mark(
    mark: {
      readonly row: LoggedRow;
      readonly notice: LiveNotice;
      readonly mailbox: Mailbox;
      readonly next: (flags: number) => number;
      readonly device?: NoticeDevice | undefined;
      readonly error?: string | undefined;
    },
    effects: NoticeEffect[],
  ): void {
    const { row, notice, mailbox, device } = mark;
    // Kept apart: the record itself is changed below.
    const before = this.records.peek(notice.no, mailbox.no)?.flags;
    if (before === undefined) return;
    let flags = mark.next(before);
    const entry = isPending(flags) ? undefined : this.#unwait(notice, mailbox);
    if (entry?.isOffline) flags = waited(flags);
    if (flags === before) return;
    const record = this.records.edit(notice.no, mailbox.no);
    if (!record) return;
    this.totals.move(before, flags);
    notice.counts.move(before, flags);
    mailbox.counts.move(before, flags);
    record.flags = flags;
    record.updatedAt = row.at;
    if (record.receivedAt === 0 && delivered(flags) === flags) record.receivedAt = row.at;
    if (record.readAt === 0 && read(flags) === flags) record.readAt = row.at;
    if (record.confirmedAt === 0 && confirmed(flags) === flags) record.confirmedAt = row.at;
    if (entry && entry.sentCount > 1) record.retryCount = entry.sentCount - 1;
    if (device) record.device ??= device;
    if (mark.error !== undefined && delivered(flags) !== flags) record.error = mark.error;
    this.shelf.changed(notice);
    const difference = Number(isUnread(flags)) - Number(isUnread(before));
    if (difference === 0) return;
    mailbox.unreadCount += difference;
    effects.push({ kind: 'unreadChanged', mailbox });
  }

  #noteHeld(mailbox: Mailbox): void {
    if (mailbox.held.length > 0) this.holding.add(mailbox);
    else this.holding.delete(mailbox);
  }

  #unwait(notice: LiveNotice, mailbox: Mailbox): Waiting | undefined {
    const entry = mailbox.forget(notice);
    if (entry) this.#waitingCount--;
    if (entry?.place === 0) this.#noteHeld(mailbox);
    return entry;
  }

  #setStatus(notice: LiveNotice, status: NoticeStatus): void {
    notice.status = status;
    this.shelf.changed(notice);
  }

  #setSetting(kind: string, id: string, value: unknown): void {
    const map: Map<string, unknown> =
      kind === 'preferences' ? this.preferences : kind === 'group' ? this.groups : this.templates;
    if (value === undefined) map.delete(id);
    else map.set(id, value);
    this.changedSettings.set(`${kind} ${id}`, [kind, id, value === undefined ? null : JSON.stringify(value)]);
  }

  /** The user's mailbox, made at the first notice. */
  #mailboxFor(userId: UserId, username: string): Mailbox {
    const known = this.mailboxes.get(userId);
    const mailbox = known ?? new Mailbox({ no: Math.max(1, this.#byNo.length), userId, username, onlineMs: 0 });
    if (!known) this.#addMailbox(mailbox);
    if (!known || mailbox.username !== username) {
      mailbox.username = username;
      this.changedUsers.add(mailbox);
    }
    return mailbox;
  }

  #addMailbox(mailbox: Mailbox): void {
    this.mailboxes.set(mailbox.userId, mailbox);
    this.#byNo[mailbox.no] = mailbox;
  }
}
