/**
 * Notices that the inbox makes by itself. Each goes to the users who may see the account and have the rule switched on. New
 * items of an account are counted together for a while and replace the count before, so a busy account has one line in the
 * panel. What a Master that was killed did not come to tell, the next one finds in the newest rows of the log.
 */
import type { Cancel, Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeTarget } from '@hiscrm/shared/model/notice.ts';
import { DEFAULT_RULES, type NoticeRule } from '@hiscrm/shared/model/notice-preferences.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import { ERRORS, ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Publication } from '../ingest/committer.ts';
import type { Logger } from '../lib/logger.ts';
import type { ChangeLog, LoggedRow } from '../log/change-log.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { audienceOf } from './audience.ts';
import { SYSTEM_USER } from './confirm-desk.ts';
import { newestRows } from './newest-rows.ts';
import type { NoticeHub } from './notice-hub.ts';
import {
  gapDraft,
  itemsDraft,
  itemsIdOf,
  itemsKeyOf,
  loginDraft,
  type NewsKind,
  type RuleDraft,
  workerDownDraft,
} from './rule-drafts.ts';

/** New items of an account within such a window, counted from the epoch, are one notice. */
const ITEMS_WINDOW_MS = 60_000;
/** Older than this when it was seen: part of a first sync, not news. */
const NEWS_AGE_MS = 10 * 60_000;
/** A Worker that is back within this long was only restarted. */
const WORKER_PATIENCE_MS = 30_000;
/** An account unread for less than this has no gap worth telling. */
const GAP_LEAST_MS = 10 * 60_000;
/** After a start rows so far back are looked at again: what is older was told, as nothing waits longer than a window. */
const LOOK_BACK_MS = 2 * ITEMS_WINDOW_MS;
/** A notice that found no room is tried again after this. */
const RETRY_MS = 5_000;
/** Timers at a time; beyond it there are more accounts and outages than anybody reads about. */
const TIMER_LIMIT_COUNT = 10_000;

