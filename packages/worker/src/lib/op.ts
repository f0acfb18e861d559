import type { Clock } from '@hiscrm/shared/lib/clock.ts';

/** Why an operation ended before its work did. */
export type OpEnd = 'aborted' | 'deadline';

/** An operation was cancelled or ran out of time. `notes` tell how far it had come. */
export class OpEnded extends Error {
  readonly end: OpEnd;
  readonly notes: readonly string[];

  constructor(name: string, end: OpEnd, notes: readonly string[]) {
    super(
      `${name} ${end === 'deadline' ? 'ran out of time' : 'was cancelled'}${notes.length ? ` after: ${notes.join(' · ')}` : ''}`,
    );
    this.name = 'OpEnded';
    this.end = end;
    this.notes = notes;
  }
}

/** What one operation on a page gets: nothing it awaits may outlive it. */
export type Op = {
  readonly signal: AbortSignal;
  /** When it must be over, in ms since the epoch. */
  readonly deadlineMs: number;
  /** Kept, and told when the operation fails. Holds no text of messages and no secrets. */
  note(text: string): void;
  /** The work's result; rejects with `OpEnded` on abort or deadline, whatever becomes of the work. */
  race<T>(work: Promise<T>): Promise<T>;
  /** How long may still be waited, at most `capMs`. Never below 1, so that it can be given to Playwright (0 = for ever). */
  leftMs(capMs?: number): number;
};

/** Notes kept per operation; older ones go first. */
const NOTE_LIMIT_COUNT = 40;

/** Runs `work` as one operation of at most `timeoutMs`. The parent's abort ends it too. */
export async function withOp<T>(
  options: { name: string; clock: Clock; timeoutMs: number; signal?: AbortSignal | undefined },
  work: (op: Op) => Promise<T>,
): Promise<T> {
  const { name, clock, timeoutMs, signal: parent } = options;
  const control = new AbortController();
  const notes: string[] = [];
  const end = (why: OpEnd): void => control.abort(new OpEnded(name, why, notes));
  const onParent = (): void => end('aborted');
  if (parent?.aborted) onParent();
  parent?.addEventListener('abort', onParent, { once: true });
  const cancel = clock.after(timeoutMs, () => end('deadline'));
  const deadlineMs = clock.now() + timeoutMs;
  const op: Op = {
    signal: control.signal,
    deadlineMs,
    note: (text) => {
      notes.push(text);
      if (notes.length > NOTE_LIMIT_COUNT) notes.shift();
    },
    race: (promise) => raceAbort(promise, control.signal),
    leftMs: (capMs = timeoutMs) => Math.max(1, Math.min(capMs, deadlineMs - clock.now())),
  };
  try {
    return await op.race(work(op));
  } finally {
    cancel();
    parent?.removeEventListener('abort', onParent);
  }
}

/** The promise's outcome, or the signal's reason when it aborts first. A late rejection of the promise is taken in. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}
