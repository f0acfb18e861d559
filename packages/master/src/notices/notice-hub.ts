/**
 * The notification hub: accepts notices, brings them to their users, and keeps their receipts. It stands on the same log and
 * commit path as the inbox. Rules NO* in docs/spec/notices.md.
 */
import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange, NoticeDevice, ReceiptState } from '@hiscrm/shared/model/notice-change.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Committer, Publication } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import type { NoticeStatus, NoticeTables } from '../log/notice-tables.ts';
import { Checkpointer } from '../store/checkpointer.ts';
import type { Delivery } from './delivery.ts';
import { digestIdOf, groupDigests, placeOfDigest } from './digest.ts';
import { Dispatcher, type DispatcherFigures } from './dispatcher.ts';
import { ExpiryDesk } from './expiry-desk.ts';
import { type Counts, countsOf } from './flag-counts.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook, NoticeEffect } from './notice-book.ts';
import { NoticeIds } from './notice-ids.ts';
import type { NoticeLanguage } from './notice-language.ts';
import type { NoticeLimits } from './notice-limits.ts';
import type { NoticeLink } from './notice-link.ts';
import { NoticeTimes } from './notice-times.ts';
import { Presence } from './presence.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import { type Place, type ReceiptAnswer, type ReceiptListener, ReceivedUpTo } from './received-up-to.ts';
import { isConfirmed, isDelivered, isRead, isWithdrawn } from './record-flags.ts';
import { saveNotices } from './save-notices.ts';
import { forgetGivenUp, givenUpTo, type Seat } from './seat.ts';
import { NoticeSender } from './send-notice.ts';
import { CachedDirectory, type UserDirectory } from './user-directory.ts';
import { type HistoryPage, noticesOfDigest, readHistory } from './user-history.ts';
import { newestFirst, waitingOf, waitingUpTo } from './user-stream.ts';

/**
 * Records go to disk as soon as so many changed, or so long after the first: late enough that a page of records and of their
 * receipts is mostly written once, and soon enough that a start has little to fold in again (half a second of it).
 */
const CHECKPOINT = { everyCount: 500_000, everyMs: 3_000 };
/** Rows of other rooms after which the tables' place is moved anyway, so that the log can be trimmed. */
const IDLE_ROWS_COUNT = 5_000;
/** So much is written before a list of notices is read: pages of records (a MiB and a half) and notices, some milliseconds. */
const CATCH_UP_LIMITS = { pageCount: 32, noticeCount: 2_000 };
/** How often deadlines are looked at: a schedule is met within this. */
const TICK_MS = 500;

export type NoticeHubOptions = {
  readonly book: NoticeBook;
  readonly tables: NoticeTables;
  readonly committer: Committer;
  readonly directory: UserDirectory;
  readonly clock: Clock;
  readonly limits: NoticeLimits;
  readonly lc: Logger;
  readonly newId: () => string;
  /** Hears of each turn of the dispatcher the longest that a notice had waited since it was durable (ms). */
  readonly onSent: (ms: number) => void;
};

const NONE: readonly string[] = [];
const NOTHING_KNOWN: ReceiptAnswer = { messageIds: NONE, unknownIds: NONE };

export type NoticeFigures = DispatcherFigures & {
  readonly connectionCount: number;
  readonly userCount: number;
  readonly totalConnectionCount: number;
  readonly waitingCount: number;
  readonly unsavedCount: number;
  readonly pendingReceiptCount: number;
  readonly refusedCount: number;
  readonly acceptedCount: number;
  readonly records: Counts;
};

export type SettingsChange = Extract<
  NoticeChange,
  { kind: 'notice.preferencesChanged' | 'notice.groupChanged' | 'notice.templateChanged' }
>;

const IS_THERE: Record<ReceiptState, (flags: number) => boolean> = {
  delivered: isDelivered,
  read: isRead,
  confirmed: isConfirmed,
};

export class NoticeHub {
  readonly sender: NoticeSender;
  readonly presence = new Presence();
  readonly book: NoticeBook;
  readonly directory: CachedDirectory;
  readonly tables: NoticeTables;
  readonly #committer: Committer;
  readonly #clock: Clock;
  readonly #lc: Logger;
  readonly #limits: NoticeLimits;
  readonly #dispatcher: Dispatcher;
  readonly #receipts: ReceiptDesk;
  readonly #expiry: ExpiryDesk;
  readonly #times: NoticeTimes;
  readonly #checkpointer: Checkpointer;
  readonly #stopTicking: Cancel;
  readonly #devices = new WeakMap<NoticeLink, NoticeDevice>();
  readonly #noticeIds: NoticeIds;
  #acceptedCount = 0;
  #closing: Promise<void> | undefined;

