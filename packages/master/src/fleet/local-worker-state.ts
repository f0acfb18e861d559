import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';

/** The first pause before a Worker that ended is started again; the pause doubles with every failure in a row. */
export const RESTART_FIRST_MS = 10_000;
export const RESTART_CAP_MS = 5 * 60_000;
/** A Worker that ran for so long was well: its next end is the first again. */
export const STABLE_RUN_MS = 60_000;
/** A Worker that was asked to stop has this long to close its browsers. */
export const STOP_PATIENCE_MS = 10_000;

/** What a supervised process is doing. */
export type LocalWorkerState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly pid: number; readonly since: number; readonly failureCount: number }
  | {
      readonly kind: 'waiting';
      readonly retryAt: number;
      readonly failureCount: number;
      /** How it ended, for people: `exit 1`, `signal SIGKILL`. */
      readonly lastEnd: string;
    }
  | { readonly kind: 'stopping'; readonly pid: number; readonly killAt: number };

export type LocalWorkerEvent =
  | { readonly type: 'started'; readonly now: number; readonly pid: number }
  | { readonly type: 'ended'; readonly now: number; readonly random: number; readonly end: string }
  | { readonly type: 'stop'; readonly now: number };

type Kind = LocalWorkerState['kind'];

/** Which event leads where; an event that a state does not expect leaves it as it is. */
export const LOCAL_WORKER_TABLE: Record<Kind, Record<LocalWorkerEvent['type'], Kind>> = {
  stopped: { started: 'running', ended: 'stopped', stop: 'stopped' },
  running: { started: 'running', ended: 'waiting', stop: 'stopping' },
  waiting: { started: 'running', ended: 'waiting', stop: 'stopped' },
  stopping: { started: 'stopping', ended: 'stopped', stop: 'stopping' },
};

/** The state after an event. Pure. */
export function nextLocalWorkerState(state: LocalWorkerState, event: LocalWorkerEvent): LocalWorkerState {
  const to = LOCAL_WORKER_TABLE[state.kind][event.type];
  if (to === state.kind) return state;
  if (to === 'stopped') return { kind: 'stopped' };
  if (event.type === 'started') {
    const failureCount = state.kind === 'waiting' ? state.failureCount : 0;
    return { kind: 'running', pid: event.pid, since: event.now, failureCount };
  }
  if (state.kind !== 'running') return state;
  if (event.type === 'stop') return { kind: 'stopping', pid: state.pid, killAt: event.now + STOP_PATIENCE_MS };
  const wasStable = event.now - state.since >= STABLE_RUN_MS;
  const attempt = wasStable ? 0 : state.failureCount;
  const pauseMs = backoffMs({ attempt, firstMs: RESTART_FIRST_MS, capMs: RESTART_CAP_MS, random: event.random });
  return { kind: 'waiting', retryAt: event.now + pauseMs, failureCount: attempt + 1, lastEnd: event.end };
}