export class InboxRules {
  readonly #hub: NoticeHub;
  readonly #store: StoreReader;
  readonly #clock: Clock;
  readonly #lc: Logger;
  /** The end of each account's newest sync, as of the newest row looked at. */
  readonly #syncedAt = new Map<AccountId, number>();
  /** New items of windows that are open, by the id of the notice about them. */
  readonly #counts = new Map<string, number>();
  /** The notice that the next count of this kind and account takes the place of. */
  readonly #lastItemsId = new Map<string, string>();
  /** Notices that the hub has not answered for yet. */
  readonly #sending = new Set<string>();
  readonly #timers = new Set<Cancel>();
  /** Rows that arrive while the newest rows of before the start are looked at. */
  #early: LoggedRow[] | undefined = [];
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
      if (record.lastSyncAt !== undefined) this.#syncedAt.set(record.id, record.lastSyncAt);
    }
    this.#findLastItems();
  }

  /** Looks at the newest rows of before the start. To be called once, in the turn that made it. Never rejects. */
  async start(log: Pick<ChangeLog, 'head' | 'readAfter'>): Promise<void> {
    try {
      for (const row of await newestRows(log, LOOK_BACK_MS)) this.#look(row);
    } catch (error) {
      this.#lc.warn({ err: error }, 'the newest rows could not be looked at for notices of the inbox');
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const row of early) this.#look(row);
  }

  /** Hears every durable row, after the store has folded it in. */
  onPublication({ rows }: Publication): void {
    if (this.#early) this.#early.push(...rows);
    else for (const row of rows) this.#look(row);
  }

  /** Safe twice. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #look(row: LoggedRow): void {
    if (this.#isClosed) return;
    const { change } = row;
    switch (change.kind) {
      case 'comment.observed':
      case 'message.observed':
        if (this.#isNews(row)) {
          this.#countItem(change.accountId, change.kind === 'comment.observed' ? 'comment' : 'message', row.at);
        }
        return;
      case 'account.synced':
        this.#checkGap(change.accountId, change.at);
        this.#syncedAt.set(change.accountId, change.at);
        return;
      case 'account.session':
        this.#session(change.accountId, change.session, row.at);
        return;
      case 'account.removed':
        this.#syncedAt.delete(change.accountId);
        return;
      case 'worker.changed':
        if (!change.isOnline) this.#after(WORKER_PATIENCE_MS, () => this.#workerDown(change.workerId, change.at));
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

  #countItem(accountId: AccountId, kind: NewsKind, at: number): void {
    const windowNo = Math.floor(at / ITEMS_WINDOW_MS);
    const messageId = itemsIdOf(accountId, kind, windowNo);
    const count = this.#counts.get(messageId) ?? 0;
    this.#counts.set(messageId, count + 1);
    if (count > 0) return;
    const endsInMs = (windowNo + 1) * ITEMS_WINDOW_MS - this.#clock.now();
    this.#after(Math.max(0, endsInMs), () => this.#tellItems(accountId, kind, windowNo));
  }

  #tellItems(accountId: AccountId, kind: NewsKind, windowNo: number): void {
    const key = `${kind}-${accountId}`;
    const messageId = itemsIdOf(accountId, kind, windowNo);
    const count = this.#counts.get(messageId) ?? 0;
    this.#counts.delete(messageId);
    const account = this.#store.account(accountId);
    const summary = this.#store.accountSummary(accountId);
    if (count === 0 || !account || !summary) return;
    const unreadCount = kind === 'comment' ? summary.unreadComments : summary.unreadMessages;
    const draft = itemsDraft({ account, kind, windowNo, count, unreadCount, supersedes: this.#lastItemsId.get(key) });
    if (this.#send(draft)) this.#lastItemsId.set(key, draft.messageId);
  }

  #session(accountId: AccountId, session: Session, at: number): void {
    if (session.kind === 'online') this.#checkGap(accountId, at);
    if (session.kind !== 'loginRequired' && session.kind !== 'challenge') return;
    const account = this.#store.account(accountId);
    const lastSyncAt = this.#syncedAt.get(accountId);
    if (!account || account.session.kind !== session.kind) return; // over already
    // An account that was never read waits for its first login: whoever added it knows.
    if (lastSyncAt !== undefined) this.#send(loginDraft(account, session.kind === 'challenge', lastSyncAt));
  }

  #checkGap(accountId: AccountId, at: number): void {
    const account = this.#store.account(accountId);
    const lastSyncAt = this.#syncedAt.get(accountId);
    if (!account || lastSyncAt === undefined || at - lastSyncAt < GAP_LEAST_MS) return;
    this.#send(gapDraft(account, lastSyncAt, at));
  }

  #workerDown(workerId: WorkerId, wentAt: number): void {
    const worker = this.#store.workers().find(({ id }) => id === workerId);
    // Back, or back and gone again: that has a row and a patience of its own.
    if (worker && !worker.isOnline && worker.changedAt === wentAt) this.#send(workerDownDraft(worker));
  }

  /** Those of a target who have the rule on. What happens here is told to those who work here. */
  #wanting(rule: NoticeRule, target: NoticeTarget): readonly UserId[] {
    const { directory, book } = this.#hub;
    return audienceOf(target, directory.withoutOthers, book.groups)
      .map(({ id }) => id)
      .filter((id) => book.preferences.get(id)?.rules?.[rule] ?? DEFAULT_RULES[rule]);
  }

  /** Sends it, unless it was sent or nobody wants it; false then. */
  #send(draft: RuleDraft): boolean {
    const { rule, zh, en, target, ...rest } = draft;
    const { messageId } = draft;
    if (this.#sending.has(messageId) || this.#hub.book.shelf.byId(messageId)) return false;
    const userIds = this.#wanting(rule, target);
    if (userIds.length === 0) return false;
    this.#sending.add(messageId);
    this.#hub.sender
      .send(
        { ...rest, ...zh, words: { zh, en }, target: { kind: 'users', userIds: [...userIds] }, needConfirm: false },
        SYSTEM_USER,
      )
      .catch((error: unknown) => this.#refused(draft, error))
      .finally(() => this.#sending.delete(messageId));
    return true;
  }

  #refused(draft: RuleDraft, error: unknown): void {
    if (this.#isClosed) return; // the next start looks again
    const isForLater = error instanceof ImError && ERRORS[error.code].retry === 'later';
    const about = { err: error, rule: draft.rule, messageId: draft.messageId };
    this.#lc.warn(about, isForLater ? 'a notice of the inbox waits for room' : 'a notice of the inbox was refused');
    if (isForLater) this.#after(RETRY_MS, () => this.#send(draft));
  }

  #findLastItems(): void {
    const newest = new Map<string, number>();
    for (const { messageId } of this.#hub.book.shelf.open()) {
      const of = itemsKeyOf(messageId);
      if (!of || of.windowNo < (newest.get(of.key) ?? 0)) continue;
      newest.set(of.key, of.windowNo);
      this.#lastItemsId.set(of.key, messageId);
    }
  }

  #after(delayMs: number, run: () => void): void {
    if (this.#timers.size >= TIMER_LIMIT_COUNT) {
      this.#lc.warn({ limitCount: TIMER_LIMIT_COUNT }, 'too many notices of the inbox wait at a time; one is left out');
      return;
    }
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
