import type { AccountId, ItemId, ReplyId, Seq, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { START } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { AccountSummary } from '@hiscrm/shared/model/summary.ts';
import {
  type ItemKind,
  itemKey,
  type TopicKey,
  type TopicRef,
  topicKey,
  topicKindOf,
} from '@hiscrm/shared/model/topic-ref.ts';
import type { View } from '@hiscrm/shared/model/view.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { OpenTopic } from './open-topic.ts';
import { type Slice, topicSlice, windowSlice } from './slice.ts';

/**
 * What this client has loaded, as the fold sees it. The fold reads and writes it like any other view; what is not loaded
 * is not there, and writing it does nothing. What an answer told ahead of the rows is guarded: older rows do not touch it.
 */
export class LoadedView implements View {
  readonly accounts = new Map<AccountId, AccountRecord>();
  readonly accountSummaries = new Map<AccountId, AccountSummary>();
  readonly workers = new Map<WorkerId, WorkerRecord>();
  readonly topics = new Map<TopicKey, TopicView>();
  readonly open = new Map<TopicKey, OpenTopic>();
  /** The row that is being applied; guards are held against it. */
  applying: Seq = START;
  readonly #ahead = new Map<string, Seq>();
  readonly #changed: (slice: Slice) => void;

  /** `changed` hears of every slice that a write touched, possibly several times. */
  constructor(changed: (slice: Slice) => void) {
    this.#changed = changed;
  }

  /** Forgets everything but which topics are open. */
  clear(): void {
    this.accounts.clear();
    this.accountSummaries.clear();
    this.workers.clear();
    this.topics.clear();
    this.#ahead.clear();
    this.applying = START;
  }

  /** `key` is true as of `asOf`, which the rows have not reached. */
  guard(key: string, asOf: Seq): void {
    if (asOf > this.applying && asOf > (this.#ahead.get(key) ?? 0)) this.#ahead.set(key, asOf);
  }

  /** As of which row `key` is known, when that is ahead of the rows applied. */
  aheadOf(key: string): Seq {
    return this.#ahead.get(key) ?? START;
  }

  /** Drops the guards that the rows have caught up with. */
  releaseUpTo(seq: Seq): void {
    for (const [key, asOf] of this.#ahead) if (asOf <= seq) this.#ahead.delete(key);
  }

  account(id: AccountId): AccountRecord | undefined {
    return this.accounts.get(id);
  }

  putAccount(record: AccountRecord): void {
    this.accounts.set(record.id, record);
    this.#changed('accounts');
  }

  removeAccount(id: AccountId): void {
    this.accounts.delete(id);
    this.accountSummaries.delete(id);
    for (const [key, { record }] of this.topics) if (record.accountId === id) this.topics.delete(key);
    this.#changed('accounts');
    this.#changed(`list:${id}:content`);
    this.#changed(`list:${id}:conversation`);
  }

  topic(ref: TopicRef): TopicRecord | undefined {
    return this.topics.get(topicKey(ref))?.record;
  }

  putTopic(record: TopicRecord): void {
    const key = topicKey(record);
    if (this.aheadOf(key) >= this.applying) return;
    const known = this.topics.get(key);
    const open = this.open.get(key);
    if (!known && !open?.isReady) {
      // The answer that said it was unknown is older than this row.
      if (open) open.needsReload = true;
      return;
    }
    this.setTopic({ record, summary: known?.summary ?? emptySummary(record) });
  }

  /** Writes a topic whatever the guards say: for answers. */
  setTopic(view: TopicView): void {
    this.topics.set(topicKey(view.record), view);
    this.#changed(topicSlice(view.record));
    this.#changed(`list:${view.record.accountId}:${view.record.kind}`);
  }

  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined {
    for (const { ref, window, next } of this.open.values()) {
      if (ref.accountId !== accountId || ref.kind !== topicKindOf(kind)) continue;
      const record = window.get(id) ?? next?.get(id);
      if (record) return record;
    }
    return undefined;
  }

  putItem(record: ItemRecord): void {
    if (this.aheadOf(itemKey(record.accountId, record.facts.kind, record.facts.id)) >= this.applying) return;
    this.setItem(record);
  }

  /** Writes an item into the windows that cover it, whatever the guards say: for answers. */
  setItem(record: ItemRecord): void {
    const ref = { accountId: record.accountId, kind: topicKindOf(record.facts.kind), id: record.facts.topicId };
    const open = this.open.get(topicKey(ref));
    if (!open) return;
    open.window.put(record);
    open.next?.put(record);
    this.touch(open);
  }

  touch(open: OpenTopic): void {
    open.touch();
    this.#changed(windowSlice(open.ref));
  }

  noteEarlyAnswer(topic: TopicRef, itemId: ItemId): void {
    this.open.get(topicKey(topic))?.earlyAnswers.add(itemId);
  }

  hasEarlyAnswer(topic: TopicRef, itemId: ItemId): boolean {
    const open = this.open.get(topicKey(topic));
    return open !== undefined && (open.earlyAnswers.has(itemId) || open.window.hasAnswerTo(itemId));
  }

  reply(id: ReplyId): ReplyRecord | undefined {
    for (const { replies } of this.open.values()) {
      const record = replies.get(id);
      if (record) return record;
    }
    return undefined;
  }

  putReply(record: ReplyRecord): void {
    if (this.aheadOf(record.id) < this.applying) this.setReply(record);
  }

  /** Writes a reply whatever the guards say: for answers. */
  setReply(record: ReplyRecord): void {
    const open = this.open.get(topicKey(record.topic));
    if (!open) return;
    open.replies.set(record.id, record);
    this.touch(open);
  }

  worker(id: WorkerId): WorkerRecord | undefined {
    return this.workers.get(id);
  }

  putWorker(record: WorkerRecord): void {
    this.workers.set(record.id, record);
    this.#changed('workers');
  }
}

const emptySummary = ({ accountId, kind, id }: TopicRef): TopicView['summary'] => ({
  topic: { accountId, kind, id },
  unreadCount: 0,
  itemCount: 0,
});
