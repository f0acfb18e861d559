import { CLIENT_FRAME_LIMIT_BYTES, CLIENT_HEARTBEAT_MS } from '@hiscrm/shared/protocol/client-link.ts';

/** Every bound of the client sockets, and what happens at it. */
export type ClientLimits = {
  /** Open sockets in all; one more is refused with 503. */
  readonly connectionCount: number;
  /** Open sockets of one user who is no administrator; one more is refused with 429. */
  readonly connectionsPerUserCount: number;
  /** A larger frame is refused with TOO_LARGE; four times that closes the socket. */
  readonly frameBytes: number;
  /** A socket that has not said hello after this long is closed. */
  readonly helloMs: number;
  /** Clients are told to ping this often. */
  readonly heartbeatMs: number;
  /** A socket unheard for so long is closed with 4004, and its user counts as gone: within 30 s of a crash. */
  readonly goneAfterMs: number;
  /** This many unreadable frames within a minute close the socket with 4003. */
  readonly badFrameCount: number;
  /** Commands of one socket under way at a time; one more is refused with TOO_MANY. */
  readonly commandsInFlightCount: number;
  /** Frames of one socket: so many at once, and so many a second after that; more are refused with TOO_MANY. */
  readonly frameBurstCount: number;
  readonly framesPerSecond: number;
  /** When the server closes, sockets that have not hung up after this long are cut. */
  readonly drainMs: number;
};

export const CLIENT_LIMITS: ClientLimits = {
  connectionCount: 10_000,
  connectionsPerUserCount: 200,
  frameBytes: CLIENT_FRAME_LIMIT_BYTES,
  helloMs: 10_000,
  heartbeatMs: CLIENT_HEARTBEAT_MS,
  goneAfterMs: 25_000,
  badFrameCount: 10,
  commandsInFlightCount: 32,
  frameBurstCount: 300,
  framesPerSecond: 100,
  drainMs: 2_000,
};
