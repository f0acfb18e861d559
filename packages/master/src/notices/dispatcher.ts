/**
 * Brings notices from the mailboxes to the sockets. What has to go out is queued by user, in the lane of the notice; a user
 * whose turn comes gets everything that waits, in the order of the offsets, in one write a socket. So a user's offsets never
 * go back on a connection, whatever lane brought them, and one number says what a client has.
 */
import { performance } from 'node:perf_hooks';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { BATCH_LIMITS, nextBatchCount } from './batch-size.ts';
import { DispatchTurns } from './dispatch-turns.ts';
import { JoinedFrames, withdrawalOf } from './joined-frames.ts';
import { type Audience, type LaneSpot, Lanes, newSpot } from './lanes.ts';
import { Latencies } from './latencies.ts';
import { type LiveNotice, PRIORITY_RANK } from './live-notice.ts';
import type { NoticeBook, NoticeEffect } from './notice-book.ts';
import type { NoticeLanguage } from './notice-language.ts';
import type { NoticeLimits } from './notice-limits.ts';
import type { NoticeLink } from './notice-link.ts';
import { wentLive } from './record-flags.ts';
import { newSeat, noteGivenUp, type Seat } from './seat.ts';
import { waitingAbove } from './user-stream.ts';

/** A user's connections; they are served together. */
type Reader = LaneSpot & { readonly seats: Seat[] };
/** What a connection is served for. */
type Occasion = {
  readonly isReturning: boolean;
  /** What another device acknowledged while this one was away. */
  readonly replayed: readonly number[];
  readonly hasRead: boolean;
};

export type DispatcherFigures = {
  readonly queuedCounts: readonly number[];
  readonly peakCount: number;
  /** Users whose badge or withdrawals wait for a turn. */
  readonly untoldCount: number;
  readonly batchCount: number;
  readonly sentCount: number;
  readonly slowCount: number;
  readonly latencyMs: ReturnType<Latencies['percentiles']>;
};

const COMES_LIVE: Occasion = { isReturning: false, replayed: [], hasRead: false };
const HAS_READ: Occasion = { ...COMES_LIVE, hasRead: true };

/** A notice to so many is one to few: about one who asked, or those who look after an account. */
const FEW_COUNT = 50;
const audienceOf = ({ records }: LiveNotice): Audience => (records.count <= FEW_COUNT ? 'few' : 'many');
/** Urgent notices to so many connected users do not wait for a turn: a millisecond or two. */
const AT_ONCE_COUNT = 200;
/** Withdrawals that wait for one connection's turn; with more its turn is now. */
const WITHDRAWN_LIMIT_COUNT = 100;

export class Dispatcher {
  readonly lanes: Lanes<Reader>;
  readonly #limits: NoticeLimits;
  readonly #book: NoticeBook;
  readonly #joined: JoinedFrames;
  readonly #onSent: (ms: number) => void;
  readonly #lc: Logger;
  readonly #turns: DispatchTurns;
  readonly #readers = new Map<UserId, Reader>();
  readonly #seats = new Map<NoticeLink, Seat>();
  /** Readers whose users have a mailbox, by its number. */
  readonly #readersByNo: (Reader | undefined)[] = [];
  readonly #latencies = new Latencies();
  /** Who is to be told of something besides notices: a badge, a withdrawal. True: the user read something. */
  readonly #untold = new Map<Reader, boolean>();
  #batchCount: number = BATCH_LIMITS.startCount;
  #sentCount = 0;
  /** Of this turn; below 0 while nothing was written that came live. */
  #longestMs = -1;
  #slowCount = 0;

