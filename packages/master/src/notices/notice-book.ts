/**
 * The state of the notification hub: a fold of the log's notice rows, like the store is of the others. In memory are the
 * users with what waits for them, the notices that somebody waits for, and the states of all receive records.
 *
 * A record's state only rises. So a row that the tables already hold in part (a checkpoint was cut between two slices)
 * changes nothing when it is applied again at the next start, and the counters are counted from the records there.
 */

import { assert, must, unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange, NoticeTemplate, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { isNoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import type { NoticePreferences } from '@hiscrm/shared/model/notice-preferences.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { NoticeStatus, NoticeTables } from '../log/notice-tables.ts';
import type { Delivery } from './delivery.ts';
import { FlagCounts } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import { Mailbox } from './mailbox.ts';
import { NoticeDevices } from './notice-devices.ts';
import { NoticeShelf } from './notice-shelf.ts';
import { type FreshRecords, ReceiveRecords, type RecordStep } from './receive-records.ts';
import { readRecipients } from './recipients.ts';
import {
  confirmed,
  delivered,
  expired,
  FLAGS_LIMIT,
  freshFlags,
  isDelivered,
  isPending,
  isRead,
  isUnread,
  read,
  wentLive,
  withdrawn,
} from './record-flags.ts';
import { keepShown, waitingUpTo } from './user-stream.ts';

type Of<K extends NoticeChange['kind']> = Extract<NoticeChange, { kind: K }>;

/** What a row did, for those who tell connected users. */
export type NoticeEffect =
  | { readonly kind: 'sent'; readonly notice: LiveNotice }
  /** More waits for the user than may. */
  | { readonly kind: 'overfull'; readonly mailbox: Mailbox }
  | { readonly kind: 'scheduled'; readonly notice: LiveNotice }
  | { readonly kind: 'released'; readonly mailbox: Mailbox; readonly recordNos: readonly number[] }
  /** The user's client may have it on the screen. */
  | { readonly kind: 'withdrawn'; readonly notice: LiveNotice; readonly mailboxes: readonly Mailbox[] }
  /** It waited for the user, and was taken back or has expired. */
  | { readonly kind: 'givenUp'; readonly mailbox: Mailbox; readonly recordNo: number }
  /** Nothing of it waits for this user any more. */
  | { readonly kind: 'settled'; readonly notice: LiveNotice }
  /** `wasRead`: because the user read something, and not because something was taken back or given up. */
  | { readonly kind: 'unreadChanged'; readonly mailbox: Mailbox; readonly wasRead: boolean };

/** What a row does to records, the same to all of them, and what it did. */
type Step = RecordStep & { readonly next: (flags: number) => number; readonly effects: NoticeEffect[] };

/** The letter of those who had a connection. */
const ONLINE = '1'.charCodeAt(0);
const NEXT: Record<ReceiptState, (flags: number) => number> = { delivered, read, confirmed };

export class NoticeBook {
  readonly records: ReceiveRecords;
  readonly devices: NoticeDevices;
  readonly shelf: NoticeShelf;
  readonly mailboxes = new Map<UserId, Mailbox>();
  readonly preferences = new Map<UserId, NoticePreferences>();
  readonly groups = new Map<string, readonly UserId[]>();
  readonly templates = new Map<string, NoticeTemplate>();
  /** All records, counted. */
  readonly totals = new FlagCounts();
  readonly changedUsers = new Set<Mailbox>();
  /** Users for whom something is held until later. */
  readonly holding = new Set<Mailbox>();
  readonly changedSettings = new Map<string, readonly [kind: string, id: string, body: string | null]>();
  readonly #byNo: (Mailbox | undefined)[] = [];
  /** Numbers of users whose first notice is on its way into the log. */
  readonly #promisedNos = new Map<UserId, number>();
  #nextNo = 1;
  #head: Seq;
  #waitingCount = 0;
  #usersVersion = 0;
  readonly #waitingLimitCount: number;

  /** Loads what the tables hold; `apply` then takes every row after `head()`. */
  constructor(options: {
    readonly tables: NoticeTables;
    readonly cachedNoticeCount: number;
    readonly cachedPageCount: number;
    /** What may wait for one user; 0 = no bound. */
    readonly waitingPerUserCount: number;
  }) {
    const { tables } = options;
    this.#waitingLimitCount = options.waitingPerUserCount;
    this.#head = tables.stateSeq();
    this.records = new ReceiveRecords(tables, options.cachedPageCount);
    this.devices = new NoticeDevices(tables);
    this.shelf = new NoticeShelf({ tables, limitCount: options.cachedNoticeCount, records: this.records });
    for (const user of tables.loadUsers()) this.#addMailbox(new Mailbox(user));
    this.shelf.loadOpen();
    this.#takeStored();
    for (const setting of tables.loadSettings()) this.#setSetting(setting.kind, setting.id, JSON.parse(setting.body));
    this.changedSettings.clear();
  }

  /** Gives every user the records that are stored, and has those wait that nobody has got. */
  #takeStored(): void {
    const { records } = this;
    const haveTheirOwn = new Set<Mailbox>();
    for (let recordNo = 0; recordNo < records.count; recordNo++) {
      const mailbox = this.#byNo[records.userNo(recordNo)];
      assert(mailbox !== undefined, 'users are written before their records');
      const flags = records.flags(recordNo);
      const place = records.place(recordNo);
      // Out of order also without having been held: a scheduled notice in a file from before there were pages.
      if (records.wasHeld(recordNo) || place < mailbox.newestPlace) haveTheirOwn.add(mailbox);
      mailbox.totalCount++;
      mailbox.reach(place);
      this.totals.add(flags, 1);
      mailbox.counts.add(flags, 1);
      if (isUnread(flags)) mailbox.unreadCount++;
      if (isPending(flags)) this.#wait(mailbox, recordNo, place);
    }
    for (const mailbox of haveTheirOwn) keepShown(records, mailbox);
  }

  /** Place of the newest row folded in. */
  head(): Seq {
    return this.#head;
  }
  /** Notices that wait for users who are away, in all. */
  get waitingCount(): number {
    return this.#waitingCount;
  }
  /** Another one whenever a user gets a mailbox or another name. */
  get usersVersion(): number {
    return this.#usersVersion;
  }
  mailboxOf(userNo: number): Mailbox | undefined {
    return this.#byNo[userNo];
  }
  /** Users for whom more waits than may. */
  *overfull(): Iterable<Mailbox> {
    for (const mailbox of this.mailboxes.values()) if (this.#isOverfull(mailbox)) yield mailbox;
  }
  /** The number by which a user's records are known. One that nobody has yet is given, and stays with this user. */
  numberOf(userId: UserId): number {
    const known = this.mailboxes.get(userId)?.no ?? this.#promisedNos.get(userId);
    if (known !== undefined) return known;
    const no = this.#nextNo++;
    this.#promisedNos.set(userId, no);
    return no;
  }

  /** Goes on after a place below which there are no notices. */
  skipTo(seq: Seq): void {
    this.#head = seq;
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
        const notice = this.shelf.add({ no: row.seq, at: row.at, status: 'scheduled', body });
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
    const { fresh, onlineCount } = this.#freshRecords(row, known?.no ?? row.seq, recipients);
    const { userNos, flags, held } = fresh;
    const firstRecordNo = this.records.make(fresh);
    const result = { firstRecordNo, recipientCount: userNos.length, onlineCount, sentAt: row.at };
    const body = { ...known?.body, notice: sent, ...result };
    const notice = known ?? this.shelf.add({ no: row.seq, at: row.at, status: 'sent', body });
    if (known) known.body = body;
    if (notice.status === 'scheduled') notice.status = 'sent';
    for (let index = 0; index < userNos.length; index++) {
      const mailbox = must(this.#byNo[userNos[index] ?? 0], 'looked at above');
      mailbox.counts.add(flags[index] ?? 0, 1);
      mailbox.unreadCount++;
      mailbox.totalCount++;
      const place = held.has(index) ? (0 as Seq) : row.seq; // a held one gets its place when it is released
      this.#wait(mailbox, firstRecordNo + index, place);
      if (place > 0) this.#show(mailbox, firstRecordNo + index, place);
      else if (!mailbox.shown) keepShown(this.records, mailbox); // from now on the stream goes another way
      if (this.#isOverfull(mailbox)) effects.push({ kind: 'overfull', mailbox });
    }
    for (const { flags: state, count } of countEach(flags)) {
      notice.counts.add(state, count);
      this.totals.add(state, count);
    }
    this.shelf.changed(notice);
    effects.push({ kind: 'sent', notice });
  }

  /** What a row makes of its recipients: by ascending user number, so that one record is found among its notice's. */
  #freshRecords(
    row: LoggedRow,
    noticeNo: number,
    recipients: Of<'notice.sent'>['recipients'],
  ): { readonly fresh: FreshRecords; readonly onlineCount: number } {
    const { userNos, places } = readRecipients(recipients, (who) => this.#mailboxFor(who));
    const count = userNos.length;
    const flags = new Uint8Array(count);
    const roles = new Uint8Array(count);
    const heldUntil = new Map(recipients.held);
    const held = new Map<number, number>();
    let onlineCount = 0;
    for (let at = 0; at < count; at++) {
      const index = places?.[at] ?? at;
      assert(this.#byNo[userNos[at] ?? 0] !== undefined, 'a number is written down with its user before it is used');
      const until = heldUntil.size === 0 ? 0 : (heldUntil.get(index) ?? 0);
      const isOnline = recipients.online.charCodeAt(index) === ONLINE;
      if (isOnline) onlineCount++;
      if (until > 0) held.set(at, until);
      flags[at] = freshFlags(isOnline && until === 0);
      roles[at] = recipients.roles.charCodeAt(index) || 0;
    }
    return { fresh: { noticeNo, place: row.seq, at: row.at, userNos, flags, roles, held }, onlineCount };
  }

  #isOverfull({ waitingCount }: Mailbox): boolean {
    return this.#waitingLimitCount > 0 && waitingCount > this.#waitingLimitCount;
  }

  #wait(mailbox: Mailbox, recordNo: number, place: Seq): void {
    this.#waitingCount++;
    if (place > 0) {
      mailbox.waitingCount++;
      return;
    }
    mailbox.held.push(recordNo);
    this.#noteHeld(mailbox);
  }

  /** A record got the highest place of its user's stream. */
  #show(mailbox: Mailbox, recordNo: number, place: Seq): void {
    mailbox.shown?.push(recordNo);
    mailbox.reach(place);
  }

  #release(row: LoggedRow, change: Of<'notice.released'>, effects: NoticeEffect[]): void {
    for (const { userId, messageIds, isDigest } of change.users) {
      const mailbox = this.mailboxes.get(userId);
      if (!mailbox) continue;
      const recordNos: number[] = [];
      for (const messageId of messageIds) {
        const recordNo = this.#heldUnder(messageId, mailbox);
        if (recordNo === undefined) continue;
        recordNos.push(recordNo);
        const heldUntil = isDigest ? this.records.heldUntil(recordNo) : 0;
        this.records.release(recordNo, { place: row.seq, heldUntil, at: row.at });
        this.#show(mailbox, recordNo, row.seq);
        // One that was marked meanwhile waits no more, and stands in the user's history all the same.
        if (!isPending(this.records.flags(recordNo))) continue;
        drop(mailbox.held, recordNo);
        mailbox.waitingCount++;
      }
      this.#noteHeld(mailbox);
      if (this.#isOverfull(mailbox)) effects.push({ kind: 'overfull', mailbox });
      if (recordNos.length > 0) effects.push({ kind: 'released', mailbox, recordNos });
    }
  }

  /** The user's record of a notice, when it is held. */
  #heldUnder(messageId: string, mailbox: Mailbox): number | undefined {
    const notice = this.shelf.byId(messageId);
    const recordNo = notice && this.recordNoOf(notice, mailbox);
    return recordNo !== undefined && this.records.place(recordNo) === 0 ? recordNo : undefined;
  }

  #withdraw(row: LoggedRow, change: Of<'notice.recalled'>, effects: NoticeEffect[]): void {
    const notice = this.shelf.byId(change.messageId);
    if (!notice) return;
    if (change.supersededBy !== undefined) notice.body = { ...notice.body, supersededBy: change.supersededBy };
    this.#setStatus(notice, change.supersededBy === undefined ? 'recalled' : 'superseded');
    const mailboxes: Mailbox[] = [];
    const step: Step = { at: row.at, next: withdrawn, error: 'recalled', effects };
    const { first, count } = notice.records;
    for (let recordNo = first; recordNo < first + count; recordNo++) {
      const mailbox = this.#byNo[this.records.userNo(recordNo)];
      if (!mailbox) continue;
      this.#mark(step, notice, mailbox, recordNo);
      mailboxes.push(mailbox);
    }
    effects.push({ kind: 'withdrawn', notice, mailboxes }, { kind: 'settled', notice });
  }

  #expire(row: LoggedRow, change: Of<'notice.expired'>, effects: NoticeEffect[]): void {
    const step: Step = { at: row.at, next: expired, error: `expired: ${change.why}`, effects };
    for (const { messageId, userIds } of change.marks) {
      const notice = this.shelf.byId(messageId);
      if (!notice) continue;
      const named = userIds?.flatMap((userId) => this.mailboxes.get(userId) ?? []);
      for (const mailbox of named ?? this.#whoWaitFor(notice)) this.#mark(step, notice, mailbox);
      if (!userIds && change.why === 'time') this.#setStatus(notice, 'expired');
      effects.push({ kind: 'settled', notice });
    }
  }

  #receive(row: LoggedRow, change: Of<'notice.receipts'>, effects: NoticeEffect[]): void {
    const deviceNos = change.devices.map(({ no = this.devices.newestNo + 1, ...device }) => {
      this.devices.take(no, device);
      return no;
    });
    for (const { messageId, state, userNos, userIds = [], from, deviceNos: places } of change.marks) {
      const notice = this.shelf.byId(messageId);
      if (!notice) continue;
      const step: Step = { at: row.at, next: NEXT[state], effects };
      const mailboxes = userNos?.map((no) => this.#byNo[no]) ?? userIds.map((userId) => this.mailboxes.get(userId));
      mailboxes.forEach((mailbox, index) => {
        const deviceNo = from?.[index] ?? deviceNos[places?.[index] ?? -1] ?? 0;
        if (mailbox) this.#mark(step, notice, mailbox, undefined, deviceNo);
      });
      effects.push({ kind: 'settled', notice });
    }
    this.#receiveUpTo(row, change.upTo ?? [], effects);
  }

  #receiveUpTo(row: LoggedRow, upTo: NonNullable<Of<'notice.receipts'>['upTo']>, effects: NoticeEffect[]): void {
    const step: Step = { at: row.at, next: delivered, effects };
    const settled = new Set<LiveNotice>();
    for (const { place, userNos, from } of upTo) {
      for (let index = 0; index < userNos.length; index++) {
        const mailbox = this.#byNo[userNos[index] ?? 0];
        if (!mailbox) continue;
        for (const recordNo of waitingUpTo(this.records, mailbox, place)) {
          const notice = this.noticeOf(recordNo);
          this.#mark(step, notice, mailbox, recordNo, from[index]);
          settled.add(notice);
        }
      }
    }
    for (const notice of settled) effects.push({ kind: 'settled', notice });
  }

  #readAll(row: LoggedRow, change: Of<'notice.allRead'>, effects: NoticeEffect[]): void {
    const mailbox = this.mailboxes.get(change.userId);
    if (!mailbox) return;
    const step: Step = { at: row.at, next: read, effects };
    const all = { first: 0, end: this.records.count };
    this.records.eachOfUser(mailbox.no, all, (recordNo, _userNo, flags) => {
      const notice = isUnread(flags) ? this.shelf.byNo(this.records.noticeNo(recordNo)) : undefined;
      if (notice && notice.no <= change.upToSeq) this.#mark(step, notice, mailbox, recordNo);
      return mailbox.unreadCount > 0;
    });
  }

  /** Raises one record, by default the user's of that notice. Nothing happens when it is there already. */
  #mark(
    step: Step,
    notice: LiveNotice,
    mailbox: Mailbox,
    recordNo = this.recordNoOf(notice, mailbox),
    deviceNo?: number,
  ): void {
    if (recordNo === undefined) return;
    const before = this.records.flags(recordNo);
    const flags = step.next(before);
    if (flags === before) return;
    if (isPending(before) && !isPending(flags)) {
      this.#unwait(recordNo, mailbox);
      if (!isDelivered(flags)) step.effects.push({ kind: 'givenUp', mailbox, recordNo });
    }
    this.totals.move(before, flags);
    notice.counts.move(before, flags);
    mailbox.counts.move(before, flags);
    this.records.mark(recordNo, flags, step, deviceNo);
    this.shelf.changed(notice);
    const difference = Number(isUnread(flags)) - Number(isUnread(before));
    if (difference === 0) return;
    mailbox.unreadCount += difference;
    step.effects.push({ kind: 'unreadChanged', mailbox, wasRead: isRead(flags) });
  }

  /** The user's record of a notice; undefined when it was not for this user. */
  recordNoOf(notice: LiveNotice, mailbox: Mailbox): number | undefined {
    const { first, count } = notice.records;
    return this.records.find(first, count, mailbox.no);
  }

  noticeOf(recordNo: number): LiveNotice {
    const notice = this.shelf.byNo(this.records.noticeNo(recordNo));
    assert(notice !== undefined, 'a notice is written before its records');
    return notice;
  }

  deliveryOf(recordNo: number): Delivery {
    return {
      notice: this.noticeOf(recordNo),
      place: this.records.place(recordNo),
      heldUntil: this.records.heldUntil(recordNo),
      isOffline: !wentLive(this.records.flags(recordNo)),
    };
  }

  #noteHeld(mailbox: Mailbox): void {
    if (mailbox.held.length > 0) this.holding.add(mailbox);
    else this.holding.delete(mailbox);
  }

  #unwait(recordNo: number, mailbox: Mailbox): void {
    this.#waitingCount--;
    if (drop(mailbox.held, recordNo)) this.#noteHeld(mailbox);
    else mailbox.waitingCount--;
  }

  #whoWaitFor({ records: { first, count } }: LiveNotice): readonly Mailbox[] {
    const mailboxes: Mailbox[] = [];
    this.records.each(first, first + count, (_recordNo, userNo, flags) => {
      const mailbox = isPending(flags) ? this.#byNo[userNo] : undefined;
      if (mailbox) mailboxes.push(mailbox);
      return true;
    });
    return mailboxes;
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

  /** The user's mailbox, made at the first notice, by number or id. A name that is given is the newest one. */
  #mailboxFor(who: {
    readonly no?: number;
    readonly userId?: UserId;
    readonly username?: string | undefined;
  }): Mailbox {
    const { userId, username } = who;
    const byNo = who.no === undefined ? undefined : this.#byNo[who.no];
    const known = byNo ?? (userId === undefined ? undefined : this.mailboxes.get(userId));
    if (known && (username === undefined || known.username === username)) return known;
    assert(userId !== undefined, 'a number is written down with its user before it is used');
    const no = known?.no ?? who.no ?? this.numberOf(userId);
    const mailbox = known ?? new Mailbox({ no, userId, username: username ?? userId, onlineMs: 0 });
    if (!known) this.#addMailbox(mailbox);
    mailbox.username = username ?? mailbox.username;
    this.#usersVersion++;
    this.changedUsers.add(mailbox);
    return mailbox;
  }

  #addMailbox(mailbox: Mailbox): void {
    this.mailboxes.set(mailbox.userId, mailbox);
    this.#byNo[mailbox.no] = mailbox;
    this.#promisedNos.delete(mailbox.userId);
    if (mailbox.no >= this.#nextNo) this.#nextNo = mailbox.no + 1;
  }
}

/** Whether it was there. */
function drop(list: number[], recordNo: number): boolean {
  const at = list.length === 0 ? -1 : list.indexOf(recordNo);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** Which numbers occur, and how often. */
function countEach(flags: Uint8Array): readonly { readonly flags: number; readonly count: number }[] {
  const counts = new Int32Array(FLAGS_LIMIT);
  for (const state of flags) counts[state] = (counts[state] ?? 0) + 1;
  return FlagCounts.of(counts).cells();
}
