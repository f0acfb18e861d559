import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { PlatformCredentials } from '../../auth/credential-vault.ts';
import { accountJson, userInfoOf } from '../../words/account-words.ts';

const NO_CREDENTIALS: PlatformCredentials = { cookies: [], fingerprint: null, localStorage: {} };

/** An account as an existing Worker is given it. It holds the login: it goes to the Worker that drives the account, only. */
export function accountObject(
  account: AccountRecord,
  credentials: PlatformCredentials | undefined,
): Readonly<Record<string, unknown>> {
  return {
    ...accountJson(account),
    user_info: userInfoOf(account),
    credentials: credentials ?? NO_CREDENTIALS,
    cookies_valid_until: credentials?.cookiesValidUntilS ?? null,
  };
}
