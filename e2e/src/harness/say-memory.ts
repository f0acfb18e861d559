/**
 * Loaded with `--import` into a Master whose memory is looked at: at SIGUSR2 it collects all garbage and says on stdout what is
 * still in use. What the system counts for the process says less: V8 keeps room that it may need again.
 */
import { Session } from 'node:inspector/promises';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { IN_USE } from './memory-in-use.ts';

async function sayMemory(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
  const { heapUsed, external } = process.memoryUsage();
  console.log(`${IN_USE}${heapUsed + external}`);
}

// Threads load it too, and share the process's signals.
if (isMainThread) process.on('SIGUSR2', () => void sayMemory());
