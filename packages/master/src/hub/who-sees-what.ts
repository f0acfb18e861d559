import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { audienceOf, mayRead, type Principal, sightKey } from '@hiscrm/shared/model/visibility.ts';

/** What one subscriber may see. Equal keys see equally and share every encoded frame. */
export type Sight = {
  readonly key: string;
  readonly seesAccount: (accountId: AccountId) => boolean;
  readonly seesRow: (row: LoggedChange) => boolean;
};

/** The sight of a user at this moment; asked again when grants change. */
export function sightOf(principal: Principal): Sight {
  const seesAccount = (accountId: AccountId): boolean => mayRead(principal, accountId);
  return {
    key: sightKey(principal),
    seesAccount,
    seesRow: (row) => {
      const audience = audienceOf(row.change);
      return audience === 'team' || (audience !== 'nobody' && seesAccount(audience));
    },
  };
}

/** Ways of seeing that are remembered; a team has as many as it has different grants. */
const SHARED_LIMIT_COUNT = 1_000;

/** Gives subscribers that see equally the same `Sight`: thousands of them then cost one, in memory and in the processor's cache. */
export class SharedSights {
  readonly #byKey = new Map<string, Sight>();

  of(principal: Principal): Sight {
    const key = sightKey(principal);
    const known = this.#byKey.get(key);
    if (known) return known;
    if (this.#byKey.size >= SHARED_LIMIT_COUNT) this.#byKey.clear();
    const fresh = sightOf(principal);
    this.#byKey.set(key, fresh);
    return fresh;
  }
}
