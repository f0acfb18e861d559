import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { Locale } from '../../lib/time-text.ts';
import type { AccountOrder } from '../../store/preferences.ts';

export const unreadOf = ({ summary }: AccountView): number => summary.unreadComments + summary.unreadMessages;

/** The accounts that match a search, in the chosen order. Equal ones stand by name, so that rows do not change places. */
export function chooseAccounts(
  accounts: readonly AccountView[],
  options: { readonly search: string; readonly order: AccountOrder; readonly locale: Locale },
): readonly AccountView[] {
  const search = options.search.trim().toLowerCase();
  const byName = new Intl.Collator(options.locale).compare;
  const matching = accounts.filter(({ record: { name, profile, platform } }) =>
    [name, profile?.nickname, profile?.handle, platform].some((text) => text?.toLowerCase().includes(search)),
  );
  return matching.sort((a, b) => compare(a, b, options.order) || byName(a.record.name, b.record.name));
}

function compare(a: AccountView, b: AccountView, order: AccountOrder): number {
  switch (order) {
    case 'unread':
      return Math.sign(unreadOf(b)) - Math.sign(unreadOf(a)) || newestOf(b) - newestOf(a);
    case 'newest':
      return newestOf(b) - newestOf(a);
    case 'name':
      return 0;
    default:
      return unreachable(order);
  }
}

const newestOf = ({ summary }: AccountView): number => summary.last?.at ?? 0;
