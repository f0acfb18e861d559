import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { WORKER_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import {
  ENVELOPE_VERSION,
  type PlainAnswer,
  WORKER_EVENT,
  WORKER_MESSAGE,
} from '@hiscrm/shared/protocol/worker-link.ts';
import type { Socket } from 'socket.io';
import type { DownMessage, WorkerChannel } from '../../fleet/worker-channel.ts';
import { countOf, type Fields, fieldsOf, idOf, textOf } from '../../words/foreign-values.ts';
import { accountObject } from './account-object.ts';
import type { ForeignContext } from './foreign-context.ts';
import { LoginDesk } from './login-desk.ts';
import { sessionReport, statusReports } from './login-translation.ts';
import { registrationOf, whatIsWrong } from './read-envelope.ts';
import { ReplyCourier } from './reply-courier.ts';
import { snapshotDataOf } from './snapshot-intake.ts';
import { ackOf, FOREIGN_EVENT, FOREIGN_TYPE } from './worker-event.ts';

const MEBIBYTE = 1024 * 1024;
const STATUSES_LIMIT_COUNT = 1_000;

/**
 * One socket of an existing Worker: its envelopes and bare events become what the fleet, ingest and the log know, and what
 * the fleet sends becomes the messages that such a Worker knows.
 */
export class ForeignWorker implements WorkerChannel {
  readonly keyName: string;
  readonly #socket: Socket;
  readonly #context: ForeignContext;
  readonly #logins: LoginDesk;
  readonly #replies: ReplyCourier;
  /** Accounts that it was told to drive, and under which lease. */
  readonly #told = new Map<AccountId, number>();
  /** The id of its `join_room`: a Worker that reconnects says no more than that. */
  #claimedId: string | undefined;
  #workerId: WorkerId | undefined;
  #registering: Promise<void> | undefined;

  constructor(options: { readonly socket: Socket; readonly keyName: string; readonly context: ForeignContext }) {
    this.#socket = options.socket;
    this.keyName = options.keyName;
    this.#context = options.context;
    this.#logins = new LoginDesk({
      socket: options.socket,
      context: options.context,
      report: (accountId, changes) => this.#report(accountId, changes),
      worker: () => this.#workerId,
      drives: (accountId) => this.#told.has(accountId),
      configChanged: (accountId, fields) => this.#configChanged(accountId, fields),
    });
    this.#socket.on(FOREIGN_EVENT.joinRoom, (payload: unknown, ack: unknown) => this.#joinRoom(payload, ack));
    this.#replies = new ReplyCourier({
      context: options.context,
      worker: () => this.#workerId,
      drives: (accountId) => this.drives(accountId),
      emit: (event, payload) => this.emit(event, payload),
      accept: (accountId, leaseToken, changes) => this.#accept(accountId, leaseToken, changes),
      report: (accountId, changes) => this.#report(accountId, changes),
    });
    this.#socket.on(FOREIGN_EVENT.replyResult, (payload: unknown) => this.#guard(this.#replies.hear(payload)));
    this.#socket.once('disconnect', () => this.#onDisconnect());
  }

  get workerId(): WorkerId | undefined {
    return this.#workerId;
  }
  get logins(): LoginDesk {
    return this.#logins;
  }

  drives(accountId: AccountId): boolean {
    return this.#told.has(accountId);
  }

  /** Sends a bare event. False when the connection is gone. */
  emit(event: string, payload: unknown): boolean {
    if (!this.#socket.connected) return false;
    this.#socket.emit(event, payload);
    return true;
  }

  /** Takes one envelope. */
  receive(envelope: unknown): void {
    this.#guard(this.#receive(fieldsOf(envelope) ?? {}));
  }

  async request(message: DownMessage): Promise<PlainAnswer | 'silent'> {
    if (!this.#socket.connected) return 'silent';
    switch (message.type) {
      case WORKER_MESSAGE.assign: {
        const { accountId, leaseToken } = message.payload;
        this.#told.set(accountId, leaseToken);
        this.#send(FOREIGN_TYPE.taskAssign, this.#accountObject(accountId));
        await this.#reportStarting([accountId]);
        return { ok: true };
      }
      case WORKER_MESSAGE.revoke:
        this.#told.delete(message.payload.accountId);
        this.#send(FOREIGN_TYPE.taskRevoke, { account_id: message.payload.accountId });
        return { ok: true };
      case WORKER_MESSAGE.reply:
        return await this.#replies.carry(message.payload);
      case WORKER_MESSAGE.sync:
        return { ok: true }; // it sends everything it has every 30 s
      case WORKER_MESSAGE.login:
        this.#logins.start(message.payload.accountId, `session-${this.#context.newId()}`);
        return { ok: true };
      default:
        return unreachable(message);
    }
  }

  close(): void {
    this.#socket.disconnect(true);
  }

  #onDisconnect(): void {
    this.#replies.close();
    this.#logins.close();
    if (this.#workerId !== undefined) this.#context.fleet.disconnected(this, this.#workerId);
  }

  #guard(run: Promise<void>): void {
    run.catch((error: unknown) => {
      this.#context.lc.error(
        { err: error, workerId: this.#workerId },
        'a message of an existing worker failed through a bug',
      );
    });
  }

  /** No rooms are joined: what concerns a Worker goes to its own socket. */
  #joinRoom(payload: unknown, ack: unknown): void {
    this.#claimedId = idOf(fieldsOf(payload)?.workerId);
    if (typeof ack === 'function') ack(true);
  }

  async #receive(envelope: Fields): Promise<void> {
    const wrong = whatIsWrong(envelope);
    const type = textOf(envelope.type) ?? '';
    if (wrong !== undefined) {
      this.#send(type ? `${type}:error` : FOREIGN_TYPE.error, { success: false, error: wrong });
      return;
    }
    const payload = fieldsOf(envelope.payload) ?? {};
    try {
      await this.#handle(type, payload);
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      this.#context.lc.warn({ workerId: this.#workerId, type, code: error.code }, 'an existing worker was refused');
      const answer = type === FOREIGN_TYPE.dataSync ? FOREIGN_TYPE.dataSyncAck : ackOf(type);
      this.#send(answer, { success: false, error: error.message, timestamp: this.#context.clock.now() });
    }
  }

  async #handle(type: string, payload: Fields): Promise<void> {
    switch (type) {
      case WORKER_MESSAGE.register:
        await this.#register(payload);
        return;
      case WORKER_MESSAGE.heartbeat:
        await this.#heartbeat(payload);
        return;
      case FOREIGN_TYPE.accountStatus:
        await this.#accountStatus(payload);
        return;
      case FOREIGN_TYPE.dataSync:
        await this.#dataSync(payload);
        return;
      default:
        // Incremental updates and older pushes: all of it comes again in the next snapshot.
        this.#context.lc.debug(
          { workerId: this.#workerId, type: type.slice(0, 80) },
          'a worker message that says nothing more',
        );
    }
  }

  // Coming.

  async #register(payload: Fields): Promise<void> {
    const { fleet } = this.#context;
    const about = registrationOf(payload);
    const registration = await fleet.register(this, about);
    this.#workerId = about.workerId;
    this.#context.notePlace(about.workerId, { host: textOf(payload.host) ?? '', port: countOf(payload.port) ?? 0 });
    const assigned = registration.assignments.map(({ accountId, leaseToken }) => {
      this.#told.set(accountId, leaseToken);
      return this.#accountObject(accountId);
    });
    if (!this.#socket.connected) fleet.disconnected(this, about.workerId); // gone while the leases were made durable
    this.#send(ackOf(WORKER_MESSAGE.register), { success: true, assigned_accounts: assigned });
    await this.#reportStarting(registration.assignments.map(({ accountId }) => accountId));
    for (const reply of registration.replies) await this.#replies.carry(reply);
  }

  /**
   * A Worker registers once in its life, so after a restart of the Master, or a break, its next sign of life does it for it:
   * as the Worker that it was. Only accounts that are new to it are assigned; it still drives the others.
   */
  async #comeBack(claimed: string | undefined): Promise<WorkerId> {
    if (this.#workerId !== undefined) return this.#workerId;
    this.#registering ??= this.#registerAgain(claimed ?? this.#claimedId).finally(() => {
      this.#registering = undefined;
    });
    await this.#registering;
    if (this.#workerId === undefined) throw new ImError('BAD_REQUEST', { reason: 'register first' });
    return this.#workerId;
  }

  async #registerAgain(claimed: string | undefined): Promise<void> {
    const { store, fleet, lc } = this.#context;
    const known = store.workers().find(({ id }) => id === claimed);
    if (!known) return;
    const driven = new Set(
      store.accounts().flatMap(({ record }) => (record.lease?.workerId === known.id ? [record.id] : [])),
    );
    const { id, name, platforms, maxAccounts, version = '' } = known;
    const about = { protocol: WORKER_PROTOCOL, workerId: id, name, platforms: [...platforms], maxAccounts, version };
    const registration = await fleet.register(this, about);
    this.#workerId = id;
    lc.info({ workerId: id }, 'an existing worker came back without registering');
    for (const { accountId, leaseToken } of registration.assignments) {
      this.#told.set(accountId, leaseToken);
      if (!driven.has(accountId)) this.#send(FOREIGN_TYPE.taskAssign, this.#accountObject(accountId));
    }
    if (!this.#socket.connected) fleet.disconnected(this, id);
    for (const reply of registration.replies) await this.#replies.carry(reply);
  }

  /** Screens see at once that somebody drives the account; what its page says comes with the next status. */
  async #reportStarting(accountIds: readonly AccountId[]): Promise<void> {
    for (const accountId of accountIds) {
      const account = this.#context.store.account(accountId);
      if (account?.session.kind !== 'unassigned') continue;
      await this.#report(accountId, sessionReport(account, { kind: 'starting', since: this.#context.clock.now() }));
    }
  }

  // Signs of life and facts.

  async #heartbeat(payload: Fields): Promise<void> {
    const workerId = await this.#comeBack(idOf(payload.worker_id));
    this.#context.fleet.heartbeat(this, {
      workerId,
      memoryBytes: (countOf(payload.memory_usage) ?? 0) * MEBIBYTE,
      outboxCount: 0,
      accounts: [...this.#told].map(([accountId, leaseToken]) => ({ accountId, leaseToken })),
    });
    this.#send(ackOf(WORKER_MESSAGE.heartbeat), { success: true });
  }

  async #accountStatus(payload: Fields): Promise<void> {
    const workerId = await this.#comeBack(idOf(payload.worker_id));
    this.#context.fleet.heard(this, workerId);
    const statuses: unknown[] = Array.isArray(payload.account_statuses) ? payload.account_statuses : [];
    const counts = { updated: 0, failed: 0 };
    for (const entry of statuses.slice(0, STATUSES_LIMIT_COUNT)) {
      const accountId = idOf(fieldsOf(entry)?.account_id) as AccountId | undefined; // looked up next
      const status = fieldsOf(fieldsOf(entry)?.status);
      const account = accountId && this.drives(accountId) ? this.#context.store.account(accountId) : undefined;
      if (!account || !status) {
        counts.failed += 1;
        continue;
      }
      this.#context.noteRuntime(account.id, status);
      await this.#report(account.id, statusReports(account, status, this.#context.clock.now()));
      counts.updated += 1;
    }
    this.#send(ackOf(FOREIGN_TYPE.accountStatus), { success: true, ...counts });
  }

  async #dataSync(payload: Fields): Promise<void> {
    const workerId = await this.#comeBack(undefined);
    const { clock, store, fleet, intake, lc } = this.#context;
    fleet.heard(this, workerId);
    const accountId = (idOf(payload.accountId) ?? '') as AccountId; // looked up next
    const leaseToken = this.#told.get(accountId);
    const data = snapshotDataOf(payload);
    if (leaseToken === undefined) {
      this.#send(FOREIGN_TYPE.taskRevoke, { account_id: accountId });
      throw new ImError('ACCOUNT_NOT_FOUND');
    }
    if (!data) throw new ImError('BAD_REQUEST', { reason: 'snapshot.data is missing' });
    const taken = await intake.take({ accountId, workerId, leaseToken, data, timestamp: payload.timestamp });
    if (taken.skippedCount > 0)
      lc.warn({ accountId, skippedCount: taken.skippedCount }, 'items without an id in a snapshot');
    const stats = {
      totalAccounts: this.#told.size,
      totalComments: 0,
      totalContents: 0,
      totalConversations: 0,
      totalMessages: 0,
      lastUpdate: clock.now(),
    };
    for (const id of this.#told.keys()) {
      const summary = store.accountSummary(id);
      stats.totalComments += summary?.commentCount ?? 0;
      stats.totalContents += summary?.contentCount ?? 0;
      stats.totalConversations += summary?.conversationCount ?? 0;
      stats.totalMessages += summary?.messageCount ?? 0;
    }
    this.#send(FOREIGN_TYPE.dataSyncAck, { success: true, accountId, timestamp: clock.now(), stats });
  }

  // The way in and out.

  /** Reports facts of an account that it drives; a lease lost meanwhile makes them nothing. */
  async #report(accountId: AccountId, changes: readonly WorkerReport[]): Promise<void> {
    const leaseToken = this.#told.get(accountId);
    if (changes.length === 0 || leaseToken === undefined) return;
    try {
      await this.#accept(accountId, leaseToken, changes);
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      this.#context.lc.warn({ accountId, code: error.code }, 'a report of an existing worker was refused');
    }
  }

  async #accept(accountId: AccountId, leaseToken: number, changes: readonly WorkerReport[]): Promise<number> {
    const { ingest, newId } = this.#context;
    if (this.#workerId === undefined) throw new ImError('BAD_REQUEST', { reason: 'register first' });
    const batch = { accountId, leaseToken, batchId: newId(), changes: [...changes] };
    return (await ingest.accept(this.#workerId, batch)).storedCount;
  }

  #accountObject(accountId: AccountId): Readonly<Record<string, unknown>> {
    const account = this.#context.store.account(accountId);
    return account ? accountObject(account, this.#context.vault.get(accountId)) : { id: accountId };
  }

  /** The Worker loads the account again when it hears this. */
  #configChanged(accountId: AccountId, fields: readonly string[]): void {
    this.#send(FOREIGN_TYPE.configUpdate, { account_id: accountId, reason: 'login_success', updated_fields: fields });
  }

  #send(type: string, payload: unknown): void {
    this.emit(WORKER_EVENT, { type, version: ENVELOPE_VERSION, payload, timestamp: this.#context.clock.now() });
  }
}
