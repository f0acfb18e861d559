import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { LineRing } from './line-ring.ts';
import {
  type LocalWorkerEvent,
  type LocalWorkerState,
  nextLocalWorkerState,
  STOP_PATIENCE_MS,
} from './local-worker-state.ts';

/** One Worker process that the Master starts and watches. */
export type LocalWorkerSpec = {
  /** Its identity over all its restarts: `HISCRM_WORKER_ID`. */
  readonly workerId: string;
  /** Where it keeps its outbox and its browser profiles. */
  readonly dataDir: string;
  readonly masterUrl: string;
  /** Given in the environment of the process, never logged. */
  readonly workerKey: string;
  /** Settings of this Worker alone, over those that all inherit. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** False: once it has ended by itself it stays stopped. */
  readonly isRestarted?: boolean | undefined;
};

export type OutputStream = 'stdout' | 'stderr';

export type LocalWorkerStatus = {
  readonly workerId: string;
  readonly state: LocalWorkerState;
  /** Starts after the first one, since this process began. */
  readonly restartCount: number;
  /** When and how it ended last. */
  readonly lastEnd?: { readonly at: number; readonly how: string } | undefined;
};

/**
 * Starts Workers beside the Master and starts them again when they end, after a pause that grows. Each runs in a process
 * group of its own, so that its browsers end with it; and it holds a pipe to the Master (IPC), whose end tells it to stop
 * should the Master die without a word.
 */
export class LocalWorkers {
  readonly #workers = new Map<string, LocalWorker>();
  readonly #shared: Shared;
  #isClosed = false;

  constructor(options: {
    readonly specs: readonly LocalWorkerSpec[];
    /** The script to run, and what stands before it on the command line. */
    readonly script: string;
    readonly execArgv?: readonly string[] | undefined;
    /** What the processes inherit: the Master's environment without its own secrets. */
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly clock: Clock;
    readonly lc: Logger;
  }) {
    this.#shared = options;
    for (const spec of options.specs) this.add(spec);
  }

  /** Takes on one more, stopped. One with the same id gets the spec for its next start. */
  add(spec: LocalWorkerSpec): void {
    const known = this.#workers.get(spec.workerId);
    if (known) known.spec = spec;
    else this.#workers.set(spec.workerId, new LocalWorker(spec, this.#shared));
  }

  /** Stops it and forgets it. */
  async remove(workerId: string): Promise<void> {
    const worker = this.#workers.get(workerId);
    await worker?.stop();
    if (this.#workers.get(workerId) === worker) this.#workers.delete(workerId);
  }

  /** Starts one that is not running; one that waits for its next start is started at once. Nothing after `close`. */
  startOne(workerId: string): void {
    if (!this.#isClosed) this.#workers.get(workerId)?.start();
  }

  /** Stops one and keeps it stopped. Resolves when it is gone; what has not stopped after `patienceMs` is killed. */
  async stopOne(workerId: string, patienceMs?: number | undefined): Promise<void> {
    await this.#workers.get(workerId)?.stop(patienceMs);
  }

  /** The newest lines that it wrote since this process began, oldest first. Limit: OUTPUT_LIMIT_LINES. */
  linesOf(workerId: string, stream: OutputStream, count: number): readonly string[] {
    return this.#workers.get(workerId)?.output[stream].last(count) ?? [];
  }

  start(): void {
    for (const worker of this.#workers.values()) worker.start();
  }

  status(): readonly LocalWorkerStatus[] {
    return [...this.#workers.values()].map(({ spec, state, startCount, lastEnd }) => ({
      workerId: spec.workerId,
      state,
      restartCount: Math.max(0, startCount - 1),
      lastEnd,
    }));
  }

  /** Asks all to stop, and kills after STOP_PATIENCE_MS what has not. Resolves when none is left. Safe twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }
}

type Shared = Omit<ConstructorParameters<typeof LocalWorkers>[0], 'specs'>;

class LocalWorker {
  readonly output = { stdout: new LineRing(), stderr: new LineRing() };
  spec: LocalWorkerSpec;
  startCount = 0;
  lastEnd: LocalWorkerStatus['lastEnd'];
  readonly #shared: Shared;
  #state: LocalWorkerState = { kind: 'stopped' };
  #child: ChildProcess | undefined;
  #cancelRetry: Cancel = () => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(spec: LocalWorkerSpec, shared: Shared) {
    this.spec = spec;
    this.#shared = shared;
  }

  get state(): LocalWorkerState {
    return this.#state;
  }

  start(): void {
    if (this.#state.kind === 'running' || this.#state.kind === 'stopping') return;
    this.#cancelRetry();
    this.startCount += 1;
    const { workerId, dataDir, masterUrl, workerKey, env: own } = this.spec;
    const { script, execArgv = [], env, clock } = this.#shared;
    const child = spawn(process.execPath, [...execArgv, script], {
      env: {
        ...env,
        ...own,
        HISCRM_MASTER_URL: masterUrl,
        HISCRM_WORKER_ID: workerId,
        HISCRM_WORKER_NAME: own?.HISCRM_WORKER_NAME ?? env.HISCRM_WORKER_NAME ?? workerId,
        HISCRM_WORKER_KEY: workerKey,
        HISCRM_DATA_DIR: dataDir,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true, // a group of its own: one signal reaches its browsers too
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const onEnd = (end: string): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#signalGroup(child, 'SIGKILL'); // browsers that outlived it
        this.#onEnd(end);
        resolve();
      };
      child.once('exit', (code, signal) => onEnd(signal ? `signal ${signal}` : `exit ${code}`));
      child.once('error', (error) => onEnd(error.message));
    });
    this.#forward(child.stdout, 'stdout');
    this.#forward(child.stderr, 'stderr');
    this.#apply({ type: 'started', now: clock.now(), pid: child.pid ?? 0 });
  }

  async stop(patienceMs = STOP_PATIENCE_MS): Promise<void> {
    const { clock } = this.#shared;
    const child = this.#child;
    this.#cancelRetry();
    this.#apply({ type: 'stop', now: clock.now() });
    if (!child) return;
    child.kill('SIGTERM');
    const cancel = clock.after(patienceMs, () => this.#signalGroup(child, 'SIGKILL'));
    await this.#ended;
    cancel();
  }

  #onEnd(end: string): void {
    const { clock, lc } = this.#shared;
    const { workerId, isRestarted = true } = this.spec;
    this.lastEnd = { at: clock.now(), how: end };
    this.#apply({ type: 'ended', now: clock.now(), random: clock.random(), end });
    const state = this.#state;
    if (state.kind !== 'waiting') return;
    const { retryAt, failureCount } = state;
    lc.warn({ workerId, end, failureCount, retryInMs: retryAt - clock.now() }, 'a local worker ended');
    if (!isRestarted) {
      this.#apply({ type: 'stop', now: clock.now() });
      return;
    }
    this.#cancelRetry = clock.after(retryAt - clock.now(), () => this.start());
  }

  #apply(event: LocalWorkerEvent): void {
    this.#state = nextLocalWorkerState(this.#state, event);
  }

  #signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
      if (!isGone)
        this.#shared.lc.warn({ err: error, workerId: this.spec.workerId }, 'a process group could not be signalled');
    }
  }

  /** The Worker writes its own log lines; they pass through as they are, and the newest are kept. */
  #forward(output: Readable | null, stream: OutputStream): void {
    output?.pipe(process.stderr, { end: false });
    output?.on('data', (chunk: Buffer) => this.output[stream].push(chunk));
  }
}
