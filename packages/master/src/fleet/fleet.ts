import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Epoch, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { type Assignment, type ReplyPayload, WORKER_MESSAGE } from '@hiscrm/shared/protocol/worker-link.ts';
import type { Logger } from '../lib/logger.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { FleetLimits } from './fleet-limits.ts';
import type { HeartbeatPayload, Member, RegisterPayload } from './member.ts';
import { planChanges } from './plan-changes.ts';
import { type Holding, ReplyDesk } from './reply-desk.ts';
import type { DownMessage, WorkerChannel } from './worker-channel.ts';

/** How often waits are looked at. */
const SWEEP_MS = 1_000;

/** Where the fleet's decisions become durable: the committer. */
export interface Commits {
  commit(changes: readonly Change[]): Promise<unknown>;
}

/** What a Worker is told when it comes. */
export type Registration = {
  readonly epoch: Epoch;
  readonly heartbeatMs: number;
  readonly assignments: readonly Assignment[];
  readonly replies: readonly ReplyPayload[];
};

/** One Worker, for status pages. */
export type WorkerStatus = {
  readonly id: WorkerId;
  readonly name: string;
  readonly isOnline: boolean;
  readonly isConnected: boolean;
  readonly lastHeardAt: number;
  readonly memoryBytes: number;
  readonly outboxCount: number;
  readonly accountCount: number;
};

export type FleetFigures = {
  readonly workerCount: number;
  readonly onlineCount: number;
  readonly heldAccountCount: number;
  readonly handedReplyCount: number;
};

/**
 * Who the Workers are, which account each drives, and the way to them (rules FL* in docs/spec/fleet.md). Leases are rows of
 * the log; what is kept here beside them is who is connected and what each has been told.
 */
export class Fleet {
  readonly #store: StoreReader;
  readonly #committer: Commits;
  readonly #clock: Clock;
  readonly #limits: FleetLimits;
  readonly #lc: Logger;
  readonly #desk: ReplyDesk;
  readonly #members = new Map<WorkerId, Member>();
  readonly #cancelSweep: Cancel;
  /** Plans run one after the other, each on what the last one made durable. */
  #planning: Promise<void> = Promise.resolve();
  #isPlanWaiting = false;
  /** A plan failed and goes again with the next sweep. */
  #isPlanOwed = false;
  #isSettling = false;
  #isClosed = false;

