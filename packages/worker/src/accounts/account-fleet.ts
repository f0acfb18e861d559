import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Assignment, ReplyPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import type { Logger } from '../lib/logger.ts';
import type { KnownIndex } from '../outbox/known-index.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { AccountSession } from './account-session.ts';

/** All accounts that this Worker drives. */
export class AccountFleet {
  readonly #open: (assignment: Assignment) => AccountSession | undefined;
  readonly #outbox: Outbox;
  readonly #known: KnownIndex;
  readonly #log: Logger;
  readonly #sessions = new Map<AccountId, AccountSession>();
  readonly #closing = new Map<AccountId, Promise<void>>();
  #isClosed = false;

  /** `open` makes a session, or nothing for a platform that this Worker does not know. */
  constructor(options: {
    open: (assignment: Assignment) => AccountSession | undefined;
    outbox: Outbox;
    known: KnownIndex;
    log: Logger;
  }) {
    this.#open = options.open;
    this.#outbox = options.outbox;
    this.#known = options.known;
    this.#log = options.log;
  }

  accounts(): { accountId: AccountId; leaseToken: number }[] {
    return [...this.#sessions.values()].map(({ assignment }) => ({
      accountId: assignment.accountId,
      leaseToken: assignment.leaseToken,
    }));
  }

  session(accountId: AccountId): AccountSession | undefined {
    return this.#sessions.get(accountId);
  }

  /** The Master's list after a registration is the truth: what is not on it is driven by somebody else. */
  replaceAll(assignments: readonly Assignment[]): void {
    const listed = new Set(assignments.map(({ accountId }) => accountId));
    for (const accountId of [...this.#sessions.keys()]) if (!listed.has(accountId)) this.drop(accountId);
    for (const assignment of assignments) this.assign(assignment);
  }

  /** False for a platform that this Worker does not know. */
  assign(assignment: Assignment): boolean {
    const { accountId } = assignment;
    if (this.#isClosed) return false;
    const known = this.#sessions.get(accountId);
    if (known && assignment.leaseToken < known.assignment.leaseToken) return true;
    this.#outbox.restamp(accountId, assignment.leaseToken);
    if (known) {
      known.renew(assignment);
      return true;
    }
    const session = this.#open(assignment);
    if (!session) return false;
    this.#sessions.set(accountId, session);
    // A browser of the same account may still be closing; two must never share a profile.
    const before = this.#closing.get(accountId) ?? Promise.resolve();
    void before.then(() => this.#sessions.get(accountId) === session && session.start());
    return true;
  }

  /** Stops driving the account. What waits in the outbox stays: it was read under a lease that was held. */
  revoke(accountId: AccountId, leaseToken: number): void {
    const session = this.#sessions.get(accountId);
    if (session && session.assignment.leaseToken <= leaseToken) this.#close(accountId, session);
  }

  /** Another Worker holds the lease: stops, and lets go of what was not acknowledged. */
  drop(accountId: AccountId): void {
    const session = this.#sessions.get(accountId);
    if (session) this.#close(accountId, session);
    const count = this.#outbox.discardAccount(accountId, () => this.#known.forget(accountId));
    this.#log.warn({ accountId, batchCount: count }, 'the account went to another Worker');
  }

  /** The replies of a register answer: only these may still be attempted, beside what the Master offers later. */
  replaceReplies(offers: readonly ReplyPayload[]): void {
    const ids = new Set(offers.map(({ reply }) => reply.id));
    for (const session of this.#sessions.values()) session.keepOnlyReplies(ids);
    for (const offer of offers) this.offerReply(offer);
  }

  /** False when this Worker does not drive the account under that lease. */
  offerReply({ leaseToken, reply }: ReplyPayload): boolean {
    const session = this.#sessions.get(reply.accountId);
    if (!session || session.assignment.leaseToken !== leaseToken) return false;
    session.offerReply(reply);
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [accountId, session] of [...this.#sessions]) this.#close(accountId, session);
    await Promise.all(this.#closing.values());
  }

  #close(accountId: AccountId, session: AccountSession): void {
    this.#sessions.delete(accountId);
    const before = this.#closing.get(accountId) ?? Promise.resolve();
    const closing = before
      .then(() => session.close())
      .catch((error: unknown) => this.#log.error({ accountId, err: error }, 'an account did not close cleanly'))
      .then(() => {
        if (this.#closing.get(accountId) === closing) this.#closing.delete(accountId);
      });
    this.#closing.set(accountId, closing);
  }
}
