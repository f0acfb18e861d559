import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { WorkerId } from '@hiscrm/shared/model/ids.ts';
import {
  type ErrorCode,
  type ErrorDetails,
  ImError,
  toWireError,
  type WireError,
} from '@hiscrm/shared/protocol/errors.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { WORKER_PROTOCOL, WORKER_PROTOCOL_FLOOR } from '@hiscrm/shared/protocol/version.ts';
import {
  type ChangesPayload,
  ENVELOPE_VERSION,
  type PlainAnswer,
  plainAnswerSchema,
  WORKER_BATCH_LIMIT_BYTES,
  WORKER_EVENT,
  WORKER_MESSAGE,
  type WorkerUp,
  workerUpSchema,
} from '@hiscrm/shared/protocol/worker-link.ts';
import type { Socket } from 'socket.io';
import type { Fleet } from '../fleet/fleet.ts';
import type { RegisterPayload } from '../fleet/member.ts';
import type { DownMessage, WorkerChannel } from '../fleet/worker-channel.ts';
import type { Accepted, Ingest } from '../ingest/ingest.ts';
import type { Logger } from '../lib/logger.ts';
import { jsonWeight } from './json-weight.ts';

/** A Worker of ours stays under WORKER_BATCH_LIMIT_BYTES; twice that leaves room for how each side counts. */
const MESSAGE_LIMIT_BYTES = 2 * WORKER_BATCH_LIMIT_BYTES;
/** A Worker that does not answer for so long has not taken the message. */
const ANSWER_PATIENCE_MS = 10_000;

const parseUp = parserOf(workerUpSchema);
const parsePlainAnswer = parserOf(plainAnswerSchema);

type Ack = (answer: unknown) => void;

export type WorkerContext = {
  readonly fleet: Fleet;
  readonly ingest: Pick<Ingest, 'accept'>;
  readonly clock: Clock;
  readonly lc: Logger;
  readonly onMessage: (type: WorkerUp['type'] | 'bad') => void;
};

/** One socket of a Worker of ours: reads its envelopes, answers each through the acknowledgement, carries the fleet's. */
export class WorkerConnection implements WorkerChannel {
  readonly keyName: string;
  readonly #socket: Socket;
  readonly #context: WorkerContext;
  #workerId: WorkerId | undefined;

  constructor(options: { socket: Socket; keyName: string; context: WorkerContext }) {
    this.#socket = options.socket;
    this.keyName = options.keyName;
    this.#context = options.context;
    this.#socket.on(WORKER_EVENT, (envelope: unknown, ack: unknown) => this.receive(envelope, ack));
    this.#socket.once('disconnect', (reason) => this.#onDisconnect(reason));
  }

  /** Takes one message; the answer goes through `ack`, when there is one. */
  receive(envelope: unknown, ack: unknown): void {
    void this.#onMessage(envelope, typeof ack === 'function' ? (ack as Ack) : undefined); // Socket.IO's own callback
  }

  async request(message: DownMessage): Promise<PlainAnswer | 'silent'> {
    if (!this.#socket.connected) return 'silent';
    try {
      const answer: unknown = await this.#socket
        .timeout(ANSWER_PATIENCE_MS)
        .emitWithAck(WORKER_EVENT, { ...message, version: ENVELOPE_VERSION, timestamp: this.#context.clock.now() });
      const parsed = parsePlainAnswer(answer);
      if (parsed.ok) return parsed.value;
      this.#context.lc.warn(
        { workerId: this.#workerId, type: message.type, reason: parsed.reason },
        'bad worker answer',
      );
    } catch (error) {
      this.#context.lc.debug({ workerId: this.#workerId, type: message.type, err: error }, 'no answer from a worker');
    }
    return 'silent';
  }

  close(): void {
    this.#socket.disconnect(true);
  }

  #onDisconnect(reason: string): void {
    this.#context.lc.info({ workerId: this.#workerId, reason }, 'worker disconnected');
    if (this.#workerId) this.#context.fleet.disconnected(this, this.#workerId);
  }

  async #onMessage(envelope: unknown, ack: Ack | undefined): Promise<void> {
    const answer = await this.#answerTo(envelope);
    if (ack) ack(answer);
    else if (!answer.ok)
      this.#context.lc.warn({ workerId: this.#workerId, code: answer.error.code }, 'refused, unasked');
  }

  async #answerTo(
    envelope: unknown,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: WireError }> {
    try {
      if (jsonWeight(envelope, MESSAGE_LIMIT_BYTES) > MESSAGE_LIMIT_BYTES) {
        return this.#bad('TOO_LARGE', { limitBytes: WORKER_BATCH_LIMIT_BYTES });
      }
      const parsed = parseUp(envelope);
      if (!parsed.ok) return this.#bad('BAD_FRAME', { reason: parsed.reason });
      this.#context.onMessage(parsed.value.type);
      return { ok: true, ...(await this.#handle(parsed.value)) };
    } catch (error) {
      if (error instanceof ImError) return { ok: false, error: toWireError(error.code, error.details) };
      const requestId = `${this.#socket.id}-${this.#context.clock.now()}`;
      this.#context.lc.error(
        { err: error, requestId, workerId: this.#workerId },
        'a worker message failed through a bug',
      );
      return { ok: false, error: toWireError('INTERNAL', { requestId }) };
    }
  }

  #bad(code: ErrorCode, details: ErrorDetails): { readonly ok: false; readonly error: WireError } {
    this.#context.onMessage('bad');
    return { ok: false, error: toWireError(code, details) };
  }

  async #handle(message: WorkerUp): Promise<object> {
    switch (message.type) {
      case WORKER_MESSAGE.register:
        return await this.#register(message.payload);
      case WORKER_MESSAGE.heartbeat:
        this.#needWorker(message.payload.workerId);
        this.#context.fleet.heartbeat(this, message.payload);
        return {};
      case WORKER_MESSAGE.changes:
        return await this.#changes(message.payload, message.timestamp);
      default:
        return unreachable(message);
    }
  }

  async #register(payload: RegisterPayload): Promise<object> {
    if (payload.protocol < WORKER_PROTOCOL_FLOOR || payload.protocol > WORKER_PROTOCOL) {
      throw new ImError('UNSUPPORTED_PROTOCOL', { supported: WORKER_PROTOCOL, got: payload.protocol });
    }
    if (this.#workerId !== undefined && this.#workerId !== payload.workerId) {
      throw new ImError('BAD_REQUEST', { reason: 'one connection carries one worker' });
    }
    const registration = await this.#context.fleet.register(this, payload);
    this.#workerId = payload.workerId;
    // The socket may have gone while the leases were made durable.
    if (!this.#socket.connected) this.#context.fleet.disconnected(this, payload.workerId);
    return registration;
  }

  async #changes(payload: ChangesPayload, sentAt: number): Promise<object> {
    const workerId = this.#needWorker();
    this.#context.fleet.heard(this, workerId);
    const accepted: Accepted = await this.#context.ingest.accept(workerId, payload, sentAt);
    const { storedCount, duplicateCount, seq } = accepted;
    return { batchId: payload.batchId, storedCount, duplicateCount, seq };
  }

  #needWorker(claimed?: WorkerId): WorkerId {
    if (this.#workerId === undefined) throw new ImError('BAD_REQUEST', { reason: 'register first' });
    if (claimed !== undefined && claimed !== this.#workerId) {
      throw new ImError('BAD_REQUEST', { reason: 'one connection carries one worker' });
    }
    return this.#workerId;
  }
}
