import { type ItemKey, itemKey, type TopicKey, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { type ItemCursor, PAGE_LIMIT_COUNT } from '@hiscrm/shared/protocol/queries.ts';
import type { Answered } from '../link/requests.ts';
import type { Outcome } from '../outcome.ts';
import type { Ask } from './ask.ts';
import { comparePlaces } from './item-order.ts';
import { ItemWindow } from './item-window.ts';
import type { LoadedView } from './loaded-view.ts';
import { OpenTopic, type WindowView } from './open-topic.ts';
import { problemOf } from './topic-lists.ts';

/** Closed topics kept up to date, so that going back to one is instant. The longest closed is forgotten. */
export const WARM_TOPIC_LIMIT_COUNT = 8;
/** Items one window loads at most; older ones are left to a search. About 200 MB of browser memory. */
export const WINDOW_LIMIT_COUNT = 200_000;

/** Loads and keeps the items of the topics that screens show. */
export class WindowLoader {
  readonly #view: LoadedView;
  readonly #ask: Ask;
  readonly #fetchTopic: (ref: TopicRef) => void;
  readonly #flush: () => void;

  constructor(options: {
    readonly view: LoadedView;
    readonly ask: Ask;
    readonly fetchTopic: (ref: TopicRef) => void;
    readonly flush: () => void;
  }) {
    this.#view = options.view;
    this.#ask = options.ask;
    this.#fetchTopic = options.fetchTopic;
    this.#flush = options.flush;
  }

  window(ref: TopicRef): WindowView | undefined {
    return this.#view.open.get(topicKey(ref))?.view;
  }

  /** Shows a topic; to be paired with `release`. A window that failed is asked for again. */
  hold({ accountId, kind, id }: TopicRef): void {
    const ref: TopicRef = { accountId, kind, id };
    const key = topicKey(ref);
    const known = this.#view.open.get(key);
    const open = known ?? new OpenTopic(ref);
    open.holderCount += 1;
    this.#view.open.delete(key); // the most recently shown is last
    this.#view.open.set(key, open);
    if (!known || open.phase.kind === 'failed') this.#load(open);
    this.#evict();
  }

  /** Asks again for a window that could not be loaded. */
  retry(ref: TopicRef): void {
    const open = this.#view.open.get(topicKey(ref));
    if (open?.phase.kind === 'failed') this.#load(open);
  }

  release(ref: TopicRef): void {
    const open = this.#view.open.get(topicKey(ref));
    if (open && open.holderCount > 0) open.holderCount -= 1;
    this.#evict();
  }

  /** Asks for the page before the oldest item; does nothing while one is under way or when there is none. */
  loadOlder(ref: TopicRef): void {
    const open = this.#view.open.get(topicKey(ref));
    const floor = open?.window.floor;
    if (!open?.isReady || open.isLoadingOlder || !floor || open.window.count >= WINDOW_LIMIT_COUNT) return;
    const { window } = open;
    open.isLoadingOlder = true;
    this.#view.touch(open);
    this.#items(open, floor, (outcome) => {
      open.isLoadingOlder = false;
      this.#view.touch(open);
      // The window may have been replaced while the page was under way; the screen asks again when it needs to.
      if (outcome.kind === 'done' && open.window === window && window.floor === floor)
        this.#addPage(open, window, outcome.value);
    });
  }

  /** After a resume: until the topic's own counters are known again, nothing unknown can be judged. */
  catchUp(): void {
    for (const open of this.#view.open.values()) {
      if (!open.isReady) continue;
      open.isCatchingUp = true;
      this.#ask('topic', { topic: open.ref }, (outcome) => {
        open.isCatchingUp = false;
        if (outcome.kind === 'done' && 'record' in outcome.value.result && this.#isOpen(open)) {
          this.#view.setTopic(outcome.value.result);
          this.#view.guard(topicKey(open.ref), outcome.value.asOf);
        } else open.needsReload = true;
        this.reloadWhereNeeded();
        this.#flush();
      });
    }
  }

  /** Rebuilds the windows that met arrivals which could not be judged; what is shown stays until the new one is whole. */
  reloadWhereNeeded(): void {
    for (const open of this.#view.open.values()) {
      if (!open.needsReload || open.isCatchingUp || open.next || !open.isReady) continue;
      open.needsReload = false;
      open.next = new ItemWindow();
      this.#fetchTopic(open.ref);
      this.#rebuild(open, open.next, undefined);
    }
  }

  /** After a reset: what screens show is asked for anew, what they no longer show is dropped. */
  restart(): void {
    const held = [...this.#view.open.values()].filter(({ holderCount }) => holderCount > 0);
    this.#view.open.clear();
    for (const { ref, holderCount } of held) {
      const open = new OpenTopic(ref);
      open.holderCount = holderCount;
      this.#view.open.set(topicKey(ref), open);
      this.#load(open);
    }
  }

  #load(open: OpenTopic): void {
    open.reset({ kind: 'loading' });
    this.#view.touch(open);
    this.#fetchTopic(open.ref);
    const { window } = open;
    this.#items(open, undefined, (outcome) => {
      if (open.window !== window) return;
      if (outcome.kind === 'done') {
        this.#addPage(open, window, outcome.value);
        open.asOf = outcome.value.asOf;
        open.phase = { kind: 'ready' };
        // Rows between both answers reached the items but not the marks.
        if (open.needsReload) this.#fetchTopic(open.ref);
        open.needsReload = false;
      } else open.phase = { kind: 'failed', problem: problemOf(outcome) };
      this.#view.touch(open);
    });
  }

  #rebuild(open: OpenTopic, next: ItemWindow, before: ItemCursor | undefined): void {
    this.#items(open, before, (outcome) => {
      if (open.next !== next) return;
      if (outcome.kind !== 'done') {
        open.next = undefined;
        open.needsReload = true; // tried again with the next change
        return;
      }
      this.#addPage(open, next, outcome.value);
      if (!before) open.asOf = outcome.value.asOf;
      const target = open.window.floor;
      if (next.floor && (!target || comparePlaces(next.floor, target) > 0)) {
        this.#rebuild(open, next, next.floor);
        return;
      }
      open.window = next;
      open.next = undefined;
      this.#view.touch(open);
      this.reloadWhereNeeded();
    });
  }

  #items(open: OpenTopic, before: ItemCursor | undefined, onEnd: (outcome: Outcome<Answered<'items'>>) => void): void {
    this.#ask('items', { topic: open.ref, limit: PAGE_LIMIT_COUNT, ...(before && { before }) }, (outcome) => {
      if (!this.#isOpen(open)) return;
      onEnd(outcome);
      this.#flush();
    });
  }

  /** Takes an answer into a window. Items that both windows hold are renewed in both. */
  #addPage(open: OpenTopic, window: ItemWindow, { asOf, result }: Answered<'items'>): void {
    if (!window.isEmpty && asOf > open.olderAsOf) open.olderAsOf = asOf;
    window.addOlder(result.items, result.nextBefore);
    for (const item of result.items) {
      this.#view.guard(keyOf(item), asOf);
      if (window !== open.window) open.window.put(item);
    }
    for (const reply of result.replies) {
      this.#view.guard(reply.id, asOf);
      this.#view.setReply(reply);
    }
    this.#view.touch(open);
  }

  #isOpen(open: OpenTopic): boolean {
    return this.#view.open.get(topicKey(open.ref)) === open;
  }

  #evict(): void {
    const warm: TopicKey[] = [];
    for (const [key, { holderCount }] of this.#view.open) if (holderCount === 0) warm.push(key);
    for (const key of warm.slice(0, Math.max(0, warm.length - WARM_TOPIC_LIMIT_COUNT))) this.#view.open.delete(key);
  }
}

const keyOf = (item: Answered<'items'>['result']['items'][number]): ItemKey =>
  itemKey(item.accountId, item.facts.kind, item.facts.id);
