import type { Person } from '@hiscrm/shared/model/facts.ts';
import { aliasesOf, firstUrlOf, idOf, present, recordOf, shortOf } from './fields.ts';

/** The author of a comment, from `user{uid, sec_uid, nickname, avatar_thumb}`. Undefined without a plain id. */
export function parsePerson(value: unknown): Person | undefined {
  const user = recordOf(value);
  const id = idOf(user?.uid);
  if (!user || id === undefined) return undefined;
  return present<Person>({
    id,
    name: shortOf(user.nickname ?? user.nickName),
    avatarUrl: firstUrlOf(user.avatar_thumb ?? user.avatarThumb ?? user.avatar_larger),
    aliases: aliasesOf(id, idOf(user.sec_uid ?? user.secUid)),
  });
}
