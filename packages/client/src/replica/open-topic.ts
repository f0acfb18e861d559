import type { ReplyId, Seq } from '@hiscrm/shared/model/ids.ts';
import { START } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { WireError } from '@hiscrm/shared/protocol/errors.ts';
import type { GoneReason } from '../outcome.ts';
import { ItemWindow } from './item-window.ts';

/** Why something could not be loaded. */
export type LoadProblem = WireError | { readonly code: 'GONE'; readonly why: GoneReason };

/**
 * `loading`: nothing may be concluded from the items. `ready`: the items are the newest of the topic, without a gap.
 * `failed`: asking failed; opening again asks again.
 */
export type WindowPhase =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly problem: LoadProblem };

/** What a screen sees of an opened topic. */
export type WindowView = {
  readonly phase: WindowPhase;
  /** Oldest first. */
  readonly items: readonly ItemRecord[];
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** Replies with something to tell beside the items, in the order in which they were asked for. */
  readonly replies: readonly ReplyRecord[];
};

/** A topic whose items a screen shows, or showed a moment ago. */
export class OpenTopic {
  readonly ref: TopicRef;
  /** Screens that show it. At zero it stays warm until others need its place. */
  holderCount = 0;
  phase: WindowPhase = { kind: 'loading' };
  window = new ItemWindow();
  /** A window under construction that will replace `window`, after arrivals that could not be judged. */
  next: ItemWindow | undefined;
  /** Rows up to here are in the newest page already. */
  asOf: Seq = START;
  /** Older pages are known up to here: an item may have crossed between them and the newer ones before it. */
  olderAsOf: Seq = START;
  /** A resume is under way: counters may run ahead of rows, so an unknown item is neither new nor old for sure. */
  isCatchingUp = false;
  needsReload = false;
  isLoadingOlder = false;
  readonly replies = new Map<ReplyId, ReplyRecord>();
  readonly earlyAnswers = new Set<string>();
  #shared: WindowView | undefined;

  constructor(ref: TopicRef) {
    this.ref = ref;
  }

  get isReady(): boolean {
    return this.phase.kind === 'ready';
  }

  /** Forgets what was loaded. */
  reset(phase: WindowPhase): void {
    this.phase = phase;
    this.window = new ItemWindow();
    this.next = undefined;
    this.asOf = START;
    this.olderAsOf = START;
    this.isCatchingUp = false;
    this.needsReload = false;
    this.isLoadingOlder = false;
    this.replies.clear();
    this.earlyAnswers.clear();
    this.touch();
  }

  /** The next `view` is a fresh object. */
  touch(): void {
    this.#shared = undefined;
  }

  get view(): WindowView {
    this.#shared ??= {
      phase: this.phase,
      items: this.window.items,
      hasOlder: !this.window.isComplete,
      isLoadingOlder: this.isLoadingOlder,
      replies: [...this.replies.values()].sort((a, b) => a.requestedAt - b.requestedAt),
    };
    return this.#shared;
  }
}
