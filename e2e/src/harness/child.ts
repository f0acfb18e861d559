import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import { within } from './until.ts';

/** The repository. */
export const ROOT = resolve(import.meta.dirname, '..', '..', '..');
/** Between SIGTERM and SIGKILL. */
const STOP_GRACE_MS = 10_000;
/** What is kept of a child's output for the message of a failure. */
const OUTPUT_LIMIT_CHARS = 64 * 1024;

export type ChildOptions = {
  /** The program, by default this Node. */
  readonly command?: string | undefined;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Runs it on this core alone, where the machine has `taskset`. */
  readonly cpu?: number | undefined;
  /** Makes it the leader of a group, so that `killGroup` reaches what it starts. */
  readonly ownGroup?: boolean | undefined;
  readonly stdin?: string | undefined;
};

/** A process of this run, with what it said. Whoever starts one closes it. */
export class Child {
  readonly #process: ChildProcess;
  readonly #ended = deferred<number>();
  readonly #lineWaiters = new Set<(line: string) => void>();
  readonly #hasOwnGroup: boolean;
  #output = '';
  #rest = '';
  #exitCode: number | undefined;

  constructor(options: ChildOptions) {
    const command = options.command ?? process.execPath;
    const isPinned = options.cpu !== undefined;
    this.#hasOwnGroup = options.ownGroup === true;
    this.#process = spawn(
      isPinned ? 'taskset' : command,
      isPinned ? ['-c', String(options.cpu), command, ...options.args] : options.args,
      {
        cwd: ROOT,
        env: { ...process.env, ...options.env },
        stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        detached: this.#hasOwnGroup,
      },
    );
    this.#process.stdin?.end(options.stdin);
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#onOutput(text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    this.#process.once('error', (error) => this.#onEnd(-1, String(error)));
    this.#process.once('close', (code) => this.#onEnd(code ?? -1, ''));
  }

  /** `taskset` becomes the program, so this is the program's own id. */
  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** Absent while it runs; -1 after a signal. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Both streams, the newest part. */
  get output(): string {
    return this.#output;
  }

  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  /** The first line on stdout, from this call on, that `pick` makes something of. Rejects when the process ends first. */
  line<T>(what: string, deadlineMs: number, pick: (line: string) => T | undefined): Promise<T> {
    const found = deferred<T>();
    const waiter = (line: string): void => {
      const value = pick(line);
      if (value !== undefined) found.resolve(value);
    };
    this.#lineWaiters.add(waiter);
    const gone = this.ended.then((code) => {
      throw new Error(`the process ended with ${code} before ${what}:\n${this.#output.slice(-4_000)}`);
    });
    return within(deadlineMs, what, Promise.race([found.promise, gone])).finally(() =>
      this.#lineWaiters.delete(waiter),
    );
  }

  /** Sends one signal, to the whole group when it has its own. Resolves once the process has ended. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#exitCode !== undefined) return;
    this.#signal(signal);
    await this.ended;
  }

  /** SIGTERM, and SIGKILL when that does not help. Safe twice. */
  async close(): Promise<void> {
    if (this.#exitCode !== undefined) return;
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), STOP_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#hasOwnGroup) {
      this.#process.kill(signal);
      return;
    }
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      // The group may have ended between the check and the call.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  #onOutput(text: string): void {
    this.#keep(text);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) for (const waiter of [...this.#lineWaiters]) waiter(line);
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_LIMIT_CHARS);
  }

  #onEnd(code: number, text: string): void {
    this.#keep(text);
    this.#exitCode ??= code;
    this.#ended.resolve(code);
  }
}

/** Runs a program to its end. Rejects with its output unless it exits with 0. Resolves with stdout and stderr. */
export async function runToEnd(options: ChildOptions, deadlineMs: number): Promise<string> {
  const child = new Child(options);
  try {
    const code = await within(deadlineMs, `the end of ${options.args.join(' ')}`, child.ended);
    if (code !== 0) throw new Error(`${options.args.join(' ')} ended with ${code}:\n${child.output.slice(-4_000)}`);
    return child.output;
  } finally {
    await child.close();
  }
}

/** A file of the repository. */
export const repositoryFile = (...parts: string[]): string => join(ROOT, ...parts);
