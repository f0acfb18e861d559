/**
 * Brings notices from the mailboxes to the sockets. What has to go out is queued by user, in the lane of the notice; a user
 * whose turn comes gets everything that waits, in the order of the offsets, in one write a socket. So a user's offsets never
 * go back on a connection, whatever lane brought them, and one number says what a client has.
 */
import { performance } from 'node:perf_hooks';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { BATCH_LIMITS, nextBatchCount } from './batch-size.ts';
import { groupDigests } from './digest.ts';
import { Lanes } from './lanes.ts';
import { Latencies } from './latencies.ts';
import { PRIORITY_RANK } from './live-notice.ts';
import type { Mailbox, Waiting } from './mailbox.ts';
import type { NoticeEffect } from './notice-book.ts';
import { frameOf, preparedDown, preparedNative, preparedOf, preparedUnread } from './notice-frames.ts';
import type { NoticeLanguage } from './notice-language.ts';
import type { NoticeLimits } from './notice-limits.ts';
import type { NoticeLink } from './notice-link.ts';

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

/** Combinations of frames joined in one turn that are kept for others with the same. */
const JOINED_LIMIT_COUNT = 2_000;

export class Dispatcher {
  readonly lanes: Lanes<UserId>;
  readonly #limits: NoticeLimits;
  readonly #mailboxOf: (userId: UserId) => Mailbox | undefined;
  readonly #languageOf: (userId: UserId) => NoticeLanguage;
  readonly #onSent: (ms: number) => void;
  readonly #lc: Logger;
  readonly #seats = new Map<UserId, Map<NoticeLink, Seat>>();
  readonly #latencies = new Latencies();
  readonly #joined = new Map<string, Buffer>();
  readonly #badgeChanged = new Set<UserId>();
  #batchCount: number = BATCH_LIMITS.startCount;
  #turn: NodeJS.Immediate | undefined;
  #turnAskedAt = 0;
  #sentCount = 0;
  #slowCount = 0;

  constructor(options: {
    readonly limits: NoticeLimits;
    readonly mailboxOf: (userId: UserId) => Mailbox | undefined;
    readonly languageOf: (userId: UserId) => NoticeLanguage;
    /** Hears how long each delivery waited between being durable and being written. */
    readonly onSent: (ms: number) => void;
    readonly lc: Logger;
  }) {
    const { limits } = options;
    this.#limits = limits;
    this.#mailboxOf = options.mailboxOf;
    this.#languageOf = options.languageOf;
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
    const seats = this.#seats.get(link.userId) ?? new Map<NoticeLink, Seat>();
    seats.set(link, {
      link,
      mailbox: this.#mailboxOf(link.userId),
      sentUpTo: 0 as Seq, // before everything
      unreadCount: -1,
      isStarted: false,
    });
    this.#seats.set(link.userId, seats);
  }

  isStarted(link: NoticeLink): boolean {
    return this.#seatOf(link)?.isStarted ?? false;
  }
  /** Up to where the connection was sent the user's notices. */
  sentUpTo(link: NoticeLink): Seq {
    return this.#seatOf(link)?.sentUpTo ?? (0 as Seq);
  }

  /** Sends what waits above `from`, `replayed` (what another device acknowledged) put between, and from then on what comes. */
  start(link: NoticeLink, from: Seq, replayed: readonly Waiting[]): void {
    const seat = this.#seatOf(link);
    if (!seat || seat.isStarted) return;
    seat.isStarted = true;
    seat.sentUpTo = from;
    this.#serve(seat, { isReturning: true, replayed });
  }

  leave(link: NoticeLink): void {
    const seats = this.#seats.get(link.userId);
    seats?.delete(link);
    if (seats?.size === 0) this.#seats.delete(link.userId);
  }

