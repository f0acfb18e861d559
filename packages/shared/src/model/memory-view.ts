import type { AccountId, ItemId, ReplyId, WorkerId } from './ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from './records.ts';
import type { ReplyRecord } from './reply.ts';
import { type ItemKey, type ItemKind, itemKey, type TopicKey, type TopicRef, topicKey } from './topic-ref.ts';
import type { View } from './view.ts';

/** A view that holds everything in maps: the yardstick that other views are compared with. */
export class MemoryView implements View {
  readonly accounts = new Map<AccountId, AccountRecord>();
  readonly topics = new Map<TopicKey, TopicRecord>();
  readonly items = new Map<ItemKey, ItemRecord>();
  readonly replies = new Map<ReplyId, ReplyRecord>();
  readonly workers = new Map<WorkerId, WorkerRecord>();
  readonly earlyAnswers = new Set<string>();

  account(id: AccountId): AccountRecord | undefined {
    return this.accounts.get(id);
  }
  putAccount(record: AccountRecord): void {
    this.accounts.set(record.id, record);
  }
  removeAccount(id: AccountId): void {
    this.accounts.delete(id);
    for (const [key, record] of this.topics) if (record.accountId === id) this.topics.delete(key);
    for (const [key, record] of this.items) if (record.accountId === id) this.items.delete(key);
    for (const [key, record] of this.replies) if (record.accountId === id) this.replies.delete(key);
    for (const key of this.earlyAnswers) if (key.startsWith(`${id}:`)) this.earlyAnswers.delete(key);
  }
  topic(ref: TopicRef): TopicRecord | undefined {
    return this.topics.get(topicKey(ref));
  }
  putTopic(record: TopicRecord): void {
    this.topics.set(topicKey(record), record);
  }
  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined {
    return this.items.get(itemKey(accountId, kind, id));
  }
  putItem(record: ItemRecord): void {
    this.items.set(itemKey(record.accountId, record.facts.kind, record.facts.id), record);
  }
  noteEarlyAnswer(topic: TopicRef, itemId: ItemId): void {
    this.earlyAnswers.add(itemKey(topic.accountId, 'comment', itemId));
  }
  hasEarlyAnswer(topic: TopicRef, itemId: ItemId): boolean {
    return this.earlyAnswers.has(itemKey(topic.accountId, 'comment', itemId));
  }
  reply(id: ReplyId): ReplyRecord | undefined {
    return this.replies.get(id);
  }
  putReply(record: ReplyRecord): void {
    this.replies.set(record.id, record);
  }
  worker(id: WorkerId): WorkerRecord | undefined {
    return this.workers.get(id);
  }
  putWorker(record: WorkerRecord): void {
    this.workers.set(record.id, record);
  }
}
