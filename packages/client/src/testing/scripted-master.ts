/**
 * A Master in memory for tests and for work on screens: it keeps a log, folds it, counts by recounting, and answers. Slow and
 * simple on purpose, so that it can serve as the truth that replicas are compared with.
 */
import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { Change, LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Epoch, Seq } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { isOpenReply } from '@hiscrm/shared/model/reply.ts';
import {
  type AccountSummary,
  PREVIEW_LIMIT_CHARS,
  type Preview,
  type TopicSummary,
} from '@hiscrm/shared/model/summary.ts';
import { type TopicKey, type TopicRef, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { ItemCursor, QueryName, QueryParams, QueryResults, TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { comparePlaces, lowerBound, placeOf } from '../replica/item-order.ts';
import { activityAt } from '../replica/topic-activity.ts';
import { ScriptedNotices } from './scripted-notices.ts';

export type Published = DownOf<'changes'>;

export class ScriptedMaster {
  epoch: Epoch;
  view = new MemoryView();
  rows: LoggedChange[] = [];
  notices = new ScriptedNotices();
  readonly #now: () => number;
  readonly #pageLimitCount: number;
  readonly #subscribers = new Set<(frame: Published) => void>();
  /** Items of each topic, oldest first. */
  readonly #items = new Map<TopicKey, ItemRecord[]>();
  /** The same newest first, made when asked for. */
  readonly #newestFirst = new Map<TopicKey, readonly ItemRecord[]>();
  readonly #summaries = new Map<TopicKey, TopicSummary>();

  /** `pageLimitCount`: pages are at most this long, whatever was asked for. */
  constructor(options: { readonly now: () => number; readonly epoch?: string; readonly pageLimitCount?: number }) {
    this.#now = options.now;
    this.#pageLimitCount = options.pageLimitCount ?? Number.POSITIVE_INFINITY;
    this.epoch = (options.epoch ?? 'epoch-1') as Epoch;
  }

  get head(): Seq {
    return this.rows.length as Seq;
  }

  /** Appends, folds and tells the subscribers, in one frame. */
  commit(changes: readonly Change[]): Published {
    const from = this.head;
    const touched = new Map<TopicKey, TopicRef>();
    const accounts = new Set<AccountId>();
    const rows = changes.map((change, index): LoggedChange => {
      const row = { seq: (from + index + 1) as Seq, at: this.#now(), change };
      this.rows.push(row);
      for (const effect of applyChange(this.view, row)) {
        const ref = effect.kind === 'topic' ? effect.after : effect.kind === 'item' ? effect.topic : undefined;
        if (ref) touched.set(topicKey(ref), { accountId: ref.accountId, kind: ref.kind, id: ref.id });
        if (effect.kind === 'item') this.#keep(effect.before, effect.after);
        if (effect.kind === 'accountRemoved') this.#dropAccount(effect.before.id);
      }
      if ('accountId' in change) accounts.add(change.accountId);
      return row;
    });
    for (const key of touched.keys()) this.#summaries.delete(key);
    const frame: Published = {
      type: 'changes',
      from,
      upTo: this.head,
      rows,
      topics: [...touched.values()].filter((ref) => this.view.topic(ref)).map((ref) => this.topicSummary(ref)),
      accounts: [...accounts].filter((id) => this.view.accounts.has(id)).map((id) => this.accountSummary(id)),
    };
    for (const tell of this.#subscribers) tell(frame);
    return frame;
  }

  subscribe(tell: (frame: Published) => void): () => void {
    this.#subscribers.add(tell);
    return () => void this.#subscribers.delete(tell);
  }

  /** Another history: every client must start over. */
  restart(epoch: string): void {
    this.epoch = epoch as Epoch;
    this.rows = [];
    this.view = new MemoryView();
    this.notices = new ScriptedNotices();
    this.#items.clear();
    this.#newestFirst.clear();
    this.#summaries.clear();
  }

  /** Newest first. */
  itemsOf(ref: TopicRef): readonly ItemRecord[] {
    const key = topicKey(ref);
    const known = this.#newestFirst.get(key) ?? (this.#items.get(key) ?? []).toReversed();
    this.#newestFirst.set(key, known);
    return known;
  }

  topicSummary(ref: TopicRef): TopicSummary {
    const key = topicKey(ref);
    const known = this.#summaries.get(key);
    if (known) return known;
    const items = this.itemsOf(ref);
    const marks = this.view.topics.get(key)?.marks;
    const [last] = items;
    const summary: TopicSummary = {
      topic: { accountId: ref.accountId, kind: ref.kind, id: ref.id },
      unreadCount: marks ? items.reduce((count, item) => count + (isUnread(item, marks) ? 1 : 0), 0) : 0,
      itemCount: items.length,
      ...(last && { last: previewOf(last) }),
    };
    this.#summaries.set(key, summary);
    return summary;
  }

  accountSummary(accountId: AccountId): AccountSummary {
    const summary = {
      accountId,
      unreadComments: 0,
      unreadMessages: 0,
      contentCount: 0,
      conversationCount: 0,
      commentCount: 0,
      messageCount: 0,
    };
    let last: Preview | undefined;
    for (const record of this.view.topics.values()) {
      if (record.accountId !== accountId) continue;
      const topic = this.topicSummary(record);
      const isContent = record.kind === 'content';
      summary[isContent ? 'unreadComments' : 'unreadMessages'] += topic.unreadCount;
      summary[isContent ? 'contentCount' : 'conversationCount'] += 1;
      summary[isContent ? 'commentCount' : 'messageCount'] += topic.itemCount;
      if (topic.last && (!last || topic.last.at > last.at)) last = topic.last;
    }
    return { ...summary, ...(last && { last }) };
  }

  snapshot(): DownOf<'snapshot'> {
    return {
      type: 'snapshot',
      epoch: this.epoch,
      seq: this.head,
      accounts: [...this.view.accounts.values()].map((record) => ({
        record,
        summary: this.accountSummary(record.id),
      })),
      workers: [...this.view.workers.values()],
    };
  }

  /** What was missed after `seq`, in pieces, with the counters as they are at the end (as a log keeps no old counters). */
  missedAfter(seq: Seq, pieceCount: number): Published[] {
    const frames: Published[] = [];
    for (let from = seq as number; from < this.head; from += pieceCount) {
      const rows = this.rows.slice(from, from + pieceCount);
      const accounts = new Set(rows.flatMap(({ change }) => ('accountId' in change ? [change.accountId] : [])));
      const topics = [...this.view.topics.values()].filter(({ accountId }) => accounts.has(accountId));
      frames.push({
        type: 'changes',
        from: from as Seq,
        upTo: (from + rows.length) as Seq,
        rows,
        topics: topics.map((ref) => this.topicSummary(ref)),
        accounts: [...accounts].filter((id) => this.view.accounts.has(id)).map((id) => this.accountSummary(id)),
      });
    }
    return frames;
  }

  answer<N extends QueryName>(name: N, params: QueryParams<N>): QueryResults[N];
  answer(name: QueryName, params: QueryParams<QueryName>): QueryResults[QueryName] {
    if (name === 'topics') return this.#topics(params as QueryParams<'topics'>);
    if (name === 'topic') return this.#topic((params as QueryParams<'topic'>).topic);
    if (name === 'notices') return this.notices.page(params as QueryParams<'notices'>);
    if (name === 'items') return this.#page(params as QueryParams<'items'>);
    return this.#unread(params as QueryParams<'unreadItems'>);
  }

  #topicView(ref: TopicRef): TopicView | undefined {
    const record = this.view.topic(ref);
    return record && { record, summary: this.topicSummary(ref) };
  }

  #topic(ref: TopicRef): QueryResults['topic'] {
    return this.#topicView(ref) ?? { missing: true };
  }

  #topics({ accountId, kind, limit, cursor, onlyUnread }: QueryParams<'topics'>): QueryResults['topics'] {
    const all = [...this.view.topics.values()]
      .filter((record) => record.accountId === accountId && record.kind === kind)
      .map((record) => ({ record, summary: this.topicSummary(record) }))
      .filter(({ summary }) => !onlyUnread || summary.unreadCount > 0)
      .sort((a, b) => activityAt(b) - activityAt(a) || compareText(b.record.id, a.record.id));
    const start = Number(cursor ?? 0);
    const end = start + Math.min(limit, this.#pageLimitCount);
    return { topics: all.slice(start, end), ...(end < all.length && { nextCursor: String(end) }) };
  }

  #page({ topic, limit, before }: QueryParams<'items'>): QueryResults['items'] {
    const { items, nextBefore } = pageOf(this.itemsOf(topic), Math.min(limit, this.#pageLimitCount), before);
    const replies = [...this.view.replies.values()].filter(
      (reply) => topicKey(reply.topic) === topicKey(topic) && (isOpenReply(reply) || reply.state.kind === 'rejected'),
    );
    return { items, replies, ...(nextBefore && { nextBefore }) };
  }

  #unread({ accountId, kind, topic, limit, before }: QueryParams<'unreadItems'>): QueryResults['unreadItems'] {
    const all = [...this.view.topics.values()]
      .filter((record) => record.accountId === accountId && (!kind || record.kind === kind))
      .filter((record) => !topic || topicKey(record) === topicKey(topic))
      .flatMap((record) => this.itemsOf(record).filter((item) => isUnread(item, record.marks)))
      .sort((a, b) => comparePlaces(placeOf(b), placeOf(a)));
    return { ...pageOf(all, Math.min(limit, this.#pageLimitCount), before), totalCount: all.length };
  }

  #keep(before: ItemRecord | undefined, after: ItemRecord): void {
    const { accountId, facts } = after;
    const key = topicKey({ accountId, kind: topicKindOf(facts.kind), id: facts.topicId });
    const items = this.#items.get(key) ?? [];
    this.#items.set(key, items);
    this.#newestFirst.delete(key);
    if (before) items.splice(lowerBound(items, placeOf(before)), 1);
    items.splice(lowerBound(items, placeOf(after)), 0, after);
  }

  #dropAccount(id: AccountId): void {
    for (const known of [this.#items, this.#newestFirst, this.#summaries])
      for (const key of [...known.keys()]) if (key.startsWith(`${id}:`)) known.delete(key);
  }
}

function pageOf(
  items: readonly ItemRecord[],
  limit: number,
  before: ItemCursor | undefined,
): { readonly items: readonly ItemRecord[]; readonly nextBefore?: ItemCursor } {
  const start = before ? items.findIndex((item) => comparePlaces(placeOf(item), before) < 0) : 0;
  const page = start < 0 ? [] : items.slice(start, start + limit);
  const last = page.at(-1);
  return { items: page, ...(last && start + limit < items.length && { nextBefore: placeOf(last) }) };
}

function previewOf({ facts }: ItemRecord): Preview {
  return {
    itemId: facts.id,
    at: facts.at,
    type: facts.kind === 'comment' ? 'comment' : (facts.type ?? 'text'),
    text: facts.text.slice(0, PREVIEW_LIMIT_CHARS),
    direction: facts.direction,
    state: facts.state,
    ...(facts.author?.name !== undefined && { authorName: facts.author.name }),
  };
}
