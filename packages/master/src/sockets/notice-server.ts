import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { ErrorCode, ErrorDetails } from '@hiscrm/shared/protocol/errors.ts';
import { CLOSE_GOING_AWAY } from '@hiscrm/shared/protocol/notice-link.ts';
import { WebSocketServer } from 'ws';
import type { Authenticator } from '../auth/authenticator.ts';
import { isAllowedOrigin, isLoopbackAddress } from '../auth/origin-check.ts';
import { peerAddressOf } from '../auth/peer-address.ts';
import { sessionTokenOf } from '../auth/session-token.ts';
import type { Logger } from '../lib/logger.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import type { NoticeHub } from '../notices/notice-hub.ts';
import { AckFrames } from './ack-frames.ts';
import { NoticeConnection, type NoticeConnectionContext } from './notice-connection.ts';
import type { NoticeSocketLimits } from './notice-socket-limits.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

/** How often deadlines of sockets are looked at: all of them by one timer. */
const SWEEP_MS = 1_000;
/** After a restart clients come back spread over this long. */
const RECONNECT_SPREAD_MS = 3_000;
const FULL_RETRY_MS = 5_000;
/** Addresses whose connects are counted; the oldest is forgotten, which only lets it connect sooner. */
const ADDRESSES_LIMIT_COUNT = 10_000;
/** Longer agent names are cut. */
const AGENT_LIMIT_CHARS = 200;

export type NoticeServerFigures = {
  readonly acceptedCount: number;
  readonly refusedCount: number;
  readonly badFrameCount: number;
};

type Refusal = { readonly code: ErrorCode; readonly details?: ErrorDetails };

/** The sockets of notice clients: `GET /ws` without a subprotocol. The HTTP server and the path are the client server's. */
export class NoticeServer {
  readonly #hub: NoticeHub;
  readonly #authenticator: Authenticator;
  readonly #clock: Clock;
  readonly #limits: NoticeSocketLimits;
  readonly #newId: () => string;
  readonly #allowedOrigins: readonly string[];
  readonly #trustProxy: boolean;
  readonly #wss: WebSocketServer;
  readonly #context: NoticeConnectionContext;
  readonly #connections = new Set<NoticeConnection>();
  readonly #perAddress = new Map<string, number>();
  readonly #connectBuckets = new Map<string, TokenBucket>();
  readonly #cancels: readonly Cancel[];
  readonly #empty = deferred<void>();
  #acceptedCount = 0;
  #refusedCount = 0;
  #badFrameCount = 0;
  #closing: Promise<void> | undefined;

