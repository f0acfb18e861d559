import type { Cancel } from '@hiscrm/shared/lib/clock.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { NoticeView, QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import type { Outcome } from '../outcome.ts';

/** Notices kept, newest first; the oldest gives way and can be read in the history of the server only. */
export const NOTICES_KEPT_COUNT = 2_000;
/** What a panel shows before somebody scrolls. */
const FIRST_PAGE_COUNT = 50;
/** The most that one question may ask for. */
const LARGEST_PAGE_COUNT = 200;

/** A notice, and whether the server's history has said what was done about it and who sent it. */
export type NoticeEntry = NoticeView & { readonly isLoaded: boolean };

/** Everything that screens show of the user's notices. A new object after each change. */
export type NoticeBoxState = {
  /** Newest first. */
  readonly list: readonly NoticeEntry[];
  /** Over all of them, also those that are not in `list`; from the server, the same on every device. */
  readonly unreadCount: number;
  /** What the user has to deal with before anything else, most urgent first. */
  readonly waiting: readonly NoticeEntry[];
  /** Of the newest page. `ready`: an empty list means that there are none. */
  readonly load: 'loading' | 'ready' | 'failed';
  readonly older: 'none' | 'more' | 'loading' | 'failed' | 'full';
};

export type AskNotices = (
  params: QueryParams<'notices'>,
  onEnd: (outcome: Outcome<QueryResults['notices']>) => void,
) => Cancel;

const EMPTY: NoticeBoxState = { list: [], unreadCount: 0, waiting: [], load: 'loading', older: 'none' };

/** Whether a notice stands in front of everything else until its reader answers. */
export function isWaiting({ notice, readAt, confirmedAt, isWithdrawn }: NoticeView): boolean {
  if (isWithdrawn) return false;
  if (notice.needConfirm) return confirmedAt === undefined;
  return notice.priority === 'urgent' && readAt === undefined;
}

/**
 * The user's notices as this client knows them. Each is in it once, by its id, however often it is sent; what was done about
 * one only rises, so that an answer which left before a push does not take anything back.
 */
export class NoticeBox {
  readonly #ask: AskNotices;
  readonly #changed: () => void;
  readonly #byId = new Map<string, NoticeEntry>();
  #state = EMPTY;
  #offset: Seq | undefined;
  #nextBefore: Seq | undefined;
  #load: NoticeBoxState['load'] = 'loading';
  #olderLoad: 'idle' | 'loading' | 'failed' = 'idle';
  #unreadCount = 0;
  #isRefreshing = false;
  #isStale = false;
  #cancels = new Set<Cancel>();

  constructor(options: { readonly ask: AskNotices; readonly changed: () => void }) {
    this.#ask = options.ask;
    this.#changed = options.changed;
  }

  get state(): NoticeBoxState {
    return this.#state;
  }
  /** Up to where notices were taken; undefined before the first. */
  get offset(): Seq | undefined {
    return this.#offset;
  }

