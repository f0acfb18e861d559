import { type Clock, wait } from '@hiscrm/shared/lib/clock.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { WorkerStatus } from './fleet.ts';
import type { LocalWorkerSpec, LocalWorkerStatus, LocalWorkers, OutputStream } from './local-workers.ts';
import { keepOnlyAllowed } from './worker-env.ts';

/** A Worker that an administrator wrote down. Times are ms. */
export type WorkerConfig = {
  readonly workerId: string;
  readonly name: string;
  readonly description: string;
  /** `local`: started and watched by the Master. `remote`: runs elsewhere; this is only a note of it. */
  readonly deployment: 'local' | 'remote';
  readonly host: string;
  readonly port: number;
  readonly maxAccounts: number;
  readonly isEnabled: boolean;
  readonly isAutoStarted: boolean;
  readonly isRestarted: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Came with the Master's settings: HISCRM_LOCAL_WORKERS. */
  readonly isBuiltIn?: true;
};

/** Where configurations are kept; the secret of each is its environment, as JSON. */
export interface ConfigKeeper {
  list(): readonly { readonly id: string; readonly value: WorkerConfig }[];
  secretOf(id: string): string | undefined;
  put(id: string, value: WorkerConfig, secret: string | null | undefined): void;
  drop(id: string): void;
}

/** Everything that is known of one Worker's process. */
export type WorkerProcess = {
  readonly config: WorkerConfig;
  /** Of its process on this machine; undefined when it runs elsewhere. */
  readonly local: LocalWorkerStatus | undefined;
  /** What the fleet knows of it; undefined when it never came. */
  readonly member: WorkerStatus | undefined;
};

/** Longest wait that a request may ask a Worker to be given for its end. */
export const STOP_LIMIT_MS = 60_000;
/** Between the two halves of a restart: the old process has let go of its folder by then. */
const RESTART_PAUSE_MS = 200;

/** Workers that administrators write down, start and stop. Those of this machine are the fleet's local Workers. */
export class WorkerDesk {
  readonly #keeper: ConfigKeeper;
  readonly #workers: LocalWorkers;
  readonly #specOf: (workerId: string) => LocalWorkerSpec;
  readonly #fleetStatus: () => readonly WorkerStatus[];
  readonly #clock: Clock;
  readonly #lc: Logger;
  readonly #builtIn: readonly WorkerConfig[];
  #isOpen = false;

  constructor(options: {
    readonly keeper: ConfigKeeper;
    readonly workers: LocalWorkers;
    /** Where a local Worker of this id lives and how it reaches the Master; called after `open`. */
    readonly specOf: (workerId: string) => LocalWorkerSpec;
    readonly fleetStatus: () => readonly WorkerStatus[];
    /** Ids of the Workers that the settings ask for. */
    readonly builtInIds: readonly string[];
    readonly clock: Clock;
    readonly lc: Logger;
  }) {
    this.#keeper = options.keeper;
    this.#workers = options.workers;
    this.#specOf = options.specOf;
    this.#fleetStatus = options.fleetStatus;
    this.#clock = options.clock;
    this.#lc = options.lc;
    this.#builtIn = options.builtInIds.map((workerId) => builtInConfig(workerId, options.clock.now()));
  }

  /** Starts what is to start by itself. Called once the Master can be reached. */
  open(): void {
    this.#isOpen = true;
    for (const config of this.configs()) {
      if (config.deployment !== 'local' || !config.isEnabled || !config.isAutoStarted) continue;
      this.#prepare(config);
      this.#workers.startOne(config.workerId);
    }
  }

