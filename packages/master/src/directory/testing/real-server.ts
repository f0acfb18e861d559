/** A database server as it is, on loopback and in a folder of its own. For tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { vi } from 'vitest';

export interface RealServer {
  /** As a user who may read everything, with PASSWORD. */
  readonly url: string;
  /** Runs a statement as the owner. */
  run(sql: string): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and takes its folder away. */
  close(): Promise<void>;
}

/** How a server is opened, or why it cannot be on this machine. */
export type ServerKind =
  | { readonly isThere: true; readonly open: () => Promise<RealServer> }
  | { readonly isThere: false; readonly why: string };

/** Of the user who reads; an address has to write it in another way. */
export const PASSWORD = 'pass word@1';
const START_PATIENCE = { timeout: 30_000, interval: 50 };
/** Servers refuse to run as root; this user owns nothing. */
const NOBODY = 65_534;
const asWhom = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A folder that the server's user may write. */
export function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `hiscrm-${name}-`));
  if (asWhom.uid !== undefined) chownSync(folder, asWhom.uid, asWhom.gid);
  return folder;
}

/** Runs a program of the server to its end. Rejects with what it said. */
export async function runToEnd(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { ...asWhom, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      said += String(text);
    });
  }
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${basename(file)} ended with ${code}: ${said}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a server that was set up in a folder; `setUp` runs once, as the owner. */
export async function serve(options: {
  readonly folder: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly stopSignal: NodeJS.Signals;
  readonly url: string;
  readonly setUp: readonly string[];
  readonly run: (sql: string) => Promise<void>;
}): Promise<RealServer> {
  const { folder, file, args, stopSignal, url, run } = options;
  let child: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('close', resolve));
    running.kill(stopSignal);
    await ended;
  };
  const start = async (): Promise<void> => {
    child = spawn(file, args, { ...asWhom, stdio: 'ignore' });
    await vi.waitFor(() => run('SELECT 1'), START_PATIENCE);
  };
  await start();
  for (const sql of options.setUp) await run(sql);
  return {
    url,
    run,
    stop,
    start,
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