  constructor(options: {
    readonly limits: NoticeLimits;
    readonly book: NoticeBook;
    readonly languageOf: (userId: UserId) => NoticeLanguage;
    /** Hears of each turn the longest that a notice had waited since it was durable. */
    readonly onSent: (ms: number) => void;
    readonly lc: Logger;
  }) {
    const { limits } = options;
    this.#limits = limits;
    this.#book = options.book;
    this.#joined = new JoinedFrames(options);
    this.#onSent = options.onSent;
    this.#lc = options.lc;
    this.lanes = new Lanes({
      limitCount: limits.waitingDeliveriesCount,
      urgentLimitCount: limits.urgentDeliveriesCount,
    });
    this.#turns = new DispatchTurns({
      isUrgentAwaited: () => this.lanes.isUrgentAwaited,
      run: (lateMs) => this.#runTurn(lateMs),
    });
  }

  figures(): DispatcherFigures {
    return {
      queuedCounts: this.lanes.queuedCounts,
      peakCount: this.lanes.peakCount,
      untoldCount: this.#untold.size,
      batchCount: this.#batchCount,
      sentCount: this.#sentCount,
      slowCount: this.#slowCount,
      latencyMs: this.#latencies.percentiles(),
    };
  }

  /** Takes a connection; nothing is sent to it before `start`. */
  seat(link: NoticeLink): void {
    const mailbox = this.#book.mailboxes.get(link.userId);
    const seat = newSeat(link, mailbox);
    const known = this.#readers.get(link.userId);
    const reader = known ?? { ...newSpot(), seats: [seat] }; // a list that grows has room for seventeen
    if (known) known.seats.push(seat);
    else this.#readers.set(link.userId, reader);
    this.#seats.set(link, seat);
    if (mailbox) this.#readersByNo[mailbox.no] = reader;
  }

  /** Where a connection stands; undefined once it has left. */
  seatOf(link: NoticeLink): Seat | undefined {
    return this.#seats.get(link);
  }
  /** Whether the connection's turn is to come: what is said meanwhile may go out with it. */
  isQueued(link: NoticeLink): boolean {
    const reader = this.#readers.get(link.userId);
    return reader !== undefined && this.seatOf(link)?.isStarted === true && this.lanes.has(reader);
  }

  /** Sends what waits above `from`, `replayed` (what another device acknowledged) put between, and from then on what comes. */
  start(link: NoticeLink, from: Seq, replayed: readonly number[]): void {
    const seat = this.seatOf(link);
    if (!seat || seat.isStarted) return;
    seat.isStarted = true;
    seat.startedFrom = from;
    seat.sentUpTo = from;
    this.#serve(seat, { isReturning: true, replayed, hasRead: false });
  }

  leave(link: NoticeLink): void {
    const seat = this.#seats.get(link);
    const reader = this.#readers.get(link.userId);
    if (!seat || !reader) return;
    this.#seats.delete(link);
    reader.seats.splice(reader.seats.indexOf(seat), 1);
    if (reader.seats.length > 0) return;
    this.#readers.delete(link.userId);
    const mailbox = seat.mailbox ?? this.#book.mailboxes.get(link.userId);
    if (mailbox) this.#readersByNo[mailbox.no] = undefined;
    this.lanes.forget(reader);
  }

  /** Gives back what `lanes.reserve` took: the notice has reached the log, or will not. */
  release(lane: number, count: number): void {
    this.lanes.release(lane, count);
    this.#turns.reconsider();
  }

  /** Takes what rows of the log did. */
  publish(effects: readonly NoticeEffect[]): void {
    const now = performance.now();
    for (const effect of effects) {
      if (effect.kind === 'sent') {
        const { notice } = effect;
        const rank = PRIORITY_RANK[notice.notice.priority];
        const audience = audienceOf(notice);
        notice.durableAt = now;
        if (rank === PRIORITY_RANK.urgent) this.#publishUrgent(notice);
        else this.#eachReader(notice, (reader) => this.lanes.push(rank, reader, audience));
      } else if (effect.kind === 'released') {
        const notices = effect.recordNos.map((recordNo) => this.#book.noticeOf(recordNo));
        const rank = Math.max(...notices.map(({ notice }) => PRIORITY_RANK[notice.priority]));
        const reader = this.#readers.get(effect.mailbox.userId);
        // His turn brings all of them: one that is for few brings it early.
        if (reader) this.lanes.push(rank, reader, notices.some((one) => audienceOf(one) === 'few') ? 'few' : 'many');
      } else if (effect.kind === 'withdrawn') this.#noteWithdrawn(effect);
      else if (effect.kind === 'givenUp') this.#noteGivenUp(effect);
      else if (effect.kind === 'unreadChanged') {
        const reader = this.#readers.get(effect.mailbox.userId);
        if (reader) this.#noteUntold(reader, effect.wasRead);
      } else if (effect.kind === 'settled') {
        if (effect.notice.counts.counts().pending === 0) effect.notice.frames.clear();
      }
    }
    if (this.lanes.queuedCount > 0 || this.#untold.size > 0) this.#turns.ask();
  }

  /** Sends nothing more. Safe twice. */
  close(): void {
    this.#turns.cancel();
    this.lanes.clear();
    this.#readers.clear();
    this.#readersByNo.length = 0;
    this.#seats.clear();
    this.#untold.clear();
  }

  #publishUrgent(notice: LiveNotice): void {
    const readers: Reader[] = [];
    this.#eachReader(notice, (reader) => readers.push(reader));
    if (readers.length <= AT_ONCE_COUNT) this.#serveAtOnce(readers);
    else for (const reader of readers) this.lanes.push(PRIORITY_RANK.urgent, reader, 'many');
  }

  /** Those of its recipients who have a connection. */
  #eachReader({ records: { first, count } }: LiveNotice, visit: (reader: Reader) => void): void {
    this.#book.records.each(first, first + count, (_recordNo, userNo) => {
      const reader = this.#readersByNo[userNo] ?? this.#readerOfNewcomer(userNo);
      if (reader) visit(reader);
      return true;
    });
  }

  /** One who was there before the user's first notice. */
  #readerOfNewcomer(userNo: number): Reader | undefined {
    const mailbox = this.#book.mailboxOf(userNo);
    const reader = mailbox && this.#readers.get(mailbox.userId);
    if (reader) this.#readersByNo[userNo] = reader;
    return reader;
  }

  #runTurn(lateMs: number): void {
    const startedAt = performance.now();
    const { queuedCount } = this.lanes;
    for (const reader of this.lanes.take(this.#batchCount)) this.#serveReader(reader);
    let left = this.#batchCount;
    for (const reader of this.#untold.keys()) {
      if (left-- <= 0) break;
      this.#serveReader(reader);
    }
    this.#endTurn();
    this.#batchCount = nextBatchCount(
      this.#batchCount,
      performance.now() - startedAt,
      queuedCount < this.#batchCount ? 0 : lateMs,
    );
    if (this.lanes.queuedCount > 0 || this.#untold.size > 0) this.#turns.ask();
  }

  /** For few and urgent: a turn of the loop may be a long time while the lanes are full. */
  #serveAtOnce(readers: readonly Reader[]): void {
    for (const reader of readers) {
      this.lanes.forget(reader); // it gets what waits in the others, too
      this.#serveReader(reader);
    }
    this.#endTurn();
  }

  #endTurn(): void {
    this.#joined.clear();
    if (this.#longestMs >= 0) this.#onSent(this.#longestMs);
    this.#longestMs = -1;
  }

  #serveReader(reader: Reader): void {
    const occasion = this.#untold.get(reader) ? HAS_READ : COMES_LIVE;
    this.#untold.delete(reader);
    // From the end: one that reads too slowly is taken out.
    for (let at = reader.seats.length - 1; at >= 0; at--) {
      const seat = reader.seats[at];
      if (seat?.isStarted) this.#serve(seat, occasion);
    }
  }

  /** Everything above the seat's place, what was taken back, and the badge, in one write. */
  #serve(seat: Seat, { isReturning, replayed, hasRead }: Occasion): void {
    const { link } = seat;
    const { records } = this.#book;
    seat.mailbox ??= this.#book.mailboxes.get(link.userId);
    const { mailbox } = seat;
    const waiting = mailbox ? waitingAbove(records, mailbox, seat.sentUpTo) : [];
    const unreadCount = mailbox?.unreadCount ?? 0;
    const recordNos =
      replayed.length > 0
        ? [...replayed, ...waiting].sort((a, b) => records.place(a) - records.place(b) || a - b)
        : waiting;
    const last = recordNos.at(-1);
    const { withdrawn } = seat;
    const hasNews = last !== undefined || withdrawn.length > 0 || (hasRead && link.format === 'native');
    if (!hasNews && seat.unreadCount === unreadCount) {
      link.flush();
      return;
    }
    if (link.bufferedBytes > this.#limits.slowConsumerBytes) {
      this.#slowCount++;
      this.#lc.info({ connectionId: link.id, userId: link.userId }, 'a notice client reads too slowly');
      this.leave(link);
      link.tooSlow();
      return;
    }
    link.write(this.#joined.of({ withdrawn, recordNos, unreadCount, isReturning, hasRead }, link));
    seat.unreadCount = unreadCount;
    if (withdrawn.length > 0) seat.withdrawn = [];
    if (last === undefined) return;
    seat.sentUpTo = records.place(last);
    this.#noteSent(recordNos, isReturning);
  }

  #noteSent(recordNos: readonly number[], isReturning: boolean): void {
    const { records } = this.#book;
    const now = performance.now();
    this.#sentCount += recordNos.length;
    for (const recordNo of recordNos) records.noteSent(recordNo);
    const oldest = recordNos[0];
    if (isReturning || oldest === undefined || !wentLive(records.flags(oldest))) return;
    const { durableAt } = this.#book.noticeOf(oldest);
    if (durableAt === undefined) return;
    this.#latencies.add(now - durableAt);
    this.#longestMs = Math.max(this.#longestMs, now - durableAt);
  }

  #noteUntold(reader: Reader, hasRead: boolean): void {
    this.#untold.set(reader, hasRead || this.#untold.get(reader) === true);
  }

  #noteGivenUp({ mailbox, recordNo }: Extract<NoticeEffect, { kind: 'givenUp' }>): void {
    for (const seat of this.#readers.get(mailbox.userId)?.seats ?? []) {
      noteGivenUp(seat, recordNo, this.#book.records.place(recordNo));
    }
  }

  /**
   * Tells the connections that are there now, each in its turn. The notice itself is never sent after this: nobody waits for
   * it any more since the row that took it back.
   */
  #noteWithdrawn({ notice, mailboxes }: Extract<NoticeEffect, { kind: 'withdrawn' }>): void {
    const one = [withdrawalOf(notice)];
    for (const { userId } of mailboxes) {
      const reader = this.#readers.get(userId);
      if (!reader) continue;
      let isFull = false;
      for (const seat of reader.seats) {
        if (!seat.isStarted) continue;
        seat.withdrawn = seat.withdrawn.length === 0 ? one : [...seat.withdrawn, ...one];
        isFull ||= seat.withdrawn.length >= WITHDRAWN_LIMIT_COUNT;
      }
      this.#noteUntold(reader, false);
      if (isFull) this.#serveAtOnce([reader]);
    }
  }
}
