/** Every bound of the notification hub, and what happens at it. */
export type NoticeLimits = {
  /** Deliveries to connected users that wait for their sockets; a notice that does not fit is refused with OVERLOADED. */
  readonly waitingDeliveriesCount: number;
  /** The same for urgent notices, which do not ask whether the other lanes are full. */
  readonly urgentDeliveriesCount: number;
  /** How long a notice waits for room before it is refused. */
  readonly roomPatienceMs: number;
  /** Notices of one user that wait for a connection; the oldest expires. 0 = no bound. */
  readonly waitingPerUserCount: number;
  /** A notice that nobody fetched for so long expires. 0 = no bound. */
  readonly waitingAgeMs: number;
  /** Records sent again to a client that asks for a stream it had acknowledged. */
  readonly replayCount: number;
  /** A checkpoint of users and notices goes to disk in slices of so many, so that appends get their turn between them. */
  readonly sliceRowCount: number;
  /** Notices kept in memory beside those that somebody waits for. */
  readonly cachedNoticeCount: number;
  /** Pages of receive records (1,024 each, 40 KiB) kept in memory beside those that are being written. */
  readonly cachedPageCount: number;
  /** Scheduled notices at a time; one more is refused. */
  readonly scheduledCount: number;
  /** Named groups and templates; one more is refused. */
  readonly settingsCount: number;
  /** A socket with more than this waiting is closed as a slow consumer. */
  readonly slowConsumerBytes: number;
};

export const NOTICE_LIMITS: NoticeLimits = {
  waitingDeliveriesCount: 50_000,
  urgentDeliveriesCount: 50_000,
  roomPatienceMs: 250,
  waitingPerUserCount: 100,
  waitingAgeMs: 7 * 24 * 3_600_000,
  replayCount: 100,
  sliceRowCount: 400,
  cachedNoticeCount: 5_000,
  cachedPageCount: 1_024,
  scheduledCount: 10_000,
  settingsCount: 1_000,
  slowConsumerBytes: 1024 * 1024,
};
