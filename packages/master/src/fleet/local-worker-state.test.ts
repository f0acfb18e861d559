import { expect, test } from 'vitest';
import {
  LOCAL_WORKER_TABLE,
  type LocalWorkerEvent,
  type LocalWorkerState,
  nextLocalWorkerState,
  RESTART_CAP_MS,
  STABLE_RUN_MS,
} from './local-worker-state.ts';

const states: Record<LocalWorkerState['kind'], LocalWorkerState> = {
  stopped: { kind: 'stopped' },
  running: { kind: 'running', pid: 1, since: 0, failureCount: 2 },
  waiting: { kind: 'waiting', retryAt: 5, failureCount: 3, lastEnd: 'exit 1' },
  stopping: { kind: 'stopping', pid: 1, killAt: 9 },
};
const events: Record<LocalWorkerEvent['type'], LocalWorkerEvent> = {
  started: { type: 'started', now: 100, pid: 7 },
  ended: { type: 'ended', now: 100, random: 0.5, end: 'exit 1' },
  stop: { type: 'stop', now: 100 },
};

for (const [from, row] of Object.entries(LOCAL_WORKER_TABLE)) {
  for (const [type, to] of Object.entries(row)) {
    test(`[FL14] ${from} + ${type} → ${to}`, () => {
      const state = states[from as LocalWorkerState['kind']];
      const next = nextLocalWorkerState(state, events[type as LocalWorkerEvent['type']]);
      expect(next.kind).toBe(to);
      if (to === from) expect(next).toBe(state);
    });
  }
}

test('[FL15] pauses start at 5 to 10 s, grow, stay under five minutes, and start again after a stable run', () => {
  let state: LocalWorkerState = { kind: 'stopped' };
  const pauses: number[] = [];
  for (let n = 0; n < 12; n++) {
    state = nextLocalWorkerState(state, { type: 'started', now: 0, pid: n });
    state = nextLocalWorkerState(state, { type: 'ended', now: 0, random: 0, end: 'exit 1' });
    if (state.kind === 'waiting') pauses.push(state.retryAt);
  }
  expect(pauses.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(RESTART_CAP_MS);
  expect(pauses.at(-1)).toBe(RESTART_CAP_MS / 2);
  state = nextLocalWorkerState(state, { type: 'started', now: 0, pid: 1 });
  state = nextLocalWorkerState(state, { type: 'ended', now: STABLE_RUN_MS, random: 0, end: 'exit 1' });
  expect(state).toMatchObject({ kind: 'waiting', retryAt: STABLE_RUN_MS + 5_000, failureCount: 1 });
});
