import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Shells that npm puts between itself and a script; some stay, some replace themselves by the script. */
const SHELL = /^-?(?:\S*\/)?(?:sh|bash|dash|ash|zsh|busybox)$/;

/**
 * The npm that runs this script, or undefined when it was started by hand. A script started by hand may well outlive
 * its shell (nohup, a closed terminal); one that npm runs has nobody left to stop it once npm is gone.
 *
 * @returns {number | undefined} process id
 */
export function npmProcess() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return undefined;
  const parent = describe(process.ppid);
  return parent !== undefined && SHELL.test(parent.name) ? parent.parent : process.ppid;
}

/**
 * @param {number} pid
 * @returns {{ parent: number, name: string } | undefined}
 */
function describe(pid) {
  const text = process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  const match = /^\s*(\d+) (.*)$/.exec(text);
  return match ? { parent: Number(match[1]), name: (match[2] ?? '').trim() } : undefined;
}

/** @param {number} pid */
function fromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8'); // "17 (sh) S 1 …", and the name may hold brackets itself
    const [, name] = /\((.*)\)/s.exec(stat) ?? [];
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return `${parent} ${name}`;
  } catch {
    return ''; // the parent is gone already, or there is no /proc: the caller falls back to the direct parent
  }
}

/** @param {number} pid */
function fromPs(pid) {
  return spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