  constructor(options: {
    readonly hub: NoticeHub;
    readonly authenticator: Authenticator;
    readonly clock: Clock;
    readonly limits: NoticeSocketLimits;
    readonly lc: Logger;
    readonly newId: () => string;
    readonly allowedOrigins: readonly string[];
    /** Believe the addresses that a proxy on this machine names. */
    readonly trustProxy: boolean;
  }) {
    const { hub, authenticator, clock, limits, lc } = options;
    this.#hub = hub;
    this.#authenticator = authenticator;
    this.#clock = clock;
    this.#limits = limits;
    this.#newId = options.newId;
    this.#allowedOrigins = options.allowedOrigins;
    this.#trustProxy = options.trustProxy;
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // prepared frames; and a compressor per socket costs more memory than the rest of it
      maxPayload: 4 * limits.frameBytes,
      handleProtocols: () => false,
    });
    this.#context = {
      hub,
      acks: new AckFrames(),
      principalOf: (token) => authenticator.principalOf(token),
      clock,
      limits,
      lc,
      onBadFrame: () => {
        this.#badFrameCount++;
      },
      onClosed: (connection) => this.#remove(connection),
    };
    this.#cancels = [
      every(clock, SWEEP_MS, () => this.#sweep()),
      authenticator.onChanged(() => {
        for (const connection of this.#connections) connection.recheck();
      }),
    ];
  }

  figures(): NoticeServerFigures {
    return {
      acceptedCount: this.#acceptedCount,
      refusedCount: this.#refusedCount,
      badFrameCount: this.#badFrameCount,
    };
  }

  /** Takes an upgrade of the notice path. Refuses with the HTTP status of the reason and a JSON body. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const token = sessionTokenOf(request.headers, request.url ?? '');
    const principal = token === undefined ? undefined : this.#authenticator.principalOf(token);
    const address = peerAddressOf(request, this.#trustProxy);
    const refusal = this.#refusalOf(request, principal, address);
    if (refusal || !principal || token === undefined) {
      this.#refusedCount++;
      refuseUpgrade(stream, refusal?.code ?? 'NOT_LOGGED_IN', refusal?.details);
      return;
    }
    this.#wss.handleUpgrade(request, stream, head, (ws) => {
      const agent = (request.headers['user-agent'] ?? '').slice(0, AGENT_LIMIT_CHARS);
      this.#acceptedCount++;
      this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
      const options = { ws, stream, token, principal, address, agent, context: this.#context };
      this.#connections.add(new NoticeConnection({ id: this.#newId(), ...options }));
    });
  }

  /** Says goodbye to everybody and waits, at most `drainMs`, until they hung up. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    if (this.#connections.size === 0) return;
    for (const connection of this.#connections) {
      connection.bye('drain', CLOSE_GOING_AWAY, Math.round(this.#clock.random() * RECONNECT_SPREAD_MS));
    }
    const cancel = this.#clock.after(this.#limits.drainMs, () => {
      for (const connection of this.#connections) connection.terminate();
    });
    await this.#empty.promise;
    cancel();
  }

  #refusalOf(request: IncomingMessage, principal: Principal | undefined, address: string): Refusal | undefined {
    const { origin, host } = request.headers;
    if (this.#closing) return { code: 'SHUTTING_DOWN' };
    if (!isAllowedOrigin({ origin, host, allowedOrigins: this.#allowedOrigins })) return { code: 'BAD_ORIGIN' };
    const waitMs = this.#connectWaitMs(address);
    if (waitMs > 0) return { code: 'TOO_MANY', details: { retryAfterMs: waitMs } };
    if (!principal) return { code: 'NOT_LOGGED_IN' };
    if (this.#connections.size >= this.#limits.connectionCount) {
      return { code: 'OVERLOADED', details: { retryAfterMs: FULL_RETRY_MS } };
    }
    if (this.#hub.presence.countOf(principal.userId) >= this.#limits.connectionsPerUserCount) {
      return { code: 'TOO_MANY', details: { retryAfterMs: FULL_RETRY_MS } };
    }
    return undefined;
  }

  #connectWaitMs(address: string): number {
    if (isLoopbackAddress(address)) return 0;
    const { connectBurstCount, connectsPerSecond, connectionsPerAddressCount } = this.#limits;
    const openCount = this.#perAddress.get(address) ?? 0;
    if (connectionsPerAddressCount > 0 && openCount >= connectionsPerAddressCount) return FULL_RETRY_MS;
    const now = this.#clock.now();
    let bucket = this.#connectBuckets.get(address);
    if (!bucket) {
      bucket = new TokenBucket({ burstCount: connectBurstCount, perSecond: connectsPerSecond, now });
      const [oldest] = this.#connectBuckets.keys();
      if (this.#connectBuckets.size >= ADDRESSES_LIMIT_COUNT && oldest !== undefined) {
        this.#connectBuckets.delete(oldest);
      }
      this.#connectBuckets.set(address, bucket);
    }
    return bucket.take(now);
  }

  #remove(connection: NoticeConnection): void {
    if (!this.#connections.delete(connection)) return;
    const left = (this.#perAddress.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(connection.address, left);
    else this.#perAddress.delete(connection.address);
    if (this.#closing && this.#connections.size === 0) this.#empty.resolve();
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const connection of this.#connections) connection.tick(now);
  }
}
