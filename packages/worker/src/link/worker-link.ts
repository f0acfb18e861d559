/**
 * The Worker's end of the link (shared/protocol/worker-link.ts): keeps it, registers after every connect, and passes on what
 * the Master orders. Batches go over it by batch-hand-over.ts.
 */
import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import {
  type LinkEvent,
  type LinkState,
  type LinkTimes,
  linkDueAt,
  nextLinkState,
} from '@hiscrm/shared/protocol/link-state.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { WORKER_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import {
  type Assignment,
  ENVELOPE_VERSION,
  type PlainAnswer,
  plainAnswerSchema,
  type RegisterAnswer,
  type ReplyPayload,
  registerAnswerSchema,
  WORKER_EVENT,
  WORKER_HEARTBEAT_MS,
  WORKER_MESSAGE,
  WORKER_NAMESPACE,
  WORKER_TIMEOUT_MS,
  type WorkerDown,
  type WorkerUp,
  workerDownSchema,
} from '@hiscrm/shared/protocol/worker-link.ts';
import { io, type Socket } from 'socket.io-client';
import type { Logger } from '../lib/logger.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { BatchHandOver } from './batch-hand-over.ts';

/** What the Master orders, carried out elsewhere. */
export interface LinkOrders {
  /** Registered anew: the whole list of accounts to drive. */
  registered(answer: Extract<RegisterAnswer, { ok: true }>): void;
  /** False for a platform that this Worker does not know. */
  assign(assignment: Assignment): boolean;
  revoke(accountId: AccountId, leaseToken: number): void;
  /** False when the account is not driven here under that lease. */
  reply(payload: ReplyPayload): boolean;
  sync(accountId: AccountId): boolean;
  login(accountId: AccountId): boolean;
  /** The Master knows a newer lease than this Worker holds. */
  staleLease(accountId: AccountId, leaseToken: number): void;
  accounts(): { accountId: AccountId; leaseToken: number }[];
}

export type LinkOptions = {
  readonly masterUrl: string;
  readonly key: string;
  readonly workerId: WorkerId;
  readonly name: string;
  readonly version: string;
  readonly platforms: readonly string[];
  readonly maxAccounts: number;
  readonly outbox: Outbox;
  readonly orders: LinkOrders;
  readonly clock: Clock;
  readonly log: Logger;
};

/** An answer is durable work on the Master's side; beyond this the same batch is sent again. */
const ANSWER_TIMEOUT_MS = 15_000;
/** Heartbeats are answered, so a Master that says nothing for as long as it would wait for us is gone. */
const LINK_TIMES: LinkTimes = {
  connectMs: 20_000,
  silenceMs: WORKER_TIMEOUT_MS,
  retryFirstMs: 500,
  retryCapMs: 15_000,
  stableMs: 60_000,
};
/** A key or protocol that is refused is tried again this seldom: a person has to act, on the Master's side. */
const REFUSED_RETRY_MS = 60_000;

const parseDown = parserOf(workerDownSchema);
const parseRegisterAnswer = parserOf(registerAnswerSchema);
const parsePlainAnswer = parserOf(plainAnswerSchema);

