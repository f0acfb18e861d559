import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** Servers run here, the load generator on the other one. */
export const SERVER_CPU = 0;
export const LOAD_CPU = 1;

/** Whether a program of this name can be run. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** The core for server processes, or undefined where cores cannot be chosen. */
export function serverCpu(): number | undefined {
  return canPin() ? SERVER_CPU : undefined;
}

/** Puts this process, and what it starts from here on, on the load generator's core. Says whether it did. */
export function pinSelf(): boolean {
  if (!canPin()) return false;
  execFileSync('taskset', ['-acp', String(LOAD_CPU), String(process.pid)], { stdio: 'ignore' });
  return true;
}

function canPin(): boolean {
  return cpus().length > 1 && hasProgram('taskset');
}

/** One line about the machine. */
export function machineLine(): string {
  const all = cpus();
  const gb = Math.round(totalmem() / 2 ** 30);
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}, ${gb} GB, ${process.platform} ${release()}, Node ${process.version}`;
}