  /** Takes what rows of the log did. */
  publish(effects: readonly NoticeEffect[]): void {
    const now = performance.now();
    for (const effect of effects) {
      if (effect.kind === 'sent') {
        const rank = PRIORITY_RANK[effect.notice.notice.priority];
        effect.notice.durableAt = now;
        const userIds = effect.mailboxes.map(({ userId }) => userId);
        this.lanes.push(
          rank,
          userIds.filter((userId) => this.#seats.has(userId)),
        );
      } else if (effect.kind === 'released') {
        const rank = Math.max(...effect.entries.map(({ notice }) => PRIORITY_RANK[notice.notice.priority]));
        if (this.#seats.has(effect.mailbox.userId)) {
          this.lanes.push(rank, [effect.mailbox.userId]);
        }
      } else if (effect.kind === 'withdrawn') this.#tellWithdrawn(effect);
      else if (effect.kind === 'unreadChanged') {
        if (this.#seats.has(effect.mailbox.userId)) this.#badgeChanged.add(effect.mailbox.userId);
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
    this.#seats.clear();
    this.#badgeChanged.clear();
  }

  #seatOf(link: NoticeLink): Seat | undefined {
    return this.#seats.get(link.userId)?.get(link);
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
    for (const userId of this.lanes.take(this.#batchCount)) this.#serveUser(userId);
    for (const userId of this.#badgeChanged) this.#serveUser(userId);
    this.#badgeChanged.clear();
    this.#joined.clear();
    this.#batchCount = nextBatchCount(
      this.#batchCount,
      performance.now() - startedAt,
      queuedCount < this.#batchCount ? 0 : startedAt - this.#turnAskedAt,
    );
    if (this.lanes.queuedCount > 0) this.#askTurn();
  }

  #serveUser(userId: UserId): void {
    for (const seat of this.#seats.get(userId)?.values() ?? []) {
      if (seat.isStarted) this.#serve(seat, { isReturning: false, replayed: [] });
    }
  }

  /** Everything above the seat's place, and the badge, in one write. */
  #serve(seat: Seat, how: { readonly isReturning: boolean; readonly replayed: readonly Waiting[] }): void {
    const { link } = seat;
    const mailbox = seat.mailbox ?? this.#mailboxOf(link.userId);
    const waiting = mailbox ? mailbox.waiting.slice(mailbox.firstAbove(seat.sentUpTo)) : [];
    const unreadCount = mailbox?.unreadCount ?? 0;
    const entries = how.replayed.length > 0 ? [...how.replayed, ...waiting].sort((a, b) => a.place - b.place) : waiting;
    if (entries.length === 0 && seat.unreadCount === unreadCount) return;
    if (link.bufferedBytes > this.#limits.slowConsumerBytes) {
      this.#slowCount++;
      this.#lc.info({ connectionId: link.id, userId: link.userId }, 'a notice client reads too slowly');
      this.leave(link);
      link.tooSlow();
      return;
    }
    link.write(this.#join(entries, link, how.isReturning, unreadCount));
    seat.unreadCount = unreadCount;
    seat.sentUpTo = entries.at(-1)?.place ?? seat.sentUpTo;
    for (const entry of entries) entry.sentCount++;
    this.#sentCount += entries.length;
    if (!how.isReturning) this.#measure(entries);
  }

  #measure(entries: readonly Waiting[]): void {
    const now = performance.now();
    for (const { notice, isOffline } of entries) {
      if (isOffline || notice.durableAt === undefined) continue;
      this.#latencies.add(now - notice.durableAt);
      this.#onSent(now - notice.durableAt);
    }
  }

  /** Users with the same notices and the same badge are sent the same bytes. */
  #join(entries: readonly Waiting[], link: NoticeLink, isReturning: boolean, unreadCount: number): Buffer {
    const language = this.#languageOf(link.userId);
    let key = `${link.format} ${unreadCount} ${language} ${isReturning}`;
    for (const { notice, place, heldUntil, isOffline } of entries) {
      key += `,${notice.no}@${place}${isOffline}${heldUntil > 0}`;
    }
    const known = this.#joined.get(key);
    if (known) return known;
    const shown = groupDigests(entries).map((group) => ({
      notices: group.map(({ notice }) => notice),
      how: { offset: group[0].place, language, isOffline: group[0].isOffline || isReturning },
    }));
    const joined =
      link.format === 'native'
        ? preparedNative({
            notices: shown.map(({ notices, how }) => frameOf(notices, how)),
            withdrawn: [],
            unreadCount,
          })
        : Buffer.concat([...shown.map(({ notices, how }) => preparedOf(notices, how)), preparedUnread(unreadCount)]);
    if (this.#joined.size >= JOINED_LIMIT_COUNT) this.#joined.clear();
    this.#joined.set(key, joined);
    return joined;
  }

  #tellWithdrawn(effect: Extract<NoticeEffect, { kind: 'withdrawn' }>): void {
    const { messageId, body } = effect.notice;
    const frame = preparedDown({
      type: 'notice_withdrawn',
      messageId,
      ...(body.supersededBy !== undefined && { supersededBy: body.supersededBy }),
    });
    for (const { userId, unreadCount } of effect.mailboxes) {
      for (const { link, isStarted } of this.#seats.get(userId)?.values() ?? []) {
        if (!isStarted) continue;
        link.write(
          link.format === 'plain' ? frame : preparedNative({ notices: [], withdrawn: [messageId], unreadCount }),
        );
      }
    }
  }
}
