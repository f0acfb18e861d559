import type { Change } from '@hiscrm/shared/model/change.ts';
import { platformSchema } from '@hiscrm/shared/model/change.ts';
import type { ProfileFacts } from '@hiscrm/shared/model/facts.ts';
import { type AccountId, accountIdSchema } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import type { LegacyRow } from '../log/legacy-database.ts';
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
} from '../words/foreign-values.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportTarget } from './import-target.ts';
import { objectIn, soundId } from './legacy-values.ts';

/** Where a fact was read. */
export const IMPORT_SOURCE = 'import';
const NAME_LIMIT_CHARS = 50;
const parsePlatform = parserOf(platformSchema);
const parseAccountId = parserOf(accountIdSchema);

/** An account of the file and the one of ours that it is. */
export type AccountLink = {
  readonly legacyId: string;
  readonly accountId: AccountId;
  /** Every id that the platform knows the account by, as far as the file says. */
  readonly selfIds: readonly string[];
};

/** Takes the account in, or finds it. Undefined when it cannot be taken; the report says why. */
export async function importAccount(
  target: ImportTarget,
  row: LegacyRow,
  report: ImportReport,
): Promise<AccountLink | undefined> {
  const legacyId = textOf(row.id) ?? '';
  const platform = textOf(row.platform) ?? '';
  report.tables.accounts.found += 1;
  if (legacyId === '' || !parsePlatform(platform).ok) {
    report.skip('accounts', legacyId, 'it has no id, or a platform that is no platform’s name');
    return undefined;
  }
  const info = objectIn(row.user_info) ?? {};
  const selfIds = selfIdsOf(row, info);
  const known = findAccount(target, { legacyId, platform, selfIds });
  const accountId = known?.id ?? soundId(legacyId, parseAccountId, 'acc');
  const changes = known ? [] : added(row, { accountId, platform, legacyId, now: target.now });
  if (changes.length > 0) await target.committer.commit(changes);
  const profile = profileOf(row, info, target.now);
  const recorded = profile
    ? await target.recorder.record([{ kind: 'account.profile', accountId, facts: profile }])
    : { storedCount: 0 };
  report.tables.accounts[changes.length > 0 || recorded.storedCount > 0 ? 'taken' : 'known'] += 1;
  if (known && known.id !== legacyId) report.note('accounts', legacyId, `it is the account ${known.id} here`);
  keepLogin(target, row, { accountId, legacyId, report });
  return { legacyId, accountId, selfIds };
}

/** The same id, or the same user of the same platform. */
function findAccount(
  { store }: ImportTarget,
  wanted: { readonly legacyId: string; readonly platform: string; readonly selfIds: readonly string[] },
): AccountRecord | undefined {
  const ownId = soundId(wanted.legacyId, parseAccountId, 'acc');
  const records = store.accounts().map(({ record }) => record);
  const isSameUser = ({ platform, profile }: AccountRecord): boolean =>
    platform === wanted.platform && profile !== undefined && wanted.selfIds.includes(profile.platformUserId);
  return records.find(({ id }) => id === ownId) ?? records.find(isSameUser);
}

function added(
  row: LegacyRow,
  account: {
    readonly accountId: AccountId;
    readonly platform: string;
    readonly legacyId: string;
    readonly now: number;
  },
): readonly Change[] {
  const { accountId, platform, legacyId, now } = account;
  const given = nameOf(row.account_name)?.trim() || nameOf(row.platform_username)?.trim() || legacyId;
  const at = Math.min(timeOf(row.created_at) ?? now, now);
  const change: Change = { kind: 'account.added', accountId, platform, name: given.slice(0, NAME_LIMIT_CHARS), at };
  return row.status === 'paused' ? [change, { kind: 'account.changed', accountId, isPaused: true }] : [change];
}

/** Ids under any of their names; a made-up one from before the first login is none. */
function selfIdsOf(row: LegacyRow, info: Fields): readonly string[] {
  const accountId = idOf(row.account_id);
  const ids = [
    idOf(info.uid),
    idOf(row.platform_user_id),
    idOf(info.platform_user_id),
    idOf(info.douyin_id),
    accountId?.startsWith('temp_') ? undefined : accountId,
  ];
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** Undefined before the account's first login. Zeros of the existing system's crawlers say nothing. */
function profileOf(row: LegacyRow, info: Fields, now: number): ProfileFacts | undefined {
  const [platformUserId] = selfIdsOf(row, info);
  if (platformUserId === undefined) return undefined;
  const seenAt = timeOf(row.last_crawl_time) ?? timeOf(row.updated_at) ?? 0;
  return present<ProfileFacts>({
    platformUserId,
    nickname: nameOf(row.platform_username) ?? nameOf(info.nickname),
    handle: nameOf(info.douyin_id) ?? nameOf(row.platform_user_id),
    avatarUrl: urlOf(row.avatar) ?? urlOf(info.avatar),
    signature: textOf(row.signature) || textOf(info.signature) || undefined,
    followerCount: countOf(row.total_followers) || countOf(info.followers) || undefined,
    followingCount: countOf(row.total_following) || countOf(info.following) || undefined,
    contentCount: undefined, // a random walk in the existing system
    likedCount: undefined,
    aliases: undefined,
    source: IMPORT_SOURCE,
    observedAt: Math.min(seenAt, now),
  });
}

/** Seals the login, unless one is here already: that one is newer. */
function keepLogin(
  target: ImportTarget,
  row: LegacyRow,
  {
    accountId,
    legacyId,
    report,
  }: { readonly accountId: AccountId; readonly legacyId: string; readonly report: ImportReport },
): void {
  const text = textOf(row.credentials) ?? '';
  const stored = objectIn(text);
  if (!stored && text !== '') report.note('accounts', legacyId, 'its credentials cannot be read; log it in again');
  const cookies = Array.isArray(stored?.cookies) ? stored.cookies : [];
  if (cookies.length === 0 || target.credentials.has(accountId)) return;
  const fingerprint = objectIn(row.fingerprint) ?? fieldsOf(stored?.fingerprint);
  const localStorage = fieldsOf(stored?.localStorage);
  const validUntilS = numberOf(row.cookies_valid_until);
  const isKept = target.credentials.put(accountId, {
    cookies,
    ...(fingerprint && { fingerprint }),
    ...(localStorage && { localStorage }),
    ...(validUntilS !== undefined && { cookiesValidUntilS: validUntilS }),
  });
  if (isKept) report.sealedLoginCount += 1;
  else report.note('accounts', legacyId, 'its login is too large to be kept; log it in again');
}
