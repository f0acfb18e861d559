import process from 'node:process';
import type { MasterProcess } from './master-process.ts';

/** What `say-memory.ts` begins its line with. */
export const IN_USE = 'bytes in use: ';
const DEADLINE_MS = 30_000;

/** Bytes that a Master has in use, all garbage collected. It was started with `saysMemory`. */
export async function bytesInUse({ child, pid }: MasterProcess): Promise<number> {
  const told = child.line('its memory', DEADLINE_MS, (line) =>
    line.startsWith(IN_USE) ? Number(line.slice(IN_USE.length)) : undefined,
  );
  process.kill(pid, 'SIGUSR2');
  return told;
}
