import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';

export const TABS = ['comments', 'messages', 'works'] as const;
export type Tab = (typeof TABS)[number];

/** What the screen shows; it is kept in the address, so that a reload, a link and the back button work. */
export type Route =
  | { readonly screen: 'inbox'; readonly accountId?: AccountId; readonly tab: Tab; readonly topicId?: TopicId }
  | { readonly screen: 'admin' };

export const HOME: Route = { screen: 'inbox', tab: 'comments' };

/** `#/inbox/<account>/<tab>/<topic>`; anything that does not fit is the inbox. */
export function parseRoute(hash: string): Route {
  const [screen, account, tabText, topic] = hash.replace(/^#\/?/, '').split('/').map(decode);
  if (screen === 'admin') return { screen: 'admin' };
  if (screen !== 'inbox' || !account) return HOME;
  const tab = TABS.find((known) => known === tabText) ?? 'comments';
  return {
    screen: 'inbox',
    accountId: account as AccountId, // an id that names nothing shows as nothing
    tab,
    ...(topic && { topicId: topic as TopicId }),
  };
}

export function formatRoute(route: Route): string {
  if (route.screen === 'admin') return '#/admin';
  if (!route.accountId) return '#/inbox';
  const parts = ['inbox', route.accountId, route.tab, ...(route.topicId ? [route.topicId] : [])];
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    // A cut-off escape in an address that somebody typed.
    if (error instanceof URIError) return '';
    throw error;
  }
}
