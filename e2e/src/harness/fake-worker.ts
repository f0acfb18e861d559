import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { WORKER_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import {
  type Assignment,
  type ChangesAnswer,
  type ChangesPayload,
  ENVELOPE_VERSION,
  type PlainAnswer,
  type RegisterAnswer,
  type ReplyPayload,
  WORKER_EVENT,
  WORKER_HEARTBEAT_MS,
  WORKER_MESSAGE,
  WORKER_NAMESPACE,
  type WorkerDown,
} from '@hiscrm/shared/protocol/worker-link.ts';
import { io, type Socket } from 'socket.io-client';
import { within } from './until.ts';

/** A Master on the same machine answers within milliseconds, unless it is being killed. */
const ANSWER_DEADLINE_MS = 20_000;

export type FakeWorkerOptions = {
  /** `http://127.0.0.1:port` of the Master or of a proxy before it. */
  readonly baseUrl: string;
  readonly key: string;
  readonly workerId: string;
  readonly maxAccounts?: number | undefined;
  readonly onReply?: ((payload: ReplyPayload) => void) | undefined;
  readonly onAssign?: ((assignment: Assignment) => void) | undefined;
  readonly onRevoke?: ((accountId: AccountId) => void) | undefined;
};

/** A Worker without browsers over the real link: sends the batches it is told to and keeps nothing. */
export class FakeWorker {
  readonly assignments = new Map<AccountId, Assignment>();
  readonly #options: FakeWorkerOptions;
  readonly #socket: Socket;
  readonly #registered = deferred<Extract<RegisterAnswer, { ok: true }>>();
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #assignWaiters = new Set<() => void>();
  #heartbeat: NodeJS.Timeout | undefined;
  #batchCount = 0;

  private constructor(options: FakeWorkerOptions) {
    this.#options = options;
    this.#socket = io(`${options.baseUrl}${WORKER_NAMESPACE}`, {
      transports: ['websocket'],
      auth: { key: options.key },
      reconnection: false,
      forceNew: true,
    });
    this.#socket.on('connect', () => void this.#register());
    this.#socket.on('connect_error', (error) => this.#fail(error));
    this.#socket.on('disconnect', (reason) => this.#fail(new Error(`the worker link was cut: ${reason}`)));
    this.#socket.on(WORKER_EVENT, (frame: WorkerDown, answer: (answer: PlainAnswer) => void) =>
      this.#onDown(frame, answer),
    );
  }

  /** Resolves once the Master has taken it in; rejects with its refusal. */
  static async connect(options: FakeWorkerOptions): Promise<FakeWorker> {
    const worker = new FakeWorker(options);
    try {
      await within(ANSWER_DEADLINE_MS, 'a Worker to register', worker.#registered.promise);
      return worker;
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  /** The Master's answer to the registration. */
  get registration(): Promise<Extract<RegisterAnswer, { ok: true }>> {
    return this.#registered.promise;
  }

  get isConnected(): boolean {
    return this.#socket.connected;
  }

  /** The right to write about the account, once the Master gives it. */
  async assignment(accountId: AccountId): Promise<Assignment> {
    const given = deferred<Assignment>();
    const look = (): void => {
      const found = this.assignments.get(accountId);
      if (found) given.resolve(found);
    };
    this.#assignWaiters.add(look);
    this.#waiting.add(given.reject);
    look();
    try {
      return await within(ANSWER_DEADLINE_MS, `account ${accountId} to be assigned`, given.promise);
    } finally {
      this.#assignWaiters.delete(look);
      this.#waiting.delete(given.reject);
    }
  }

  /** One batch, under a fresh name unless told otherwise. Resolves with the Master's answer; rejects when the link is cut first. */
  async send(
    accountId: AccountId,
    changes: readonly WorkerReport[],
    extra: Partial<Pick<ChangesPayload, 'batchId' | 'leaseToken' | 'sync'>> = {},
  ): Promise<ChangesAnswer> {
    const leaseToken = extra.leaseToken ?? (await this.assignment(accountId)).leaseToken;
    this.#batchCount += 1;
    const payload: ChangesPayload = {
      accountId,
      leaseToken,
      batchId: extra.batchId ?? `${this.#options.workerId}-${process.pid}-${this.#batchCount}-${Date.now()}`,
      changes: [...changes],
      ...(extra.sync && { sync: extra.sync }),
    };
    return this.request<ChangesAnswer>(WORKER_MESSAGE.changes, payload);
  }

  /** Any envelope, right or wrong, and what came back. */
  request<A>(type: string, payload: unknown): Promise<A> {
    const answered = deferred<A>();
    this.#waiting.add(answered.reject);
    this.#socket.emit(WORKER_EVENT, { type, version: ENVELOPE_VERSION, payload, timestamp: Date.now() }, (answer: A) =>
      answered.resolve(answer),
    );
    return within(ANSWER_DEADLINE_MS, `an answer to ${type}`, answered.promise).finally(() =>
      this.#waiting.delete(answered.reject),
    );
  }

  /** Emits whatever it is given, without envelope and without waiting. */
  emitRaw(...args: unknown[]): void {
    this.#socket.emit(WORKER_EVENT, ...args);
  }

  /** Safe twice. */
  close(): void {
    clearInterval(this.#heartbeat);
    this.#socket.close();
    this.#fail(new Error('the fake Worker was closed'));
  }

  async #register(): Promise<void> {
    try {
      const answer = await this.request<RegisterAnswer>(WORKER_MESSAGE.register, {
        protocol: WORKER_PROTOCOL,
        workerId: this.#options.workerId,
        name: this.#options.workerId,
        version: '0.0.0-fake',
        platforms: ['douyin'],
        maxAccounts: this.#options.maxAccounts ?? 1_000,
      });
      if (!answer.ok) throw new Error(`register was refused: ${JSON.stringify(answer.error)}`);
      for (const assignment of answer.assignments) this.#assign(assignment);
      this.#heartbeat = setInterval(() => this.#beat(), WORKER_HEARTBEAT_MS);
      this.#registered.resolve(answer);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #beat(): void {
    this.#socket.emit(
      WORKER_EVENT,
      {
        type: WORKER_MESSAGE.heartbeat,
        version: ENVELOPE_VERSION,
        timestamp: Date.now(),
        payload: {
          workerId: this.#options.workerId as WorkerId, // given by whoever runs the test
          memoryBytes: process.memoryUsage.rss(),
          outboxCount: 0,
          accounts: [...this.assignments.values()].map(({ accountId, leaseToken }) => ({ accountId, leaseToken })),
        },
      },
      () => undefined,
    );
  }

  #onDown(frame: WorkerDown, answer: (answer: PlainAnswer) => void): void {
    switch (frame.type) {
      case WORKER_MESSAGE.assign:
        this.#assign(frame.payload);
        break;
      case WORKER_MESSAGE.revoke:
        this.assignments.delete(frame.payload.accountId);
        this.#options.onRevoke?.(frame.payload.accountId);
        break;
      case WORKER_MESSAGE.reply:
        this.#options.onReply?.(frame.payload);
        break;
      default:
        break;
    }
    if (typeof answer === 'function') answer({ ok: true });
  }

  #assign(assignment: Assignment): void {
    this.assignments.set(assignment.accountId, assignment);
    this.#options.onAssign?.(assignment);
    for (const look of [...this.#assignWaiters]) look();
  }

  #fail(error: Error): void {
    clearInterval(this.#heartbeat);
    this.#registered.reject(error);
    this.#registered.promise.catch(() => undefined); // told to whoever waits in connect()
    for (const reject of [...this.#waiting]) reject(error);
  }
}
