import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { hasRole, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { CLIENT_PATH, CLIENT_SUBPROTOCOL, type ClientUp } from '@hiscrm/shared/protocol/client-link.ts';
import { CLOSE } from '@hiscrm/shared/protocol/close-codes.ts';
import type { ErrorCode, ErrorDetails } from '@hiscrm/shared/protocol/errors.ts';
import { WebSocketServer } from 'ws';
import type { Authenticator } from '../auth/authenticator.ts';
import { isAllowedOrigin } from '../auth/origin-check.ts';
import { peerAddressOf } from '../auth/peer-address.ts';
import { sessionTokenOf } from '../auth/session-token.ts';
import type { RunCommand } from '../commands/command-request.ts';
import type { Hub } from '../hub/hub.ts';
import type { Logger } from '../lib/logger.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { ClientConnection, type ConnectionContext, type ShownReport } from './client-connection.ts';
import type { ClientLimits } from './client-limits.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

/** How often deadlines of sockets are looked at: all of them by one timer. */
const SWEEP_MS = 1_000;
/** After a restart clients come back spread over this long. */
const RECONNECT_SPREAD_MS = 3_000;
/** How long a client waits that found the server full. */
const FULL_RETRY_MS = 5_000;
/** Longer names of browsers are cut. */
const AGENT_LIMIT_CHARS = 200;

export type UpgradeHandler = (request: IncomingMessage, stream: Duplex, head: Buffer) => void;

/** For `/metrics` and the status page. Counts named `…Count` of frames only grow. */
export type ClientFigures = {
  readonly connectionCount: number;
  readonly userCount: number;
  readonly acceptedCount: number;
  readonly refusedCount: number;
  readonly frameCounts: Readonly<Record<ClientUp['type'] | 'bad', number>>;
};

type Options = {
  readonly httpServer: Server;
  readonly hub: Hub;
  readonly store: StoreReader;
  readonly authenticator: Authenticator;
  readonly runCommand: RunCommand;
  /** Without it nobody is sent notices. */
  readonly notices?: NoticeHub | undefined;
  /** Hears what pages have drawn. */
  readonly onShown?: ((report: ShownReport) => void) | undefined;
  readonly clock: Clock;
  readonly limits: ClientLimits;
  readonly lc: Logger;
  readonly newId: () => string;
  readonly serverVersion: string;
  readonly allowedOrigins: readonly string[];
  /** Believe what a proxy on this machine says of where a client is. */
  readonly trustProxy: boolean;
  /** Takes upgrades of CLIENT_PATH that do not ask for our subprotocol. Without it they are refused. */
  readonly onOtherProtocol?: UpgradeHandler | undefined;
};

/** The native client sockets of a Master, on an HTTP server that it does not own. Upgrades of other paths are left alone. */
export class ClientServer {
  readonly #options: Options;
  readonly #wss: WebSocketServer;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<ClientConnection>();
  readonly #perUser = new Map<UserId, number>();
  readonly #frameCounts = { hello: 0, query: 0, command: 0, ping: 0, shown: 0, bad: 0 };
  readonly #onUpgrade: UpgradeHandler;
  readonly #cancels: readonly Cancel[];
  #acceptedCount = 0;
  #refusedCount = 0;
  readonly #empty = deferred<void>();
  #closing: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { hub, store, runCommand, authenticator, clock, limits, lc, serverVersion } = options;
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // prepared frames; and a compressor per socket costs more memory than the rest of it
      maxPayload: 4 * limits.frameBytes,
      handleProtocols: () => CLIENT_SUBPROTOCOL,
    });
    this.#context = {
      hub,
      store,
      runCommand,
      notices: options.notices,
      onShown: options.onShown,
      principalOf: (token) => authenticator.principalOf(token),
      clock,
      limits,
      lc,
      serverVersion,
      onFrame: (kind) => {
        this.#frameCounts[kind]++;
      },
      onClosed: (connection) => this.#remove(connection),
    };
    this.#onUpgrade = (request, stream, head) => this.#upgrade(request, stream, head);
    options.httpServer.on('upgrade', this.#onUpgrade);
    this.#cancels = [
      every(clock, SWEEP_MS, () => this.#sweep()),
      authenticator.onChanged(() => this.#recheckAll()),
      () => options.httpServer.off('upgrade', this.#onUpgrade),
    ];
  }

  figures(): ClientFigures {
    return {
      connectionCount: this.#connections.size,
      userCount: this.#perUser.size,
      acceptedCount: this.#acceptedCount,
      refusedCount: this.#refusedCount,
      frameCounts: { ...this.#frameCounts },
    };
  }

  /** Bytes that the system has not taken yet: of all sockets, and of the one that has most. */
  waiting(): { readonly bytes: number; readonly mostBytes: number } {
    let [bytes, mostBytes] = [0, 0];
    for (const { bufferedBytes } of this.#connections) {
      bytes += bufferedBytes;
      mostBytes = Math.max(mostBytes, bufferedBytes);
    }
    return { bytes, mostBytes };
  }

  /** Says goodbye to everybody and waits, at most `drainMs`, until they hung up. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    if (this.#connections.size === 0) return;
    const { clock, limits } = this.#options;
    for (const connection of this.#connections) {
      connection.bye(CLOSE.serverRestarting, 'serverRestarting', Math.round(clock.random() * RECONNECT_SPREAD_MS));
    }
    const cancel = clock.after(limits.drainMs, () => {
      for (const connection of this.#connections) connection.terminate();
    });
    await this.#empty.promise;
    cancel();
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== CLIENT_PATH) return;
    const refuse = (code: ErrorCode, details?: ErrorDetails): void => {
      this.#refusedCount++;
      refuseUpgrade(stream, code, details);
    };
    const asked = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
    if (!asked.includes(CLIENT_SUBPROTOCOL)) {
      const { onOtherProtocol } = this.#options;
      if (onOtherProtocol) onOtherProtocol(request, stream, head);
      else refuse('UNSUPPORTED_PROTOCOL', { supported: CLIENT_SUBPROTOCOL, got: asked.join(', ') || 'none' });
      return;
    }
    const token = sessionTokenOf(request.headers, request.url ?? '');
    const principal = token === undefined ? undefined : this.#options.authenticator.principalOf(token);
    const refusal = this.#refusalOf(request, principal);
    if (refusal) refuse(refusal.code, refusal.details);
    else if (!principal || token === undefined) refuse('NOT_LOGGED_IN');
    else {
      this.#wss.handleUpgrade(request, stream, head, (ws) => {
        const id = this.#options.newId();
        const peer = {
          address: peerAddressOf(request, this.#options.trustProxy),
          agent: (request.headers['user-agent'] ?? '').slice(0, AGENT_LIMIT_CHARS),
        };
        this.#add(new ClientConnection({ id, ws, stream, token, principal, peer, context: this.#context }));
      });
    }
  }

  #refusalOf(
    request: IncomingMessage,
    principal: Principal | undefined,
  ): { readonly code: ErrorCode; readonly details?: ErrorDetails } | undefined {
    const { limits, allowedOrigins } = this.#options;
    const { origin, host } = request.headers;
    if (this.#closing) return { code: 'SHUTTING_DOWN' };
    if (!isAllowedOrigin({ origin, host, allowedOrigins })) return { code: 'BAD_ORIGIN' };
    if (!principal) return { code: 'NOT_LOGGED_IN' };
    if (this.#connections.size >= limits.connectionCount) {
      return { code: 'OVERLOADED', details: { retryAfterMs: FULL_RETRY_MS } };
    }
    // Programs that watch or test the whole system log in as an administrator.
    const isBounded = !hasRole(principal, 'admin');
    if (isBounded && (this.#perUser.get(principal.userId) ?? 0) >= limits.connectionsPerUserCount) {
      return { code: 'TOO_MANY', details: { retryAfterMs: FULL_RETRY_MS } };
    }
    return undefined;
  }

  #add(connection: ClientConnection): void {
    this.#acceptedCount++;
    this.#connections.add(connection);
    this.#perUser.set(connection.userId, (this.#perUser.get(connection.userId) ?? 0) + 1);
  }

  #remove(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) return;
    const left = (this.#perUser.get(connection.userId) ?? 1) - 1;
    if (left > 0) this.#perUser.set(connection.userId, left);
    else this.#perUser.delete(connection.userId);
    if (this.#closing && this.#connections.size === 0) this.#empty.resolve();
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    for (const connection of this.#connections) connection.tick(now);
  }

  #recheckAll(): void {
    for (const connection of this.#connections) connection.recheck();
  }
}
