import { WORKER_EVENT, WORKER_NAMESPACE } from '@hiscrm/shared/protocol/worker-link.ts';
import { io, type Socket } from 'socket.io-client';
import { until } from '../harness/until.ts';

type Fields = Readonly<Record<string, unknown>>;
type Envelope = { readonly type: string; readonly payload: Fields };

export const SNAPSHOT_WORKER_ID = 'existing-1';
/** The largest account of a deployed Worker makes messages of this size. */
const ANSWER_DEADLINE_MS = 60_000;
const BEATS_A_SNAPSHOT = 3;

/**
 * A Worker of the deployed system as far as its wire goes, on a bare socket.io-client: it registers once in its life, sends a
 * heartbeat every 10 s and everything that it holds every 30 s, and answers what it is asked to send. Time is not waited for.
 */
export class SnapshotWorker {
  /** Replies that it was asked for, in order. */
  readonly requests: Fields[] = [];
  readonly assigned = new Set<string>();
  readonly refusals: string[] = [];
  snapshotBytes = 0;
  #socket: Socket;
  readonly #options: { readonly baseUrl: string; readonly key: string };
  readonly #heard: Envelope[] = [];
  readonly #onRequest: (request: Fields) => Fields;

  /** `onRequest` carries a reply out and gives the result to report. */
  constructor(options: {
    readonly baseUrl: string;
    readonly key: string;
    readonly onRequest: (request: Fields) => Fields;
  }) {
    this.#options = options;
    this.#onRequest = options.onRequest;
    this.#socket = this.#open();
  }

  /** What it does when its process starts. */
  async register(): Promise<void> {
    await this.#join();
    const about = { host: '127.0.0.1', port: 4000, version: '1.0.0', capabilities: ['douyin'], max_accounts: 10 };
    this.#send('worker:register', { worker_id: SNAPSHOT_WORKER_ID, ...about });
    const { success } = await this.#answer('worker:register:ack');
    if (success !== true) throw new Error('the Worker was not registered');
  }

  /** Its connection breaks; it comes back and says no more than its room, as the deployed one does. */
  async reconnect(): Promise<void> {
    this.#socket.disconnect();
    this.#socket = this.#open();
    await this.#join();
    await this.beat();
  }

  async beat(): Promise<void> {
    const state = { status: 'online', active_tasks: 1, memory_usage: 100, cpu_usage: 1 };
    this.#send('worker:heartbeat', { worker_id: SNAPSHOT_WORKER_ID, ...state });
    const { success } = await this.#answer('worker:heartbeat:ack');
    if (success !== true) this.refusals.push('a heartbeat was refused');
  }

  async reportOnline(accountIds: readonly string[]): Promise<void> {
    const status = { worker_status: 'online', login_status: 'logged_in', total_followers: 7 };
    const account_statuses = accountIds.map((account_id) => ({ account_id, status }));
    this.#send('worker:account:status', { worker_id: SNAPSHOT_WORKER_ID, account_statuses });
    const { updated } = await this.#answer('worker:account:status:ack');
    if (updated !== accountIds.length)
      throw new Error(`${String(updated)} of ${accountIds.length} statuses were taken`);
  }

  /** Thirty seconds of its life for one account: three heartbeats and everything it holds. */
  async sync(accountId: string, data: object): Promise<void> {
    for (let count = 0; count < BEATS_A_SNAPSHOT; count++) await this.beat();
    const snapshot = { platform: 'douyin', data };
    const payload = { accountId, platform: 'douyin', snapshot, timestamp: Date.now() };
    this.snapshotBytes = Math.max(this.snapshotBytes, Buffer.byteLength(JSON.stringify(payload)));
    this.#send('worker:data:sync', payload);
    const answer = await this.#answer('WORKER_DATA_SYNC_ACK', (told) => told.accountId === accountId || !told.success);
    if (answer.success !== true) this.refusals.push(JSON.stringify(answer));
  }

  /** Safe twice. */
  close(): void {
    this.#socket.disconnect();
  }

  #open(): Socket {
    const { baseUrl, key } = this.#options;
    const socket = io(`${baseUrl}${WORKER_NAMESPACE}`, {
      transports: ['websocket'],
      auth: { key },
      reconnection: false,
      forceNew: true,
    });
    socket.on(WORKER_EVENT, (envelope: Envelope) => this.#hear(envelope));
    socket.on('disconnect', (reason) => {
      if (socket === this.#socket && reason !== 'io client disconnect') this.refusals.push(`disconnected: ${reason}`);
    });
    socket.on('master:reply:request', (request: Fields) => {
      this.requests.push(request);
      socket.emit('worker:reply:result', this.#onRequest(request));
    });
    return socket;
  }

  async #join(): Promise<void> {
    await until('the Worker to connect', () => this.#socket.connected);
    const isIn: unknown = await this.#socket
      .timeout(ANSWER_DEADLINE_MS)
      .emitWithAck('join_room', { room: `worker:${SNAPSHOT_WORKER_ID}`, workerId: SNAPSHOT_WORKER_ID });
    if (isIn !== true) throw new Error(`join_room was answered ${JSON.stringify(isIn)}`);
  }

  #hear(envelope: Envelope): void {
    if (envelope.type === 'master:task:assign') this.assigned.add(String(envelope.payload.id));
    else if (envelope.type === 'master:task:revoke') this.assigned.delete(String(envelope.payload.account_id));
    else if (envelope.type.endsWith('error')) this.refusals.push(JSON.stringify(envelope));
    else this.#heard.push(envelope);
  }

  #send(type: string, payload: unknown): void {
    this.#socket.emit(WORKER_EVENT, { type, version: 'v1', payload, timestamp: Date.now() });
  }

  /** The next answer of this type that fits; it is taken from what was heard. */
  #answer(type: string, fits: (payload: Fields) => boolean = () => true): Promise<Fields> {
    const take = (): Fields | undefined => {
      const at = this.#heard.findIndex((one) => one.type === type && fits(one.payload));
      if (at === -1 && this.refusals.length > 0) throw new Error(this.refusals.join(', '));
      return at === -1 ? undefined : this.#heard.splice(at, 1)[0]?.payload;
    };
    return until(`an answer of type ${type}`, take, { deadlineMs: ANSWER_DEADLINE_MS, everyMs: 2 });
  }
}
