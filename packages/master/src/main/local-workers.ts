import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backoffMs } from '@hiscrm/shared/lib/backoff.ts';
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Logger } from '../lib/logger.ts';

const WORKER_ENTRY = fileURLToPath(new URL('../../../worker/src/main.ts', import.meta.url));
const RESTART_FIRST_MS = 1_000;
const RESTART_CAP_MS = 30_000;
/** A Worker that lived this long had no trouble starting: its next restart waits the shortest time again. */
const HEALTHY_MS = 60_000;
/** A Worker closes its browsers and hands over its last batches; then it is killed. */
const STOP_GRACE_MS = 10_000;
/** Settings of the Master that are not a Worker's business. */
const OWN_SETTINGS = ['HISCRM_ADMIN_PASSWORD', 'DATABASE_URL', 'REDIS_URL', 'HISCRM_LAUNCHER_PID', 'PORT', 'HOST'];

type Slot = {
  readonly number: number;
  child: ChildProcess | undefined;
  startedAt: number;
  attempt: number;
  cancelRestart: Cancel | undefined;
};

export type LocalWorkersOptions = {
  readonly count: number;
  /** Where the Master is reached from this machine. */
  readonly masterUrl: string;
  readonly key: string;
  /** Each Worker has a folder of its own below it. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another program than our Worker, for tests. */
  readonly entry?: string | undefined;
};

/**
 * Workers on this machine, as children of the Master. One that ends is started again; they see the Master's end by the
 * channel between them, so none outlives it.
 */
export class LocalWorkers {
  readonly #options: LocalWorkersOptions;
  readonly #entry: string;
  readonly #slots: Slot[] = [];
  #restartCount = 0;
  #closing: Promise<void> | undefined;

  constructor(options: LocalWorkersOptions) {
    this.#options = options;
    this.#entry = options.entry ?? WORKER_ENTRY;
    if (options.count > 0 && !existsSync(this.#entry)) {
      options.logger.warn({ entry: this.#entry }, 'there is no Worker in this tree; none is started');
      return;
    }
    for (let number = 1; number <= options.count; number++) {
      const slot: Slot = { number, child: undefined, startedAt: 0, attempt: 0, cancelRestart: undefined };
      this.#slots.push(slot);
      this.#start(slot);
    }
  }

  get runningCount(): number {
    return this.#slots.filter(({ child }) => child !== undefined).length;
  }

  /** Process ids of those that run. */
  pids(): readonly number[] {
    return this.#slots.flatMap(({ child }) => child?.pid ?? []);
  }

  /** Workers that ended unasked and were started again. */
  get restartCount(): number {
    return this.#restartCount;
  }

  /** Asks them to stop and waits. Safe twice. */
  close(): Promise<void> {
    this.#closing ??= this.#stopAll();
    return this.#closing;
  }

  #start(slot: Slot): void {
    const { clock, logger, directory, masterUrl, key, env } = this.#options;
    slot.startedAt = clock.now();
    const child = fork(this.#entry, [], {
      execArgv: [],
      // Its log lines belong with ours, and stdout to what the command says.
      stdio: ['ignore', 2, 2, 'ipc'],
      env: {
        HISCRM_WORKER_NAME: `local-${slot.number}`,
        ...withoutOwnSettings(env),
        HISCRM_DATA_DIR: join(directory, String(slot.number)),
        HISCRM_MASTER_URL: masterUrl,
        HISCRM_WORKER_KEY: key,
      },
    });
    slot.child = child;
    child.once('error', (error) => logger.error({ err: error, worker: slot.number }, 'a local Worker failed'));
    child.once('exit', (code, signal) => {
      slot.child = undefined;
      if (this.#closing) return;
      logger.warn({ worker: slot.number, code, signal }, 'a local Worker ended; it is started again');
      this.#restartLater(slot);
    });
  }

  #restartLater(slot: Slot): void {
    const { clock } = this.#options;
    slot.attempt = clock.now() - slot.startedAt >= HEALTHY_MS ? 0 : slot.attempt + 1;
    const delayMs = backoffMs({
      attempt: slot.attempt,
      firstMs: RESTART_FIRST_MS,
      capMs: RESTART_CAP_MS,
      random: clock.random(),
    });
    slot.cancelRestart = clock.after(delayMs, () => {
      this.#restartCount++;
      this.#start(slot);
    });
  }

  async #stopAll(): Promise<void> {
    await Promise.all(
      this.#slots.map((slot) => {
        slot.cancelRestart?.();
        return slot.child ? this.#stop(slot.child) : undefined;
      }),
    );
  }

  #stop(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(STOP_GRACE_MS, () => child.kill('SIGKILL'));
      child.once('exit', () => {
        cancel();
        resolve();
      });
      child.kill('SIGTERM');
    });
  }
}

function withoutOwnSettings(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OWN_SETTINGS.includes(name)));
}
