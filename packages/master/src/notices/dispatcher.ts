/**
 * Brings notices from the mailboxes to the sockets. What has to go out is queued by user, in the lane of the notice; a user
 * whose turn comes gets everything that waits, in the order of the offsets, in one write a socket. So a user's offsets never
 * go back on a connection, whatever lane brought them, and one number says what a client has.
 */
import { performance } from 'node:perf_hooks';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { BATCH_LIMITS, nextBatchCount } from './batch-size.ts';
import { JoinedFrames } from './joined-frames.ts';
import { type LaneSpot, Lanes, newSpot } from './lanes.ts';
import { Latencies } from './latencies.ts';
import { PRIORITY_RANK } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook, NoticeEffect } from './notice-book.ts';
import { preparedDown, preparedNative } from './notice-frames.ts';
import type { NoticeLanguage } from './notice-language.ts';
import type { NoticeLimits } from './notice-limits.ts';
import type { NoticeLink } from './notice-link.ts';
import { wentLive } from './record-flags.ts';

/** A user's connections; they are served together. */
type Reader = LaneSpot & { readonly seats: Map<NoticeLink, Seat> };
/** A link's place in its user's stream. */
type Seat = {
  readonly link: NoticeLink;
  readonly mailbox: Mailbox | undefined;
  sentUpTo: Seq;
  /** The count last told; -1 = none yet. */
  unreadCount: number;
  isStarted: boolean;
};

export type DispatcherFigures = {
  readonly queuedCounts: readonly number[];
  readonly peakCount: number;
  readonly batchCount: number;
  readonly sentCount: number;
  readonly slowCount: number;
  readonly latencyMs: ReturnType<Latencies['percentiles']>;
};

/** Urgent notices to so many connected users do not wait for a turn: a millisecond or two. */
const AT_ONCE_COUNT = 200;

export class Dispatcher {
  readonly lanes: Lanes<Reader>;
  readonly #limits: NoticeLimits;
  readonly #book: NoticeBook;
  readonly #placeOf: (recordNo: number) => Seq;
  readonly #joined: JoinedFrames;
  readonly #onSent: (ms: number) => void;
  readonly #lc: Logger;
  readonly #readers = new Map<UserId, Reader>();
  readonly #latencies = new Latencies();
  readonly #badgeChanged = new Set<Reader>();
  #batchCount: number = BATCH_LIMITS.startCount;
  #turn: NodeJS.Immediate | undefined;
  #turnAskedAt = 0;
  #sentCount = 0;
  #slowCount = 0;

  constructor(options: {
    readonly limits: NoticeLimits;
    readonly book: NoticeBook;
    readonly languageOf: (userId: UserId) => NoticeLanguage;
    /** Hears how long each delivery waited between being durable and being written. */
    readonly onSent: (ms: number) => void;
    readonly lc: Logger;
  }) {
    const { limits } = options;
    this.#limits = limits;
    this.#book = options.book;
    this.#placeOf = (recordNo) => options.book.records.place(recordNo);
    this.#joined = new JoinedFrames(options);
    this.#onSent = options.onSent;
    this.#lc = options.lc;
    this.lanes = new Lanes({
      limitCount: limits.waitingDeliveriesCount,
      urgentLimitCount: limits.urgentDeliveriesCount,
    });
  }

  figures(): DispatcherFigures {
    return {
      queuedCounts: this.lanes.queuedCounts,
      peakCount: this.lanes.peakCount,
      batchCount: this.#batchCount,
      sentCount: this.#sentCount,
      slowCount: this.#slowCount,
      latencyMs: this.#latencies.percentiles(),
    };
  }

  /** Takes a connection; nothing is sent to it before `start`. */
  seat(link: NoticeLink): void {
    const reader = this.#readers.get(link.userId) ?? { ...newSpot(), seats: new Map<NoticeLink, Seat>() };
    reader.seats.set(link, {
      link,
      mailbox: this.#book.mailboxes.get(link.userId),
      sentUpTo: 0 as Seq, // before everything
      unreadCount: -1,
      isStarted: false,
    });
    this.#readers.set(link.userId, reader);
  }

  isStarted(link: NoticeLink): boolean {
    return this.#seatOf(link)?.isStarted ?? false;
  }
  /** Whether the connection's turn is to come: what is said meanwhile may go out with it. */
  isQueued(link: NoticeLink): boolean {
    const reader = this.#readers.get(link.userId);
    return reader !== undefined && this.isStarted(link) && this.lanes.has(reader);
  }
  /** Up to where the connection was sent the user's notices. */
  sentUpTo(link: NoticeLink): Seq {
    return this.#seatOf(link)?.sentUpTo ?? (0 as Seq);
  }

  /** Sends what waits above `from`, `replayed` (what another device acknowledged) put between, and from then on what comes. */
  start(link: NoticeLink, from: Seq, replayed: readonly number[]): void {
    const seat = this.#seatOf(link);
    if (!seat || seat.isStarted) return;
    seat.isStarted = true;
    seat.sentUpTo = from;
    this.#serve(seat, { isReturning: true, replayed });
  }

  leave(link: NoticeLink): void {
    const reader = this.#readers.get(link.userId);
    if (!reader?.seats.delete(link) || reader.seats.size > 0) return;
    this.#readers.delete(link.userId);
    this.lanes.forget(reader);
  }

