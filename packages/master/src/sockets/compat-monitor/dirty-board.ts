import { unreachable } from '@hiscrm/shared/lib/must.ts';
import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import { isNoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import type { ReplyOutcome, ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { type TopicKey, type TopicRef, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import type { StoreReader } from '../../store/store-reader.ts';

/** What one burst of rows changed for existing clients. */
export type Dirty = {
  /** Accounts came, went, or changed their face: the list must go out at once. */
  readonly isListUrgent: boolean;
  /** Something in a channel changed: the list must go out soon. */
  readonly isListStale: boolean;
  readonly topics: ReadonlySet<AccountId>;
  readonly statuses: ReadonlySet<AccountId>;
  readonly messages: ReadonlyMap<TopicKey, TopicRef>;
  readonly queues: ReadonlyMap<TopicKey, TopicRef>;
  readonly settled: ReadonlyMap<ReplyId, ReplyRecord>;
};

/** Collects what rows changed, until somebody sends it. */
export class DirtyBoard {
  readonly #store: StoreReader;
  #isListUrgent = false;
  #isListStale = false;
  #topics = new Set<AccountId>();
  #statuses = new Set<AccountId>();
  #messages = new Map<TopicKey, TopicRef>();
  #queues = new Map<TopicKey, TopicRef>();
  #settled = new Map<ReplyId, ReplyRecord>();

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** Notes a row that the store has folded in. */
  note({ change }: LoggedChange): void {
    switch (change.kind) {
      case 'account.added':
      case 'account.changed':
        this.#isListUrgent = true;
        return;
      case 'account.removed':
        this.#isListUrgent = true;
        this.#topics.add(change.accountId);
        return;
      case 'account.session':
      case 'account.profile':
        this.#isListUrgent = true;
        this.#statuses.add(change.accountId);
        return;
      case 'content.observed':
      case 'conversation.observed':
        this.#topics.add(change.accountId);
        return;
      case 'comment.observed':
      case 'message.observed':
        this.#noteMessages({
          accountId: change.accountId,
          kind: topicKindOf(change.facts.kind),
          id: change.facts.topicId,
        });
        this.#noteCounts(change.accountId);
        return;
      case 'topic.read':
      case 'items.read':
        this.#noteCounts(change.accountId);
        return;
      case 'reply.requested':
        this.#queues.set(topicKey(change.reply.topic), change.reply.topic);
        return;
      case 'reply.attempted':
      case 'reply.sent':
      case 'reply.rejected':
      case 'reply.unknown':
        this.#noteOutcome(change);
        return;
      case 'topic.marked':
      case 'account.leased':
      case 'account.synced':
      case 'worker.changed':
        return; // nothing that these clients show
      default:
        if (!isNoticeChange(change)) unreachable(change);
    }
  }

  /** Hands over what changed and starts anew. */
  take(): Dirty {
    const dirty: Dirty = {
      isListUrgent: this.#isListUrgent,
      isListStale: this.#isListStale,
      topics: this.#topics,
      statuses: this.#statuses,
      messages: this.#messages,
      queues: this.#queues,
      settled: this.#settled,
    };
    this.#isListUrgent = false;
    this.#isListStale = false;
    this.#topics = new Set();
    this.#statuses = new Set();
    this.#messages = new Map();
    this.#queues = new Map();
    this.#settled = new Map();
    return dirty;
  }

  #noteCounts(accountId: AccountId): void {
    this.#isListStale = true;
    this.#topics.add(accountId);
  }

  #noteMessages(topic: TopicRef): void {
    this.#messages.set(topicKey(topic), topic);
  }

  #noteOutcome(change: ReplyOutcome): void {
    const reply = this.#store.reply(change.replyId);
    if (!reply || change.kind === 'reply.attempted') return;
    this.#queues.set(topicKey(reply.topic), reply.topic);
    this.#settled.set(reply.id, reply);
    if (change.kind === 'reply.sent') this.#noteMessages(reply.topic);
  }
}
