/**
 * The client's part of the store: accounts with their counters always, lists of topics and windows of items where a screen
 * asked for them. It is kept by the same fold as the Master's (P3); counters are stored as they are given.
 *
 * Answers and changes meet here. An answer is true as of a row that may lie ahead of the rows applied; what it told is
 * guarded until the rows have caught up, so that neither overwrites the newer of both.
 */
import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { START } from '@hiscrm/shared/model/ids.ts';
import type { WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { AccountSummary } from '@hiscrm/shared/model/summary.ts';
import { type TopicKey, type TopicKind, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView, DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { Listeners } from '../lib/listeners.ts';
import type { Ask } from './ask.ts';
import { itemOfRow, judgeArrivals, topicOfItemRow, type Verdict } from './judge-arrivals.ts';
import { LoadedView } from './loaded-view.ts';
import type { OpenTopic, WindowView } from './open-topic.ts';
import type { Slice } from './slice.ts';
import { TopicLists, type TopicListView } from './topic-lists.ts';
import { WindowLoader } from './window-loader.ts';

/** Windows up to this long are held against their topic's counter after every change; longer ones would cost a frame's time. */
const AUDIT_LIMIT_COUNT = 2_000;

/** What went wrong on the way and was repaired; none of it is expected. */
export type ReplicaFaults = { readonly holeCount: number; readonly auditCount: number };

/** Where the replica stands in the history, for a resume. */
export type Position = { readonly epoch: Epoch; readonly seq: Seq };

/** Getters return the same object until their slice is told, as `useSyncExternalStore` needs. */
export class Replica {
  readonly #view: LoadedView;
  readonly #lists: TopicLists;
  readonly #windows: WindowLoader;
  readonly #listeners = new Listeners<Slice>();
  readonly #dirty = new Set<Slice>();
  #position: Position | undefined;
  #holeCount = 0;
  #auditCount = 0;
  #accounts: readonly AccountView[] | undefined;
  #workers: readonly WorkerRecord[] | undefined;

  constructor(options: { readonly ask: Ask }) {
    const changed = (slice: Slice): void => this.#changed(slice);
    const flush = (): void => this.#flush();
    this.#view = new LoadedView(changed);
    this.#lists = new TopicLists({ view: this.#view, ask: options.ask, changed, flush });
    this.#windows = new WindowLoader({
      view: this.#view,
      ask: options.ask,
      fetchTopic: (ref) => this.#lists.fetchTopic(ref),
      flush,
    });
  }

  /** Absent before the first snapshot and after a reset. */
  get position(): Position | undefined {
    return this.#position;
  }

  get faults(): ReplicaFaults {
    return { holeCount: this.#holeCount, auditCount: this.#auditCount };
  }

  /** Calls `listener` after each change of the slice, outside of any change. */
  subscribe(slice: Slice, listener: () => void): Cancel {
    return this.#listeners.add(slice, listener);
  }

  /** Accounts with their counters, in the order in which they were added. Slice `accounts`. */
  accounts(): readonly AccountView[] {
    this.#accounts ??= [...this.#view.accounts.values()]
      .map((record) => ({ record, summary: this.#view.accountSummaries.get(record.id) ?? noSummary(record.id) }))
      .sort((a, b) => a.record.createdAt - b.record.createdAt || (a.record.id < b.record.id ? -1 : 1));
    return this.#accounts;
  }

  /** Slice `workers`. */
  workers(): readonly WorkerRecord[] {
    this.#workers ??= [...this.#view.workers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#workers;
  }

  /** Slice `listSlice(…)`. Its marks are exact only for opened topics; its counters always are. */
  list(accountId: AccountId, kind: TopicKind): TopicListView {
    return this.#lists.list(accountId, kind);
  }

  /** Slice `topicSlice(ref)`. Absent while it is not loaded. */
  topic(ref: TopicRef): TopicView | undefined {
    return this.#view.topics.get(topicKey(ref));
  }

  /** Slice `windowSlice(ref)`. Absent unless the topic was opened. */
  window(ref: TopicRef): WindowView | undefined {
    return this.#windows.window(ref);
  }

  loadTopics(accountId: AccountId, kind: TopicKind): void {
    this.#lists.ensure(accountId, kind);
    this.#flush();
  }

  loadMoreTopics(accountId: AccountId, kind: TopicKind): void {
    this.#lists.loadMore(accountId, kind);
    this.#flush();
  }

  openTopic(ref: TopicRef): void {
    this.#windows.hold(ref);
    this.#flush();
  }

  closeTopic(ref: TopicRef): void {
    this.#windows.release(ref);
  }

  reopenTopic(ref: TopicRef): void {
    this.#windows.retry(ref);
    this.#flush();
  }

  loadOlder(ref: TopicRef): void {
    this.#windows.loadOlder(ref);
    this.#flush();
  }

  /** Starts over from a snapshot; whatever screens had open is asked for again. */
  takeSnapshot(frame: DownOf<'snapshot'>): void {
    this.#view.clear();
    for (const { record, summary } of frame.accounts) {
      this.#view.accounts.set(record.id, record);
      this.#view.accountSummaries.set(record.id, summary);
    }
    for (const worker of frame.workers) this.#view.workers.set(worker.id, worker);
    this.#position = { epoch: frame.epoch, seq: frame.seq };
    this.#view.applying = frame.seq;
    this.#changed('accounts');
    this.#changed('workers');
    this.#lists.restart();
    this.#windows.restart();
    this.#flush();
  }

  /** After a reset: nothing known is true any more. The snapshot that follows brings the rest back. */
  forget(): void {
    this.#position = undefined;
  }

  /** After a resume was welcomed: the rows that were missed are under way. */
  catchUp(): void {
    this.#windows.catchUp();
  }

  /** Applies a frame; false when it does not join the last one, and then nothing has changed. */
  takeChanges(frame: DownOf<'changes'>): boolean {
    const position = this.#position;
    if (!position || frame.from !== position.seq) {
      this.#holeCount += 1;
      return false;
    }
    const verdicts = new Map<TopicKey, Verdict>();
    for (const [key, open] of this.#view.open) {
      if (open.isReady) verdicts.set(key, judgeArrivals(this.#view, open, frame));
    }
    for (const row of frame.rows) this.#applyRow(row, verdicts);
    this.#view.applying = frame.upTo;
    this.#view.releaseUpTo(frame.upTo);
    this.#takeSummaries(frame);
    this.#position = { epoch: position.epoch, seq: frame.upTo };
    this.#audit(frame);
    this.#windows.reloadWhereNeeded();
    this.#flush();
    return true;
  }

  #applyRow(row: LoggedChange, verdicts: ReadonlyMap<TopicKey, Verdict>): void {
    this.#view.applying = row.seq;
    const key = topicOfItemRow(row);
    if (key !== undefined && !this.#isForWindow(row, key, verdicts.get(key))) return;
    for (const effect of applyChange(this.#view, row)) {
      if (effect.kind === 'accountRemoved') this.#dropAccount(effect.before.id);
      if (effect.kind === 'topic') this.#meetTopic(effect.after);
    }
  }

  /** Whether an item row can be folded in; what it says about windows that are not loaded comes with their answers. */
  #isForWindow(row: LoggedChange, key: TopicKey, verdict: Verdict | undefined): boolean {
    const open = this.#view.open.get(key);
    const id = itemOfRow(row);
    if (!open || id === undefined) return false;
    if (!open.isReady) {
      open.needsReload = true;
      return false;
    }
    if (open.window.get(id)) return true;
    if (row.seq <= open.asOf) return false;
    if (row.seq <= open.olderAsOf) {
      open.needsReload = true;
      return false;
    }
    if (verdict === 'unsure' || (verdict === 'elsewhere' && movesInto(row, open))) open.needsReload = true;
    if (verdict === 'elsewhere' && isOwnItem(row)) this.#lists.fetchTopic(open.ref);
    return verdict === 'arrivals';
  }

  #meetTopic(ref: TopicRef): void {
    if (!this.#lists.wants(ref)) return;
    if (this.#view.topics.has(topicKey(ref))) this.#lists.include(ref);
    else this.#lists.fetchTopic({ accountId: ref.accountId, kind: ref.kind, id: ref.id });
  }

  #takeSummaries(frame: DownOf<'changes'>): void {
    for (const summary of frame.accounts) {
      if (!this.#view.accounts.has(summary.accountId)) continue;
      this.#view.accountSummaries.set(summary.accountId, summary);
      this.#changed('accounts');
    }
    for (const summary of frame.topics) {
      const key = topicKey(summary.topic);
      const known = this.#view.topics.get(key);
      if (known && this.#view.aheadOf(key) <= frame.upTo) this.#view.setTopic({ record: known.record, summary });
      this.#meetTopic(summary.topic);
    }
  }

  /** A counter that its items do not explain means that something was missed: ask again rather than show it (P5). */
  #audit(frame: DownOf<'changes'>): void {
    for (const { topic } of frame.topics) {
      const key = topicKey(topic);
      const open = this.#view.open.get(key);
      if (!open?.isReady || open.next || open.needsReload || open.isCatchingUp) continue;
      if (open.asOf > frame.upTo || this.#view.aheadOf(key) > START) continue;
      const known = this.#view.topics.get(key);
      if (!known || isExplained(open, known)) continue;
      this.#auditCount += 1;
      open.needsReload = true;
    }
  }

  #dropAccount(accountId: AccountId): void {
    this.#lists.forgetAccount(accountId);
    for (const [key, open] of this.#view.open) {
      if (open.ref.accountId !== accountId) continue;
      open.reset({ kind: 'failed', problem: toWireError('ACCOUNT_NOT_FOUND') });
      this.#view.touch(open);
      this.#changed(`topic:${key}`);
    }
  }

  #changed(slice: Slice): void {
    if (slice === 'accounts') this.#accounts = undefined;
    else if (slice === 'workers') this.#workers = undefined;
    else this.#lists?.invalidate(slice);
    this.#dirty.add(slice);
  }

  #flush(): void {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const slice of dirty) this.#listeners.tell(slice);
  }
}

/** Whether an item that stood below the floor may stand above it from this row on. */
function movesInto({ change }: LoggedChange, open: OpenTopic): boolean {
  if (change.kind !== 'comment.observed' && change.kind !== 'message.observed') return false;
  const { at, id } = change.facts;
  return at !== undefined && open.window.covers({ at, id });
}

function isOwnItem({ change }: LoggedChange): boolean {
  return 'facts' in change && 'direction' in change.facts && change.facts.direction === 'out';
}

/** Whether the loaded items account for the topic's unread counter: exactly when all are loaded, at most when not. */
function isExplained({ window }: OpenTopic, { record, summary }: TopicView): boolean {
  if (window.count > AUDIT_LIMIT_COUNT) return true;
  let unreadCount = 0;
  for (const item of window.items) if (isUnread(item, record.marks)) unreadCount += 1;
  return window.isComplete ? unreadCount === summary.unreadCount : unreadCount <= summary.unreadCount;
}

const noSummary = (accountId: AccountId): AccountSummary => ({
  accountId,
  unreadComments: 0,
  unreadMessages: 0,
  contentCount: 0,
  conversationCount: 0,
  commentCount: 0,
  messageCount: 0,
});
