import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { Committer } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import { ConfirmDesk } from './confirm-desk.ts';
import { type ExpiryDesk, marksOf } from './expiry-desk.ts';
import type { LiveNotice } from './live-notice.ts';
import type { Waiting } from './mailbox.ts';
import type { NoticeBook } from './notice-book.ts';
import type { NoticeLimits } from './notice-limits.ts';
import type { NoticeSender } from './send-notice.ts';

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

  /** Held notices whose hour has come; those of one user come together. */
  async #release(now: number): Promise<void> {
    const users = [...this.#book.holding].flatMap(({ userId, held }) => {
      const due = held.filter(({ heldUntil }) => heldUntil <= now).map(({ notice }) => notice.messageId);
      return due.length > 0 ? [{ userId, messageIds: due }] : [];
    });
    if (users.length > 0) await this.#committer.commit([{ kind: 'notice.released', users }]);
  }

  async #expireOld(now: number): Promise<void> {
    if (this.#limits.waitingAgeMs === 0 || now < this.#ageAt) return;
    this.#ageAt = now + AGE_PERIOD_MS;
    const oldestAt = now - this.#limits.waitingAgeMs;
    const old: { userId: UserId; entries: ReturnType<typeof oldOf> }[] = [];
    for (const mailbox of this.#book.mailboxes.values()) {
      const entries = oldOf(mailbox.waiting, oldestAt);
      if (entries.length > 0) old.push({ userId: mailbox.userId, entries });
    }
    await this.#expiry.expire('age', marksOf(old));
  }
}

const oldOf = (waiting: readonly Waiting[], oldestAt: number): readonly Waiting[] =>
  waiting.filter(({ notice }) => (notice.body.sentAt ?? notice.at) < oldestAt);
