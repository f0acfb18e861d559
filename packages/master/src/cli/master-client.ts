import { request } from 'node:http';
import { resolve } from 'node:path';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { Auth } from '../auth/auth.ts';
import { SETTINGS } from '../config.ts';
import { silentLogger } from '../lib/logger.ts';
import { AuthTables } from '../log/auth-tables.ts';
import { FileLock } from '../log/file-lock.ts';
import { DataFolder, fromThisMachine } from '../main/data-folder.ts';
import type { CliCall } from './command.ts';

/** A Master on this machine answers at once, also a busy one. */
const CALL_DEADLINE_MS = 10_000;

/** The Master refused or did not answer; the message is for a person. */
export class MasterCallError extends Error {
  /** Of the catalogue, when the Master refused by it. */
  readonly code: string | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly code?: string | undefined }) {
    super(message, options);
    this.code = options?.code;
  }
}

/** The data folder that a command is about. */
export function folderOf({ io, values }: CliCall): DataFolder {
  const named = values['data-dir'] ?? io.env[SETTINGS.dataDir.env];
  return new DataFolder(resolve(typeof named === 'string' && named !== '' ? named : SETTINGS.dataDir.default));
}

/** Calls the running Master of the data folder; `notRunning` when there is none. Throws MasterCallError. */
export async function callMaster(
  folder: DataFolder,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object | undefined,
): Promise<{ readonly data: unknown } | 'notRunning'> {
  const master = folder.running();
  if (!master) return 'notRunning';
  const answer = await send(fromThisMachine(master.url), { method, path, body, token: master.controlToken });
  if (answer === 'notRunning') return answer;
  const parsed: { data?: unknown; message?: unknown; error?: { code?: string } } = answer.text.startsWith('{')
    ? JSON.parse(answer.text)
    : {};
  if (answer.status === 200) return { data: parsed.data };
  const message = typeof parsed.message === 'string' ? parsed.message : `the Master answered ${answer.status}`;
  throw new MasterCallError(message, { code: parsed.error?.code });
}

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
  readonly token: string;
};

function send(
  base: string,
  { method, path, body, token }: Sent,
): Promise<{ readonly status: number; readonly text: string } | 'notRunning'> {
  return new Promise((resolveCall, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    // No agent: a kept connection would keep the command from ending.
    const call = request(
      new URL(path, base),
      { method, headers, agent: false, timeout: CALL_DEADLINE_MS },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolveCall({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    call.on('timeout', () =>
      call.destroy(new MasterCallError(`the Master did not answer within ${CALL_DEADLINE_MS} ms`)),
    );
    call.on('error', (error) => {
      if ('code' in error && error.code === 'ECONNREFUSED') resolveCall('notRunning');
      else
        reject(
          error instanceof MasterCallError
            ? error
            : new MasterCallError(`the Master cannot be reached: ${error.message}`),
        );
    });
    call.end(body && JSON.stringify(body));
  });
}

/** Works on the users and keys of a data folder that no Master runs on; the lock keeps one from starting meanwhile. */
export async function withoutMaster<T>(folder: DataFolder, run: (auth: Auth) => T | Promise<T>): Promise<T> {
  process.umask(0o077); // as `start` does: the database is nobody else's business
  folder.prepare();
  const lock = takeLock(folder);
  const tables = new AuthTables(folder.database);
  const auth = new Auth({ tables, clock: systemClock, logger: silentLogger });
  try {
    return await run(auth);
  } finally {
    auth.close();
    tables.close();
    lock.release();
  }
}

function takeLock(folder: DataFolder): FileLock {
  try {
    return new FileLock(folder.lock);
  } catch (cause) {
    throw new MasterCallError(
      `a process has ${folder.path} open but does not answer. If it is starting or stopping, try again in a moment.`,
      { cause },
    );
  }
}
