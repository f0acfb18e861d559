import { sessionSchema } from '@hiscrm/shared/model/session.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import { describe, expect, test } from 'vitest';
import { ACCOUNT_TABLE, type AccountEvent, type AccountState, nextAccountState, sessionOf } from './account-state.ts';

const CODE = { image: 'data:image/png;base64,AA==', expiresAt: 99 };
const STATES: Record<AccountState['kind'], AccountState> = {
  starting: { kind: 'starting', since: 1, failureCount: 2, isLoginAsked: false },
  online: { kind: 'online', since: 1, detail: '' },
  loginRequired: { kind: 'loginRequired', since: 1, detail: 'gone' },
  awaitingScan: { kind: 'awaitingScan', since: 1, code: CODE },
  challenge: { kind: 'challenge', since: 1, detail: 'check' },
  backingOff: { kind: 'backingOff', since: 1, failureCount: 3, retryAt: 50, detail: 'broke', isLoginAsked: false },
  closed: { kind: 'closed', since: 1 },
};
const EVENTS: Record<AccountEvent['kind'], AccountEvent> = {
  loggedIn: { kind: 'loggedIn' },
  loggedOut: { kind: 'loggedOut', detail: 'code 8' },
  loginAsked: { kind: 'loginAsked' },
  codeShown: { kind: 'codeShown', code: CODE },
  loginFailed: { kind: 'loginFailed', detail: 'nobody came' },
  challenged: { kind: 'challenged', detail: 'a human check' },
  limited: { kind: 'limited', detail: 'messages come late' },
  broke: { kind: 'broke', detail: 'crash', delayMs: 40 },
  retryDue: { kind: 'retryDue' },
  closed: { kind: 'closed' },
};
const parseSession = parserOf(sessionSchema);

describe('every cell of the table', () => {
  for (const [from, state] of Object.entries(STATES)) {
    for (const [name, event] of Object.entries(EVENTS)) {
      const to = ACCOUNT_TABLE[state.kind][event.kind];
      test(`[AC1] ${from} + ${name} → ${to}`, () => {
        const next = nextAccountState(state, event, 10);
        if (to === 'same') expect(next).toBe(state);
        else expect(next).toMatchObject({ kind: to, since: 10 });
        const session = sessionOf(next);
        if (session) expect(parseSession(session)).toMatchObject({ ok: true });
      });
    }
  }
});

test('[AC2] only a person or the end leaves a challenge', () => {
  const ways = Object.values(EVENTS).filter(
    (event) => nextAccountState(STATES.challenge, event, 10) !== STATES.challenge,
  );
  expect(ways.map((event) => event.kind)).toEqual(['loginAsked', 'closed']);
});

test('[AC5] failures in a row are counted until the account is online', () => {
  let state: AccountState = { kind: 'starting', since: 0, failureCount: 0, isLoginAsked: false };
  for (let failure = 1; failure <= 3; failure += 1) {
    state = nextAccountState(state, EVENTS.broke, 10);
    expect(state).toMatchObject({ kind: 'backingOff', failureCount: failure, retryAt: 50 });
    state = nextAccountState(state, EVENTS.retryDue, 50);
  }
  state = nextAccountState(state, EVENTS.loggedIn, 60);
  state = nextAccountState(state, EVENTS.broke, 70);
  expect(state).toMatchObject({ kind: 'backingOff', failureCount: 1 });
});

test('[AC8] a login that is asked for while the account starts or waits is shown once it is needed', () => {
  let state = nextAccountState(STATES.starting, EVENTS.loginAsked, 10);
  expect(nextAccountState(state, EVENTS.loginAsked, 11)).toBe(state);
  expect(nextAccountState(state, EVENTS.loggedOut, 11)).toEqual({ kind: 'awaitingScan', since: 11, code: undefined });
  expect(nextAccountState(state, EVENTS.loggedIn, 11)).toMatchObject({ kind: 'online' });
  state = nextAccountState(state, EVENTS.broke, 12);
  state = nextAccountState(state, EVENTS.retryDue, 50);
  expect(nextAccountState(state, EVENTS.loggedOut, 51)).toMatchObject({ kind: 'awaitingScan' });
  state = nextAccountState(STATES.backingOff, EVENTS.loginAsked, 13);
  expect(nextAccountState(state, EVENTS.loggedOut, 14)).toMatchObject({ kind: 'awaitingScan' });
  // Nothing is left of the wish after it was heard.
  state = nextAccountState(nextAccountState(state, EVENTS.loggedIn, 15), EVENTS.broke, 16);
  state = nextAccountState(nextAccountState(state, EVENTS.retryDue, 50), EVENTS.loggedOut, 51);
  expect(state).toMatchObject({ kind: 'loginRequired' });
});
