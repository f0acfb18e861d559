/** Every bound of the hub; each has its behaviour beside it. */
export type HubLimits = {
  /** A socket with more than this waiting is closed with 4002 and resumes when it can; nobody waits for it. */
  readonly slowConsumerBytes: number;
  /** Newest rows kept in memory for live clients and short breaks; older ones are read from the log. */
  readonly tailChars: number;
  /** Rows of one `changes` frame; more go in more frames. */
  readonly frameChars: number;
  /** Sockets written to before the event loop gets its turn. */
  readonly sliceCount: number;
  /** Rows read from the log at a time. */
  readonly pageCount: number;
  /** Who missed more rows than this starts from a snapshot (`reset tooOld`): cheaper for both than the replay. */
  readonly catchUpCount: number;
  /** Who has not caught up after this long starts from a snapshot (`reset tooSlow`). */
  readonly catchUpMs: number;
  /** Catching up pauses while more than this waits in the socket. */
  readonly catchUpWaitingBytes: number;
};

export const HUB_LIMITS: HubLimits = {
  slowConsumerBytes: 1024 * 1024,
  tailChars: 512 * 1024,
  frameChars: 256 * 1024,
  sliceCount: 500,
  pageCount: 256,
  catchUpCount: 20_000,
  catchUpMs: 15_000,
  catchUpWaitingBytes: 256 * 1024,
};
