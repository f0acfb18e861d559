/**
 * Gives the system back what a rush needed. When ten thousand clients come back at once, V8 takes three times the memory for
 * what they leave behind, and without a reason of its own it keeps all of that (ADR 0022).
 */
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { type Cancel, type Clock, every } from '@hiscrm/shared/lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { collectGarbage } from './collect-garbage.ts';
import { afterSample, afterTry, isReturnDue, type MemorySample, memoryAtStart, SAMPLE_MS } from './memory-state.ts';

const BYTES_A_MB = 1_048_576;

/** The process, as the keeper sees it. */
export type MemoryHost = {
  /** The thread's share of a core since the last call. */
  readonly busyShare: () => number;
  /** What V8 holds of the system's memory. */
  readonly heapBytes: () => number;
  /** Collects all garbage and gives back what is free then. Nothing else runs meanwhile. */
  readonly giveBack: () => Promise<void>;
};

export class MemoryKeeper {
  readonly #host: MemoryHost;
  readonly #clock: Clock;
  readonly #lc: Logger;
  readonly #stop: Cancel;
  #state: ReturnType<typeof memoryAtStart>;
  #returning: Promise<void> | undefined;
  #returnCount = 0;

  constructor(options: { readonly host: MemoryHost; readonly clock: Clock; readonly lc: Logger }) {
    this.#host = options.host;
    this.#clock = options.clock;
    this.#lc = options.lc;
    this.#state = memoryAtStart(this.#host.heapBytes());
    this.#stop = every(this.#clock, SAMPLE_MS, () => this.#look());
  }

  /** How often memory was given back. */
  get returnCount(): number {
    return this.#returnCount;
  }

  /** Looks no more; resolves when nothing is under way. Safe twice. */
  async close(): Promise<void> {
    this.#stop();
    await this.#returning;
  }

  #look(): void {
    if (this.#returning) return;
    const sample = this.#sample();
    this.#state = afterSample(this.#state, sample);
    if (!isReturnDue(this.#state, sample)) return;
    this.#returning = this.#giveBack(sample.heapBytes).finally(() => {
      this.#returning = undefined;
    });
  }

  async #giveBack(beforeBytes: number): Promise<void> {
    const startedAt = performance.now();
    let afterBytes: number | undefined;
    try {
      await this.#host.giveBack();
      afterBytes = this.#host.heapBytes();
      this.#returnCount++;
      const mb = (bytes: number): number => Math.round(bytes / BYTES_A_MB);
      const tookMs = Math.round(performance.now() - startedAt);
      this.#lc.info({ fromMb: mb(beforeBytes), toMb: mb(afterBytes), tookMs }, 'gave memory back');
    } catch (error) {
      this.#lc.warn({ err: error }, 'memory that is not in use could not be given back');
    }
    this.#state = afterTry(this.#state, this.#clock.now(), afterBytes);
  }

  #sample(): MemorySample {
    return { now: this.#clock.now(), busyShare: this.#host.busyShare(), heapBytes: this.#host.heapBytes() };
  }
}

/** This process. */
export function thisProcess(): MemoryHost {
  let last = performance.eventLoopUtilization();
  return {
    busyShare: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    heapBytes: () => process.memoryUsage().heapTotal,
    giveBack: collectGarbage,
  };
}
