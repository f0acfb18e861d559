import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { WORKER_EVENT, WORKER_MESSAGE, WORKER_NAMESPACE, type WorkerUp } from '@hiscrm/shared/protocol/worker-link.ts';
import type { Namespace, Server, Socket } from 'socket.io';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Logger } from '../lib/logger.ts';
import { WorkerConnection, type WorkerContext } from './worker-connection.ts';

/** The edge for Workers of the deployed system, which share the namespace with ours. */
export interface ForeignWorkerEdge {
  /** The key name for a peer that shows no key; undefined: it stays outside. */
  keyNameWithoutKey(socket: Socket): string | undefined;
  /** Meets every socket before its first message; what it returns takes the messages of a Worker that is not ours. */
  meet(socket: Socket, keyName: string): (envelope: unknown) => void;
}

export type WorkerSocketFigures = {
  readonly connectionCount: number;
  readonly refusedCount: number;
  readonly messageCounts: Readonly<Record<WorkerUp['type'] | 'bad', number>>;
};

/**
 * The Workers' door: namespace `/worker`, open to holders of a key and shut the moment it is revoked. The first message
 * decides who serves the socket: ours register with a `protocol` and want every message acknowledged; Workers of the
 * deployed system never ask for an acknowledgement and go to `foreign`.
 */
export class WorkerServer {
  readonly #namespace: Namespace;
  readonly #authenticator: Authenticator;
  readonly #foreign: ForeignWorkerEdge | undefined;
  readonly #context: WorkerContext;
  /** Every connected Worker; undefined for one that came in without a key. */
  readonly #keys = new Map<Socket, string | undefined>();
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
    readonly foreign?: ForeignWorkerEdge | undefined;
  }) {
    const { ingest, fleet, clock, lc } = options;
    this.#authenticator = options.authenticator;
    this.#foreign = options.foreign;
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
      if (this.#keyNameOf(socket) !== undefined) next();
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
    const keyName = this.#keyNameOf(socket);
    if (keyName === undefined) {
      socket.disconnect(true); // revoked since the middleware looked
      return;
    }
    this.#keys.set(socket, keyOf(socket));
    socket.once('disconnect', () => this.#keys.delete(socket));
    if (!this.#foreign) {
      new WorkerConnection({ socket, keyName, context: this.#context });
      return;
    }
    this.#decide(socket, keyName, this.#foreign.meet(socket, keyName));
  }

  /** A shown key must be good; only who shows none may come in as the foreign edge allows. */
  #keyNameOf(socket: Socket): string | undefined {
    const key = keyOf(socket);
    return key === undefined ? this.#foreign?.keyNameWithoutKey(socket) : this.#authenticator.workerKeyName(key);
  }

  /** Waits for the first message to see which kind of Worker this is. */
  #decide(socket: Socket, keyName: string, receiveForeign: (envelope: unknown) => void): void {
    socket.once(WORKER_EVENT, (envelope: unknown, ack: unknown) => {
      if (isForeign(envelope, ack)) {
        socket.on(WORKER_EVENT, receiveForeign);
        receiveForeign(envelope);
        return;
      }
      const connection = new WorkerConnection({ socket, keyName, context: this.#context });
      connection.receive(envelope, ack);
    });
  }

  #recheckKeys(): void {
    for (const [socket, key] of this.#keys) {
      if (key !== undefined && this.#authenticator.workerKeyName(key) === undefined) socket.disconnect(true);
    }
  }
}

/** The key of a handshake: `auth.key`, else `?key=`. */
function keyOf(socket: Socket): string | undefined {
  const { auth, query } = socket.handshake;
  const key: unknown = auth?.key ?? query.key;
  return typeof key === 'string' && key.length > 0 && key.length <= 200 ? key : undefined;
}

/** Whether nobody waits for its answer, or it is a register envelope without our `protocol`. */
function isForeign(envelope: unknown, ack: unknown): boolean {
  if (typeof ack !== 'function') return true;
  if (typeof envelope !== 'object' || envelope === null || !('type' in envelope) || !('payload' in envelope))
    return false;
  const { type, payload } = envelope;
  return (
    type === WORKER_MESSAGE.register && !(typeof payload === 'object' && payload !== null && 'protocol' in payload)
  );
}
