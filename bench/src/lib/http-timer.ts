import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type TimedRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
};
/** From the request to the first and the last byte of the answer's body. */
export type TimedAnswer = { readonly firstByteMs: number; readonly lastByteMs: number; readonly bytes: number };

export type TimerTask =
  | { readonly kind: 'each'; readonly requests: readonly TimedRequest[]; readonly between: TimedRequest }
  | { readonly kind: 'beside'; readonly small: TimedRequest; readonly file: TimedRequest; readonly count: number };
export type TimerResult = {
  readonly answers: readonly TimedAnswer[];
  /** Of `between`. */
  readonly betweenMs: readonly number[];
};

/**
 * Asks and times in a thread of its own, which holds nothing else. In the thread of a thousand sockets the garbage collector
 * stops for longer than most answers take, and marks on the same core beside it: an answer that is there would wait for it.
 */
export class HttpTimer {
  readonly #worker = new Worker(new URL('./http-timer-thread.ts', import.meta.url));

  /** One after the other, and `between` after each of them. Rejects when an answer is not 2xx. */
  each(requests: readonly TimedRequest[], between: TimedRequest): Promise<TimerResult> {
    return this.#do({ kind: 'each', requests, between });
  }

  /** `small`, again and again, while `file` is read, until `count` of them were answered before the file's end. */
  async beside(small: TimedRequest, file: TimedRequest, count: number): Promise<readonly TimedAnswer[]> {
    return (await this.#do({ kind: 'beside', small, file, count })).answers;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #do(task: TimerTask): Promise<TimerResult> {
    this.#worker.postMessage(task);
    const [result] = await once(this.#worker, 'message');
    return result as TimerResult; // the thread says nothing else
  }
}
