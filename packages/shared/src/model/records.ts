/** What the fold makes of the log: the current state of each thing, as Master, browser and disk hold it. */
import type { CommentFacts, ContentFacts, ConversationFacts, MessageFacts, ProfileFacts } from './facts.ts';
import type { AccountId, Seq, TopicId, UserId, WorkerId } from './ids.ts';
import type { Session } from './session.ts';

export type Lease = { readonly workerId: WorkerId | null; readonly token: number };

export type AccountRecord = {
  readonly id: AccountId;
  readonly platform: string;
  /** The operator's name for it; the platform's own name is in `profile`. */
  readonly name: string;
  readonly isPaused: boolean;
  readonly createdAt: number;
  readonly createdBy?: UserId;
  readonly profile?: ProfileFacts;
  readonly session: Session;
  readonly lease?: Lease;
  /** End of the newest reconciling sync that was logged. */
  readonly lastSyncAt?: number;
};

/** What operators did to a topic, and what the order of arrival says; no platform fact touches these (P6). */
export type TopicMarks = {
  /** Items that arrived up to this place are read. */
  readonly readUpToSeq: Seq;
  /** Newest own message's platform time: what the peer wrote before it has been answered. Conversations only. */
  readonly answeredAt: number;
  /** Place of the newest arrival: a reply written before it was seen is refused (`expectSeq`). */
  readonly lastArrivedSeq: Seq;
  readonly isPinned?: boolean;
  readonly isMuted?: boolean;
  /** Put away until something arrives in it; its items stay. */
  readonly isHidden?: boolean;
};

/** A work or a conversation. `facts` is absent while only its items have been seen. */
export type TopicRecord = {
  readonly accountId: AccountId;
  readonly id: TopicId;
  readonly marks: TopicMarks;
} & (
  | { readonly kind: 'content'; readonly facts?: ContentFacts }
  | { readonly kind: 'conversation'; readonly facts?: ConversationFacts }
);

type Filled<F> = F & Required<Pick<CommentFacts, 'direction' | 'at' | 'text' | 'state'>>;

/** A comment or message with its facts merged and the gaps filled (see `newItem`). */
export type ItemRecord = {
  readonly accountId: AccountId;
  readonly facts: Filled<CommentFacts> | Filled<MessageFacts>;
  /** Place in the log of its first sighting. An edit does not move it. */
  readonly arrivedSeq: Seq;
  readonly arrivedAt: number;
  readonly readAt?: number;
  /** A comment that the account itself has answered, from whatever device. */
  readonly isAnswered?: true;
};

export type WorkerRecord = {
  readonly id: WorkerId;
  readonly name: string;
  readonly isOnline: boolean;
  readonly version?: string;
  readonly platforms: readonly string[];
  readonly maxAccounts: number;
  readonly changedAt: number;
};
