import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { loginStatusOf, toSeconds, workerStatusOf } from '../../words/account-words.ts';

/** The account's state as `channel:status_update` carries it: other names than in the channel list. */
export function statusUpdateOf({ record, summary }: AccountView, now: number): Readonly<Record<string, unknown>> {
  const { profile } = record;
  return {
    channel: {
      id: record.id,
      platform: record.platform,
      accountName: record.name,
      loginStatus: loginStatusOf(record),
      workerStatus: workerStatusOf(record),
      platformUsername: profile?.nickname ?? null,
      platformUserId: profile?.platformUserId ?? null,
      avatar: profile?.avatarUrl ?? null,
      stats: {
        followers: profile?.followerCount ?? 0,
        following: profile?.followingCount ?? 0,
        comments: summary.commentCount,
        contents: profile?.contentCount ?? summary.contentCount,
      },
      lastUpdate: toSeconds(now),
    },
  };
}
