import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const TOKEN_BYTES = 32;

/** Where things are in the data folder. */
export class DataFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get database(): string {
    return join(this.path, 'hiscrm.db');
  }

  /** Held by whoever has the database open. */
  get lock(): string {
    return `${this.database}.lock`;
  }

  get workers(): string {
    return join(this.path, 'workers');
  }

  /** Makes the folder when it is missing. Throws when it cannot be written. */
  prepare(): void {
    mkdirSync(this.path, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const probe = join(this.path, `.write-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  }

  /** Another token at every start, for the CLI on this machine. Called by whoever holds the lock. */
  makeControlToken(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    this.#write('control-token', `${token}\n`);
    return token;
  }

  /** Says where the running Master is reached. */
  announce(master: RunningMaster): void {
    this.#write('master.json', `${JSON.stringify(master)}\n`);
  }

  /** Safe twice. */
  withdraw(): void {
    rmSync(join(this.path, 'master.json'), { force: true });
    rmSync(join(this.path, 'control-token'), { force: true });
  }

  /** What the last Master announced; undefined when none did, or it has stopped in order. */
  running(): (RunningMaster & { readonly controlToken: string }) | undefined {
    try {
      const master = JSON.parse(readFileSync(join(this.path, 'master.json'), 'utf8'));
      const controlToken = readFileSync(join(this.path, 'control-token'), 'utf8').trim();
      return { pid: Number(master.pid), url: String(master.url), controlToken };
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (isMissing || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #write(name: string, text: string): void {
    const path = join(this.path, name);
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, text, { mode: OWNER_ONLY_FILE });
    renameSync(fresh, path);
  }
}

export type RunningMaster = { readonly pid: number; readonly url: string };

/** The same address as seen from this machine: listening everywhere includes loopback. */
export function fromThisMachine(url: string): string {
  const address = new URL(url);
  if (address.hostname === '0.0.0.0') address.hostname = '127.0.0.1';
  if (address.hostname === '[::]') address.hostname = '[::1]';
  return address.origin;
}
