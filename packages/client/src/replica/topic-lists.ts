import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { type TopicKey, type TopicKind, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { PAGE_LIMIT_COUNT, type QueryResults, type TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { Answered } from '../link/requests.ts';
import type { Outcome } from '../outcome.ts';
import type { Ask } from './ask.ts';
import type { LoadedView } from './loaded-view.ts';
import type { LoadProblem } from './open-topic.ts';
import { listSlice, type Slice, topicSlice } from './slice.ts';
import { activityAt } from './topic-activity.ts';

/** Lists kept up to date at once: both kinds of thirty accounts. The one that was looked at longest ago is forgotten. */
export const LIST_LIMIT_COUNT = 60;
/** Single topics asked for at once; more wait their turn. */
const TOPIC_QUERIES_AT_ONCE = 4;

export type TopicListPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly problem: LoadProblem };

/** What a screen sees of an account's works or conversations. */
export type TopicListView = {
  readonly phase: TopicListPhase;
  /** Newest activity first. Holds every topic with unread items and all topics down to the last page loaded. */
  readonly topics: readonly TopicView[];
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
};

const IDLE: TopicListView = { phase: { kind: 'idle' }, topics: [], hasMore: false, isLoadingMore: false };

class TopicList {
  readonly accountId: AccountId;
  readonly kind: TopicKind;
  readonly keys = new Set<TopicKey>();
  phase: TopicListPhase = { kind: 'loading' };
  nextCursor: string | undefined;
  isLoadingMore = false;
  shared: TopicListView | undefined;
  cancels = new Set<Cancel>();

  constructor(accountId: AccountId, kind: TopicKind) {
    this.accountId = accountId;
    this.kind = kind;
  }
}

/** The lists of topics that screens have asked for, and the single topics that changes mention before a list knows them. */
export class TopicLists {
  readonly #view: LoadedView;
  readonly #ask: Ask;
  readonly #changed: (slice: Slice) => void;
  readonly #flush: () => void;
  readonly #lists = new Map<Slice, TopicList>();
  readonly #wanted = new Map<TopicKey, TopicRef>();
  readonly #asking = new Map<TopicKey, Cancel>();

  constructor(options: {
    readonly view: LoadedView;
    readonly ask: Ask;
    readonly changed: (slice: Slice) => void;
    readonly flush: () => void;
  }) {
    this.#view = options.view;
    this.#ask = options.ask;
    this.#changed = options.changed;
    this.#flush = options.flush;
  }

  list(accountId: AccountId, kind: TopicKind): TopicListView {
    const list = this.#lists.get(listSlice(accountId, kind));
    if (!list) return IDLE;
    list.shared ??= {
      phase: list.phase,
      topics: this.#sorted(list),
      hasMore: list.nextCursor !== undefined,
      isLoadingMore: list.isLoadingMore,
    };
    return list.shared;
  }

  /** Has the list loaded, unless it is or a load is under way. A failed list is asked for again. */
  ensure(accountId: AccountId, kind: TopicKind): void {
    const slice = listSlice(accountId, kind);
    const known = this.#lists.get(slice);
    if (known && known.phase.kind !== 'failed') {
      this.#lists.delete(slice); // the most recently wanted is last
      this.#lists.set(slice, known);
      return;
    }
    this.#load(new TopicList(accountId, kind));
    for (const [oldest, list] of this.#lists) {
      if (this.#lists.size <= LIST_LIMIT_COUNT) break;
      this.#forget(oldest, list);
    }
  }

  /** Asks for the next page; does nothing while one is under way or when there is none. */
  loadMore(accountId: AccountId, kind: TopicKind): void {
    const list = this.#lists.get(listSlice(accountId, kind));
    if (!list || list.nextCursor === undefined || list.isLoadingMore) return;
    list.isLoadingMore = true;
    this.#touch(list);
    this.#page(list, { cursor: list.nextCursor }, (result) => {
      list.isLoadingMore = false;
      list.nextCursor = result?.nextCursor;
    });
  }

  /** Whether a list would show this topic if it were known. */
  wants({ accountId, kind }: TopicRef): boolean {
    return this.#lists.has(listSlice(accountId, kind));
  }

  /** Asks for one topic as it is now, once however often it is called meanwhile. */
  fetchTopic(ref: TopicRef): void {
    this.#wanted.set(topicKey(ref), ref);
    this.#pump();
  }

  /** Slices that show these topics are stale: a topic or its counters changed. */
  invalidate(slice: Slice): void {
    const list = this.#lists.get(slice);
    if (list) list.shared = undefined;
  }

  /** A topic is known now: its list shows it. */
  include(ref: TopicRef): void {
    const list = this.#lists.get(listSlice(ref.accountId, ref.kind));
    if (!list || list.keys.has(topicKey(ref))) return;
    list.keys.add(topicKey(ref));
    this.#touch(list);
  }

  forgetAccount(accountId: AccountId): void {
    for (const [slice, list] of this.#lists) if (list.accountId === accountId) this.#forget(slice, list);
  }

  /** After a reset: every list is asked for anew. */
  restart(): void {
    for (const cancel of this.#asking.values()) cancel();
    this.#asking.clear();
    this.#wanted.clear();
    for (const list of [...this.#lists.values()]) {
      for (const cancel of list.cancels) cancel();
      this.#load(new TopicList(list.accountId, list.kind));
    }
  }

  #load(list: TopicList): void {
    this.#lists.set(listSlice(list.accountId, list.kind), list);
    this.#touch(list);
    this.#page(list, {}, (result, problem) => {
      list.nextCursor = result?.nextCursor;
      list.phase = problem ? { kind: 'failed', problem } : { kind: 'ready' };
      if (list.nextCursor !== undefined) this.#loadUnread(list, undefined);
    });
  }

  /** Unread topics may stand far down the list; without them the list could not explain its badge. */
  #loadUnread(list: TopicList, cursor: string | undefined): void {
    this.#page(list, { onlyUnread: true, ...(cursor !== undefined && { cursor }) }, (result) => {
      if (result?.nextCursor !== undefined) this.#loadUnread(list, result.nextCursor);
    });
  }

  #page(
    list: TopicList,
    params: { readonly cursor?: string; readonly onlyUnread?: boolean },
    onEnd: (result: QueryResults['topics'] | undefined, problem?: LoadProblem) => void,
  ): void {
    const { accountId, kind } = list;
    const cancel = this.#ask('topics', { accountId, kind, limit: PAGE_LIMIT_COUNT, ...params }, (outcome) => {
      list.cancels.delete(cancel);
      if (outcome.kind === 'done') {
        const { asOf, result } = outcome.value;
        for (const view of result.topics) this.#take(view, asOf);
        onEnd(result);
      } else onEnd(undefined, problemOf(outcome));
      this.#touch(list);
      this.#flush();
    });
    list.cancels.add(cancel);
  }

  #take(view: TopicView, asOf: Answered<'topic'>['asOf']): void {
    const key = topicKey(view.record);
    if (asOf < this.#view.applying || asOf < this.#view.aheadOf(key)) return;
    this.#view.setTopic(view);
    this.#view.guard(key, asOf);
    this.include(view.record);
  }

  #pump(): void {
    for (const [key, ref] of this.#wanted) {
      if (this.#asking.size >= TOPIC_QUERIES_AT_ONCE) return;
      if (this.#asking.has(key)) continue;
      this.#wanted.delete(key);
      const { accountId, kind, id } = ref;
      let isAnswered = false;
      const cancel = this.#ask('topic', { topic: { accountId, kind, id } }, (outcome) => {
        isAnswered = true;
        this.#asking.delete(key);
        if (outcome.kind === 'done' && 'record' in outcome.value.result)
          this.#take(outcome.value.result, outcome.value.asOf);
        this.#changed(topicSlice(ref));
        this.#flush();
        this.#pump();
      });
      if (!isAnswered) this.#asking.set(key, cancel);
    }
  }

  #forget(slice: Slice, list: TopicList): void {
    for (const cancel of list.cancels) cancel();
    this.#lists.delete(slice);
    for (const key of list.keys) if (!this.#view.open.has(key)) this.#view.topics.delete(key);
    this.#changed(slice);
  }

  #touch(list: TopicList): void {
    list.shared = undefined;
    this.#changed(listSlice(list.accountId, list.kind));
  }

  #sorted(list: TopicList): readonly TopicView[] {
    const topics: TopicView[] = [];
    for (const key of list.keys) {
      const view = this.#view.topics.get(key);
      if (view) topics.push(view);
    }
    return topics.sort((a, b) => activityAt(b) - activityAt(a) || compareText(b.record.id, a.record.id));
  }
}

/** The reason of an outcome that brought nothing. */
export function problemOf(outcome: Exclude<Outcome<unknown>, { kind: 'done' }>): LoadProblem {
  return outcome.kind === 'refused' ? outcome.error : { code: 'GONE', why: outcome.why };
}
