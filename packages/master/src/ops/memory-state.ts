/** How often the process is looked at. */
export const SAMPLE_MS = 5_000;
/** Half a minute: who is in a burst, or comes back from one, is not stopped. */
const QUIET_SAMPLE_COUNT = 6;
/** Below this share of a core, all of them together, the thread was quiet: ten thousand connections that are asked whether they are there take 3 to 10 %. */
const QUIET_SHARE = 0.15;
/** From this share on a sample is no quiet one, whatever the others say, and the half minute begins anew. All hearts at once stay below. */
const BUSY_SHARE = 0.3;
/** Giving back takes a quarter of a second, so not more often than this. */
const PERIOD_MS = 10 * 60_000;
/** What V8 holds over its level before it is worth that. */
const SURPLUS_SHARE = 0.5;
const SURPLUS_BYTES = 64 * 1024 * 1024;

/** What V8 held of the system's memory, and how busy the thread was since the sample before. */
export type MemorySample = { readonly now: number; readonly busyShare: number; readonly heapBytes: number };

/** `levelBytes`: what V8 held at the start, or after the last return when that was more. */
export type MemoryState = {
  readonly levelBytes: number;
  /** The newest samples, since the start, the last try or the last busy one. */
  readonly busyShares: readonly number[];
  readonly triedAt: number | undefined;
};

export const memoryAtStart = (heapBytes: number): MemoryState => ({
  levelBytes: heapBytes,
  busyShares: [],
  triedAt: undefined,
});

/** The state after a sample. Pure. */
export const afterSample = (state: MemoryState, { busyShare }: MemorySample): MemoryState => ({
  ...state,
  busyShares: busyShare >= BUSY_SHARE ? [] : [...state.busyShares, busyShare].slice(-QUIET_SAMPLE_COUNT),
});

/** Whether now is the moment to give memory back. Pure. */
export function isReturnDue({ levelBytes, busyShares, triedAt }: MemoryState, sample: MemorySample): boolean {
  const { now, heapBytes } = sample;
  const busyShare = busyShares.reduce((sum, share) => sum + share, 0) / QUIET_SAMPLE_COUNT;
  return (
    busyShares.length === QUIET_SAMPLE_COUNT &&
    busyShare < QUIET_SHARE &&
    (triedAt === undefined || now - triedAt >= PERIOD_MS) &&
    heapBytes >= levelBytes * (1 + SURPLUS_SHARE) + SURPLUS_BYTES
  );
}

/** The state after a try. `heapBytes`: what V8 holds now, or undefined when it could not be done. Pure. */
export const afterTry = (state: MemoryState, now: number, heapBytes: number | undefined): MemoryState => ({
  levelBytes: Math.max(state.levelBytes, heapBytes ?? 0),
  busyShares: [],
  triedAt: now,
});
