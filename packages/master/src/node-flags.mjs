import { availableParallelism } from 'node:os';

/**
 * What Node is told when it runs a Master. Whoever starts one in a process of its own gives them; without them it works, with
 * longer pauses.
 *
 * A batch of items outlives the collection of young garbage that it falls into, because it waits for the disk: what that
 * collection copies grows with the space. At V8's own 16 MB it stops the event loop for 20 to 50 ms, at 4 MB for 5.
 *
 * V8 has four threads to help it, on any machine. Those that find no other core take the event loop's.
 */
export const MASTER_NODE_FLAGS = Object.freeze([
  '--max-semi-space-size=4',
  `--v8-pool-size=${Math.min(4, Math.max(1, availableParallelism() - 1))}`,
]);