  /** Takes what the server pushed. When it returns, the notices are kept and may be acknowledged. */
  take(frame: DownOf<'notices'>): void {
    for (const notice of frame.notices) {
      const known = this.#byId.get(notice.messageId);
      this.#byId.set(notice.messageId, { isLoaded: false, ...known, notice });
      if (notice.offset > (this.#offset ?? 0)) this.#offset = notice.offset;
    }
    for (const messageId of frame.withdrawn) {
      const known = this.#byId.get(messageId);
      if (known) this.#byId.set(messageId, { ...known, isWithdrawn: true });
    }
    this.#unreadCount = frame.unreadCount;
    this.#show();
    // A count alone says that something was read, here or elsewhere, but not what. A notice that comes first needs its sender.
    const isCountOnly = frame.notices.length === 0 && frame.withdrawn.length === 0;
    if (isCountOnly || frame.notices.some((notice) => isWaiting({ notice }))) this.refresh();
  }

  /** Asks again for everything that is shown: after a reconnect, or when another device did something. */
  refresh(): void {
    if (this.#isRefreshing) {
      this.#isStale = true;
      return;
    }
    this.#isRefreshing = true;
    this.#isStale = false;
    if (this.#load === 'failed') {
      this.#load = 'loading';
      this.#show();
    }
    this.#refreshFrom(undefined);
  }

  /** Loads the page below the oldest one. */
  loadOlder(): void {
    if (this.#nextBefore === undefined || this.#olderLoad === 'loading') return;
    if (this.#byId.size >= NOTICES_KEPT_COUNT) return;
    this.#olderLoad = 'loading';
    this.#show();
    this.#question({ limit: FIRST_PAGE_COUNT, before: this.#nextBefore }, (outcome) => {
      this.#olderLoad = outcome.kind === 'done' ? 'idle' : 'failed';
      if (outcome.kind === 'done') {
        this.#merge(outcome.value);
        this.#nextBefore = outcome.value.nextBefore;
      }
      this.#show();
    });
  }

  /** Another user, or another history: places mean something else there. */
  forget(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#byId.clear();
    this.#offset = undefined;
    this.#nextBefore = undefined;
    this.#load = 'loading';
    this.#olderLoad = 'idle';
    this.#unreadCount = 0;
    this.#isRefreshing = false;
    this.#show();
  }

  /** One page after the other, down to the oldest that is shown. */
  #refreshFrom(before: Seq | undefined): void {
    const limit = Math.min(LARGEST_PAGE_COUNT, Math.max(FIRST_PAGE_COUNT, this.#byId.size));
    this.#question({ limit, ...(before !== undefined && { before }) }, (outcome) => {
      if (outcome.kind !== 'done') {
        this.#isRefreshing = false;
        if (this.#load === 'loading') this.#load = 'failed';
        this.#show();
        return;
      }
      const oldest = this.#state.list.at(-1)?.notice.offset;
      this.#merge(outcome.value);
      const { nextBefore } = outcome.value;
      if (nextBefore !== undefined && oldest !== undefined && nextBefore > oldest) {
        this.#show();
        this.#refreshFrom(nextBefore);
        return;
      }
      // An earlier look at older pages reached further down than this one.
      if (this.#load !== 'ready') this.#nextBefore = nextBefore;
      this.#load = 'ready';
      this.#isRefreshing = false;
      this.#show();
      if (this.#isStale) this.refresh();
    });
  }

  #question(params: QueryParams<'notices'>, onEnd: Parameters<AskNotices>[1]): void {
    let isOver = false;
    let cancel: Cancel | undefined;
    cancel = this.#ask(params, (outcome) => {
      isOver = true; // a question that cannot be asked ends before `ask` returns
      if (cancel) this.#cancels.delete(cancel);
      onEnd(outcome);
    });
    if (!isOver) this.#cancels.add(cancel);
  }

  #merge(page: QueryResults['notices']): void {
    for (const view of page.notices) {
      const known = this.#byId.get(view.notice.messageId);
      // Without the order in which answer and push were made, the one that knows more is right.
      this.#byId.set(view.notice.messageId, { ...known, ...view, isLoaded: true });
    }
    this.#unreadCount = page.unreadCount;
  }

  #show(): void {
    const sorted = [...this.#byId.values()].sort((a, b) => b.notice.offset - a.notice.offset);
    const list = sorted.slice(0, NOTICES_KEPT_COUNT);
    for (const { notice } of sorted.slice(NOTICES_KEPT_COUNT)) this.#byId.delete(notice.messageId);
    const waiting = list.filter(isWaiting).sort((a, b) => rankOf(b) - rankOf(a) || a.notice.offset - b.notice.offset);
    this.#state = { list, unreadCount: this.#unreadCount, waiting, load: this.#load, older: this.#older() };
    this.#changed();
  }

  #older(): NoticeBoxState['older'] {
    if (this.#nextBefore === undefined) return 'none';
    if (this.#byId.size >= NOTICES_KEPT_COUNT) return 'full';
    return this.#olderLoad === 'idle' ? 'more' : this.#olderLoad;
  }
}

const rankOf = ({ notice }: NoticeEntry): number => (notice.priority === 'urgent' ? 1 : 0);
