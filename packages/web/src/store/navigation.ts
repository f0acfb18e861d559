import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { create } from 'zustand';
import { formatRoute, parseRoute, type Route, type Tab } from './route.ts';

/** Where the screen is, and an item that it should bring into view next. */
export type Navigation = {
  readonly route: Route;
  /** The message pane scrolls to it once it is loaded, then clears it. */
  readonly focusItemId: ItemId | undefined;
  readonly go: (route: Route, focusItemId?: ItemId) => void;
  readonly openAccount: (accountId: AccountId) => void;
  readonly openTab: (tab: Tab) => void;
  readonly openTopic: (tab: Tab, topicId: TopicId) => void;
  readonly closeTopic: () => void;
  /** Back to the accounts, where they are not on the screen. */
  readonly closeAccount: () => void;
  readonly focused: () => void;
};

const hash = (): string => (typeof location === 'undefined' ? '' : location.hash);

export const useNavigation = create<Navigation>()((set, get) => ({
  route: parseRoute(hash()),
  focusItemId: undefined,
  go: (route, focusItemId) => {
    set({ route, focusItemId });
    const wanted = formatRoute(route);
    if (hash() !== wanted) history.pushState(null, '', wanted);
  },
  openAccount: (accountId) => {
    const { route, go } = get();
    go({ screen: 'inbox', accountId, tab: route.screen === 'inbox' ? route.tab : 'comments' });
  },
  openTab: (tab) => {
    const { route, go } = get();
    if (route.screen === 'inbox') go({ screen: 'inbox', tab, ...(route.accountId && { accountId: route.accountId }) });
  },
  openTopic: (tab, topicId) => {
    const { route, go } = get();
    if (route.screen === 'inbox') go({ ...route, tab, topicId });
  },
  closeTopic: () => {
    const { route, go } = get();
    if (route.screen !== 'inbox') return;
    const { topicId: _, ...rest } = route;
    go(rest);
  },
  closeAccount: () => {
    const { route, go } = get();
    if (route.screen === 'inbox') go({ screen: 'inbox', tab: route.tab });
  },
  focused: () => set({ focusItemId: undefined }),
}));

/** Follows the back button and edited addresses. Returns how to stop. */
export function followAddress(): () => void {
  const follow = (): void => useNavigation.setState({ route: parseRoute(hash()), focusItemId: undefined });
  window.addEventListener('popstate', follow);
  return () => window.removeEventListener('popstate', follow);
}
