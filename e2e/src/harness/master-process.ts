import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLIENT_PATH } from '@hiscrm/shared/protocol/client-link.ts';
import { Child, repositoryFile, runToEnd } from './child.ts';
import { RestApi } from './rest-api.ts';
import { until } from './until.ts';

/** A Master with a large database must be ready in seconds; a busy machine may double that. */
const START_DEADLINE_MS = 60_000;
const CLI_DEADLINE_MS = 30_000;
/** The administrator's password of every Master that the harness starts: it lives as long as its data folder. */
export const ADMIN_PASSWORD = 'correct-horse-battery';

export type MasterOptions = {
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port?: number | undefined;
  readonly cpu?: number | undefined;
  readonly localWorkers?: number | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly args?: readonly string[] | undefined;
  /** It says what it has in use when `memoryInUse` asks. */
  readonly saysMemory?: boolean | undefined;
};

/** A real Master in a process of its own, used through its doors only. */
export class MasterProcess {
  readonly child: Child;
  readonly baseUrl: string;
  readonly port: number;
  /** From the spawn to the first 200 of `/readyz`. */
  readonly readyAfterMs: number;
  readonly #dataDir: string;

  private constructor(child: Child, dataDir: string, baseUrl: string, readyAfterMs: number) {
    this.child = child;
    this.#dataDir = dataDir;
    this.baseUrl = baseUrl;
    this.port = Number(new URL(baseUrl).port);
    this.readyAfterMs = readyAfterMs;
  }

  /** Resolves once clients may connect. Rejects with the process's output when it ends before. */
  static async start(options: MasterOptions): Promise<MasterProcess> {
    const startedAt = performance.now();
    const child = new Child({
      args: [
        // A test run that is killed leaves no Master behind.
        '--import',
        pathToFileURL(repositoryFile('scripts', 'lib', 'stop-with-parent.mjs')).href,
        ...(options.saysMemory
          ? ['--import', pathToFileURL(repositoryFile('e2e', 'src', 'harness', 'say-memory.ts')).href]
          : []),
        repositoryFile('packages', 'master', 'src', 'main.ts'),
        'start',
        '--port',
        String(options.port ?? 0),
        '--data-dir',
        options.dataDir,
        '--local-workers',
        String(options.localWorkers ?? 0),
        ...(options.args ?? []),
      ],
      env: {
        HISCRM_ADMIN_PASSWORD: ADMIN_PASSWORD,
        HISCRM_LAUNCHER_PID: String(process.pid),
        HOST: '127.0.0.1',
        LOG_LEVEL: 'warn',
        ...options.env,
      },
      cpu: options.cpu,
      ownGroup: true,
    });
    try {
      const baseUrl = await until(
        'the Master to be ready',
        async () => {
          if (child.exitCode !== undefined)
            throw new Error(`the Master ended with ${child.exitCode}:\n${child.output}`);
          const url = addressIn(options.dataDir, child.pid);
          return url !== undefined && (await fetch(`${url}/readyz`)).status === 200 ? url : undefined;
        },
        { deadlineMs: START_DEADLINE_MS, everyMs: 5 },
      );
      return new MasterProcess(child, options.dataDir, baseUrl, performance.now() - startedAt);
    } catch (error) {
      await child.kill('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  /** The native client protocol's address for a token. */
  socketUrl(token: string): string {
    return `${this.baseUrl.replace('http', 'ws')}${CLIENT_PATH}?token=${encodeURIComponent(token)}`;
  }

  /** REST as the administrator. */
  admin(): Promise<RestApi> {
    return RestApi.login(this.baseUrl, 'admin', ADMIN_PASSWORD);
  }

  /** A Worker's key, made by the command line. */
  async workerKey(name: string): Promise<string> {
    return (await this.cli('worker-key', 'add', name)).trim();
  }

  /** Runs one command line against this Master's data folder. Resolves with what it printed. */
  cli(...args: string[]): Promise<string> {
    return runCli(this.#dataDir, args);
  }

  /** `kill -9`, of what it started too. */
  killNow(): Promise<void> {
    return this.child.kill('SIGKILL');
  }

  /** Ends it in order. Safe twice. */
  close(): Promise<void> {
    return this.child.close();
  }
}

/** Runs `hiscrm …` on a data folder whether or not a Master runs there. */
export function runCli(dataDir: string, args: readonly string[], stdin?: string): Promise<string> {
  return runToEnd(
    {
      args: [repositoryFile('packages', 'master', 'bin', 'hiscrm.mjs'), ...args],
      env: { HISCRM_DATA_DIR: dataDir, HISCRM_LAUNCHER_PID: undefined },
      stdin,
    },
    CLI_DEADLINE_MS,
  );
}

/** What the running Master wrote about itself; a file of an earlier process does not count. */
function addressIn(dataDir: string, pid: number): string | undefined {
  const file = join(dataDir, 'master.json');
  if (!existsSync(file)) return undefined;
  const text: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof text !== 'object' || text === null || !('pid' in text) || text.pid !== pid) return undefined;
  const url = 'url' in text ? text.url : 'address' in text ? text.address : undefined;
  return typeof url === 'string' ? url : undefined;
}
