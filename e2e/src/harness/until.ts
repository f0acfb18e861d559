import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks at a condition that tells nobody when it changes: another process's state, a file, a page. */
const LOOK_EVERY_MS = 25;
/** A cold Chromium on a busy two-core machine is the slowest thing that is ever waited for. */
const DEADLINE_MS = 60_000;

/**
 * Looks until `look` gives something other than undefined or false, and resolves with it. Rejects after the deadline with
 * `what`, and with the last error that `look` threw as its cause.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly deadlineMs?: number | undefined; readonly everyMs?: number | undefined } = {},
): Promise<T> {
  const giveUpAt = Date.now() + (options.deadlineMs ?? DEADLINE_MS);
  let cause: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > giveUpAt) throw new Error(`waited in vain for ${what}`, { cause });
    await pause(options.everyMs ?? LOOK_EVERY_MS);
  }
}

/** Rejects with `what` when `promise` takes longer than `deadlineMs`. */
export async function within<T>(deadlineMs: number, what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms in vain for ${what}`)), deadlineMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
