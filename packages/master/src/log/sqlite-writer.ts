import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '@hiscrm/shared/lib/deferred.ts';
import { type FromWriter, type JobAnswer, memoryOf, type WriterJob, type WriterReady } from './writer-protocol.ts';

/** Called with a job's answer, in the order of the jobs. */
export type OnAnswer = (answer: JobAnswer) => void;

/** The event loop's end of the writing thread. Jobs are done and answered in the order in which they were posted. */
export class SqliteWriter {
  readonly ready: WriterReady;
  readonly #worker: Worker;
  readonly #waiting: OnAnswer[] = [];
  readonly #afterGroup = new Set<() => void>();
  #failure: string | undefined;
  #closing: Promise<void> | undefined;

  /** Opens the file, bringing its schema up to date. `newEpoch` names the history when the file is fresh. */
  static async open(options: { readonly path: string; readonly newEpoch: string }): Promise<SqliteWriter> {
    const worker = new Worker(new URL('./sqlite-writer-thread.ts', import.meta.url), { workerData: options });
    const opened: Deferred<WriterReady> = deferred();
    const onMessage = (message: FromWriter): void => {
      if (message.kind === 'ready') opened.resolve(message);
      if (message.kind === 'openFailed') opened.reject(new Error(`${options.path}: ${message.reason}`));
    };
    worker.on('message', onMessage);
    worker.once('error', opened.reject);
    const ready = await opened.promise;
    worker.off('message', onMessage);
    worker.off('error', opened.reject);
    return new SqliteWriter(worker, ready);
  }

  private constructor(worker: Worker, ready: WriterReady) {
    this.ready = ready;
    this.#worker = worker;
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'answers') this.#answer(message.answers);
    });
    worker.on('error', (error) => this.#fail(error.message));
    worker.on('exit', () => this.#fail('the writing thread has ended'));
  }

  /** Why nothing is written any more; undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  post(job: WriterJob, onAnswer: OnAnswer): void {
    if (this.#failure !== undefined) {
      onAnswer({ ok: false, reason: this.#failure });
      return;
    }
    this.#waiting.push(onAnswer);
    this.#worker.postMessage(job, memoryOf(job));
  }

  /** Calls back after the answers of each commit were given. */
  onGroupAnswered(listener: () => void): void {
    this.#afterGroup.add(listener);
  }

  /** Does what is posted, empties the write-ahead file and ends the thread. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = deferred<void>();
    this.post({ kind: 'close' }, () => closed.resolve());
    await closed.promise;
    this.#failure ??= 'the database is closed';
    await this.#worker.terminate();
    this.#afterGroup.clear();
  }

  #answer(answers: readonly JobAnswer[]): void {
    for (const answer of answers) {
      if (!answer.ok) this.#failure ??= answer.reason;
      this.#waiting.shift()?.(answer);
    }
    for (const listener of this.#afterGroup) listener();
  }

  /** The thread is gone: whatever waits has not been heard of, and nothing more is written. */
  #fail(reason: string): void {
    this.#failure ??= reason;
    const answers = this.#waiting.map((): JobAnswer => ({ ok: false, reason }));
    if (answers.length > 0) this.#answer(answers);
  }
}
