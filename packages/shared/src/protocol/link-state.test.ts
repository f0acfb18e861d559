import { expect, test } from 'vitest';
import { LINK_TABLE, type LinkEvent, type LinkState, type LinkTimes, linkDueAt, nextLinkState } from './link-state.ts';

const TIMES: LinkTimes = {
  connectMs: 10_000,
  silenceMs: 60_000,
  retryFirstMs: 1_000,
  retryCapMs: 30_000,
  stableMs: 5_000,
};
const NOW = 100_000;

const states: Record<LinkState['kind'], LinkState> = {
  idle: { kind: 'idle' },
  connecting: { kind: 'connecting', attempt: 2, giveUpAt: NOW },
  live: { kind: 'live', attempt: 2, since: NOW - 1_000, lostAt: NOW },
  waiting: { kind: 'waiting', attempt: 2, retryAt: NOW },
  refused: { kind: 'refused', code: 'x' },
  closed: { kind: 'closed' },
};
const events: Record<LinkEvent['type'], LinkEvent> = {
  start: { type: 'start', now: NOW },
  opened: { type: 'opened', now: NOW },
  heard: { type: 'heard', now: NOW },
  lost: { type: 'lost', now: NOW, random: 0 },
  refused: { type: 'refused', now: NOW, code: 'BAD_WORKER_KEY' },
  tick: { type: 'tick', now: NOW, random: 0 },
  close: { type: 'close', now: NOW },
};
const after = (state: LinkState, ...then: LinkEvent[]): LinkState =>
  then.reduce((before, event) => nextLinkState(before, event, TIMES), state);

for (const [from, row] of Object.entries(LINK_TABLE)) {
  for (const [type, to] of Object.entries(row)) {
    test(`[LK1] ${from} + ${type} → ${to}`, () => {
      const state = states[from as LinkState['kind']];
      const next = after(state, events[type as LinkEvent['type']]);
      expect(next.kind).toBe(to);
      if (to === from && !(from === 'live' && type === 'heard')) expect(next).toBe(state);
    });
  }
}

test('[LK2] a tick before its time changes nothing, and the owner knows when the time is', () => {
  for (const state of [states.connecting, states.live, states.waiting]) {
    expect(linkDueAt(state)).toBe(NOW);
    expect(after(state, { type: 'tick', now: NOW - 1, random: 0 })).toBe(state);
  }
  for (const state of [states.idle, states.refused, states.closed]) expect(linkDueAt(state)).toBeUndefined();
});

test('[LK3] a live link that hears nothing is lost; each word moves the moment', () => {
  const live = after({ kind: 'idle' }, { type: 'start', now: 0 }, { type: 'opened', now: 10 });
  expect(linkDueAt(live)).toBe(60_010);
  const heard = after(live, { type: 'heard', now: 50_000 });
  expect(linkDueAt(heard)).toBe(110_000);
  expect(after(heard, { type: 'tick', now: 110_000, random: 0 }).kind).toBe('waiting');
});

test('[LK4] waits grow with each failure, stay under the cap, and start again after a stable life', () => {
  let state: LinkState = { kind: 'idle' };
  const waits: number[] = [];
  for (let n = 0; n < 8; n++) {
    state = after(state, { type: 'start', now: 0 }, { type: 'lost', now: 0, random: 0.999 });
    waits.push(linkDueAt(state) ?? 0);
  }
  expect(waits.slice(0, 3)).toEqual([1_000, 1_999, 3_998]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
  const open = after(state, { type: 'start', now: 0 }, { type: 'opened', now: 0 });
  expect(after(open, { type: 'lost', now: 4_999, random: 0 })).toMatchObject({ attempt: 9 });
  expect(after(open, { type: 'lost', now: 5_000, random: 0 })).toMatchObject({ attempt: 1, retryAt: 5_500 });
});

test('[LK5] when the server says when to come back, that is when', () => {
  const back = after(states.live, { type: 'lost', now: NOW, random: 0.5, retryAfterMs: 1_234 });
  expect(linkDueAt(back)).toBe(NOW + 1_234);
});

test('[LK6] a refused link waits for a person, and a closed one stays closed', () => {
  const refused = after(states.live, { type: 'refused', now: NOW, code: 'BAD_WORKER_KEY' });
  expect(refused).toEqual({ kind: 'refused', code: 'BAD_WORKER_KEY' });
  expect(after(refused, { type: 'start', now: NOW })).toMatchObject({ kind: 'connecting', attempt: 0 });
});
