import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { displayNameOf, isLoggedIn, loginStatusOf, userInfoOf, workerStatusOf } from '../../words/account-words.ts';
import { lineOf } from './words-of-media.ts';

/** Where the deployed system's clients get a picture for an account without one. */
const PLACEHOLDER_AVATAR = 'https://api.dicebear.com/7.x/avataaars/svg?seed=';

export type Channel = Readonly<Record<string, unknown>> & { readonly lastMessageTime: number };

/** An account as an existing client lists it. Nothing in it depends on the moment of asking. */
export function channelOf({ record, summary }: AccountView): Channel {
  const userInfo = userInfoOf(record);
  return {
    id: record.id,
    name: displayNameOf(record),
    avatar: record.profile?.avatarUrl ?? `${PLACEHOLDER_AVATAR}${record.id}`,
    userInfo: userInfo && JSON.stringify(userInfo),
    platform: record.platform,
    description: record.platform,
    lastMessage: summary.last ? lineOf(summary.last) : '',
    lastMessageTime: summary.last?.at ?? record.lastSyncAt ?? record.createdAt,
    unreadCount: summary.unreadComments + summary.unreadMessages,
    messageCount: summary.commentCount + summary.messageCount,
    isPinned: false,
    enabled: true,
    status: record.isPaused ? 'paused' : 'active',
    login_status: loginStatusOf(record),
    worker_status: workerStatusOf(record),
    isLoggedIn: isLoggedIn(record),
  };
}

/** Newest activity first, as the deployed system sorts them. */
export const channelsOf = (accounts: readonly AccountView[]): readonly Channel[] =>
  accounts.map(channelOf).sort((a, b) => b.lastMessageTime - a.lastMessageTime);
