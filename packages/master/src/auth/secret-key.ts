import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const SECRET_KEY_FILE = 'secret-key';
const KEY_BYTES = 32;

/** A key that cannot be used; the message says what to do. */
export class SecretKeyError extends Error {}

/**
 * The key for secrets at rest: `fromEnv` (hex or base64), else the file in the data folder, made with mode 0600 at first
 * start. Throws SecretKeyError when the file is readable by others or damaged.
 */
export function loadSecretKey(options: { readonly dataDir: string; readonly fromEnv?: string | undefined }): Buffer {
  if (options.fromEnv !== undefined) return decode(options.fromEnv, 'HISCRM_SECRET_KEY');
  const path = join(options.dataDir, SECRET_KEY_FILE);
  const made = makeFile(path);
  if (made) return made;
  if (isOpenToOthers(path)) throw new SecretKeyError(`${path} can be read by others. Run: chmod 600 ${path}`);
  return decode(readFileSync(path, 'utf8').trim(), path);
}

/** Whether anybody but the owner may read the file. Windows has no such bits. */
export function isOpenToOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
}

function makeFile(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  }
  try {
    const key = randomBytes(KEY_BYTES);
    writeSync(file, `${key.toString('hex')}\n`);
    fsyncSync(file);
    return key;
  } finally {
    closeSync(file);
  }
}

function decode(text: string, where: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new SecretKeyError(
    `${where} does not hold a key of ${KEY_BYTES} bytes. Restore it from the backup; without it, sealed secrets cannot be read.`,
  );
}
