import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BenchUser } from './notice-stand.ts';

export type ProbeData = {
  readonly baseUrl: string;
  readonly adminToken: string;
  readonly users: readonly BenchUser[];
};
export type ProbeRun = {
  readonly count: number;
  readonly everyMs: number;
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
};
export type ProbeResult = {
  /** From the place in the log, by the frame's `time` in whole milliseconds, until the client has it; up to 1 ms too long. */
  readonly fromAcceptMs: number[];
  /** From the sender's request until the client has it. */
  readonly fromRequestMs: number[];
  /** Refused with 503. */
  refusedCount: number;
};

/** A few users whose notices are timed, in a thread of their own: the swarm's event loop is busy with other things. */
export class NoticeProbe {
  readonly #worker: Worker;

  /** Resolves when its users are connected. */
  static async start(data: ProbeData): Promise<NoticeProbe> {
    const worker = new Worker(new URL('./notice-probe-thread.ts', import.meta.url), { workerData: data });
    await once(worker, 'message');
    return new NoticeProbe(worker);
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Sends so many notices, each to one of its users. Resolves when all have arrived. */
  async run(asked: ProbeRun): Promise<ProbeResult> {
    this.#worker.postMessage(asked);
    const [answer] = await once(this.#worker, 'message');
    return answer as ProbeResult; // the thread says nothing else
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
