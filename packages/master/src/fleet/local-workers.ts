import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
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
};

export type LocalWorkerStatus = { readonly workerId: string; readonly state: LocalWorkerState };

/**
 * Starts Workers beside the Master and starts them again when they end, after a pause that grows. Each runs in a process
 * group of its own, so that its browsers end with it; and it holds a pipe to the Master (IPC), whose end tells it to stop
 * should the Master die without a word.
 */
export class LocalWorkers {
  readonly #workers: readonly LocalWorker[];

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
    this.#workers = options.specs.map((spec) => new LocalWorker(spec, options));
  }

  start(): void {
    for (const worker of this.#workers) worker.start();
  }

  status(): readonly LocalWorkerStatus[] {
    return this.#workers.map(({ workerId, state }) => ({ workerId, state }));
  }

  /** Asks all to stop, and kills after STOP_PATIENCE_MS what has not. Resolves when none is left. Safe twice. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}

type Shared = Omit<ConstructorParameters<typeof LocalWorkers>[0], 'specs'>;

class LocalWorker {
  readonly workerId: string;
  readonly #spec: LocalWorkerSpec;
  readonly #shared: Shared;
  #state: LocalWorkerState = { kind: 'stopped' };
  #child: ChildProcess | undefined;
  #cancelRetry: Cancel = () => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(spec: LocalWorkerSpec, shared: Shared) {
    this.workerId = spec.workerId;
    this.#spec = spec;
    this.#shared = shared;
  }

  get state(): LocalWorkerState {
    return this.#state;
  }

  start(): void {
    if (this.#state.kind === 'running' || this.#state.kind === 'stopping') return;
    const { workerId, dataDir, masterUrl, workerKey } = this.#spec;
    const { script, execArgv = [], env, clock } = this.#shared;
    const child = spawn(process.execPath, [...execArgv, script], {
      env: {
        ...env,
        HISCRM_MASTER_URL: masterUrl,
        HISCRM_WORKER_ID: workerId,
        HISCRM_WORKER_NAME: env.HISCRM_WORKER_NAME ?? workerId,
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
    this.#forward(child.stdout);
    this.#forward(child.stderr);
    this.#apply({ type: 'started', now: clock.now(), pid: child.pid ?? 0 });
  }

  async stop(): Promise<void> {
    const { clock } = this.#shared;
    const child = this.#child;
    this.#cancelRetry();
    this.#apply({ type: 'stop', now: clock.now() });
    if (!child) return;
    child.kill('SIGTERM');
    const cancel = clock.after(STOP_PATIENCE_MS, () => this.#signalGroup(child, 'SIGKILL'));
    await this.#ended;
    cancel();
  }

  #onEnd(end: string): void {
    const { clock, lc } = this.#shared;
    this.#apply({ type: 'ended', now: clock.now(), random: clock.random(), end });
    const state = this.#state;
    if (state.kind !== 'waiting') return;
    const { retryAt, failureCount } = state;
    lc.warn({ workerId: this.workerId, end, failureCount, retryInMs: retryAt - clock.now() }, 'a local worker ended');
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
        this.#shared.lc.warn({ err: error, workerId: this.workerId }, 'a process group could not be signalled');
    }
  }

  /** The Worker writes its own log lines; they pass through as they are. */
  #forward(output: Readable | null): void {
    output?.pipe(process.stderr, { end: false });
  }
}
