import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { WORKER_EVENT, WORKER_MESSAGE, WORKER_NAMESPACE, type WorkerUp } from '@hiscrm/shared/protocol/worker-link.ts';
import type { Namespace, Server, Socket } from 'socket.io';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Logger } from '../lib/logger.ts';
import { WorkerConnection, type WorkerContext } from './worker-connection.ts';

/** Takes the socket of a Worker that is not one of ours, with the register envelope it sent first. */
export type ForeignWorkerHandler = (socket: Socket, keyName: string, envelope: unknown, ack: unknown) => void;

export type WorkerSocketFigures = {
  readonly connectionCount: number;
  readonly refusedCount: number;
  readonly messageCounts: Readonly<Record<WorkerUp['type'] | 'bad', number>>;
};

/**
 * The Workers' door: namespace `/worker`, open to holders of a key and shut the moment it is revoked. The first message
 * decides who serves the socket: a register payload with `protocol` is one of ours, any other register is a Worker of the
 * deployed system and goes to `onForeignWorker`.
 */
export class WorkerServer {
  readonly #namespace: Namespace;
  readonly #authenticator: Authenticator;
  readonly #onForeignWorker: ForeignWorkerHandler | undefined;
  readonly #context: WorkerContext;
  readonly #keys = new Map<Socket, string>();
  readonly #messageCounts: Record<WorkerUp['type'] | 'bad', number> = {
    [WORKER_MESSAGE.register]: 0,
    [WORKER_MESSAGE.heartbeat]: 0,
    [WORKER_MESSAGE.changes]: 0,
    bad: 0,
  };
  readonly #stopListening: Cancel;
  #refusedCount = 0;

  constructor(options: {
    readonly io: Server;
    readonly ingest: Pick<Ingest, 'accept'>;
    readonly fleet: Fleet;
    readonly authenticator: Authenticator;
    readonly clock: Clock;
    readonly lc: Logger;
    readonly onForeignWorker?: ForeignWorkerHandler | undefined;
  }) {
    const { ingest, fleet, clock, lc } = options;
    this.#authenticator = options.authenticator;
    this.#onForeignWorker = options.onForeignWorker;
    this.#context = {
      ingest,
      fleet,
      clock,
      lc,
      onMessage: (type) => {
        this.#messageCounts[type]++;
      },
    };
    this.#namespace = options.io.of(WORKER_NAMESPACE);
    this.#namespace.use((socket, next) => {
      const key = keyOf(socket);
      if (key !== undefined && this.#authenticator.workerKeyName(key) !== undefined) next();
      else {
        this.#refusedCount++;
        next(Object.assign(new Error('BAD_WORKER_KEY'), { data: toWireError('BAD_WORKER_KEY') }));
      }
    });
    this.#namespace.on('connection', (socket) => this.#onConnection(socket));
    this.#stopListening = options.authenticator.onChanged(() => this.#recheckKeys());
  }

  figures(): WorkerSocketFigures {
    return {
      connectionCount: this.#keys.size,
      refusedCount: this.#refusedCount,
      messageCounts: { ...this.#messageCounts },
    };
  }

  /** Hangs up on every Worker; each keeps what is not acknowledged and comes back. Safe twice. */
  close(): void {
    this.#stopListening();
    this.#namespace.removeAllListeners('connection');
    for (const socket of this.#keys.keys()) socket.disconnect(true);
  }

  #onConnection(socket: Socket): void {
    const key = keyOf(socket);
    const keyName = key === undefined ? undefined : this.#authenticator.workerKeyName(key);
    if (key === undefined || keyName === undefined) {
      socket.disconnect(true); // revoked since the middleware looked
      return;
    }
    this.#keys.set(socket, key);
    socket.once('disconnect', () => this.#keys.delete(socket));
    if (!this.#onForeignWorker) {
      new WorkerConnection({ socket, keyName, context: this.#context });
      return;
    }
    this.#decide(socket, keyName, this.#onForeignWorker);
  }

  /** Waits for the first message to see which kind of Worker this is. */
  #decide(socket: Socket, keyName: string, onForeignWorker: ForeignWorkerHandler): void {
    socket.once(WORKER_EVENT, (envelope: unknown, ack: unknown) => {
      if (isForeign(envelope)) {
        onForeignWorker(socket, keyName, envelope, ack);
        return;
      }
      const connection = new WorkerConnection({ socket, keyName, context: this.#context });
      connection.receive(envelope, ack);
    });
  }

  #recheckKeys(): void {
    for (const [socket, key] of this.#keys) {
      if (this.#authenticator.workerKeyName(key) === undefined) socket.disconnect(true);
    }
  }
}

/** The key of a handshake: `auth.key`, else `?key=`. */
function keyOf(socket: Socket): string | undefined {
  const { auth, query } = socket.handshake;
  const key: unknown = auth?.key ?? query.key;
  return typeof key === 'string' && key.length > 0 && key.length <= 200 ? key : undefined;
}

/** Whether it is a register envelope without our `protocol`. */
function isForeign(envelope: unknown): boolean {
  if (typeof envelope !== 'object' || envelope === null || !('type' in envelope) || !('payload' in envelope))
    return false;
  const { type, payload } = envelope;
  return (
    type === WORKER_MESSAGE.register && !(typeof payload === 'object' && payload !== null && 'protocol' in payload)
  );
}
