import { mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { loginStatusOf, toSeconds, workerStatusOf } from '../../words/account-words.ts';
import type { LoginSession } from './login-book.ts';

/** Logins shown in one list, as the deployed system cuts it. */
const SESSIONS_SHOWN_COUNT = 50;

/** `admin:status:response`, of what the user may see. */
export function adminStatus(
  store: StoreReader,
  principal: Principal,
  options: { readonly sessions: readonly LoginSession[]; readonly now: number },
): object {
  const views = store.accounts().filter(({ record }) => mayRead(principal, record.id));
  const records = views.map(({ record }) => record);
  const workers = store.workers();
  const online = workers.filter(({ isOnline }) => isOnline).length;
  const login = records.map(loginStatusOf);
  const worker = records.map(workerStatusOf);
  const count = <T>(values: readonly T[], wanted: T): number => values.filter((value) => value === wanted).length;
  const sessions = options.sessions.filter(({ accountId }) => mayRead(principal, accountId));
  const states = sessions.map(({ status }) => status);
  const platforms: Record<string, number> = {};
  for (const { platform } of records) platforms[platform] = (platforms[platform] ?? 0) + 1;
  return {
    workers: { total: workers.length, online, offline: workers.length - online },
    accounts: {
      total: records.length,
      active: records.filter(({ isPaused }) => !isPaused).length,
      inactive: records.filter(({ isPaused }) => isPaused).length,
      loggedIn: count(login, 'logged_in'),
      notLoggedIn: count(login, 'not_logged_in') + count(login, 'pending_login'),
      loginFailed: count(login, 'login_failed'),
      onlineStatus: count(worker, 'online'),
      offlineStatus: count(worker, 'offline'),
      errorStatus: count(worker, 'error'),
    },
    runtime: {
      totalComments: views.reduce((sum, { summary }) => sum + summary.commentCount, 0),
      totalWorks: views.reduce((sum, { summary }) => sum + summary.contentCount, 0),
      totalFollowers: records.reduce((sum, { profile }) => sum + (profile?.followerCount ?? 0), 0),
    },
    loginSessions: {
      pending: count(states, 'pending') + count(states, 'scanning'),
      success: count(states, 'success'),
      failed: count(states, 'failed') + count(states, 'expired'),
      total: sessions.length,
    },
    platforms,
    timestamp: options.now,
  };
}

/** Rows of `admin:login_sessions:list:response`. Times are epoch seconds. */
export const sessionRows = (principal: Principal, open: readonly LoginSession[]): readonly object[] =>
  open
    .filter(({ accountId }) => mayRead(principal, accountId))
    .slice(0, SESSIONS_SHOWN_COUNT)
    .map((session) => ({
      id: session.id,
      account_id: session.accountId,
      worker_id: session.workerId,
      status: session.status,
      login_method: session.method,
      qr_code_data: session.qrImage ?? null,
      qr_code_url: null,
      error_message: session.error ?? null,
      expires_at: toSeconds(session.expiresAt),
      logged_in_at: session.loggedInAt === undefined ? null : toSeconds(session.loggedInAt),
      created_at: toSeconds(session.createdAt),
    }));
