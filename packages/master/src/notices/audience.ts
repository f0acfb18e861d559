import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeTarget } from '@hiscrm/shared/model/notice.ts';
import type { PeopleToTell, Person } from './user-directory.ts';

/**
 * The users a target means at this moment. An unknown group or user is nobody. Throws DIRECTORY_ABSENT when it may mean users
 * of another system who are not known yet.
 */
export function audienceOf(
  target: NoticeTarget,
  directory: PeopleToTell,
  groups: ReadonlyMap<string, readonly UserId[]>,
): readonly Person[] {
  const people = named(target, directory, groups);
  if (!target.excludeUserIds || target.excludeUserIds.length === 0) return people;
  const excluded = new Set(target.excludeUserIds);
  return people.filter(({ id }) => !excluded.has(id));
}

function named(
  target: NoticeTarget,
  directory: PeopleToTell,
  groups: ReadonlyMap<string, readonly UserId[]>,
): readonly Person[] {
  switch (target.kind) {
    case 'all':
      return directory.all();
    case 'admins':
      return directory.all().filter(({ role }) => role === 'admin');
    case 'role':
      return directory.all().filter(({ role }) => role === target.role);
    case 'group':
      return directory.some(groups.get(target.group) ?? []);
    case 'users':
      return directory.some(target.userIds);
    case 'readers': // accounts are read by those who log in here; another system's administrators may not
      return directory
        .own()
        .filter(({ role, grants }) => role === 'admin' || grants === 'all' || grants.includes(target.accountId));
    default:
      return unreachable(target);
  }
}
