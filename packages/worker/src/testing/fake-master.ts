/**
 * The Master's end of the wire, scripted by a test: it records what arrives, answers as told, and gives orders. Names on the
 * wire are written out, since it plays the other side.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { Assignment, ChangesPayload, ReplyPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import { workerUpSchema } from '@hiscrm/shared/protocol/worker-link.ts';
import { Server, type Socket } from 'socket.io';

const parseUp = parserOf(workerUpSchema);
type Answer = { ok: boolean } & Record<string, unknown>;
/** How a batch is answered; `silence` = not at all. */
export type BatchRule = (batch: ChangesPayload) => Answer | 'silence' | undefined;

export class FakeMaster {
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #waiters = new Set<() => void>();
  /** Batches in the order of arrival, repeats included. */
  readonly batches: { at: number; payload: ChangesPayload }[] = [];
  /** Changes of acknowledged batches, each batch once. */
  readonly changes: WorkerReport[] = [];
  readonly problems: string[] = [];
  readonly #acked = new Set<string>();
  assignments: Assignment[] = [];
  replies: ReplyPayload[] = [];
  epoch = 'epoch-1';
  rule: BatchRule = () => undefined;
  registerCount = 0;
  heartbeatCount = 0;
  #socket: Socket | undefined;

  private constructor(http: HttpServer) {
    this.#http = http;
    this.#io = new Server(http, { transports: ['websocket'] });
    this.#io.of('/worker').on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (input: unknown, answer: (value: unknown) => void) => {
        const result = this.#answer(input);
        if (result !== 'silence') answer(result);
        for (const wake of [...this.#waiters]) wake();
      });
    });
  }

  static async start(port = 0): Promise<FakeMaster> {
    const http = createServer();
    const master = new FakeMaster(http);
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    return master;
  }

  get url(): string {
    const address = this.#http.address() as AddressInfo; // a TCP listener's
    return `http://127.0.0.1:${address.port}`;
  }

  /** Gives an order and answers what the Worker said. */
  async order(type: string, payload: object): Promise<Answer> {
    await this.until(() => this.#socket?.connected === true);
    return this.#socket
      ?.timeout(10_000)
      .emitWithAck('message', { type, version: 'v1', payload, timestamp: Date.now() });
  }

  /** Resolves once `holds` does; looked at after every frame and a few times a second. */
  until(holds: () => boolean, timeoutMs = 60_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        done();
        resolve();
      };
      const timer = setInterval(look, 25);
      const limit = setTimeout(() => {
        done();
        reject(
          new Error(
            `not within ${timeoutMs} ms; ${this.changes.length} changes, problems: ${this.problems.join(' | ')}`,
          ),
        );
      }, timeoutMs);
      const done = (): void => {
        clearInterval(timer);
        clearTimeout(limit);
        this.#waiters.delete(look);
      };
      this.#waiters.add(look);
      look();
    });
  }

  of<K extends WorkerReport['kind']>(kind: K): Extract<WorkerReport, { kind: K }>[] {
    return this.changes.filter((change): change is Extract<WorkerReport, { kind: K }> => change.kind === kind);
  }

  /** Cuts the connection as a failing network does. */
  cut(): void {
    this.#socket?.disconnect(true);
  }

  async close(): Promise<void> {
    await this.#io.close();
    this.#http.close();
  }

  #answer(input: unknown): Answer | 'silence' {
    const parsed = parseUp(input);
    if (!parsed.ok) {
      this.problems.push(parsed.reason);
      return { ok: false, error: { code: 'BAD_REQUEST', message: parsed.reason, retry: 'never' } };
    }
    const up = parsed.value;
    switch (up.type) {
      case 'worker:register':
        this.registerCount += 1;
        return {
          ok: true,
          epoch: this.epoch,
          heartbeatMs: 10_000,
          assignments: this.assignments,
          replies: this.replies,
        };
      case 'worker:heartbeat':
        this.heartbeatCount += 1;
        return { ok: true };
      case 'worker:changes':
        return this.#take(up.payload);
    }
  }

  #take(payload: ChangesPayload): Answer | 'silence' {
    this.batches.push({ at: Date.now(), payload });
    const ruled = this.rule(payload);
    if (ruled === 'silence' || ruled?.ok === false) return ruled;
    const isNew = !this.#acked.has(payload.batchId);
    this.#acked.add(payload.batchId);
    if (isNew) this.changes.push(...payload.changes);
    const count = isNew ? payload.changes.length : 0;
    return {
      ok: true,
      batchId: payload.batchId,
      storedCount: count,
      duplicateCount: payload.changes.length - count,
      seq: this.changes.length,
    };
  }
}
