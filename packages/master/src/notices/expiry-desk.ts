import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import type { Committer } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import type { Mailbox } from './mailbox.ts';

type Expired = Extract<NoticeChange, { kind: 'notice.expired' }>;
/** Records of one user that are given up. */
export type Surplus = { readonly userId: UserId; readonly recordNos: readonly number[] };

/** Writes down what falls off the waiting queues; one commit at a time, so that nothing is named twice. */
export class ExpiryDesk {
  readonly #committer: Committer;
  readonly #waitingLimitCount: number;
  readonly #waitingOf: (mailbox: Mailbox) => readonly number[];
  readonly #messageIdOf: (recordNo: number) => string;
  readonly #lc: Logger;
  readonly #full = new Set<Mailbox>();
  #turn: NodeJS.Immediate | undefined;
  #running: Promise<void> | undefined;
  #expiredCount = 0;

  constructor(options: {
    readonly committer: Committer;
    /** 0 = no bound. */
    readonly waitingLimitCount: number;
    /** The records that wait for a user, the oldest first. */
    readonly waitingOf: (mailbox: Mailbox) => readonly number[];
    readonly messageIdOf: (recordNo: number) => string;
    readonly lc: Logger;
  }) {
    this.#committer = options.committer;
    this.#waitingLimitCount = options.waitingLimitCount;
    this.#waitingOf = options.waitingOf;
    this.#messageIdOf = options.messageIdOf;
    this.#lc = options.lc;
  }

  /** Records expired since the start, through this desk. */
  get expiredCount(): number {
    return this.#expiredCount;
  }

  /** More waits for a user than may. */
  noteOverfull(mailbox: Mailbox): void {
    this.#full.add(mailbox);
    this.#askTurn();
  }

  /** Gives up the named ones. */
  expire(why: Expired['why'], marks: Expired['marks']): Promise<void> {
    if (marks.length === 0) return Promise.resolve();
    this.#expiredCount += marks.reduce((sum, { userIds }) => sum + (userIds?.length ?? 1), 0);
    return this.#commit({ kind: 'notice.expired', why, marks });
  }

  /** Gives up what waits for users. */
  giveUp(why: Expired['why'], surplus: readonly Surplus[]): Promise<void> {
    const byNotice = new Map<string, UserId[]>();
    for (const { userId, recordNos } of surplus) {
      for (const recordNo of recordNos) {
        const messageId = this.#messageIdOf(recordNo);
        const users = byNotice.get(messageId);
        if (users) users.push(userId);
        else byNotice.set(messageId, [userId]);
      }
    }
    return this.expire(
      why,
      [...byNotice].map(([messageId, userIds]) => ({ messageId, userIds })),
    );
  }

  /** Waits for the commit under way. Safe twice. */
  async close(): Promise<void> {
    clearImmediate(this.#turn);
    await this.#running;
  }

  #askTurn(): void {
    if (this.#turn || this.#running) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      this.#running = this.#flush().finally(() => {
        this.#running = undefined;
        if (this.#full.size > 0) this.#askTurn();
      });
    });
  }

  async #flush(): Promise<void> {
    const surplus = [...this.#full].map((mailbox) => ({
      userId: mailbox.userId,
      recordNos: this.#waitingOf(mailbox).slice(0, Math.max(0, mailbox.waitingCount - this.#waitingLimitCount)),
    }));
    this.#full.clear();
    await this.giveUp('overflow', surplus);
  }

  async #commit(change: Expired): Promise<void> {
    try {
      await this.#committer.commit([change]);
    } catch (error) {
      // They go on waiting, and are named again with the next arrival or at the next sweep.
      this.#lc.warn({ err: error, why: change.why }, 'expired notices could not be written down');
    }
  }
}
