/** Our account, in the words of the deployed system. Seconds stay seconds, milliseconds milliseconds. */
import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';

export type LoginStatus = 'not_logged_in' | 'pending_login' | 'logged_in' | 'login_failed';
export type WorkerStatus = 'online' | 'offline' | 'error';

/** The interval that the deployed system shows; its Workers ignore it. Seconds. */
const MONITOR_INTERVAL_S = 30;

/** Epoch seconds, rounded down. */
export const toSeconds = (atMs: number): number => Math.floor(atMs / 1_000);

/** What is known of the login. An account that nobody drives counts as logged in once its profile has been seen. */
export function loginStatusOf({ session, profile }: AccountRecord): LoginStatus {
  switch (session.kind) {
    case 'online':
    case 'backingOff':
      return 'logged_in';
    case 'awaitingScan':
      return 'pending_login';
    case 'loginRequired':
    case 'challenge':
      return 'not_logged_in';
    case 'unassigned':
    case 'starting':
    case 'paused':
      return profile ? 'logged_in' : 'not_logged_in';
    default:
      return unreachable(session);
  }
}

export function workerStatusOf({ session }: AccountRecord): WorkerStatus {
  if (session.kind === 'unassigned' || session.kind === 'paused') return 'offline';
  return session.kind === 'backingOff' || session.kind === 'challenge' ? 'error' : 'online';
}

export const isLoggedIn = (account: AccountRecord): boolean =>
  loginStatusOf(account) === 'logged_in' && workerStatusOf(account) === 'online';

/** The platform's own name for the account, else the operator's. Never empty. */
export const displayNameOf = (account: AccountRecord): string =>
  account.profile?.nickname || account.name || account.id;

/** `user_info` as the object that its text holds. */
export function userInfoOf({ profile }: AccountRecord): Readonly<Record<string, unknown>> | null {
  if (!profile) return null;
  return {
    nickname: profile.nickname ?? '',
    platform_user_id: profile.handle ?? profile.platformUserId,
    uid: profile.platformUserId,
    avatar: profile.avatarUrl ?? null,
    signature: profile.signature ?? null,
    followers: profile.followerCount ?? null,
    following: profile.followingCount ?? null,
  };
}

/** The platform's id of the account; a made-up one until the first login, as the deployed system has it. */
export const platformAccountIdOf = ({ profile, createdAt }: AccountRecord): string =>
  profile?.platformUserId ?? `temp_${createdAt}`;

/**
 * The account as admin pages and clients get it. It holds no cookies: the deployed system's "safe" form did.
 */
export function accountJson(account: AccountRecord): Readonly<Record<string, unknown>> {
  const userInfo = userInfoOf(account);
  return {
    id: account.id,
    platform: account.platform,
    account_name: account.name,
    account_id: platformAccountIdOf(account),
    status: account.isPaused ? 'paused' : 'active',
    login_status: loginStatusOf(account),
    worker_status: workerStatusOf(account),
    monitor_interval: MONITOR_INTERVAL_S,
    last_check_time: account.lastSyncAt === undefined ? null : toSeconds(account.lastSyncAt),
    last_login_time: account.session.kind === 'online' ? toSeconds(account.session.since) : null,
    cookies_valid_until: null,
    assigned_worker_id: account.lease?.workerId ?? null,
    created_at: toSeconds(account.createdAt),
    updated_at: toSeconds(account.profile?.observedAt ?? account.createdAt),
    user_info: userInfo && JSON.stringify(userInfo),
    platform_user_id: account.profile?.platformUserId ?? null,
    platform_username: account.profile?.nickname ?? null,
  };
}