  constructor(options: NoticeHubOptions) {
    const { book, committer, clock, limits, lc, tables } = options;
    this.book = book;
    this.tables = tables;
    this.#committer = committer;
    this.#clock = clock;
    this.#lc = lc;
    this.#limits = limits;
    this.directory = new CachedDirectory({ directory: options.directory, now: () => clock.now() });
    this.#dispatcher = new Dispatcher({
      limits,
      lc,
      book,
      languageOf: (userId) => this.languageOf(userId),
      onSent: options.onSent,
    });
    this.#noticeIds = new NoticeIds(book);
    this.#receipts = new ReceiptDesk({ committer, newestDeviceNo: book.devices.newestNo });
    this.#expiry = new ExpiryDesk({
      committer,
      lc,
      waitingLimitCount: limits.waitingPerUserCount,
      waitingOf: (mailbox) => waitingOf(book.records, mailbox),
      messageIdOf: (recordNo) => book.noticeOf(recordNo).messageId,
    });
    const { directory, presence } = this;
    const dispatcher = this.#dispatcher;
    this.sender = new NoticeSender({ ...options, book, directory, dispatcher, presence });
    this.#times = new NoticeTimes({ book, committer, clock, limits, lc, sender: this.sender, expiry: this.#expiry });
    const save = (): Promise<void> => saveNotices(book, tables, limits.sliceRowCount);
    this.#checkpointer = new Checkpointer({ clock, policy: CHECKPOINT, save });
    this.#stopTicking = every(clock, TICK_MS, () => {
      this.#times.tick();
      this.#orderTimes();
    });
    for (const mailbox of book.overfull()) this.#expiry.noteOverfull(mailbox);
    this.#noteUnsaved();
  }

  /** Hears every durable row, in log order, before the commit that made it resolves. */
  onPublication({ rows }: Publication): void {
    const effects = this.book.apply(rows);
    for (const effect of effects) this.#note(effect);
    this.#dispatcher.publish(effects);
    this.#noteUnsaved();
  }

  /** The language that the user reads notices in. */
  languageOf(userId: UserId): NoticeLanguage {
    const { preferences } = this.book;
    return preferences.size === 0 ? 'default' : (preferences.get(userId)?.language ?? 'default');
  }

  // Connections.

  /** A user came on line; nothing is sent before `resume` or `start`. */
  enter(link: NoticeLink): void {
    this.presence.enter(link);
    this.#dispatcher.seat(link);
  }

  /** Sends what waits, and from then on what comes. Without effect once it has begun. */
  start(link: NoticeLink): void {
    this.#dispatcher.start(link, 0 as Seq, []); // before everything
  }

  /** The client has everything up to `offset`: sends what comes after, also what another device acknowledged meanwhile. */
  resume(link: NoticeLink, offset: Seq, listener: ReceiptListener): void {
    const seat = this.#dispatcher.seatOf(link);
    if (seat?.isStarted !== false) {
      this.acknowledgeUpTo(link, offset, listener);
      return;
    }
    const mailbox = this.book.mailboxes.get(link.userId);
    // A place that the log has not reached comes from another history: it says nothing about this one.
    const from = offset <= this.book.head() ? offset : (0 as Seq);
    this.#dispatcher.start(link, from, mailbox ? this.#replayed(mailbox, from) : []);
    this.#takeUpTo(seat, from, listener);
  }

  /** Safe twice. */
  leave(link: NoticeLink): void {
    this.#dispatcher.leave(link);
    const onlineMs = this.presence.leave(link, this.#clock.now());
    const mailbox = this.book.mailboxes.get(link.userId);
    if (!mailbox || onlineMs === 0) return;
    mailbox.onlineMs += onlineMs;
    this.book.changedUsers.add(mailbox);
    this.#checkpointer.note(1);
  }

  /** The client has what this connection was sent, up to `offset`. */
  acknowledgeUpTo(link: NoticeLink, offset: Seq, listener: ReceiptListener): void {
    const seat = this.#dispatcher.seatOf(link);
    if (seat) this.#takeUpTo(seat, offset < seat.sentUpTo ? offset : seat.sentUpTo, listener);
    else listener.onReceived(NOTHING_KNOWN);
  }

  /** Whether notices for this connection are about to be written. What was kept for them is flushed even if there are none. */
  isQueued(link: NoticeLink): boolean {
    return this.#dispatcher.isQueued(link);
  }

  /** Resolves once the receipts are durable. A state that is reached already costs nothing. */
  async receive(mark: {
    readonly userId: UserId;
    readonly messageIds: readonly string[];
    readonly state: ReceiptState;
    readonly link?: NoticeLink | undefined;
  }): Promise<ReceiptAnswer> {
    const { userId, state, link } = mark;
    const mailbox = this.book.mailboxes.get(userId);
    const known: string[] = [];
    const fresh: string[] = [];
    const unknownIds: string[] = [];
    for (const messageId of mark.messageIds) {
      const meant = mailbox ? this.#meantBy(mailbox, messageId) : [];
      (meant.length > 0 ? known : unknownIds).push(messageId);
      for (const one of meant) if (!IS_THERE[state](one.flags)) fresh.push(one.messageId);
    }
    if (mailbox && fresh.length > 0) {
      await this.#receipts.note({ userNo: mailbox.no, messageIds: fresh, state, device: link && this.#deviceOf(link) });
    }
    return { messageIds: known, unknownIds };
  }

  /** Everything the user has is read. */
  async readAll(userId: UserId): Promise<void> {
    const mailbox = this.book.mailboxes.get(userId);
    if (!mailbox || mailbox.unreadCount === 0) return;
    await this.#committer.commit([{ kind: 'notice.allRead', userId, upToSeq: this.book.head() }]);
  }

  /** The user's notices with a place below `before`, newest first. What is held is not shown yet. */
  history(userId: UserId, before: number | undefined, limitCount: number): HistoryPage {
    const mailbox = this.book.mailboxes.get(userId);
    const below = (before ?? Number.MAX_SAFE_INTEGER) as Seq; // a place, or above all of them
    return mailbox ? readHistory({ book: this.book, mailbox }, below, limitCount) : { items: [] };
  }

  /** Takes a notice back, or a scheduled one off the plan; its status afterwards. Rejects with NOT_FOUND. */
  async recall(messageId: string, byUserId: UserId): Promise<NoticeStatus> {
    const notice = this.book.shelf.byId(messageId);
    if (!notice) throw new ImError('NOT_FOUND');
    if (notice.status === 'sent' || notice.status === 'scheduled') {
      await this.#committer.commit([{ kind: 'notice.recalled', messageId, byUserId }]);
    }
    return notice.status;
  }

  /** Stores preferences, a group or a template; an empty group and an absent template are taken away. */
  async change(change: SettingsChange): Promise<void> {
    await this.#committer.commit([change]);
  }

  /** Puts what changed on disk. */
  checkpoint(): Promise<void> {
    return this.#checkpointer.flush();
  }

  /**
   * Lets the tables have what changed, for a list that is read from them. Costs nothing when they have it. With more than can
   * be written in a moment the list is as of the last checkpoint, some seconds old.
   */
  async catchUp(): Promise<void> {
    const { records, shelf } = this.book;
    const isSaved = records.unsavedCount + shelf.unsavedCount === 0;
    const isLittle =
      records.unsavedPageCount <= CATCH_UP_LIMITS.pageCount && shelf.unsavedCount <= CATCH_UP_LIMITS.noticeCount;
    if (!isSaved && isLittle) await this.checkpoint();
  }

  figures(): NoticeFigures {
    return {
      ...this.#dispatcher.figures(),
      connectionCount: this.presence.linkCount,
      userCount: this.presence.userCount,
      totalConnectionCount: this.presence.totalCount,
      waitingCount: this.book.waitingCount,
      unsavedCount: this.book.records.unsavedCount,
      pendingReceiptCount: this.#receipts.pendingCount,
      refusedCount: this.sender.refusedCount,
      acceptedCount: this.#acceptedCount,
      records: countsOf(this.book.totals.cells()),
    };
  }

  /** Why the hub serves worse than it should; empty when all is well. */
  degradations(): readonly string[] {
    const { queuedCounts } = this.#dispatcher.figures();
    const queuedCount = queuedCounts.reduce((sum, count) => sum + count, 0);
    const reasons: string[] = [];
    if (queuedCount > this.#limits.waitingDeliveriesCount * 0.8) {
      reasons.push(`${queuedCount} deliveries wait, the limit is ${this.#limits.waitingDeliveriesCount}`);
    }
    // What the database said may name its address, and these sentences are for everybody.
    const others = this.directory.figures();
    if (others.state === 'absent') reasons.push('the user directory cannot be read: notices to its users are refused');
    if (others.state === 'stale') reasons.push('the user directory cannot be read: its last good list serves');
    return reasons;
  }

  /** Takes what is under way into the log and to disk. Sockets are closed by their server, the committer by its owner. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopTicking();
    this.book.records.orders.stop();
    await this.#times.close();
    await this.#receipts.close();
    await this.#expiry.close();
    this.#dispatcher.close();
    await this.#checkpointer.flush().catch(() => undefined); // what it lacks, the log has
    this.#checkpointer.stop();
  }

  /** The client has what waits for its user up to a place, and what was given up after it had been sent. */
  #takeUpTo(seat: Seat, upTo: Seq, listener: ReceiptListener): void {
    seat.mailbox ??= this.book.mailboxes.get(seat.link.userId);
    const { mailbox } = seat;
    if (!mailbox) {
      listener.onReceived(NOTHING_KNOWN);
      return;
    }
    const recordNos = waitingUpTo(this.book.records, mailbox, upTo);
    const place = { seat, mailbox, upTo, messageIds: this.#shownIds(mailbox, recordNos), listener };
    if (recordNos.length === 0) this.#answerUpTo(place);
    else {
      const mark = { userNo: mailbox.no, place: upTo, count: recordNos.length, device: this.#deviceOf(seat.link) };
      this.#receipts.noteUpTo(mark, new ReceivedUpTo(place, this.#answerUpTo));
    }
  }

  /** Behind the receipt: what was given up while that was on its way into the log is among them. */
  readonly #answerUpTo = ({ seat, mailbox, upTo, messageIds, listener }: Place): void => {
    const givenUp = givenUpTo(seat, upTo);
    if (givenUp.length === 0) listener.onReceived({ messageIds, unknownIds: NONE });
    else {
      this.#takeGivenUp(seat, mailbox, givenUp).then(
        (ids) => listener.onReceived({ messageIds: [...new Set([...ids, ...messageIds])], unknownIds: NONE }),
        (error: unknown) => listener.onReceiveFailed(error),
      );
    }
  };

  async #takeGivenUp(seat: Seat, mailbox: Mailbox, recordNos: readonly number[]): Promise<readonly string[]> {
    const messageIds = recordNos.map((recordNo) => this.book.noticeOf(recordNo).messageId);
    const device = this.#deviceOf(seat.link);
    await this.#receipts.note({ userNo: mailbox.no, messageIds, state: 'delivered', device });
    forgetGivenUp(seat, recordNos);
    return messageIds;
  }

  /** The ids that records were shown to their user under: their own, or their digest's. */
  #shownIds({ shown }: Mailbox, recordNos: readonly number[]): readonly string[] {
    const { book } = this;
    if (recordNos.length === 0) return NONE;
    if (!shown) return this.#noticeIds.of(recordNos);
    return shownIdsOf(recordNos.map((recordNo) => book.deliveryOf(recordNo)));
  }

  /** Soon after the start. Lists that are asked for before only take longer. */
  #orderTimes(): void {
    this.book.records.orders.know().catch((error: unknown) => {
      this.#lc.error({ err: error }, 'receive records could not be put in the order of their times');
    });
  }

  #note(effect: NoticeEffect): void {
    if (effect.kind === 'sent') {
      this.#acceptedCount++;
    } else if (effect.kind === 'overfull') this.#expiry.noteOverfull(effect.mailbox);
  }

  #noteUnsaved(): void {
    const { records, shelf, changedSettings } = this.book;
    const isBehind = this.book.head() - this.tables.stateSeq() > IDLE_ROWS_COUNT;
    const changedCount = records.changedCount + shelf.changedCount + changedSettings.size;
    this.#checkpointer.note(changedCount > 0 ? changedCount : Number(isBehind));
  }

  /** The user's records that a mark under this id is for: one, or all of a digest; none when the user never got it. */
  #meantBy(mailbox: Mailbox, messageId: string): readonly { readonly messageId: string; readonly flags: number }[] {
    const place = placeOfDigest(messageId);
    const known = place === undefined ? this.book.shelf.byId(messageId) : undefined;
    const notices = place === undefined ? (known ? [known] : []) : this.#noticesOfDigest(mailbox, place);
    return notices.flatMap((notice) => {
      const recordNo = this.book.recordNoOf(notice, mailbox);
      return recordNo === undefined ? [] : [{ messageId: notice.messageId, flags: this.book.records.flags(recordNo) }];
    });
  }

  #noticesOfDigest(mailbox: Mailbox, place: Seq): readonly LiveNotice[] {
    return noticesOfDigest({ book: this.book, mailbox }, place);
  }

  #deviceOf(link: NoticeLink): NoticeDevice {
    const known = this.#devices.get(link);
    if (known) return known;
    const device = { connectionId: link.id, address: link.address, agent: link.agent };
    this.#devices.set(link, device);
    return device;
  }

  /** What the user has acknowledged above a place, from another device: the newest `replayCount`. */
  #replayed(mailbox: Mailbox, from: Seq): readonly number[] {
    const { records } = this.book;
    const replayed: number[] = [];
    newestFirst(records, mailbox, (recordNo) => {
      if (records.place(recordNo) <= from || replayed.length >= this.#limits.replayCount) return false;
      const flags = records.flags(recordNo);
      if (isDelivered(flags) && !isWithdrawn(flags)) replayed.push(recordNo);
      return true;
    });
    return replayed.reverse();
  }
}

/** The ids that they were shown under: their own, or their digest's. */
const shownIdsOf = (deliveries: readonly Delivery[]): readonly string[] =>
  groupDigests(deliveries).map(([first, another]) => (another ? digestIdOf(first.place) : first.notice.messageId));