  /** The built-in ones first. */
  configs(): readonly WorkerConfig[] {
    return [...this.#builtIn, ...this.#keeper.list().map(({ value }) => value)];
  }

  config(workerId: string): WorkerConfig | undefined {
    return this.configs().find((config) => config.workerId === workerId);
  }

  envOf(workerId: string): Readonly<Record<string, string>> {
    const text = this.#keeper.secretOf(workerId);
    return text === undefined ? {} : (JSON.parse(text) as Record<string, string>); // written by put
  }

  /** Writes a configuration down; a running Worker keeps its old one until its next start. Throws NOT_SUPPORTED. */
  put(config: WorkerConfig, env: Readonly<Record<string, string>> | undefined): void {
    if (this.config(config.workerId)?.isBuiltIn) throw builtInRefusal();
    this.#keeper.put(config.workerId, config, env && JSON.stringify(keepOnlyAllowed(env)));
  }

  /** Stops the Worker and forgets it. Throws NOT_FOUND or NOT_SUPPORTED. */
  async drop(workerId: string): Promise<void> {
    const config = this.#known(workerId);
    if (config.isBuiltIn) throw builtInRefusal();
    await this.#workers.remove(workerId);
    this.#keeper.drop(workerId);
  }

  /** Throws NOT_FOUND. */
  process(workerId: string): WorkerProcess {
    const config = this.#known(workerId);
    return {
      config,
      local: this.#workers.status().find((status) => status.workerId === workerId),
      member: this.#fleetStatus().find(({ id }) => id === workerId),
    };
  }

  /** Starts a Worker of this machine. Throws NOT_FOUND, NOT_SUPPORTED, or ALREADY_EXISTS when it runs. */
  start(workerId: string): WorkerProcess {
    const config = this.#local(workerId);
    if (!config.isEnabled) throw new ImError('NOT_SUPPORTED', { reason: `worker ${workerId} is disabled` });
    const state = this.process(workerId).local?.state.kind;
    if (state === 'running' || state === 'stopping')
      throw new ImError('ALREADY_EXISTS', { what: `worker ${workerId} is ${state}` });
    if (!this.#isOpen) throw new ImError('SHUTTING_DOWN');
    this.#prepare(config);
    this.#workers.startOne(workerId);
    this.#lc.info({ audit: true, workerId }, 'local worker started');
    return this.process(workerId);
  }

  /** Stops a Worker of this machine and keeps it stopped. Throws NOT_FOUND or NOT_SUPPORTED. */
  async stop(workerId: string, patienceMs?: number | undefined): Promise<WorkerProcess> {
    this.#local(workerId);
    await this.#workers.stopOne(workerId, patienceMs && Math.min(patienceMs, STOP_LIMIT_MS));
    this.#lc.info({ audit: true, workerId }, 'local worker stopped');
    return this.process(workerId);
  }

  /** Throws as `stop` and `start` do. */
  async restart(workerId: string, patienceMs?: number | undefined): Promise<WorkerProcess> {
    await this.stop(workerId, patienceMs);
    await wait(this.#clock, RESTART_PAUSE_MS);
    return this.start(workerId);
  }

  /** The newest lines of output, oldest first. Throws NOT_FOUND or NOT_SUPPORTED. */
  lines(workerId: string, stream: OutputStream, count: number): readonly string[] {
    this.#local(workerId);
    return this.#workers.linesOf(workerId, stream, count);
  }

  #prepare(config: WorkerConfig): void {
    const env = config.isBuiltIn
      ? {}
      : {
          HISCRM_WORKER_NAME: config.name,
          HISCRM_MAX_ACCOUNTS: String(config.maxAccounts),
          ...this.envOf(config.workerId),
        };
    this.#workers.add({ ...this.#specOf(config.workerId), env, isRestarted: config.isRestarted });
  }

  #known(workerId: string): WorkerConfig {
    const config = this.config(workerId);
    if (!config) throw new ImError('NOT_FOUND');
    return config;
  }

  #local(workerId: string): WorkerConfig {
    const config = this.#known(workerId);
    if (config.deployment === 'local') return config;
    const reason = `worker ${workerId} runs on ${config.host}; start and stop it there, with a key from hiscrm worker-key add`;
    throw new ImError('NOT_SUPPORTED', { reason });
  }
}

const builtInRefusal = (): ImError =>
  new ImError('NOT_SUPPORTED', {
    reason: 'this Worker comes with the setting HISCRM_LOCAL_WORKERS; change that instead',
  });

function builtInConfig(workerId: string, now: number): WorkerConfig {
  return {
    workerId,
    name: workerId,
    description: 'Started by the Master (HISCRM_LOCAL_WORKERS).',
    deployment: 'local',
    host: '127.0.0.1',
    port: 0,
    maxAccounts: 10,
    isEnabled: true,
    isAutoStarted: true,
    isRestarted: true,
    createdAt: now,
    updatedAt: now,
    isBuiltIn: true,
  };
}
