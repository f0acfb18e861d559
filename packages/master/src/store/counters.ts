import { must, unreachable } from '@hiscrm/shared/lib/must.ts';
import type { Effect } from '@hiscrm/shared/model/apply-change.ts';
import { comparePreviews, previewOf } from '@hiscrm/shared/model/preview.ts';
import type { ItemRecord, TopicMarks } from '@hiscrm/shared/model/records.ts';
import type { Preview } from '@hiscrm/shared/model/summary.ts';
import { type TopicKind, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import { type AccountEntry, findLast } from './account-entry.ts';
import type { StateView } from './state-view.ts';
import type { TopicEntry } from './topic-shelf.ts';
import type { UnreadMark } from './unread-items.ts';

/** Topics and accounts whose counters or records a run of rows changed. */
export type Touched = { readonly topics: Set<TopicEntry>; readonly accounts: Set<AccountEntry> };

/**
 * Keeps every counter up to date from the effects of the fold, at the cost of what changed. At any place in the log they
 * equal `recount` over the same records.
 */
export class Counters {
  readonly #view: StateView;

  constructor(view: StateView) {
    this.#view = view;
  }

  /** Takes the effects of one row, after the row was folded in. */
  consume(effects: readonly Effect[], touched: Touched): void {
    for (const effect of effects) this.#take(effect, touched);
  }

  #take(effect: Effect, touched: Touched): void {
    switch (effect.kind) {
      case 'item':
        this.#takeItem(effect.before, effect.after, touched);
        return;
      case 'topic': {
        const entry = this.#view.topicEntry(effect.after);
        if (!entry) return;
        if (haveMoved(effect.before?.marks, effect.after.marks)) this.#dropRead(entry);
        this.#touch(entry, touched);
        return;
      }
      case 'account': {
        const account = this.#view.accounts.get(effect.after.id);
        if (account && !effect.before) touched.accounts.add(account);
        return;
      }
      case 'accountRemoved':
      case 'reply':
      case 'worker':
        return;
      default:
        unreachable(effect);
    }
  }

  #takeItem(before: ItemRecord | undefined, after: ItemRecord, touched: Touched): void {
    const from = before && this.#topicOf(before);
    const to = this.#topicOf(after);
    if (!to) return;
    if (before && from && from !== to) this.#leave(from, before, touched);
    if (from !== to) {
      to.itemCount += 1;
      this.#shelfOf(to).itemCount += 1;
    }
    this.#setUnread(to, after, isUnread(after, to.record.marks));
    this.#seeLast(to, previewOf(after));
    this.#touch(to, touched);
  }

  #leave(entry: TopicEntry, item: ItemRecord, touched: Touched): void {
    entry.itemCount -= 1;
    this.#shelfOf(entry).itemCount -= 1;
    this.#setUnread(entry, item, false);
    if (entry.last?.itemId === item.facts.id) this.#setLast(entry, this.#newestOf(entry));
    this.#touch(entry, touched);
  }

  #setUnread(entry: TopicEntry, item: ItemRecord, isNowUnread: boolean): void {
    const { id, at } = item.facts;
    const countBefore = entry.unread.size;
    if (isNowUnread) entry.unread.set(id, { at, arrivedSeq: item.arrivedSeq });
    else entry.unread.delete(id);
    this.#shelfOf(entry).unreadCount += entry.unread.size - countBefore;
  }

  /** Marks only ever move forward, so they take items out of the unread ones and never put one in. */
  #dropRead(entry: TopicEntry): void {
    const countBefore = entry.unread.size;
    const { marks } = entry.record;
    for (const [id, mark] of entry.unread) if (isPassed(entry.ref.kind, mark, marks)) entry.unread.delete(id);
    this.#shelfOf(entry).unreadCount += entry.unread.size - countBefore;
  }

  /** The item's preview is that of a changed or new item; when the newest one became older, another one is the newest. */
  #seeLast(entry: TopicEntry, seen: Preview): void {
    const { last } = entry;
    if (!last || comparePreviews(seen, last) >= 0) this.#setLast(entry, seen);
    else if (last.itemId === seen.itemId) this.#setLast(entry, this.#newestOf(entry));
  }

  #newestOf(entry: TopicEntry): Preview | undefined {
    const [newest] = this.#view.items.page(entry, undefined, 1);
    return newest && previewOf(newest);
  }

  #setLast(entry: TopicEntry, last: Preview | undefined): void {
    const before = entry.last;
    entry.last = last;
    this.#shelfOf(entry).reposition(entry);
    const account = this.#accountOf(entry);
    if (last && (!account.last || comparePreviews(last, account.last) >= 0)) account.last = last;
    else if (before && account.last && comparePreviews(before, account.last) === 0) account.last = findLast(account);
  }

  #touch(entry: TopicEntry, touched: Touched): void {
    this.#view.touchTopic(entry);
    touched.topics.add(entry);
    touched.accounts.add(this.#accountOf(entry));
  }

  #topicOf(item: ItemRecord): TopicEntry | undefined {
    const { facts } = item;
    return this.#view.topicEntry({ accountId: item.accountId, kind: topicKindOf(facts.kind), id: facts.topicId });
  }

  #accountOf(entry: TopicEntry): AccountEntry {
    return must(this.#view.accounts.get(entry.ref.accountId), 'a counted topic belongs to a known account');
  }

  #shelfOf(entry: TopicEntry): AccountEntry['content'] {
    return this.#accountOf(entry)[entry.ref.kind];
  }
}

const haveMoved = (before: TopicMarks | undefined, after: TopicMarks): boolean =>
  before !== undefined && (before.readUpToSeq !== after.readUpToSeq || before.answeredAt !== after.answeredAt);

/** What `isUnread` asks of the marks, for an item that was unread before they moved. */
export function isPassed(kind: TopicKind, mark: UnreadMark, marks: TopicMarks): boolean {
  if (mark.arrivedSeq <= marks.readUpToSeq) return true;
  return kind === 'conversation' && mark.at <= marks.answeredAt;
}
