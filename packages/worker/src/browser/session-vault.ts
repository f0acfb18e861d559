/**
 * Platform logins at rest: what a browser needs to be logged in, sealed with AES-256-GCM under a key that is never a
 * default. A sealed session is worth a password; nothing of it is ever logged.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Written before the nonce, so that another layout can be told apart. */
const LAYOUT = 1;
/** An import larger than this is no session. */
const IMPORT_LIMIT_BYTES = 4 * 1024 * 1024;

/** Playwright's storage state: cookies and local storage. Opaque to everything but the browser. */
export type StorageState = {
  readonly cookies: readonly Record<string, unknown>[];
  readonly origins: readonly Record<string, unknown>[];
};

export class SessionVault {
  readonly #directory: string;
  readonly #key: Buffer;

  /** `secret` is HISCRM_SECRET_KEY; without it a key file (0600) is made beside the sessions at first use. */
  constructor(options: { directory: string; secret: string | undefined }) {
    this.#directory = options.directory;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#key = options.secret === undefined ? keyFromFile(join(this.#directory, 'key')) : derived(options.secret);
  }

  /** The session kept for the account; `unreadable` when it was sealed under another key, moved, or changed. */
  open(accountId: AccountId): StorageState | 'unreadable' | undefined {
    const path = this.#pathOf(accountId);
    if (!existsSync(path)) return undefined;
    try {
      return this.#unseal(readFileSync(path), accountId);
    } catch {
      return 'unreadable'; // the cipher does not say more, and nothing of the content may be told
    }
  }

  #unseal(sealed: Buffer, accountId: AccountId): StorageState {
    if (sealed[0] !== LAYOUT || sealed.length < 1 + NONCE_BYTES + TAG_BYTES)
      throw new Error('the sealed session is damaged');
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    // Bound to the account: a file renamed to another account does not open.
    decipher.setAAD(Buffer.from(accountId));
    decipher.setAuthTag(tag);
    const text = Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return storageStateOf(JSON.parse(text.toString('utf8')));
  }

  /** Seals and replaces the account's session; a crash leaves the old or the new one. */
  keep(accountId: AccountId, state: StorageState): void {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(accountId));
    const body = Buffer.concat([cipher.update(JSON.stringify(state), 'utf8'), cipher.final()]);
    const path = this.#pathOf(accountId);
    writeFileSync(`${path}.part`, Buffer.concat([Buffer.of(LAYOUT), nonce, cipher.getAuthTag(), body]), {
      mode: 0o600,
    });
    renameSync(`${path}.part`, path);
  }

  forget(accountId: AccountId): void {
    rmSync(this.#pathOf(accountId), { force: true });
  }

  /**
   * Takes a session in that somebody put into `directory` as `<account id>.json` or `<account name>.json`, a Playwright
   * storage state, and removes the file. True when there was one.
   */
  importFrom(directory: string, account: { accountId: AccountId; name: string }): boolean {
    for (const stem of [account.accountId, account.name]) {
      // A name with a path in it could point outside the directory.
      if (/[/\\]|^\.+$/.test(stem)) continue;
      const path = join(directory, `${stem}.json`);
      if (!existsSync(path)) continue;
      const text = readFileSync(path, 'utf8');
      if (text.length > IMPORT_LIMIT_BYTES) throw new Error('the session to import is too large');
      this.keep(account.accountId, storageStateOf(JSON.parse(text)));
      rmSync(path);
      return true;
    }
    return false;
  }

  #pathOf(accountId: AccountId): string {
    return join(this.#directory, `${accountId}.sealed`);
  }
}

function derived(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'hiscrm worker platform sessions', KEY_BYTES));
}

function keyFromFile(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) throw new Error(`the key file ${path} is damaged`);
  return key;
}

function storageStateOf(value: unknown): StorageState {
  const state = value as Partial<StorageState> | null; // checked below as far as it is used
  if (!state || !Array.isArray(state.cookies)) throw new Error('not a storage state: it has no cookies');
  return { cookies: state.cookies, origins: Array.isArray(state.origins) ? state.origins : [] };
}