  constructor(options: { store: StoreReader; committer: Commits; clock: Clock; limits: FleetLimits; lc: Logger }) {
    this.#store = options.store;
    this.#committer = options.committer;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#lc = options.lc;
    this.#desk = new ReplyDesk({ store: options.store, limits: options.limits, startedAt: options.clock.now() });
    // Workers that were here before a restart get their time to come back before their accounts go to others.
    for (const record of this.#store.workers()) if (record.isOnline) this.#admit(record.id, record, undefined);
    this.#cancelSweep = every(options.clock, SWEEP_MS, () => this.#sweep());
  }

  /**
   * A Worker came, for the first time or again; the newest connection of a Worker is the one that counts, and an older one
   * is hung up. Rejects with ALREADY_EXISTS when a connected Worker of another key has the id, or as the committer does.
   */
  async register(channel: WorkerChannel, payload: RegisterPayload): Promise<Registration> {
    const before = this.#members.get(payload.workerId);
    if (before?.channel && before.channel.keyName !== channel.keyName) {
      throw new ImError('ALREADY_EXISTS', { what: `worker ${payload.workerId}` });
    }
    const member = this.#admit(payload.workerId, payload, channel);
    if (before?.channel && before.channel !== channel) before.channel.close();
    await this.#plan();
    if (this.#members.get(member.id) !== member) throw new ImError('OVERLOADED', { retryAfterMs: SWEEP_MS }); // replaced meanwhile
    const holdings = this.#holdingsOf(member.id);
    const at = this.#clock.now();
    for (const { accountId, token } of holdings) member.told.set(accountId, { token, at });
    member.isTold = true;
    this.#lc.info({ workerId: member.id, accountCount: holdings.length }, 'worker registered');
    return {
      epoch: this.#store.epoch,
      heartbeatMs: this.#limits.heartbeatMs,
      assignments: holdings.flatMap((holding) => this.#assignmentOf(holding) ?? []),
      replies: holdings.flatMap((holding) => this.#desk.handOver(holding)),
    };
  }

  /** A Worker says what it drives: what it should not is revoked, what it should and was told long ago is told again. */
  heartbeat(channel: WorkerChannel, payload: HeartbeatPayload): void {
    const member = this.#memberOf(channel, payload.workerId);
    member.lastHeardAt = this.#clock.now();
    member.load = { memoryBytes: payload.memoryBytes, outboxCount: payload.outboxCount };
    const tokens = new Map(this.#holdingsOf(member.id).map(({ accountId, token }) => [accountId, token]));
    for (const { accountId, leaseToken } of payload.accounts) {
      if (tokens.get(accountId) !== leaseToken) this.#revoke(member, accountId, leaseToken);
    }
    const driven = new Set(payload.accounts.map(({ accountId }) => accountId));
    const settledAt = this.#clock.now() - 2 * this.#limits.heartbeatMs;
    for (const [accountId, { at }] of member.told) {
      if (!driven.has(accountId) && at <= settledAt) member.told.delete(accountId);
    }
    this.#tell(member);
    this.#sendReplies(member);
  }

  /** Any sign of life. */
  heard(channel: WorkerChannel, workerId: WorkerId): void {
    this.#memberOf(channel, workerId).lastHeardAt = this.#clock.now();
  }

  /** The connection is gone. A late word about a connection that was replaced changes nothing. */
  disconnected(channel: WorkerChannel, workerId: WorkerId): void {
    const member = this.#members.get(workerId);
    if (member?.channel === channel) member.channel = undefined;
  }

  /** Hears every durable row, after the store has folded it in. */
  onPublication({ rows }: { readonly rows: readonly LoggedRow[] }): void {
    for (const { change } of rows) {
      switch (change.kind) {
        case 'account.removed':
          this.#desk.forgetRemoved();
          this.#planSoon();
          break;
        case 'account.added':
        case 'account.changed':
          this.#planSoon();
          break;
        case 'reply.requested': {
          const member = this.#driverOf(change.accountId);
          if (member) this.#sendReplies(member, change.accountId);
          break;
        }
        case 'reply.sent':
        case 'reply.rejected':
        case 'reply.unknown':
          this.#desk.forget(change.replyId);
          break;
        default:
      }
    }
  }

  /** Asks the driving Worker to read the account again. Rejects with ACCOUNT_NOT_DRIVEN or the Worker's refusal. */
  requestSync(accountId: AccountId): Promise<void> {
    return this.#ask(accountId, WORKER_MESSAGE.sync);
  }

  /** Asks the driving Worker to open the login page. Rejects with ACCOUNT_NOT_DRIVEN or the Worker's refusal. */
  startLogin(accountId: AccountId): Promise<void> {
    return this.#ask(accountId, WORKER_MESSAGE.login);
  }

  status(): readonly WorkerStatus[] {
    return [...this.#members.values()].map((member) => ({
      id: member.id,
      name: member.about.name,
      isOnline: member.isOnline,
      isConnected: member.channel !== undefined,
      lastHeardAt: member.lastHeardAt,
      ...member.load,
      accountCount: this.#holdingsOf(member.id).length,
    }));
  }

  figures(): FleetFigures {
    const members = [...this.#members.values()];
    return {
      workerCount: members.length,
      onlineCount: members.filter(({ isOnline }) => isOnline).length,
      heldAccountCount: members.reduce((sum, { told }) => sum + told.size, 0),
      handedReplyCount: this.#desk.handedCount,
    };
  }

  /** Stops planning and waits for what is under way. Workers keep their leases: they come back. Safe twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSweep();
    await this.#planning.catch(() => undefined); // its failure was told to who asked for it
  }

  #admit(id: WorkerId, about: Member['about'], channel: WorkerChannel | undefined): Member {
    const { name, platforms, maxAccounts, version } = about;
    const member: Member = {
      id,
      about: { name, platforms, maxAccounts, ...(version !== undefined && { version }) },
      channel,
      lastHeardAt: this.#clock.now(),
      isOnline: true,
      load: { memoryBytes: 0, outboxCount: 0 },
      isTold: false,
      told: new Map(),
    };
    this.#members.set(id, member);
    return member;
  }

  #memberOf(channel: WorkerChannel, workerId: WorkerId): Member {
    const member = this.#members.get(workerId);
    if (member?.channel !== channel || !member.isOnline) throw new ImError('BAD_REQUEST', { reason: 'register first' });
    return member;
  }

  /** Accounts whose lease the Worker has and that are not paused. */
  #holdingsOf(workerId: WorkerId): readonly Holding[] {
    return this.#store.accounts().flatMap(({ record: { id, lease, isPaused } }) => {
      return lease?.workerId === workerId && !isPaused ? [{ accountId: id, workerId, token: lease.token }] : [];
    });
  }

  /** The connected Worker that drives the account. */
  #driverOf(accountId: AccountId): (Member & { readonly channel: WorkerChannel }) | undefined {
    const account = this.#store.account(accountId);
    const workerId = account?.lease?.workerId;
    const member = workerId && !account.isPaused ? this.#members.get(workerId) : undefined;
    return member?.channel && member.isOnline && member.told.has(accountId)
      ? (member as Member & { readonly channel: WorkerChannel }) // just seen
      : undefined;
  }

