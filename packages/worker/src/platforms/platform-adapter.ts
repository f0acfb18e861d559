/**
 * What every platform implements, and all that the rest of the Worker knows of one. A platform is one folder beside this
 * file and one line of the registry.
 */
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { Rejection } from '@hiscrm/shared/model/reply.ts';
import type { ReplyPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import type { AccountBrowser } from '../browser/account-browser.ts';
import type { Logger } from '../lib/logger.ts';
import type { Op } from '../lib/op.ts';
import type { Fact, FactKind, FactOf } from './fact.ts';

/** What a platform allows, as data. */
export type Capabilities = {
  readonly commentTextLimitChars: number;
  readonly messageTextLimitChars: number;
  /** Whether a direct message may hold line breaks. */
  readonly hasMultilineMessages: boolean;
};

/** Where facts go and where an adapter asks what is known already. */
export interface FactSink {
  /** Keeps what is new. `full` = the outbox has no room: nothing was taken, read it again later. */
  observe(facts: readonly Fact[]): 'kept' | 'full';
  known<K extends FactKind>(kind: K, id: string): FactOf<K>['facts'] | undefined;
  /** What is known of a topic's comments or messages. */
  knownItems<K extends 'comment' | 'message'>(kind: K, topicId: string): FactOf<K>['facts'][];
  /** A complete walk over a topic's items ended: what is known and was not among them is missing. */
  walked(walk: CompleteWalk): 'kept' | 'full';
  /** A complete walk over the account's own works ended. */
  walkedWorks(walk: Omit<CompleteWalk, 'topicId'>): 'kept' | 'full';
  /** Small notes that survive a restart, such as the count at the last complete walk. */
  hint(key: string): string | undefined;
  setHint(key: string, value: string): void;
}
export type CompleteWalk = {
  readonly topicId: TopicId;
  readonly seenIds: ReadonlySet<string>;
  readonly startedAt: number;
};

/** Human pace and patience; tests and the demo make it fast. */
export type Pacing = {
  /** Between two steps on a page: scrolls, opened rows. Each wait is drawn between half and the whole. */
  readonly stepMs: number;
  /** Between two key strokes. */
  readonly keyMs: number;
  /** How long a page may take to show something expected. */
  readonly patienceMs: number;
  /** How long after the click a verdict is waited for. */
  readonly verdictMs: number;
  /** Between two looks at the page state. */
  readonly stateMs: number;
  /** How far the platform's own counts may be behind what its lists show. */
  readonly countLagMs: number;
  /** Pages of one list read in one sweep. */
  readonly pageLimitCount: number;
  /** Conversations opened in one sweep. */
  readonly openLimitCount: number;
};

/** Something the session noticed between operations. */
export type SessionSignal =
  | { readonly kind: 'loginExpired'; readonly detail: string }
  | { readonly kind: 'challenge'; readonly detail: string }
  | { readonly kind: 'broken'; readonly detail: string }
  /** Something is read in a worse way than it should be; an empty text takes that back. */
  | { readonly kind: 'limited'; readonly detail: string };

/** Counts and keeps what a parser did not understand; samples are scrubbed and bounded. */
export interface Oddities {
  note(kind: string, sample?: string | undefined): void;
}

export type SessionEnv = {
  readonly accountId: AccountId;
  /** Who the account is, once known: another user is refused. */
  readonly platformUserId: () => string | undefined;
  readonly browser: AccountBrowser;
  readonly sink: FactSink;
  readonly oddities: Oddities;
  readonly pacing: Pacing;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onSignal: (signal: SessionSignal) => void;
};

export type LoginCheck =
  | { readonly kind: 'loggedIn'; readonly userId: string }
  | { readonly kind: 'wrongUser'; readonly userId: string }
  | { readonly kind: 'loginRequired'; readonly detail: string }
  | { readonly kind: 'challenge'; readonly detail: string };

export type LoginEnd =
  | { readonly kind: 'loggedIn'; readonly userId: string }
  | { readonly kind: 'wrongUser'; readonly userId: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'challenge'; readonly detail: string };

/**
 * How much a sync reads: `state` = what an open page already holds and the conversations that it shows to be incomplete;
 * `light` = also the list of works and those whose counts changed; `full` = everything.
 */
export type SyncDepth = 'state' | 'light' | 'full';
/** `incomplete` = the outbox was full or the page stopped answering; what was read is kept. */
export type SyncEnd = { readonly kind: 'complete' } | { readonly kind: 'incomplete'; readonly why: string };

/** The reply as the Master gave it. */
export type SendRequest = ReplyPayload['reply'];

export type SendOutcome =
  | { readonly kind: 'sent'; readonly itemId?: ItemId | undefined }
  | { readonly kind: 'rejected'; readonly reason: Rejection; readonly detail?: string | undefined }
  | { readonly kind: 'unknown'; readonly detail: string };

/** Whether our text stands under its target. `unreadable` = the page could not be read: ask again later. */
export type EchoCheck =
  | { readonly kind: 'found'; readonly itemId: ItemId }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** One account's pages. Everything it opens is closed by `close()`. */
export interface PlatformSession {
  checkLogin(op: Op): Promise<LoginCheck>;
  /** Shows codes until somebody scans one. Each code is given to `show`. */
  login(op: Op, show: (code: { image: string; expiresAt: number }) => void): Promise<LoginEnd>;
  /** Opens the page that new items arrive on; from here on they go to the sink as they come. */
  watch(op: Op): Promise<void>;
  sync(op: Op, depth: SyncDepth): Promise<SyncEnd>;
  /**
   * Sends one reply. `beforeClick` is awaited right before the one act that sends; when it answers `stop`, nothing is
   * sent. An error thrown before it was called means that nothing was sent; after it, the outcome is unknown.
   */
  sendReply(op: Op, request: SendRequest, beforeClick: () => Promise<'go' | 'stop'>): Promise<SendOutcome>;
  /** Looks for the reply's text under its target, written by the account at or after `sinceMs`. */
  findEcho(op: Op, request: SendRequest, sinceMs: number): Promise<EchoCheck>;
  close(): Promise<void>;
}

export interface PlatformAdapter {
  readonly platform: string;
  readonly capabilities: Capabilities;
  openSession(op: Op, env: SessionEnv): Promise<PlatformSession>;
}
