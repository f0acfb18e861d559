/**
 * What the inbox tells by itself, in words. Ids follow from the facts alone, so that whoever looks at the same rows again, after
 * a restart, makes the same notice, and it is sent once.
 */
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { NoticePriority, NoticeTarget, NoticeWords } from '@hiscrm/shared/model/notice.ts';
import type { NoticeRule } from '@hiscrm/shared/model/notice-preferences.ts';
import type { WorkerRecord } from '@hiscrm/shared/model/records.ts';

export type RuleDraft = {
  readonly rule: NoticeRule;
  readonly messageId: string;
  readonly type: string;
  readonly zh: NoticeWords;
  readonly en: NoticeWords;
  readonly data: object;
  readonly priority: NoticePriority;
  readonly target: NoticeTarget;
  readonly supersedes?: string | undefined;
};

export type NewsKind = 'comment' | 'message';
type Account = { readonly id: AccountId; readonly name: string };

/** The id of the notice about new items of an account within a window. */
export const itemsIdOf = (accountId: AccountId, kind: NewsKind, windowNo: number): string =>
  `rule-${kind}-${accountId}-${windowNo}`;

/** New items of an account within one window. */
export function itemsDraft(news: {
  readonly account: Account;
  readonly kind: NewsKind;
  readonly windowNo: number;
  readonly count: number;
  readonly unreadCount: number;
  readonly supersedes: string | undefined;
}): RuleDraft {
  const { account, kind, count, unreadCount } = news;
  const isComment = kind === 'comment';
  const plural = count === 1 ? '' : 's';
  return {
    rule: isComment ? 'newComment' : 'newMessage',
    messageId: itemsIdOf(account.id, kind, news.windowNo),
    type: isComment ? 'comment_received' : 'message_received',
    zh: { title: account.name, content: `${count} 条新${isComment ? '评论' : '私信'}，共 ${unreadCount} 条未读` },
    en: { title: account.name, content: `${count} new ${kind}${plural}, ${unreadCount} unread in all` },
    data: { accountId: account.id, count, unreadCount },
    priority: 'low',
    target: { kind: 'readers', accountId: account.id },
    supersedes: news.supersedes,
  };
}

const ITEMS_ID = /^rule-((?:comment|message)-.+)-(\d+)$/;

/** The account and kind that a notice of new items is about, as one key, and its window. */
export function itemsKeyOf(messageId: string): { readonly key: string; readonly windowNo: number } | undefined {
  const [, key, windowNo] = ITEMS_ID.exec(messageId) ?? [];
  return key === undefined ? undefined : { key, windowNo: Number(windowNo) };
}

/** `lastSyncAt` names the outage: it stands still while the account cannot be read. */
export function loginDraft(account: Account, isChallenge: boolean, lastSyncAt: number): RuleDraft {
  return {
    rule: 'loginExpired',
    messageId: `rule-${isChallenge ? 'challenge' : 'login'}-${account.id}-${lastSyncAt}`,
    type: isChallenge ? 'account_challenge' : 'login_expired',
    zh: { title: account.name, content: isChallenge ? '平台要求人工验证' : '登录已失效，请重新登录' },
    en: {
      title: account.name,
      content: isChallenge ? 'The platform asks for a human check' : 'The login has expired; log in again',
    },
    data: { accountId: account.id },
    priority: 'high',
    target: { kind: 'readers', accountId: account.id },
  };
}

/** The account was not read from `fromAt`, the end of the last sync before, to `toAt`. */
export function gapDraft(account: Account, fromAt: number, toAt: number): RuleDraft {
  const minutes = Math.round((toAt - fromAt) / 60_000);
  return {
    rule: 'coverageGap',
    messageId: `rule-gap-${account.id}-${fromAt}`,
    type: 'coverage_gap',
    zh: { title: account.name, content: `该账号有 ${minutes} 分钟未被读取，正在补齐` },
    en: { title: account.name, content: `The account was not read for ${minutes} minutes; it is being caught up` },
    data: { accountId: account.id, fromAt, toAt },
    priority: 'normal',
    target: { kind: 'readers', accountId: account.id },
  };
}

export function workerDownDraft(worker: WorkerRecord): RuleDraft {
  return {
    rule: 'workerDown',
    messageId: `rule-worker-${worker.id}-${worker.changedAt}`,
    type: 'worker_down',
    zh: { title: worker.name, content: 'Worker 已离线，其账号不再被读取' },
    en: { title: worker.name, content: 'The Worker is off line; its accounts are not read' },
    data: { workerId: worker.id },
    priority: 'high',
    target: { kind: 'admins' },
  };
}
