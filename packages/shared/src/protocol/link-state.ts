/**
 * The life of one side's link to the Master, without its socket: which state follows which event, and when the next thing is
 * due. Pure: the moment and the randomness come with the event (rules LK* in docs/spec/link.md).
 */
import { backoffMs } from '../lib/backoff.ts';
import { unreachable } from '../lib/must.ts';

/** The waits of a link, in ms. */
export type LinkTimes = {
  /** From opening the socket to the first answer. */
  readonly connectMs: number;
  /** A live link unheard for so long is lost. */
  readonly silenceMs: number;
  /** The longest first wait before connecting again; it doubles with each failure up to the cap. */
  readonly retryFirstMs: number;
  readonly retryCapMs: number;
  /** A link that lived so long starts its waits from the first. */
  readonly stableMs: number;
};

export type LinkState =
  | { readonly kind: 'idle' }
  /** A socket is being opened or has not been answered yet; after `giveUpAt` it is lost. */
  | { readonly kind: 'connecting'; readonly attempt: number; readonly giveUpAt: number }
  | { readonly kind: 'live'; readonly attempt: number; readonly since: number; readonly lostAt: number }
  /** Nothing is open until `retryAt`. */
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAt: number }
  /** Connecting again is pointless until a person has acted and `start` comes. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'closed' };

export type LinkEvent =
  /** Somebody wants the link, or wants it at once instead of after the wait. */
  | { readonly type: 'start'; readonly now: number }
  /** The other side accepted us. */
  | { readonly type: 'opened'; readonly now: number }
  /** Anything came from the other side. */
  | { readonly type: 'heard'; readonly now: number }
  /** The socket is gone. `retryAfterMs`: the server said when to come back. `random` is in [0, 1). */
  | { readonly type: 'lost'; readonly now: number; readonly random: number; readonly retryAfterMs?: number | undefined }
  /** The other side will not have us: a close code or error of the catalogue that needs a person. */
  | { readonly type: 'refused'; readonly now: number; readonly code: string }
  /** Time passed. */
  | { readonly type: 'tick'; readonly now: number; readonly random: number }
  | { readonly type: 'close'; readonly now: number };

type Kind = LinkState['kind'];

/**
 * Where each event leads from each state. For `tick` this is where it leads when something is due; before that it changes
 * nothing. A state that leads to itself stays the same, except that a live link notes that it was heard.
 */
export const LINK_TABLE: Record<Kind, Record<LinkEvent['type'], Kind>> = {
  idle: {
    start: 'connecting',
    opened: 'idle',
    heard: 'idle',
    lost: 'idle',
    refused: 'idle',
    tick: 'idle',
    close: 'closed',
  },
  connecting: {
    start: 'connecting',
    opened: 'live',
    heard: 'connecting',
    lost: 'waiting',
    refused: 'refused',
    tick: 'waiting',
    close: 'closed',
  },
  live: {
    start: 'live',
    opened: 'live',
    heard: 'live',
    lost: 'waiting',
    refused: 'refused',
    tick: 'waiting',
    close: 'closed',
  },
  waiting: {
    start: 'connecting',
    opened: 'waiting',
    heard: 'waiting',
    lost: 'waiting',
    refused: 'refused',
    tick: 'connecting',
    close: 'closed',
  },
  refused: {
    start: 'connecting',
    opened: 'refused',
    heard: 'refused',
    lost: 'refused',
    refused: 'refused',
    tick: 'refused',
    close: 'closed',
  },
  closed: {
    start: 'closed',
    opened: 'closed',
    heard: 'closed',
    lost: 'closed',
    refused: 'closed',
    tick: 'closed',
    close: 'closed',
  },
};

/** When the state changes by itself, if nothing else happens; the owner sends `tick` then. */
export function linkDueAt(state: LinkState): number | undefined {
  switch (state.kind) {
    case 'connecting':
      return state.giveUpAt;
    case 'live':
      return state.lostAt;
    case 'waiting':
      return state.retryAt;
    case 'idle':
    case 'refused':
    case 'closed':
      return undefined;
    default:
      return unreachable(state);
  }
}

/** The state after an event; the same object when nothing changes. */
export function nextLinkState(state: LinkState, event: LinkEvent, times: LinkTimes): LinkState {
  if (event.type === 'tick' && event.now < (linkDueAt(state) ?? Number.POSITIVE_INFINITY)) return state;
  if (state.kind === 'live' && event.type === 'heard') return { ...state, lostAt: event.now + times.silenceMs };
  const to = LINK_TABLE[state.kind][event.type];
  if (to === state.kind) return state;
  const attempt = failuresBefore(state, event.now, times);
  switch (to) {
    case 'connecting':
      return { kind: 'connecting', attempt, giveUpAt: event.now + times.connectMs };
    case 'live':
      return { kind: 'live', attempt, since: event.now, lostAt: event.now + times.silenceMs };
    case 'waiting':
      return { kind: 'waiting', attempt: attempt + 1, retryAt: event.now + waitMs(event, attempt, times) };
    case 'refused':
      return { kind: 'refused', code: event.type === 'refused' ? event.code : '' };
    case 'closed':
    case 'idle':
      return { kind: to };
    default:
      return unreachable(to);
  }
}

/** Failures in a row before now; none after a link that lived long enough. */
function failuresBefore(state: LinkState, now: number, times: LinkTimes): number {
  if (state.kind === 'live') return now - state.since >= times.stableMs ? 0 : state.attempt;
  return state.kind === 'connecting' || state.kind === 'waiting' ? state.attempt : 0;
}

function waitMs(event: LinkEvent, attempt: number, times: LinkTimes): number {
  if (event.type === 'lost' && event.retryAfterMs !== undefined) return event.retryAfterMs;
  const random = event.type === 'lost' || event.type === 'tick' ? event.random : 0;
  return backoffMs({ attempt, firstMs: times.retryFirstMs, capMs: times.retryCapMs, random });
}
