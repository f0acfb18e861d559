import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { CredentialTables } from '../log/credential-tables.ts';
import type { SecretBox } from './secret-box.ts';

/** What a Worker needs to open an account's pages without another login. */
export type PlatformCredentials = {
  readonly cookies: readonly unknown[];
  readonly fingerprint: Readonly<Record<string, unknown>> | null;
  readonly localStorage: Readonly<Record<string, unknown>>;
  /** Epoch seconds, as the deployed system counts. */
  readonly cookiesValidUntilS?: number | undefined;
};

/** Larger than any browser's storage for one site; a larger one is refused. */
const LIMIT_CHARS = 4 * 1024 * 1024;

/** Platform logins that existing Workers keep at the Master: sealed at rest, opened for the Worker that drives the account. */
export class CredentialVault {
  readonly #tables: CredentialTables;
  readonly #box: SecretBox;
  readonly #lc: Logger;

  constructor(options: { readonly tables: CredentialTables; readonly box: SecretBox; readonly lc: Logger }) {
    this.#tables = options.tables;
    this.#box = options.box;
    this.#lc = options.lc;
  }

  /** The login, or undefined: none was kept, or another key sealed it. */
  get(accountId: AccountId): PlatformCredentials | undefined {
    const sealed = this.#tables.read(accountId);
    const opened = sealed === undefined ? undefined : this.#box.open(sealed, aadOf(accountId));
    if (opened === undefined) return undefined;
    if (typeof opened === 'object') return JSON.parse(opened.plain) as PlatformCredentials; // sealed by put
    this.#lc.warn({ accountId, why: opened }, 'a stored login cannot be opened; the account needs another login');
    return undefined;
  }

  /** Adds to what is kept: what is empty or absent never replaces what is there. False when it is too large. */
  put(accountId: AccountId, update: Partial<PlatformCredentials>): boolean {
    const before = this.get(accountId);
    const cookies = update.cookies && update.cookies.length > 0 ? update.cookies : before?.cookies;
    const localStorage =
      update.localStorage && Object.keys(update.localStorage).length > 0 ? update.localStorage : before?.localStorage;
    const validUntilS = update.cookiesValidUntilS ?? before?.cookiesValidUntilS;
    const credentials: PlatformCredentials = {
      cookies: cookies ?? [],
      fingerprint: update.fingerprint ?? before?.fingerprint ?? null,
      localStorage: localStorage ?? {},
      ...(validUntilS !== undefined && { cookiesValidUntilS: validUntilS }),
    };
    const text = JSON.stringify(credentials);
    if (text.length > LIMIT_CHARS) return false;
    this.#tables.put(accountId, this.#box.seal(text, aadOf(accountId)));
    return true;
  }

  /** The account is gone. */
  drop(accountId: AccountId): void {
    this.#tables.drop(accountId);
  }
}

/** A sealed login moved to another account does not open. */
const aadOf = (accountId: AccountId): string => `platform-login:${accountId}`;
