/**
 * Keeps one connection alive: connects, says hello with what the replica holds, beats, notices silence, waits longer after
 * each failure and stops where only a person can help. It knows frames by their type and leaves their meaning to others.
 */
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { ROLES, type Role } from '@hiscrm/shared/model/visibility.ts';
import {
  CLIENT_HEARTBEAT_MS,
  type ClientDown,
  type ClientUp,
  clientDownSchema,
  type DownOf,
} from '@hiscrm/shared/protocol/client-link.ts';
import { CLOSE, mayReconnect } from '@hiscrm/shared/protocol/close-codes.ts';
import {
  type LinkEvent,
  type LinkState,
  type LinkTimes,
  linkDueAt,
  nextLinkState,
} from '@hiscrm/shared/protocol/link-state.ts';
import { textParserOf } from '@hiscrm/shared/protocol/validate.ts';
import { CLIENT_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import type { Position } from '../replica/replica.ts';
import type { OpenWire, Wire } from '../transport/wire.ts';
import type { Connection, RefuseReason, WaitReason } from './connection.ts';

/**
 * A server that does not welcome within ten seconds is as good as away. A ping goes out every twenty seconds, so that a
 * connection unheard for half a minute is dead whatever its socket believes. A restarted Master is found within seconds.
 */
export const LINK_TIMES: LinkTimes = {
  connectMs: 10_000,
  silenceMs: 30_000,
  retryFirstMs: 400,
  retryCapMs: 10_000,
  stableMs: 5_000,
};

const parseDown = textParserOf(clientDownSchema);

export type LinkHandlers = {
  /** Where to resume from, asked at every hello. */
  readonly position: () => Position | undefined;
  /** Up to where notices were taken, asked at every hello. */
  readonly noticeOffset: () => Seq | undefined;
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
  #state: LinkState = { kind: 'idle' };
  #shown: Connection = { kind: 'idle' };
  #wire: Wire | undefined;
  #isResume = false;
  #lostBy: WaitReason = 'lost';
  #cancelTick: Cancel = () => undefined;
  #cancelBeat: Cancel = () => undefined;
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
    return this.#shown;
  }

  /** Connects now: the first time, after a refusal, or instead of waiting on. A live link is asked for a sign of life. */
  connect(): void {
    if (this.#state.kind === 'live') this.#ping();
    else this.#step({ type: 'start', now: this.#clock.now() });
  }

  /** Sends a frame on a live connection; otherwise drops it: whoever needs it repeats it after the next welcome. */
  send(frame: ClientUp): void {
    if (this.#state.kind === 'live') this.#wire?.send(JSON.stringify(frame));
  }

  /** Drops the connection and makes another one, at once when this is the first failure: for a stream that cannot be right. */
  restart(reason: WaitReason): void {
    if (this.#state.kind !== 'live' && this.#state.kind !== 'connecting') return;
    this.#lose(reason, this.#state.attempt === 0 ? 0 : undefined);
  }

  /** Ends everything. Safe twice. */
  close(): void {
    this.#step({ type: 'close', now: this.#clock.now() });
  }

  /** Takes one event through the table, then does what the new state asks for. */
  #step(event: LinkEvent): void {
    const before = this.#state;
    this.#state = nextLinkState(before, event, LINK_TIMES);
    if (this.#state === before) {
      this.#arm();
      return;
    }
    this.#arm();
    if (this.#state.kind === before.kind) return;
    if (this.#state.kind !== 'live') this.#dropWire();
    if (this.#state.kind === 'connecting') this.#open();
    this.#show();
  }

  /** Wakes the table when it is due. */
  #arm(): void {
    this.#cancelTick();
    const dueAt = linkDueAt(this.#state);
    if (dueAt === undefined) return;
    this.#cancelTick = this.#clock.after(Math.max(0, dueAt - this.#clock.now()), () => {
      this.#lostBy = this.#state.kind === 'live' ? 'heartbeatMissed' : 'unreachable';
      this.#step({ type: 'tick', now: this.#clock.now(), random: this.#clock.random() });
    });
  }

  #open(): void {
    this.#bye = undefined;
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
    const offset = this.#handlers.noticeOffset();
    const hello: ClientUp = {
      type: 'hello',
      protocol: CLIENT_PROTOCOL,
      client: this.#identity,
      ...(resume && { resume }),
      notices: { ...(offset !== undefined && { offset }) },
    };
    this.#wire?.send(JSON.stringify(hello));
  }

  #receive(text: string): void {
    const parsed = parseDown(text);
    if (!parsed.ok) {
      this.restart('badFrames');
      return;
    }
    this.#step({ type: 'heard', now: this.#clock.now() });
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
      case 'notices':
        if (!this.#handlers.onFrame(frame)) this.restart('badFrames');
        return;
      default:
        unreachable(frame);
    }
  }

  #onWelcome(frame: DownOf<'welcome'>): void {
    const now = this.#clock.now();
    this.#state = nextLinkState(this.#state, { type: 'opened', now }, LINK_TIMES);
    this.#arm();
    this.#shown = {
      kind: 'live',
      since: now,
      connectionId: frame.connectionId,
      user: { id: frame.user.id as UserId, username: frame.user.username, role: roleOf(frame.user.role) },
      serverVersion: frame.serverVersion,
      clockSkewMs: frame.serverTime - now,
    };
    this.#handlers.onState(this.#shown);
    this.#beat(Math.min(frame.heartbeatMs, CLIENT_HEARTBEAT_MS));
    this.#handlers.onWelcome(frame, this.#isResume);
  }

  /** Pings at once, for the first latency, and then regularly. */
  #beat(periodMs: number): void {
    this.#ping();
    this.#cancelBeat();
    this.#cancelBeat = this.#clock.after(periodMs, () => this.#beat(periodMs));
  }

  #ping(): void {
    this.#pingedAt = this.#clock.now();
    this.send({ type: 'ping' });
  }

  #onPong(): void {
    if (this.#shown.kind !== 'live' || this.#pingedAt === undefined) return;
    const latencyMs = this.#clock.now() - this.#pingedAt;
    this.#pingedAt = undefined;
    if (latencyMs === this.#shown.latencyMs) return;
    this.#shown = { ...this.#shown, latencyMs };
    this.#handlers.onState(this.#shown);
  }

  #onClosed(code: number): void {
    const said = this.#bye?.code ?? code;
    if (!mayReconnect(said)) this.#step({ type: 'refused', now: this.#clock.now(), code: String(said) });
    else this.#lose(this.#state.kind === 'connecting' ? 'unreachable' : waitReason(said), this.#bye?.reconnectAfterMs);
  }

  #lose(reason: WaitReason, retryAfterMs: number | undefined): void {
    this.#lostBy = reason;
    this.#step({ type: 'lost', now: this.#clock.now(), random: this.#clock.random(), retryAfterMs });
  }

  #dropWire(): void {
    this.#cancelBeat();
    this.#pingedAt = undefined;
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.close();
  }

  #show(): void {
    this.#shown = shownAs(this.#state, this.#lostBy, this.#shown);
    this.#handlers.onState(this.#shown);
  }
}

/** What screens are told; a live state is told by the welcome, which knows who is there. */
function shownAs(state: LinkState, lostBy: WaitReason, before: Connection): Connection {
  switch (state.kind) {
    case 'idle':
    case 'closed':
      return { kind: state.kind };
    case 'connecting':
      return { kind: 'connecting', attempt: state.attempt + 1 };
    case 'waiting':
      return { kind: 'waiting', attempt: state.attempt, retryAt: state.retryAt, reason: lostBy };
    case 'refused':
      return { kind: 'refused', code: Number(state.code), reason: refuseReason(Number(state.code)) };
    case 'live':
      return before;
    default:
      return unreachable(state);
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
