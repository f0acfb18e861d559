/**
 * Loaded with `--import` into a Master whose memory is looked at: at SIGUSR2 it collects all garbage and says on stdout what is
 * still in use. What the system counts for the process says little before that: V8 keeps room that it may need again.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { collectGarbage } from '@hiscrm/master/ops/collect-garbage.ts';
import { IN_USE, type MemoryInUse } from './memory-in-use.ts';

async function sayMemory(): Promise<void> {
  await collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  console.log(`${IN_USE}${JSON.stringify({ inUseBytes: heapUsed + external, rssBytes: rss } satisfies MemoryInUse)}`);
}

// Threads load it too, and share the process's signals.
if (isMainThread) process.on('SIGUSR2', () => void sayMemory());
