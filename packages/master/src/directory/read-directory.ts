import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import { RECIPIENTS_LIMIT_COUNT } from '@hiscrm/shared/model/notice.ts';
import type { Person } from '../notices/user-directory.ts';
import type { DirectorySource } from './directory-source.ts';
import { peopleFromRows, type RefusedRow } from './people-from-rows.ts';

/** A whole read, whatever the source waits for, takes no longer. */
const READ_TIMEOUT_MS = 20_000;
/** Refused rows that are named. */
const NAMED_LIMIT_COUNT = 10;
const ERROR_LIMIT_CHARS = 200;

/** A good read. */
export type DirectoryList = {
  readonly people: readonly Person[];
  readonly refusedCount: number;
  /** The first of the refused rows. */
  readonly refused: readonly RefusedRow[];
};

/**
 * Reads a source once, all of it or nothing. Rejects with what the source says; when it takes too long or the signal is
 * aborted; when there are more rows than a notice may have recipients; and when no row at all is a user, which is a wrong query.
 */
export async function readDirectory(options: {
  readonly source: DirectorySource;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly limitCount?: number | undefined;
}): Promise<DirectoryList> {
  const { source, clock, limitCount = RECIPIENTS_LIMIT_COUNT } = options;
  const timeout = new AbortController();
  const signal = options.signal ? AbortSignal.any([timeout.signal, options.signal]) : timeout.signal;
  const cancel = clock.after(READ_TIMEOUT_MS, () => timeout.abort(new Error('no answer in time')));
  try {
    const rows = await endedBy(signal, source.read({ limitCount: limitCount + 1, signal }));
    if (rows.length > limitCount) throw new Error(`there are more than ${limitCount} rows`);
    const { people, refused } = peopleFromRows(rows);
    if (people.length === 0 && refused[0]) throw new Error(`none of ${rows.length} rows fits: ${refused[0].reason}`);
    return { people, refusedCount: refused.length, refused: refused.slice(0, NAMED_LIMIT_COUNT) };
  } finally {
    cancel();
  }
}

/** What went wrong, in a line. Several addresses that all refuse have only a code. */
export function directoryErrorText(error: unknown): string {
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown }; // whatever a driver throws
  return String(message || code || error).slice(0, ERROR_LIMIT_CHARS);
}

/** The promise, unless the signal ends the wait first: a driver may take its time to notice. */
async function endedBy<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
