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
