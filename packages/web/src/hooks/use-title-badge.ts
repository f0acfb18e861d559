import { useEffect } from 'react';
import { badgeIcon } from '../lib/badge-icon.ts';

const NAME = 'HisCRM-IM';

/** Shows the number of unread items in the window's title and on its icon. */
export function useTitleBadge(unreadCount: number): void {
  useEffect(() => {
    document.title = unreadCount > 0 ? `(${unreadCount}) ${NAME}` : NAME;
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const icon = unreadCount > 0 ? badgeIcon(unreadCount) : '/favicon.svg';
    if (link && icon) link.href = icon;
  }, [unreadCount]);
}
