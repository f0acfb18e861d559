import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { NoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import type { Committer } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import { ConfirmDesk } from './confirm-desk.ts';
import type { ExpiryDesk, Surplus } from './expiry-desk.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Mailbox } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { NoticeLimits } from './notice-limits.ts';
import { endOfQuiet } from './quiet-hours.ts';
import type { NoticeSender } from './send-notice.ts';
import { RELEASE_LIMIT_COUNT } from './user-history.ts';
import { waitingOf } from './user-stream.ts';

type Released = Extract<NoticeChange, { kind: 'notice.released' }>;

/** Waiting notices are looked at for age this often. */
const AGE_PERIOD_MS = 60_000;
/** What could not be written is tried again after this. */
const RETRY_MS = 5_000;

/** Does what is due: sends the scheduled, releases the held, expires the old. One round at a time. */
export class NoticeTimes {
  readonly #book: NoticeBook;
  readonly #committer: Committer;
  readonly #clock: Clock;
  readonly #limits: NoticeLimits;
  readonly #lc: Logger;
  readonly #sender: NoticeSender;
  readonly #expiry: ExpiryDesk;
  readonly #confirming: ConfirmDesk;
  #round: Promise<void> | undefined;
  #notBefore = 0;
  #ageAt = 0;
  #isClosed = false;

  constructor(options: {
    readonly book: NoticeBook;
    readonly committer: Committer;
    readonly clock: Clock;
    readonly limits: NoticeLimits;
    readonly lc: Logger;
    readonly sender: NoticeSender;
    readonly expiry: ExpiryDesk;
  }) {
    this.#book = options.book;
    this.#committer = options.committer;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#lc = options.lc;
    this.#sender = options.sender;
    this.#expiry = options.expiry;
    this.#confirming = new ConfirmDesk(options);
  }

  /** Looks at every deadline, unless the round before is still under way. */
  tick(): void {
    const now = this.#clock.now();
    if (this.#round || this.#isClosed || now < this.#notBefore) return;
    this.#round = this.#run(now)
      .catch((error: unknown) => {
        this.#notBefore = this.#clock.now() + RETRY_MS;
        this.#lc.warn({ err: error }, 'what is due for notices could not be written; it is tried again');
      })
      .finally(() => {
        this.#round = undefined;
      });
  }

  /** Waits for the round under way. Safe twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#round;
  }

  async #run(now: number): Promise<void> {
    let failure: unknown;
    for (const notice of [...this.#book.shelf.open()]) {
      if (this.#isClosed) return;
      try {
        await this.#look(notice, now);
      } catch (error) {
        // One that finds no room, or whose users are not known yet, keeps nobody else waiting.
        failure = new Error(`notice ${notice.messageId}`, { cause: error });
      }
    }
    await this.#release(now);
    await this.#expireOld(now);
    if (failure !== undefined) throw failure;
  }

  async #look(notice: LiveNotice, now: number): Promise<void> {
    const { expiresAt, messageId } = notice.notice;
    if (notice.status === 'scheduled') {
      if ((notice.body.sendAt ?? 0) <= now) await this.#sender.sendScheduled(notice);
      return;
    }
    if (expiresAt !== undefined && expiresAt <= now) await this.#expiry.expire('time', [{ messageId }]);
    else await this.#confirming.look(notice, now);
  }

  /** Held notices whose hour has come; those of one user come together, the low ones of a digest as one. */
  async #release(now: number): Promise<void> {
    const users = [...this.#book.holding].flatMap((mailbox) => this.#dueOf(mailbox, now));
    if (users.length > 0) await this.#committer.commit([{ kind: 'notice.released', users }]);
  }

  #dueOf({ userId, held }: Mailbox, now: number): Released['users'] {
    const { records } = this.#book;
    const due = held.filter((recordNo) => records.heldUntil(recordNo) <= now).slice(0, RELEASE_LIMIT_COUNT);
    if (due.length === 0) return [];
    const preferences = this.#book.preferences.get(userId);
    const quietUntil = endOfQuiet(preferences, now);
    if (quietUntil > 0) {
      // The hour came while nobody was there to see it, or the user wants to be left alone since.
      for (const recordNo of due) records.postpone(recordNo, quietUntil);
      return [];
    }
    const notices = due.map((recordNo) => this.#book.noticeOf(recordNo));
    const isOfDigest = ({ notice }: LiveNotice): boolean =>
      preferences?.digestMinute !== undefined && notice.priority === 'low';
    const digest = notices.filter(isOfDigest).map(({ messageId }) => messageId);
    const others = notices.filter((notice) => !isOfDigest(notice)).map(({ messageId }) => messageId);
    return [
      ...(others.length > 0 ? [{ userId, messageIds: others }] : []),
      ...(digest.length > 0 ? [{ userId, messageIds: digest, isDigest: true as const }] : []),
    ];
  }

  async #expireOld(now: number): Promise<void> {
    if (this.#limits.waitingAgeMs === 0 || now < this.#ageAt) return;
    this.#ageAt = now + AGE_PERIOD_MS;
    const oldestAt = now - this.#limits.waitingAgeMs;
    const { records, mailboxes } = this.#book;
    const old: Surplus[] = [];
    for (const mailbox of mailboxes.values()) {
      const recordNos = waitingOf(records, mailbox).filter((recordNo) => records.createdAt(recordNo) < oldestAt);
      if (recordNos.length > 0) old.push({ userId: mailbox.userId, recordNos });
    }
    await this.#expiry.giveUp('age', old);
  }
}
