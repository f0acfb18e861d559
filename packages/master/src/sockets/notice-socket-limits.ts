import { NOTICE_FRAME_LIMIT_BYTES, NOTICE_HEARTBEAT_MS } from '@hiscrm/shared/protocol/notice-link.ts';

/** Every bound of the notice sockets, and what happens at it. */
export type NoticeSocketLimits = {
  /** Open sockets in all; one more is refused with 503. */
  readonly connectionCount: number;
  /** Open sockets of one user; one more is refused with 429. */
  readonly connectionsPerUserCount: number;
  /** Open sockets of one address that is not this machine; one more is refused with 429. 0 = no bound. */
  readonly connectionsPerAddressCount: number;
  /** Connects of one address that is not this machine: so many at once, and so many a second; more get 429. */
  readonly connectBurstCount: number;
  readonly connectsPerSecond: number;
  /** A larger frame is answered with an error; four times that closes the socket. */
  readonly frameBytes: number;
  /** This many bad frames within a minute close the socket with 1008. */
  readonly badFrameCount: number;
  /** Frames of one socket: so many at once, and so many a second after that; more are answered with an error. */
  readonly frameBurstCount: number;
  readonly framesPerSecond: number;
  /** Clients are told to ping this often. */
  readonly heartbeatMs: number;
  /** A socket unheard for so long is closed, and its user counts as gone: within 30 s of a crash. */
  readonly goneAfterMs: number;
  /** How long a new connection may say where it wants to resume before everything unacknowledged is sent. */
  readonly resumeGraceMs: number;
  /** When the server closes, sockets that have not hung up after this long are cut. */
  readonly drainMs: number;
};

export const NOTICE_SOCKET_LIMITS: NoticeSocketLimits = {
  connectionCount: 10_000,
  connectionsPerUserCount: 20,
  connectionsPerAddressCount: 1_000,
  connectBurstCount: 200,
  connectsPerSecond: 50,
  frameBytes: NOTICE_FRAME_LIMIT_BYTES,
  badFrameCount: 10,
  frameBurstCount: 500,
  framesPerSecond: 200,
  heartbeatMs: NOTICE_HEARTBEAT_MS,
  goneAfterMs: 25_000,
  resumeGraceMs: 100,
  drainMs: 2_000,
};
