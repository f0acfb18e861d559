import type { ProfileFacts } from '@hiscrm/shared/model/facts.ts';
import { aliasesOf, countOf, firstUrlOf, idOf, present, recordOf, shortOf, textOf } from './fields.ts';

/** Shape K, `/web/api/media/user/info/`: who the account is. Undefined when it does not say so. */
export function parseProfile(body: unknown, observedAt: number): ProfileFacts | undefined {
  const user = recordOf(recordOf(body)?.user);
  const platformUserId = idOf(user?.uid);
  if (!user || platformUserId === undefined) return undefined;
  return present<ProfileFacts>({
    platformUserId,
    nickname: shortOf(user.nickname),
    handle: shortOf(user.unique_id) ?? shortOf(user.short_id),
    avatarUrl: firstUrlOf(user.avatar_larger) ?? firstUrlOf(user.avatar_thumb),
    signature: textOf(user.signature),
    followerCount: countOf(user.follower_count),
    followingCount: countOf(user.following_count),
    contentCount: countOf(user.aweme_count),
    likedCount: countOf(user.total_favorited),
    aliases: aliasesOf(platformUserId, idOf(user.sec_uid), idOf(user.unique_id), idOf(user.short_id)),
    source: 'api',
    observedAt,
  });
}
