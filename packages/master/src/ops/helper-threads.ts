/**
 * The threads on which V8 marks and sweeps memory beside the event loop. They are as many as four, and where the process has
 * one core they and the loop share it evenly: a collection stops everybody for a fifth of a second. As the nicest threads of
 * the process they get what the loop leaves (ADR 0023).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';

/** Linux shows every thread of the process here, by number, with its name. */
const TASKS_FOLDER = '/proc/self/task';
/** What V8's platform calls its threads in Node. */
const HELPER_NAME = 'V8Worker';
/** Half way to the nicest: a tenth of the loop's share, so that a collection still comes to its end. */
const NICENESS = 10;

/** What of the system this needs. */
export type ThreadHost = {
  /** Number and name of each thread. Throws where the system does not show them. */
  readonly list: () => readonly { readonly no: number; readonly name: string }[];
  /** Throws when the system refuses. */
  readonly makeNice: (no: number, niceness: number) => void;
};

/** The threads of this process. */
export const thisHost: ThreadHost = {
  list: () =>
    readdirSync(TASKS_FOLDER).map((no) => ({
      no: Number(no),
      name: readFileSync(join(TASKS_FOLDER, no, 'comm'), 'utf8').trim(),
    })),
  makeNice: (no, niceness) => setPriority(no, niceness),
};

/** Lets the helpers give way to the loop, once. How many there are; 0 with `reason` where the system does not let us. */
export function calmHelpers(host: ThreadHost = thisHost): { readonly count: number; readonly reason?: string } {
  try {
    const helpers = host.list().filter(({ name }) => name === HELPER_NAME);
    for (const { no } of helpers) host.makeNice(no, NICENESS);
    return { count: helpers.length };
  } catch (error) {
    return { count: 0, reason: error instanceof Error ? error.message : String(error) };
  }
}
