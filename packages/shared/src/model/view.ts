/** What the fold reads and writes. The Master's view reaches to disk, the browser's holds what it has loaded. */
import type { AccountId, ItemId, ReplyId, WorkerId } from './ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from './records.ts';
import type { ReplyRecord } from './reply.ts';
import type { ItemKind, TopicRef } from './topic-ref.ts';

export interface View {
  account(id: AccountId): AccountRecord | undefined;
  putAccount(record: AccountRecord): void;
  /** Removes the account with its topics, items and replies. */
  removeAccount(id: AccountId): void;

  topic(ref: TopicRef): TopicRecord | undefined;
  putTopic(record: TopicRecord): void;

  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined;
  putItem(record: ItemRecord): void;

  /** Remembers that a comment was answered before the comment itself was seen. */
  noteEarlyAnswer(topic: TopicRef, itemId: ItemId): void;
  hasEarlyAnswer(topic: TopicRef, itemId: ItemId): boolean;

  reply(id: ReplyId): ReplyRecord | undefined;
  putReply(record: ReplyRecord): void;

  worker(id: WorkerId): WorkerRecord | undefined;
  putWorker(record: WorkerRecord): void;
}
