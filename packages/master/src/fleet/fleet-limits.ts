import { WORKER_HEARTBEAT_MS, WORKER_TIMEOUT_MS } from '@hiscrm/shared/protocol/worker-link.ts';

/** The waits of the fleet, and what happens at their end. */
export type FleetLimits = {
  readonly heartbeatMs: number;
  /** A Worker unheard for so long is off line; others take its accounts. */
  readonly timeoutMs: number;
  /** A reply that no Worker was given for so long is rejected as `notDriven`: nobody wants it sent hours later. */
  readonly replyWaitMs: number;
  /** A reply that a Worker was given, and which it then went away with, is `unknown` after this long. */
  readonly outcomeMs: number;
  /** The same while its Worker is here: it may be waiting for its turn at a human pace. */
  readonly outcomeWithWorkerMs: number;
};

const MINUTE_MS = 60_000;

export const FLEET_LIMITS: FleetLimits = {
  heartbeatMs: WORKER_HEARTBEAT_MS,
  timeoutMs: WORKER_TIMEOUT_MS,
  replyWaitMs: 15 * MINUTE_MS,
  outcomeMs: 10 * MINUTE_MS,
  outcomeWithWorkerMs: 60 * MINUTE_MS,
};