  #assignmentOf({ accountId, token }: Holding): Assignment | undefined {
    const account = this.#store.account(accountId);
    if (!account) return undefined;
    const { platform, name, profile } = account;
    return {
      accountId,
      platform,
      name,
      leaseToken: token,
      ...(profile && { platformUserId: profile.platformUserId }),
    };
  }

  // Placement.

  #planSoon(): void {
    if (this.#isPlanWaiting || this.#isClosed) return;
    this.#isPlanWaiting = true;
    this.#plan().catch((error: unknown) => {
      this.#lc.error({ err: error }, 'accounts could not be placed; trying again');
      this.#isPlanOwed = true;
    });
  }

  #plan(): Promise<void> {
    this.#planning = this.#planning
      .catch(() => undefined) // the failure of an earlier plan was told to who asked for it
      .then(() => this.#planNow());
    return this.#planning;
  }

  async #planNow(): Promise<void> {
    this.#isPlanWaiting = false;
    if (this.#isClosed) return;
    const now = this.#clock.now();
    const changes = planChanges({ store: this.#store, desk: this.#desk, members: this.#members, now });
    if (changes.length > 0) await this.#committer.commit(changes);
    for (const member of this.#members.values()) {
      if (member.isOnline) this.#tell(member);
      else this.#members.delete(member.id); // the store remembers it
    }
  }

  // Telling.

  #tell(member: Member): void {
    if (!member.channel || !member.isTold) return;
    const holdings = new Map(this.#holdingsOf(member.id).map((holding) => [holding.accountId, holding]));
    for (const [accountId, { token }] of member.told) {
      if (holdings.get(accountId)?.token !== token) this.#revoke(member, accountId, token);
    }
    for (const holding of holdings.values()) if (!member.told.has(holding.accountId)) this.#assign(member, holding);
  }

  #assign(member: Member, holding: Holding): void {
    const { accountId, token } = holding;
    const payload = this.#assignmentOf(holding);
    if (!payload) return;
    const told = { token, at: this.#clock.now() };
    member.told.set(accountId, told);
    this.#send(member, { type: WORKER_MESSAGE.assign, payload }, (isTaken) => {
      // What was not taken is told again with the next heartbeat.
      if (!isTaken && member.told.get(accountId) === told) member.told.delete(accountId);
      else this.#sendReplies(member, accountId);
    });
  }

  #revoke(member: Member, accountId: AccountId, token: number): void {
    member.told.delete(accountId);
    this.#send(member, { type: WORKER_MESSAGE.revoke, payload: { accountId, leaseToken: token } }, () => undefined);
  }

  #send(member: Member, message: DownMessage, then: (isTaken: boolean) => void): void {
    void member.channel?.request(message).then((answer) => {
      if (answer !== 'silent' && !answer.ok) {
        this.#lc.warn({ workerId: member.id, type: message.type, code: answer.error.code }, 'worker refused');
      }
      then(answer !== 'silent' && answer.ok);
    });
  }

  #sendReplies(member: Member, only?: AccountId | undefined): void {
    const { channel } = member;
    if (!channel) return;
    for (const holding of this.#holdingsOf(member.id)) {
      const isMeant = only === undefined || holding.accountId === only;
      if (isMeant && member.told.has(holding.accountId)) void this.#desk.send(holding, channel);
    }
  }

  async #ask(accountId: AccountId, type: (typeof WORKER_MESSAGE)['sync' | 'login']): Promise<void> {
    const member = this.#driverOf(accountId);
    const token = this.#store.account(accountId)?.lease?.token;
    if (!member || token === undefined) throw new ImError('ACCOUNT_NOT_DRIVEN');
    const answer = await member.channel.request({ type, payload: { accountId, leaseToken: token } });
    if (answer === 'silent') throw new ImError('ACCOUNT_NOT_DRIVEN');
    if (!answer.ok) throw new ImError(answer.error.code, answer.error.details);
  }

  // Time.

  #sweep(): void {
    const now = this.#clock.now();
    for (const member of this.#members.values()) {
      if (!member.isOnline || now - member.lastHeardAt < this.#limits.timeoutMs) continue;
      this.#lc.warn(
        { workerId: member.id, lastHeardAt: member.lastHeardAt },
        'worker unheard; its accounts go to others',
      );
      member.isOnline = false;
      member.told.clear();
      member.channel?.close();
      member.channel = undefined;
      this.#planSoon();
    }
    if (this.#isPlanOwed) {
      this.#isPlanOwed = false;
      this.#planSoon();
    }
    void this.#settleOverdue(now);
  }

  /** One at a time: what the last one settles must be in the store before it is looked at again. */
  async #settleOverdue(now: number): Promise<void> {
    if (this.#isSettling || this.#isClosed) return;
    const changes = this.#store.accounts().flatMap(({ record }) => {
      const holder = record.lease?.workerId;
      const isHere = holder ? this.#members.get(holder)?.isOnline === true : false;
      return this.#desk.outcomesOverdue(record, now, isHere);
    });
    if (changes.length === 0) return;
    this.#isSettling = true;
    try {
      await this.#committer.commit(changes);
    } catch (error) {
      this.#lc.error({ err: error, count: changes.length }, 'overdue replies could not be settled');
    } finally {
      this.#isSettling = false;
    }
  }
}
