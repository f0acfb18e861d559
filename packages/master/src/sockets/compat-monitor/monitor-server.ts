import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Namespace, Server, Socket } from 'socket.io';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { RunCommand } from '../../commands/command-request.ts';
import type { WorkerStatus } from '../../fleet/fleet.ts';
import type { Publication } from '../../ingest/committer.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { CompatAccess } from '../compat/compat-access.ts';
import { MonitorConnection } from './monitor-connection.ts';
import type { MonitorContext, WorkerPlace } from './monitor-context.ts';
import { MONITOR_EVENT, MONITOR_TEXT } from './monitor-event.ts';
import { MonitorFeed } from './monitor-feed.ts';
import { MonitorPages } from './monitor-pages.ts';
import { FAILURE_TEXTS, MONITOR_REQUESTS } from './monitor-requests.ts';

const ROOT = '/';
const MONITOR_PREFIX = 'monitor:';

export type MonitorFigures = {
  readonly connectionCount: number;
  /** Those that have asked for something. */
  readonly activeCount: number;
  readonly requestCount: number;
  readonly sentPacketCount: number;
  readonly sentBytes: number;
};

/**
 * The root namespace for existing PC clients and scripts (`monitor:*`). It translates and decides nothing: requests become
 * queries of the store and commands, rows of the log become the events that such a client knows.
 */
export class MonitorServer {
  readonly #namespace: Namespace;
  readonly #access: CompatAccess;
  readonly #clock: Clock;
  readonly #lc: Logger;
  readonly #context: MonitorContext;
  readonly #feed: MonitorFeed;
  readonly #connections = new Map<Socket, MonitorConnection>();
  readonly #stopListening: Cancel;
  readonly #onConnection = (socket: Socket): void => this.#open(socket);
  #requestCount = 0;
  #isClosed = false;

  constructor(options: {
    readonly io: Server;
    readonly access: CompatAccess;
    readonly authenticator: Authenticator;
    readonly store: StoreReader;
    readonly runCommand: RunCommand;
    readonly workerStatus: () => readonly WorkerStatus[];
    /** Where an existing Worker said that it can be reached. */
    readonly workerPlace?: ((workerId: string) => WorkerPlace | undefined) | undefined;
    readonly platforms: readonly string[];
    readonly clock: Clock;
    readonly newId: () => string;
    readonly lc: Logger;
  }) {
    const { io, store, clock, lc } = options;
    this.#access = options.access;
    this.#clock = clock;
    this.#lc = lc;
    const pages = new MonitorPages({ server: io, store });
    this.#feed = new MonitorFeed({ store, clock, pages, connections: () => this.#connections.values() });
    this.#context = {
      store,
      clock,
      lc,
      pages,
      runCommand: options.runCommand,
      workerStatus: options.workerStatus,
      workerPlace: options.workerPlace ?? (() => undefined),
      platforms: options.platforms,
      newId: options.newId,
      announce: (accountId, event, payload) => this.#feed.announce(accountId, event, payload),
      flush: () => this.#feed.flush(),
    };
    this.#namespace = io.of(ROOT);
    this.#namespace.use(options.access.admit);
    this.#namespace.on('connection', this.#onConnection);
    this.#stopListening = options.authenticator.onChanged(() => this.#recheckAll());
  }

  /** Hears every durable row, after the store has folded it in. */
  onPublication(publication: Publication): void {
    if (!this.#isClosed) this.#feed.note(publication);
  }

  figures(): MonitorFigures {
    let activeCount = 0;
    for (const { isActive } of this.#connections.values()) if (isActive) activeCount++;
    return {
      connectionCount: this.#connections.size,
      activeCount,
      requestCount: this.#requestCount,
      ...this.#feed.figures(),
    };
  }

  /** Hangs up on everybody; existing clients come back by themselves. Safe twice. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#feed.close();
    this.#namespace.off('connection', this.#onConnection);
    for (const socket of this.#connections.keys()) socket.disconnect(true);
  }

  #open(socket: Socket): void {
    const principal = this.#access.principalOf(socket);
    if (!principal || this.#isClosed) {
      socket.disconnect(true); // revoked since the middleware looked
      return;
    }
    const connection = new MonitorConnection({ socket, principal, now: this.#clock.now() });
    this.#connections.set(socket, connection);
    socket.once('disconnect', () => {
      this.#connections.delete(socket);
      this.#feed.forget(connection);
    });
    socket.onAny((event: string, payload: unknown) => this.#receive(connection, event, payload));
  }

  #receive(connection: MonitorConnection, event: string, payload: unknown): void {
    if (!event.startsWith(MONITOR_PREFIX)) return;
    this.#requestCount++;
    if (!connection.mayAsk(this.#clock.now())) {
      connection.emit(MONITOR_EVENT.error, { message: MONITOR_TEXT.tooManyRequests });
      return;
    }
    // Any of these events registers: a client that came back after a break does not say so again.
    if (!connection.isActive) {
      this.#feed.flush(); // what came before it is in the lists that it gets: it must not hear of that as new
      connection.isActive = true;
    }
    void this.#serve(connection, event, payload);
  }

  async #serve(connection: MonitorConnection, event: string, payload: unknown): Promise<void> {
    const handler = MONITOR_REQUESTS[event];
    if (!handler) {
      this.#lc.debug({ event: event.slice(0, 80) }, 'an event that no server answers');
      return;
    }
    try {
      await handler(this.#context, connection, payload);
    } catch (error) {
      if (error instanceof ImError) this.#lc.debug({ event, code: error.code }, 'a monitor request was refused');
      else this.#lc.error({ err: error, event }, 'a monitor request failed through a bug');
      const details = error instanceof ImError ? error.message : undefined;
      connection.emit(MONITOR_EVENT.error, { message: FAILURE_TEXTS[event] ?? `${event} 失败`, details });
    }
  }

  #recheckAll(): void {
    for (const [socket, connection] of this.#connections) {
      const principal = this.#access.principalOf(socket);
      if (!principal) socket.disconnect(true);
      else if (principal !== connection.principal && connection.changePrincipal(principal) && connection.isActive) {
        connection.sendList(this.#context.pages.channels(connection.sight));
      }
    }
  }
}
