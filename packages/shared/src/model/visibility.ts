/** Who may see what (P8): the one rule that every surface asks, last, before anything leaves the process. */
import type { Change } from './change.ts';
import type { AccountId, UserId } from './ids.ts';
import { isNoticeChange } from './notice-change.ts';

/** In rising order of power. A viewer reads; an operator also marks read and answers; an admin also manages. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** `all`, or the accounts granted. An admin always has `all`. */
export type Grants = 'all' | ReadonlySet<AccountId>;

/** Who acts, as every command and query sees it. */
export type Principal = {
  readonly userId: UserId;
  readonly username: string;
  readonly role: Role;
  readonly grants: Grants;
};

export const mayRead = (principal: Principal, accountId: AccountId): boolean =>
  principal.role === 'admin' || principal.grants === 'all' || principal.grants.has(accountId);

export const hasRole = (principal: Principal, least: Role): boolean =>
  ROLES.indexOf(principal.role) >= ROLES.indexOf(least);

/** The account whose readers may see the change; `team` is everybody who is logged in, `nobody` is no client at all. */
export function audienceOf(change: Change): AccountId | 'team' | 'nobody' {
  if (isNoticeChange(change)) return 'nobody'; // each recipient is sent the notice itself
  return 'accountId' in change ? change.accountId : 'team';
}

/** Equal text for equal sight: subscribers with the same text share one encoded frame. */
export function sightKey(principal: Principal): string {
  if (principal.role === 'admin' || principal.grants === 'all') return 'all';
  return [...principal.grants].sort().join(',');
}
