/**
 * The life of one account on this Worker, as a pure machine: the driver asks what follows an event and does the rest.
 * Table and rules: docs/spec/account.md.
 */
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';

export type AccountState =
  | {
      readonly kind: 'starting';
      readonly since: number;
      readonly failureCount: number;
      /** A person asked for a login meanwhile: when it turns out to be needed, the code is shown at once. */
      readonly isLoginAsked: boolean;
    }
  /** `detail`: what works worse than it should. */
  | { readonly kind: 'online'; readonly since: number; readonly detail: string }
  | { readonly kind: 'loginRequired'; readonly since: number; readonly detail: string }
  | { readonly kind: 'awaitingScan'; readonly since: number; readonly code: ScanCode | undefined }
  | { readonly kind: 'challenge'; readonly since: number; readonly detail: string }
  | {
      readonly kind: 'backingOff';
      readonly since: number;
      readonly failureCount: number;
      readonly retryAt: number;
      readonly detail: string;
      readonly isLoginAsked: boolean;
    }
  | { readonly kind: 'closed'; readonly since: number };
export type ScanCode = { readonly image: string; readonly expiresAt: number };

export type AccountEvent =
  | { readonly kind: 'loggedIn' }
  | { readonly kind: 'loggedOut'; readonly detail: string }
  | { readonly kind: 'loginAsked' }
  | { readonly kind: 'codeShown'; readonly code: ScanCode }
  | { readonly kind: 'loginFailed'; readonly detail: string }
  | { readonly kind: 'challenged'; readonly detail: string }
  /** Something of the account is read in a worse way, or, with an empty text, no more. */
  | { readonly kind: 'limited'; readonly detail: string }
  /** `delayMs`: how long to wait, from the driver's back-off. */
  | { readonly kind: 'broke'; readonly detail: string; readonly delayMs: number }
  | { readonly kind: 'retryDue' }
  | { readonly kind: 'closed' };

type StateKind = AccountState['kind'];
type EventKind = AccountEvent['kind'];

/** `same` = the event means nothing in this state. A challenge is left only by a person's asking for a login, or closing. */
export const ACCOUNT_TABLE: Record<StateKind, Record<EventKind, StateKind | 'same'>> = {
  starting: {
    loggedIn: 'online',
    loggedOut: 'loginRequired', // 'awaitingScan' when a login was asked for
    loginAsked: 'starting',
    codeShown: 'same',
    loginFailed: 'same',
    challenged: 'challenge',
    limited: 'same',
    broke: 'backingOff',
    retryDue: 'same',
    closed: 'closed',
  },
  online: {
    loggedIn: 'same',
    loggedOut: 'loginRequired',
    loginAsked: 'same',
    codeShown: 'same',
    loginFailed: 'same',
    challenged: 'challenge',
    limited: 'online',
    broke: 'backingOff',
    retryDue: 'same',
    closed: 'closed',
  },
  loginRequired: {
    loggedIn: 'online',
    loggedOut: 'same',
    loginAsked: 'awaitingScan',
    codeShown: 'same',
    loginFailed: 'same',
    challenged: 'challenge',
    limited: 'same',
    broke: 'backingOff',
    retryDue: 'same',
    closed: 'closed',
  },
  awaitingScan: {
    loggedIn: 'online',
    loggedOut: 'same',
    loginAsked: 'same',
    codeShown: 'awaitingScan',
    loginFailed: 'loginRequired',
    challenged: 'challenge',
    limited: 'same',
    broke: 'backingOff',
    retryDue: 'same',
    closed: 'closed',
  },
  challenge: {
    loggedIn: 'same',
    loggedOut: 'same',
    loginAsked: 'awaitingScan',
    codeShown: 'same',
    loginFailed: 'same',
    challenged: 'same',
    limited: 'same',
    broke: 'same',
    retryDue: 'same',
    closed: 'closed',
  },
  backingOff: {
    loggedIn: 'same',
    loggedOut: 'same',
    loginAsked: 'starting',
    codeShown: 'same',
    loginFailed: 'same',
    challenged: 'same',
    limited: 'same',
    broke: 'same',
    retryDue: 'starting',
    closed: 'closed',
  },
  closed: {
    loggedIn: 'same',
    loggedOut: 'same',
    loginAsked: 'same',
    codeShown: 'same',
    loginFailed: 'same',
    challenged: 'same',
    limited: 'same',
    broke: 'same',
    retryDue: 'same',
    closed: 'same',
  },
};

/** The state after an event at `now`; the same object when nothing changes. */
export function nextAccountState(state: AccountState, event: AccountEvent, now: number): AccountState {
  const to = ACCOUNT_TABLE[state.kind][event.kind];
  const failureCount = 'failureCount' in state ? state.failureCount : 0;
  const isLoginAsked = event.kind === 'loginAsked' || ('isLoginAsked' in state && state.isLoginAsked);
  switch (to) {
    case 'same':
      return state;
    case 'starting':
      if (state.kind === 'starting' && state.isLoginAsked) return state;
      return { kind: 'starting', since: now, failureCount, isLoginAsked };
    case 'online': {
      const detail = event.kind === 'limited' ? event.detail : '';
      return state.kind === 'online' && state.detail === detail ? state : { kind: 'online', since: now, detail };
    }
    case 'closed':
      return { kind: 'closed', since: now };
    case 'loginRequired':
      if (isLoginAsked) return { kind: 'awaitingScan', since: now, code: undefined };
      return { kind: to, since: now, detail: 'detail' in event ? event.detail : '' };
    case 'challenge':
      return { kind: to, since: now, detail: 'detail' in event ? event.detail : '' };
    case 'awaitingScan':
      return { kind: 'awaitingScan', since: now, code: event.kind === 'codeShown' ? event.code : undefined };
    case 'backingOff': {
      const delayMs = event.kind === 'broke' ? event.delayMs : 0;
      const detail = event.kind === 'broke' ? event.detail : '';
      return {
        kind: 'backingOff',
        since: now,
        failureCount: failureCount + 1,
        retryAt: now + delayMs,
        detail,
        isLoginAsked,
      };
    }
    default:
      return unreachable(to);
  }
}

/** The state as the Master and the screens know it. */
export function sessionOf(state: AccountState): Session | undefined {
  switch (state.kind) {
    case 'starting':
      return { kind: state.kind, since: state.since };
    case 'online':
    case 'loginRequired':
    case 'challenge':
      return { kind: state.kind, since: state.since, ...(state.detail && { detail: state.detail.slice(0, 500) }) };
    case 'awaitingScan':
      return (
        state.code && {
          kind: 'awaitingScan',
          since: state.since,
          qrImage: state.code.image,
          expiresAt: state.code.expiresAt,
        }
      );
    case 'backingOff':
      return {
        kind: 'backingOff',
        since: state.since,
        retryAt: state.retryAt,
        ...(state.detail && { detail: state.detail.slice(0, 500) }),
      };
    case 'closed':
      return undefined; // the Master knows: it took the account away, or the Worker is gone
    default:
      return unreachable(state);
  }
}
