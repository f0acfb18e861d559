import process from 'node:process';
import type { MasterProcess } from './master-process.ts';

/** What `say-memory.ts` begins its line with. */
export const IN_USE = 'memory in use: ';
const DEADLINE_MS = 30_000;

/** With all garbage collected. */
export type MemoryInUse = {
  /** JavaScript's heap, and what hangs on it outside. */
  readonly inUseBytes: number;
  /** What the system counts for the process: the rest of its memory is in this. */
  readonly rssBytes: number;
};

/** What a Master has in use. It was started with `saysMemory`. */
export async function memoryInUse({ child, pid }: MasterProcess): Promise<MemoryInUse> {
  const told = child.line(
    'its memory',
    DEADLINE_MS,
    (line) => (line.startsWith(IN_USE) ? (JSON.parse(line.slice(IN_USE.length)) as MemoryInUse) : undefined), // written by say-memory.ts
  );
  process.kill(pid, 'SIGUSR2');
  return told;
}
