import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { calmHelpers } from '../ops/helper-threads.ts';
import { MemoryKeeper, thisProcess } from '../ops/memory-keeper.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Closer } from './closer.ts';

/** From here on collections give way to the event loop, and memory that a rush needed is given back. What the process holds now is its level. */
export function keepMemory({
  clock,
  logger,
  metrics,
  closer,
}: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly closer: Closer;
}): void {
  const { count, reason } = calmHelpers();
  logger.debug({ count, reason }, 'threads of the collector give way to the event loop');
  const memory = new MemoryKeeper({ host: thisProcess(), clock, lc: logger });
  closer.add('memory keeper', () => memory.close());
  metrics.counter({
    name: 'memory_returns_total',
    help: 'How often memory that a rush had needed was given back to the system.',
    read: () => memory.returnCount,
  });
}
