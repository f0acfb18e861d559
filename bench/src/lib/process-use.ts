import { readFileSync } from 'node:fs';

/** The kernel counts processor time in hundredths of a second on every Linux there is. */
const TICK_US = 10_000;

/** What a process has used, from /proc. `threads`: all of its threads together. */
export type ProcessUse = { readonly cpuUs: number; readonly rssKb: number };

/** Throws when the process is gone, or where there is no /proc. */
export function processUse(pid: number): ProcessUse {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; what follows the last parenthesis is regular: utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuUs = (Number(fields[11]) + Number(fields[12])) * TICK_US;
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { cpuUs, rssKb: Number(rss?.[1] ?? 0) };
}