export class WorkerLink {
  readonly #options: LinkOptions;
  readonly #socket: Socket;
  readonly #handOver: BatchHandOver;
  #state: LinkState = { kind: 'idle' };
  #requestCount = 0;
  #cancelTick: Cancel = () => undefined;
  #cancelHeartbeat: Cancel = () => undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#socket = io(new URL(WORKER_NAMESPACE, options.masterUrl).href, {
      transports: ['websocket'],
      auth: { key: options.key },
      autoConnect: false,
      // The waiting between attempts is ours, on the clock that was handed in.
      reconnection: false,
    });
    const { outbox, clock, log } = options;
    this.#handOver = new BatchHandOver({
      ...{ outbox, clock, log },
      isOpen: () => this.isRegistered && !this.#isClosed,
      send: (payload) => this.#ask({ type: WORKER_MESSAGE.changes, payload }),
      staleLease: (accountId, leaseToken) => options.orders.staleLease(accountId, leaseToken),
    });
    this.#socket.on('connect', () => void this.#register());
    this.#socket.on('disconnect', (reason) => this.#lost(reason));
    this.#socket.on('connect_error', (error) => this.#lost(error.message));
    this.#socket.on(WORKER_EVENT, (input: unknown, answer: unknown) => {
      this.#apply({ type: 'heard', now: this.#options.clock.now() });
      const result = this.#obey(input);
      if (typeof answer === 'function') answer(result);
    });
  }

  get isRegistered(): boolean {
    return this.#state.kind === 'live';
  }

  start(): void {
    this.#cancelHeartbeat = every(this.#options.clock, WORKER_HEARTBEAT_MS, () => void this.#beat());
    this.#apply({ type: 'start', now: this.#options.clock.now() });
  }

  /** Resolves when nothing waits any more, or after `graceMs`. */
  drain(graceMs: number): Promise<void> {
    return this.#handOver.drain(graceMs);
  }

  /** Safe twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handOver.close();
    this.#cancelHeartbeat();
    this.#apply({ type: 'close', now: this.#options.clock.now() });
    this.#cancelTick();
    this.#socket.disconnect();
  }

  async #register(): Promise<void> {
    const { workerId, name, version, platforms, maxAccounts, log, orders } = this.#options;
    const payload = { protocol: WORKER_PROTOCOL, workerId, name, version, platforms: [...platforms], maxAccounts };
    const answer = parseRegisterAnswer(await this.#ask({ type: WORKER_MESSAGE.register, payload }));
    if (!answer.ok || !answer.value.ok) {
      const why = answer.ok ? (answer.value.ok ? '' : answer.value.error.code) : answer.reason;
      log.error({ why }, 'the Master refused the registration');
      this.#lost(why, REFUSED_RETRY_MS);
      return;
    }
    log.info({ accountCount: answer.value.assignments.length }, 'registered with the Master');
    this.#apply({ type: 'opened', now: this.#options.clock.now() });
    orders.registered(answer.value);
    this.#handOver.resume();
  }

  #lost(reason: string, retryAfterMs?: number): void {
    if (this.#isClosed || this.#state.kind === 'waiting') return;
    const { clock, log } = this.#options;
    this.#apply({ type: 'lost', now: clock.now(), random: clock.random(), retryAfterMs });
    log.warn({ reason, dueAt: linkDueAt(this.#state) }, 'no link to the Master');
  }

  /** Moves the link's state on, and does what the new one asks for. */
  #apply(event: LinkEvent): void {
    const before = this.#state;
    this.#state = nextLinkState(before, event, LINK_TIMES);
    if (this.#state === before) return;
    this.#planTick();
    if (this.#state.kind === before.kind) return;
    switch (this.#state.kind) {
      case 'connecting':
        this.#socket.connect();
        break;
      case 'waiting':
      case 'refused':
      case 'closed':
        this.#socket.disconnect();
        break;
      case 'idle':
      case 'live':
        break;
      default:
        unreachable(this.#state);
    }
  }

  #planTick(): void {
    const { clock } = this.#options;
    this.#cancelTick();
    const dueAt = linkDueAt(this.#state);
    if (dueAt === undefined) return;
    this.#cancelTick = clock.after(Math.max(0, dueAt - clock.now()), () => {
      this.#apply({ type: 'tick', now: clock.now(), random: clock.random() });
      this.#planTick();
    });
  }

  async #beat(): Promise<void> {
    if (!this.isRegistered) return;
    const { workerId, outbox, orders } = this.#options;
    const payload = {
      workerId,
      memoryBytes: process.memoryUsage.rss(),
      outboxCount: outbox.stats().batchCount,
      accounts: orders.accounts(),
    };
    const answer = parsePlainAnswer(await this.#ask({ type: WORKER_MESSAGE.heartbeat, payload }));
    if (answer.ok && !answer.value.ok)
      this.#options.log.warn({ code: answer.value.error.code }, 'the Master refused a heartbeat');
  }

  /** The Master's answer; undefined, which no schema takes, when none came. */
  async #ask(up: Pick<WorkerUp, 'type' | 'payload'>): Promise<unknown> {
    // The library would hold a frame back and send it before the next registration.
    if (!this.#socket.connected) return undefined;
    this.#requestCount += 1;
    const frame = {
      ...up,
      version: ENVELOPE_VERSION,
      timestamp: this.#options.clock.now(),
      requestId: `${this.#options.workerId}-${this.#requestCount}`,
    };
    try {
      const answer: unknown = await this.#socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(WORKER_EVENT, frame);
      this.#apply({ type: 'heard', now: this.#options.clock.now() });
      return answer;
    } catch (error) {
      this.#options.log.debug({ type: up.type, err: error }, 'no answer from the Master');
      return undefined;
    }
  }

  #obey(input: unknown): PlainAnswer {
    const parsed = parseDown(input);
    if (!parsed.ok) return { ok: false, error: toWireError('BAD_FRAME', { reason: parsed.reason }) };
    const isDone = this.#carryOut(parsed.value);
    return isDone ? { ok: true } : { ok: false, error: toWireError('ACCOUNT_NOT_DRIVEN') };
  }

  #carryOut(down: WorkerDown): boolean {
    const { orders } = this.#options;
    switch (down.type) {
      case WORKER_MESSAGE.assign:
        return orders.assign(down.payload);
      case WORKER_MESSAGE.revoke:
        orders.revoke(down.payload.accountId, down.payload.leaseToken);
        return true;
      case WORKER_MESSAGE.reply:
        return orders.reply(down.payload);
      case WORKER_MESSAGE.sync:
        return orders.sync(down.payload.accountId);
      case WORKER_MESSAGE.login:
        return orders.login(down.payload.accountId);
      default:
        return unreachable(down);
    }
  }
}
