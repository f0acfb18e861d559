import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Fine enough to see 20 ms, coarse enough to cost nothing. */
const RESOLUTION_MS = 10;
const NS_A_MS = 1e6;

export type EventLoopDelay = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** How late the event loop runs its timers, since the last `reset`. */
export class EventLoop {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  /** The timer's own period is taken off: an idle loop has no delay. */
  delay(): EventLoopDelay {
    const lateMs = (ns: number): number => Math.max(0, ns / NS_A_MS - RESOLUTION_MS);
    return {
      p50Ms: lateMs(this.#histogram.percentile(50)),
      p99Ms: lateMs(this.#histogram.percentile(99)),
      maxMs: lateMs(this.#histogram.max),
    };
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** Safe twice. */
  close(): void {
    this.#histogram.disable();
  }
}
