/**
 * Keeps one connection alive: connects, says hello with what the replica holds, beats, notices silence, waits longer after
 * each failure and stops where only a person can help. It knows frames by their type and leaves their meaning to others.
 */
import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ROLES, type Role } from '@hiscrm/shared/model/visibility.ts';
import {
  CLIENT_HEARTBEAT_MS,
  type ClientDown,
  type ClientUp,
  clientDownSchema,
  type DownOf,
} from '@hiscrm/shared/protocol/client-link.ts';
import { CLOSE, mayReconnect } from '@hiscrm/shared/protocol/close-codes.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import { CLIENT_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import type { Position } from '../replica/replica.ts';
import type { OpenWire, Wire } from '../transport/wire.ts';
import type { Connection, RefuseReason, WaitReason } from './connection.ts';

/** From opening the socket to the welcome. A server that takes longer is as good as away. */
export const CONNECT_DEADLINE_MS = 10_000;
/** The wait after the first failure, and the longest one: a restarted Master is found again within seconds. */
export const FIRST_RETRY_MS = 300;
export const RETRY_CAP_MS = 10_000;
/** A connection that lived this long starts the waits from the beginning; a shorter one may be a loop. */
const STABLE_AFTER_MS = 5_000;
/** A ping without any sign of life for so long means that the connection is dead, whatever the socket believes. */
const PONG_DEADLINE_MS = 8_000;

const parseDown = textParserOf(clientDownSchema);

export type LinkHandlers = {
  /** Where to resume from, asked at every hello. */
  readonly position: () => Position | undefined;
  readonly onWelcome: (frame: DownOf<'welcome'>, isResume: boolean) => void;
  /** A frame that is not the link's own business. False: the frame does not fit, start the connection over. */
  readonly onFrame: (frame: ClientDown) => boolean;
  readonly onState: (state: Connection) => void;
};

