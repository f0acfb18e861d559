/** Shape I: profiles of conversation partners. `user_id` is the `sec_uid` here. */
import { filledOf, firstUrlOf, idOf, present, recordOf, recordsOf, shortOf } from './fields.ts';

export type UserDetail = { readonly secUid: string; readonly name?: string; readonly avatarUrl?: string };

export function parseUserDetails(body: unknown): UserDetail[] {
  return recordsOf(recordOf(body)?.user_list).flatMap((row): UserDetail[] => {
    const user = recordOf(row.user);
    const secUid = idOf(row.user_id) ?? idOf(user?.SecretUseId) ?? idOf(user?.sec_uid);
    if (secUid === undefined) return [];
    return [
      present<UserDetail>({
        secUid,
        name: shortOf(filledOf(user?.nickname)),
        avatarUrl: firstUrlOf(user?.avatar_thumb),
      }),
    ];
  });
}
