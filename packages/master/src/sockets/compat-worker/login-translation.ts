/** Logins in the words of existing Workers, as sessions, profiles and sealed credentials. */
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { ProfileFacts } from '@hiscrm/shared/model/facts.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import type { PlatformCredentials } from '../../auth/credential-vault.ts';
import {
  countOf,
  type Fields,
  fieldsOf,
  idOf,
  nameOf,
  numberOf,
  present,
  textOf,
  timeOf,
  urlOf,
} from '../../words/foreign-values.ts';

/** What a QR code is good for when the Worker does not say. */
const QR_MS = 300_000;
const QR_LIMIT_CHARS = 60_000;
const DETAIL_LIMIT_CHARS = 500;
const BACK_OFF_MS = 60_000;
const SOURCE = 'existingWorker';

/** Fields that never leave this edge. */
const SECRETS: ReadonlySet<string> = new Set(['cookies', 'fingerprint', 'localStorage', 'storageState', 'credentials']);

/** The payload as others may see it. */
export const withoutSecrets = (payload: Fields): Fields =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => !SECRETS.has(name)));

/** A session is reported when it becomes another one: `since` keeps its moment. */
export const sessionReport = (account: AccountRecord, session: Session): readonly WorkerReport[] =>
  account.session.kind === session.kind && session.kind !== 'awaitingScan'
    ? []
    : [{ kind: 'account.session', accountId: account.id, session }];

/** The state that a login status means; undefined for steps in between. */
export function sessionOfLogin(status: string, payload: Fields, now: number): Session | undefined {
  switch (status) {
    case 'qrcode_ready':
    case 'qrcode_refreshed': {
      const qrImage = payload.qr_code_data;
      if (typeof qrImage !== 'string' || !qrImage.startsWith('data:image/') || qrImage.length > QR_LIMIT_CHARS)
        return undefined;
      return { kind: 'awaitingScan', since: now, qrImage, expiresAt: timeOf(payload.expires_at) ?? now + QR_MS };
    }
    case 'success':
      return { kind: 'online', since: now };
    case 'sms_input_required':
      return { kind: 'challenge', since: now, ...detailOf(payload.message) };
    case 'failed':
    case 'timeout':
    case 'expired':
      return { kind: 'loginRequired', since: now, ...detailOf(payload.error_message ?? payload.message) };
    default:
      return undefined;
  }
}

/** `user_info` under any of its names, with what was known of the account before. */
export function profileReport(account: AccountRecord, userInfo: unknown, now: number): readonly WorkerReport[] {
  const info = fieldsOf(typeof userInfo === 'string' ? parsed(userInfo) : userInfo);
  if (!info) return [];
  const platformUserId =
    account.profile?.platformUserId ?? idOf(info.uid) ?? idOf(info.platform_user_id) ?? idOf(info.douyin_id);
  if (platformUserId === undefined) return [];
  const facts = present<ProfileFacts>({
    platformUserId,
    nickname: nameOf(info.nickname) ?? nameOf(info.platform_username),
    handle: nameOf(info.douyin_id) ?? nameOf(info.platform_user_id),
    avatarUrl: urlOf(info.avatar),
    signature: textOf(info.signature),
    followerCount: countOf(info.followers) ?? countOf(info.total_followers),
    followingCount: countOf(info.following) ?? countOf(info.total_following),
    contentCount: countOf(info.total_contents),
    likedCount: undefined,
    aliases: undefined,
    source: SOURCE,
    observedAt: now,
  });
  return [{ kind: 'account.profile', accountId: account.id, facts }];
}

/** What of a login payload is kept sealed; undefined when it holds none. */
export function credentialsOf(payload: Fields): Partial<PlatformCredentials> | undefined {
  const storage = fieldsOf(payload.storageState);
  const cookies = Array.isArray(payload.cookies) ? payload.cookies : storage?.cookies;
  const fingerprint = fieldsOf(payload.fingerprint);
  const localStorage = fieldsOf(payload.localStorage) ?? localStorageOf(storage?.origins);
  const cookiesValidUntilS = numberOf(payload.cookies_valid_until);
  if (!Array.isArray(cookies) && !fingerprint && !localStorage) return undefined;
  return {
    ...(Array.isArray(cookies) && { cookies }),
    ...(fingerprint && { fingerprint }),
    ...(localStorage && { localStorage }),
    ...(cookiesValidUntilS !== undefined && { cookiesValidUntilS }),
  };
}

/** Playwright keeps local storage as lists by origin; Workers keep one flat object. */
function localStorageOf(origins: unknown): Fields | undefined {
  if (!Array.isArray(origins)) return undefined;
  const entries = origins.flatMap((origin) => {
    const list = fieldsOf(origin)?.localStorage;
    return Array.isArray(list)
      ? list.flatMap((item) => (fieldsOf(item) ? [[String(item.name), item.value] as const] : []))
      : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** One entry of `worker:account:status`. */
export function statusReports(account: AccountRecord, status: Fields, now: number): readonly WorkerReport[] {
  const { profile } = account;
  const isBusy = account.isPaused || account.session.kind === 'awaitingScan' || account.session.kind === 'challenge';
  // While somebody scans a code, "not logged in" says nothing that the screen does not show.
  const session = isBusy && status.login_status !== 'logged_in' ? undefined : sessionOfStatus(status, now);
  const facts =
    profile &&
    present<ProfileFacts>({
      platformUserId: profile.platformUserId,
      nickname: undefined,
      handle: undefined,
      avatarUrl: undefined,
      signature: undefined,
      followerCount: countOf(status.total_followers),
      followingCount: countOf(status.total_following),
      contentCount: countOf(status.total_contents),
      likedCount: undefined,
      aliases: undefined,
      source: SOURCE,
      observedAt: now,
    });
  return [
    ...(session && !account.isPaused ? sessionReport(account, session) : []),
    ...(facts ? ([{ kind: 'account.profile', accountId: account.id, facts }] as const) : []),
  ];
}

/** Logged out outranks everything; a Worker in trouble is one that will try again. */
function sessionOfStatus(status: Fields, now: number): Session | undefined {
  if (status.login_status === 'not_logged_in') return { kind: 'loginRequired', since: now };
  if (status.worker_status === 'error') {
    return { kind: 'backingOff', since: now, retryAt: now + BACK_OFF_MS, ...detailOf(status.last_error_message) };
  }
  if (status.login_status === 'logged_in') return { kind: 'online', since: now };
  return undefined;
}

function detailOf(value: unknown): { readonly detail?: string } {
  const detail = textOf(value)?.slice(0, DETAIL_LIMIT_CHARS);
  return detail ? { detail } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: says nothing
  }
}