  /** Takes what rows of the log did. */
  publish(effects: readonly NoticeEffect[]): void {
    const now = performance.now();
    for (const effect of effects) {
      if (effect.kind === 'sent') {
        const rank = PRIORITY_RANK[effect.notice.notice.priority];
        effect.notice.durableAt = now;
        const readers: Reader[] = [];
        for (const { userId } of effect.mailboxes) {
          const reader = this.#readers.get(userId);
          if (reader) readers.push(reader);
        }
        if (rank === PRIORITY_RANK.urgent && readers.length <= AT_ONCE_COUNT) this.#serveAtOnce(readers);
        else this.lanes.push(rank, readers);
      } else if (effect.kind === 'released') {
        const notices = effect.recordNos.map((recordNo) => this.#book.noticeOf(recordNo));
        const rank = Math.max(...notices.map(({ notice }) => PRIORITY_RANK[notice.priority]));
        const reader = this.#readers.get(effect.mailbox.userId);
        if (reader) this.lanes.push(rank, [reader]);
      } else if (effect.kind === 'withdrawn') this.#tellWithdrawn(effect);
      else if (effect.kind === 'unreadChanged') {
        const reader = this.#readers.get(effect.mailbox.userId);
        if (reader) this.#badgeChanged.add(reader);
      } else if (effect.kind === 'settled') {
        if (effect.notice.counts.counts().pending === 0) effect.notice.frames.clear();
      }
    }
    if (this.lanes.queuedCount > 0 || this.#badgeChanged.size > 0) this.#askTurn();
  }

  /** Sends nothing more. Safe twice. */
  close(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.lanes.clear();
    this.#readers.clear();
    this.#badgeChanged.clear();
  }

  #seatOf(link: NoticeLink): Seat | undefined {
    return this.#readers.get(link.userId)?.seats.get(link);
  }

  #askTurn(): void {
    if (this.#turn) return;
    this.#turnAskedAt = performance.now();
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      this.#runTurn();
    });
  }

  #runTurn(): void {
    const startedAt = performance.now();
    const { queuedCount } = this.lanes;
    for (const reader of this.lanes.take(this.#batchCount)) this.#serveReader(reader);
    let badgesLeft = this.#batchCount;
    for (const reader of this.#badgeChanged) {
      if (badgesLeft-- <= 0) break;
      this.#badgeChanged.delete(reader);
      this.#serveReader(reader);
    }
    this.#joined.clear();
    this.#batchCount = nextBatchCount(
      this.#batchCount,
      performance.now() - startedAt,
      queuedCount < this.#batchCount ? 0 : startedAt - this.#turnAskedAt,
    );
    if (this.lanes.queuedCount > 0 || this.#badgeChanged.size > 0) this.#askTurn();
  }

  /** For few and urgent: a turn of the loop may be a long time while the lanes are full. */
  #serveAtOnce(readers: readonly Reader[]): void {
    for (const reader of readers) {
      this.lanes.forget(reader); // it gets what waits in the others, too
      this.#serveReader(reader);
    }
    this.#joined.clear();
  }

  #serveReader({ seats }: Reader): void {
    for (const seat of seats.values()) {
      if (seat.isStarted) this.#serve(seat, { isReturning: false, replayed: [] });
    }
  }

  /** Everything above the seat's place, and the badge, in one write. */
  #serve(seat: Seat, how: { readonly isReturning: boolean; readonly replayed: readonly number[] }): void {
    const { link } = seat;
    const mailbox = seat.mailbox ?? this.#book.mailboxes.get(link.userId);
    const waiting = mailbox?.waitingAbove(seat.sentUpTo, this.#placeOf) ?? [];
    const unreadCount = mailbox?.unreadCount ?? 0;
    const recordNos =
      how.replayed.length > 0
        ? [...how.replayed, ...waiting].sort((a, b) => this.#placeOf(a) - this.#placeOf(b) || a - b)
        : waiting;
    const last = recordNos.at(-1);
    if (last === undefined && seat.unreadCount === unreadCount) {
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
    link.write(this.#joined.of({ recordNos, unreadCount, isReturning: how.isReturning }, link));
    seat.unreadCount = unreadCount;
    if (last === undefined) return;
    seat.sentUpTo = this.#placeOf(last);
    this.#noteSent(recordNos, how.isReturning);
  }

  #noteSent(recordNos: readonly number[], isReturning: boolean): void {
    const { records } = this.#book;
    const now = performance.now();
    this.#sentCount += recordNos.length;
    for (const recordNo of recordNos) {
      records.noteSent(recordNo);
      if (isReturning || !wentLive(records.flags(recordNo))) continue;
      const { durableAt } = this.#book.noticeOf(recordNo);
      if (durableAt === undefined) continue;
      this.#latencies.add(now - durableAt);
      this.#onSent(now - durableAt);
    }
  }

  #tellWithdrawn(effect: Extract<NoticeEffect, { kind: 'withdrawn' }>): void {
    const { messageId, body } = effect.notice;
    const frame = preparedDown({
      type: 'notice_withdrawn',
      messageId,
      ...(body.supersededBy !== undefined && { supersededBy: body.supersededBy }),
    });
    for (const { userId, unreadCount } of effect.mailboxes) {
      for (const { link, isStarted } of this.#readers.get(userId)?.seats.values() ?? []) {
        if (!isStarted) continue;
        link.write(
          link.format === 'plain' ? frame : preparedNative({ notices: [], withdrawn: [messageId], unreadCount }),
        );
      }
    }
  }
}