export class Link {
  readonly #clock: Clock;
  readonly #openWire: OpenWire;
  readonly #handlers: LinkHandlers;
  readonly #identity: { readonly name: string; readonly version: string };
  #state: Connection = { kind: 'idle' };
  #wire: Wire | undefined;
  #attempt = 0;
  #isResume = false;
  #cancelTimer: Cancel = () => undefined;
  #cancelBeat: Cancel = () => undefined;
  #cancelPong: Cancel = () => undefined;
  #pingedAt: number | undefined;
  /** What the server announced before closing. */
  #bye: DownOf<'bye'> | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly openWire: OpenWire;
    readonly handlers: LinkHandlers;
    readonly identity: { readonly name: string; readonly version: string };
  }) {
    this.#clock = options.clock;
    this.#openWire = options.openWire;
    this.#handlers = options.handlers;
    this.#identity = options.identity;
  }

  get state(): Connection {
    return this.#state;
  }

  /** Connects now: the first time, after a refusal, or instead of waiting on. Does nothing while connected or closed. */
  connect(): void {
    if (this.#state.kind === 'live' || this.#state.kind === 'connecting' || this.#state.kind === 'closed') return;
    this.#open();
  }

  /** Sends a frame on a live connection; otherwise drops it: whoever needs it repeats it after the next welcome. */
  send(frame: ClientUp): void {
    if (this.#state.kind === 'live') this.#wire?.send(JSON.stringify(frame));
  }

  /** Drops the connection and makes another one at once: for a stream that cannot be right. */
  restart(reason: WaitReason): void {
    if (this.#state.kind === 'live' || this.#state.kind === 'connecting') this.#lose(reason, 0);
  }

  /** Ends everything. Safe twice. */
  close(): void {
    this.#dropWire();
    this.#setState({ kind: 'closed' });
  }

  #open(): void {
    this.#dropWire();
    this.#attempt += 1;
    this.#bye = undefined;
    this.#setState({ kind: 'connecting', attempt: this.#attempt });
    this.#cancelTimer = this.#clock.after(CONNECT_DEADLINE_MS, () => this.#lose('unreachable'));
    let wire: Wire | undefined;
    const isCurrent = (): boolean => wire !== undefined && this.#wire === wire;
    wire = this.#openWire({
      onOpen: () => isCurrent() && this.#sayHello(),
      onText: (text) => isCurrent() && this.#receive(text),
      onClosed: (code) => isCurrent() && this.#onClosed(code),
    });
    this.#wire = wire;
  }

  #sayHello(): void {
    const resume = this.#handlers.position();
    this.#isResume = resume !== undefined;
    const hello: ClientUp = {
      type: 'hello',
      protocol: CLIENT_PROTOCOL,
      client: this.#identity,
      ...(resume && { resume }),
    };
    this.#wire?.send(JSON.stringify(hello));
  }

  #receive(text: string): void {
    this.#cancelPong();
    const parsed = parseDown(text);
    if (!parsed.ok) {
      this.#lose('badFrames');
      return;
    }
    const frame = parsed.value;
    switch (frame.type) {
      case 'welcome':
        this.#onWelcome(frame);
        return;
      case 'pong':
        this.#onPong();
        return;
      case 'bye':
        this.#bye = frame;
        return;
      case 'snapshot':
      case 'changes':
      case 'answer':
      case 'done':
      case 'refused':
      case 'reset':
        if (!this.#handlers.onFrame(frame)) this.restart('badFrames');
        return;
      default:
        unreachable(frame);
    }
  }

  #onWelcome(frame: DownOf<'welcome'>): void {
    this.#cancelTimer();
    const now = this.#clock.now();
    this.#setState({
      kind: 'live',
      since: now,
      connectionId: frame.connectionId,
      user: { id: frame.user.id as UserId, username: frame.user.username, role: roleOf(frame.user.role) },
      serverVersion: frame.serverVersion,
      clockSkewMs: frame.serverTime - now,
    });
    this.#beat(Math.min(frame.heartbeatMs, CLIENT_HEARTBEAT_MS));
    this.#handlers.onWelcome(frame, this.#isResume);
  }

  /** Pings at once, for the first latency, and then regularly. */
  #beat(periodMs: number): void {
    this.#ping();
    this.#cancelBeat = this.#clock.after(periodMs, () => this.#beat(periodMs));
  }

  #ping(): void {
    this.#cancelPong();
    this.#pingedAt = this.#clock.now();
    this.send({ type: 'ping' });
    this.#cancelPong = this.#clock.after(PONG_DEADLINE_MS, () => this.#lose('heartbeatMissed', 0));
  }

  #onPong(): void {
    if (this.#state.kind !== 'live' || this.#pingedAt === undefined) return;
    const latencyMs = this.#clock.now() - this.#pingedAt;
    this.#pingedAt = undefined;
    if (latencyMs !== this.#state.latencyMs) this.#setState({ ...this.#state, latencyMs });
  }

  #onClosed(code: number): void {
    const said = this.#bye?.code ?? code;
    if (!mayReconnect(said)) {
      this.#dropWire();
      this.#setState({ kind: 'refused', reason: refuseReason(said), code: said });
      return;
    }
    this.#lose(this.#state.kind === 'connecting' ? 'unreachable' : waitReason(said), this.#bye?.reconnectAfterMs);
  }

  #lose(reason: WaitReason, afterMs?: number): void {
    const now = this.#clock.now();
    if (this.#state.kind === 'live' && now - this.#state.since >= STABLE_AFTER_MS) this.#attempt = 0;
    this.#dropWire();
    const backoff = backoffMs({
      attempt: this.#attempt,
      firstMs: FIRST_RETRY_MS,
      capMs: RETRY_CAP_MS,
      random: this.#clock.random(),
    });
    const delayMs = afterMs !== undefined && this.#attempt <= 1 ? afterMs : Math.max(afterMs ?? 0, backoff);
    this.#setState({ kind: 'waiting', attempt: this.#attempt, retryAt: now + delayMs, reason });
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#open());
  }

  #dropWire(): void {
    this.#cancelTimer();
    this.#cancelBeat();
    this.#cancelPong();
    this.#pingedAt = undefined;
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.close();
  }

  #setState(state: Connection): void {
    this.#state = state;
    this.#handlers.onState(state);
  }
}

function waitReason(code: number): WaitReason {
  switch (code) {
    case CLOSE.serverRestarting:
      return 'serverRestarting';
    case CLOSE.tooSlow:
      return 'tooSlow';
    case CLOSE.badFrames:
      return 'badFrames';
    case CLOSE.heartbeatMissed:
      return 'heartbeatMissed';
    default:
      return 'lost';
  }
}

function refuseReason(code: number): RefuseReason {
  switch (code) {
    case CLOSE.notLoggedIn:
      return 'notLoggedIn';
    case CLOSE.sessionRevoked:
      return 'sessionRevoked';
    case CLOSE.unsupportedProtocol:
      return 'unsupportedProtocol';
    default:
      return 'other';
  }
}

/** A role that this client does not know may do the least. */
const roleOf = (text: string): Role => ROLES.find((role) => role === text) ?? 'viewer';
