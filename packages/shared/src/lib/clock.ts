/** Cancels what was scheduled. Safe to call twice and after the timer fired. */
export type Cancel = () => void;

/** The only door to time and randomness: rules receive it, so that a test decides when time passes. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Calls `run` once after `delayMs`. */
  after(delayMs: number, run: () => void): Cancel;
}

/** The real clock. Timers do not keep a Node process alive: what must live holds a socket or a server. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (delayMs, run) => {
    const timer: unknown = setTimeout(run, delayMs);
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
      timer.unref();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]); // Node gives an object, browsers a number
  },
};

/** Calls `run` every `periodMs` until cancelled; the next turn is scheduled after the last one ended. */
export function every(clock: Clock, periodMs: number, run: () => void): Cancel {
  let cancel: Cancel = () => undefined;
  let stopped = false;
  const next = (): void => {
    cancel = clock.after(periodMs, () => {
      run();
      if (!stopped) next();
    });
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}

/** Resolves after `delayMs`; rejects with the signal's reason when aborted first. */
export function wait(clock: Clock, delayMs: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
