/**
 * Notices that the inbox makes by itself. Each goes to the users who may see the account and have the rule switched on;
 * ids follow from the facts, so that a restart repeats nothing. New items of an account are counted together for a while and
 * replace the count before, so a busy account has one line in the panel.
 */
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { NoticePriority, NoticeTarget, NoticeWords } from '@hiscrm/shared/model/notice.ts';
import { DEFAULT_RULES, type NoticeRule } from '@hiscrm/shared/model/notice-preferences.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import type { Publication } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { audienceOf } from './audience.ts';
import { SYSTEM_USER } from './confirm-desk.ts';
import type { NoticeHub } from './notice-hub.ts';

/** New items of an account within this long are one notice. */
const ITEMS_WINDOW_MS = 60_000;
/** Older than this when it was seen: part of a first sync, not news. */
const NEWS_AGE_MS = 10 * 60_000;
/** A Worker that is back within this long was only restarted. */
const WORKER_PATIENCE_MS = 30_000;
/** An account unread for less than this has no gap worth telling. */
const GAP_LEAST_MS = 10 * 60_000;

type Items = { count: number; readonly firstSeq: number };
type Draft = {
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

export class InboxRules {
  readonly #hub: NoticeHub;
  readonly #store: StoreReader;
  readonly #clock: Clock;
  readonly #lc: Logger;
  /** Since when an account has not been on line; absent while it is. */
  readonly #offlineSince = new Map<AccountId, number>();
  readonly #items = new Map<string, Items>();
  readonly #lastItemsId = new Map<string, string>();
  readonly #timers = new Set<Cancel>();
  #isClosed = false;

  constructor(options: {
    readonly hub: NoticeHub;
    readonly store: StoreReader;
    readonly clock: Clock;
    readonly lc: Logger;
  }) {
    this.#hub = options.hub;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#lc = options.lc;
    for (const { record } of this.#store.accounts()) {
      if (record.session.kind !== 'online') this.#offlineSince.set(record.id, record.session.since);
    }
  }

  /** Hears every durable row, after the store has folded it in. */
  onPublication({ rows }: Publication): void {
    if (this.#isClosed) return;
    for (const row of rows) this.#look(row);
  }

  /** Safe twice. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #look(row: LoggedRow): void {
    const { change } = row;
    switch (change.kind) {
      case 'comment.observed':
      case 'message.observed':
        if (this.#isNews(row)) this.#countItem(change.accountId, change.kind === 'comment.observed', row.seq);
        return;
      case 'account.session':
        this.#session(change.accountId, change.session, row);
        return;
      case 'account.removed':
        this.#offlineSince.delete(change.accountId);
        return;
      case 'worker.changed':
        if (!change.isOnline) this.#after(WORKER_PATIENCE_MS, () => this.#workerDown(change.workerId, row));
        return;
      default:
    }
  }

  #isNews({ seq, at, change }: LoggedRow): boolean {
    if (change.kind !== 'comment.observed' && change.kind !== 'message.observed') return false;
    const { facts, accountId } = change;
    if (facts.at !== undefined && facts.at < at - NEWS_AGE_MS) return false;
    const item = this.#store.item(accountId, facts.kind, facts.id);
    return item?.arrivedSeq === seq && item.facts.direction === 'in';
  }

  #countItem(accountId: AccountId, isComment: boolean, seq: number): void {
    const key = `${isComment ? 'comment' : 'message'} ${accountId}`;
    const items = this.#items.get(key);
    if (items) {
      items.count++;
      return;
    }
    const rule = isComment ? 'newComment' : 'newMessage';
    if (this.#wanting(rule, { kind: 'readers', accountId }).length === 0) return;
    this.#items.set(key, { count: 1, firstSeq: seq });
    this.#after(ITEMS_WINDOW_MS, () => this.#tellItems(key, accountId, isComment));
  }

  #tellItems(key: string, accountId: AccountId, isComment: boolean): void {
    const items = this.#items.get(key);
    this.#items.delete(key);
    const name = this.#store.account(accountId)?.name;
    if (!items || name === undefined) return;
    const { count, firstSeq } = items;
    const messageId = `rule-${isComment ? 'comment' : 'message'}-${accountId}-${firstSeq}`;
    this.#send({
      rule: isComment ? 'newComment' : 'newMessage',
      messageId,
      type: isComment ? 'comment_received' : 'message_received',
      zh: { title: name, content: isComment ? `${count} 条新评论` : `${count} 条新私信` },
      en: { title: name, content: `${count} new ${isComment ? 'comment' : 'message'}${count === 1 ? '' : 's'}` },
      data: { accountId, count },
      priority: 'low',
      target: { kind: 'readers', accountId },
      supersedes: this.#lastItemsId.get(key),
    });
    this.#lastItemsId.set(key, messageId);
  }

  #session(accountId: AccountId, session: Session, row: LoggedRow): void {
    const since = this.#offlineSince.get(accountId);
    const name = this.#store.account(accountId)?.name ?? accountId;
    const target = { kind: 'readers', accountId } as const;
    if (session.kind === 'online') {
      this.#offlineSince.delete(accountId);
      if (since === undefined || row.at - since < GAP_LEAST_MS) return;
      const minutes = Math.round((row.at - since) / 60_000);
      this.#send({
        rule: 'coverageGap',
        messageId: `rule-gap-${accountId}-${row.seq}`,
        type: 'coverage_gap',
        zh: { title: name, content: `该账号有 ${minutes} 分钟未被读取，正在补齐` },
        en: { title: name, content: `The account was not read for ${minutes} minutes; it is being caught up` },
        data: { accountId, fromAt: since, toAt: row.at },
        priority: 'normal',
        target,
      });
      return;
    }
    if (since === undefined) this.#offlineSince.set(accountId, row.at);
    if (since !== undefined || (session.kind !== 'loginRequired' && session.kind !== 'challenge')) return;
    const isChallenge = session.kind === 'challenge';
    this.#send({
      rule: 'loginExpired',
      messageId: `rule-login-${accountId}-${row.seq}`,
      type: isChallenge ? 'account_challenge' : 'login_expired',
      zh: { title: name, content: isChallenge ? '平台要求人工验证' : '登录已失效，请重新登录' },
      en: {
        title: name,
        content: isChallenge ? 'The platform asks for a human check' : 'The login has expired; log in again',
      },
      data: { accountId },
      priority: 'high',
      target,
    });
  }

  #workerDown(workerId: WorkerId, row: LoggedRow): void {
    const worker = this.#store.workers().find(({ id }) => id === workerId);
    if (!worker || worker.isOnline) return;
    this.#send({
      rule: 'workerDown',
      messageId: `rule-worker-${workerId}-${row.seq}`,
      type: 'worker_down',
      zh: { title: worker.name, content: 'Worker 已离线，其账号不再被读取' },
      en: { title: worker.name, content: 'The Worker is off line; its accounts are not read' },
      data: { workerId },
      priority: 'high',
      target: { kind: 'admins' },
    });
  }

  /** Those of a target who have the rule on. What happens here is told to those who work here. */
  #wanting(rule: NoticeRule, target: NoticeTarget): readonly UserId[] {
    const { directory, book } = this.#hub;
    return audienceOf(target, directory.withoutOthers, book.groups)
      .map(({ id }) => id)
      .filter((id) => book.preferences.get(id)?.rules?.[rule] ?? DEFAULT_RULES[rule]);
  }

  #send({ rule, zh, en, target, ...draft }: Draft): void {
    const userIds = this.#wanting(rule, target);
    if (userIds.length === 0) return;
    this.#hub.sender
      .send(
        { ...draft, ...zh, words: { zh, en }, target: { kind: 'users', userIds: [...userIds] }, needConfirm: false },
        SYSTEM_USER,
      )
      .catch((error: unknown) => {
        this.#lc.warn({ err: error, rule, messageId: draft.messageId }, 'a notice from the inbox was not sent');
      });
  }

  #after(delayMs: number, run: () => void): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
