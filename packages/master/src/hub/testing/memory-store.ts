import type { AccountId, Epoch, ItemId, ReplyId, Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import { isOpenReply, type ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import { type ItemKind, itemKindOf, type TopicRef, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { QueryParams, QueryResults, TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { StoreReader } from '../../store/store-reader.ts';

/** The simplest store that is right: everything in maps, every counter counted when asked. For tests only. */
export class MemoryStore implements StoreReader {
  readonly view: MemoryView;
  epoch: Epoch;
  at: Seq;

  constructor(options: { view: MemoryView; epoch: Epoch; at: Seq }) {
    this.view = options.view;
    this.epoch = options.epoch;
    this.at = options.at;
  }

  head(): Seq {
    return this.at;
  }
  inOneRead<T>(run: () => T): T {
    return run();
  }
  accounts(): readonly AccountView[] {
    return [...this.view.accounts.values()].map((record) => ({ record, summary: this.#summaryOf(record.id) }));
  }
  account(id: AccountId): AccountRecord | undefined {
    return this.view.account(id);
  }
  accountSummary(id: AccountId): AccountSummary | undefined {
    return this.view.account(id) && this.#summaryOf(id);
  }
  accountVersion(): Seq {
    return this.at;
  }
  topicRecord(ref: TopicRef): TopicRecord | undefined {
    return this.view.topic(ref);
  }
  topic(ref: TopicRef): TopicView | undefined {
    const record = this.view.topic(ref);
    return record && { record, summary: this.#topicSummary(record) };
  }
  topics(params: QueryParams<'topics'>): QueryResults['topics'] {
    const of = [...this.view.topics.values()].filter(
      (topic) => topic.accountId === params.accountId && topic.kind === params.kind,
    );
    return { topics: of.slice(0, params.limit).map((record) => ({ record, summary: this.#topicSummary(record) })) };
  }
  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined {
    return this.view.item(accountId, kind, id);
  }
  items(params: QueryParams<'items'>): QueryResults['items'] {
    const key = topicKey(params.topic);
    const replies = [...this.view.replies.values()].filter((reply) => topicKey(reply.topic) === key);
    return { items: this.#itemsOf(params.topic).reverse().slice(0, params.limit), replies };
  }
  unreadItems(params: QueryParams<'unreadItems'>): QueryResults['unreadItems'] {
    const all = [...this.view.items.values()].filter(
      (item) => item.accountId === params.accountId && this.#isUnread(item),
    );
    return { items: all.slice(0, params.limit), totalCount: all.length };
  }
  reply(id: ReplyId): ReplyRecord | undefined {
    return this.view.reply(id);
  }
  replyByKey(userId: UserId, key: string): ReplyRecord | undefined {
    return [...this.view.replies.values()].find((reply) => reply.byUserId === userId && reply.key === key);
  }
  replies({ accountId }: Parameters<StoreReader['replies']>[0]): ReturnType<StoreReader['replies']> {
    const replies = [...this.view.replies.values()].filter((reply) => reply.accountId === accountId);
    return { replies: replies.sort((a, b) => b.requestedAt - a.requestedAt) };
  }
  openReplies(accountId: AccountId): readonly ReplyRecord[] {
    return [...this.view.replies.values()].filter((reply) => reply.accountId === accountId && isOpenReply(reply));
  }
  workers(): readonly WorkerRecord[] {
    return [...this.view.workers.values()];
  }

  #itemsOf(ref: TopicRef): ItemRecord[] {
    const kind = itemKindOf(ref.kind);
    return [...this.view.items.values()].filter(
      ({ accountId, facts }) => accountId === ref.accountId && facts.kind === kind && facts.topicId === ref.id,
    );
  }
  #isUnread(item: ItemRecord): boolean {
    const { accountId, facts } = item;
    const topic = this.view.topic({ accountId, kind: topicKindOf(facts.kind), id: facts.topicId });
    return topic !== undefined && isUnread(item, topic.marks);
  }
  #topicSummary(record: TopicRecord): TopicSummary {
    const items = this.#itemsOf(record);
    const topic = { accountId: record.accountId, kind: record.kind, id: record.id };
    return { topic, unreadCount: items.filter((item) => this.#isUnread(item)).length, itemCount: items.length };
  }
  #summaryOf(accountId: AccountId): AccountSummary {
    const items = [...this.view.items.values()].filter((item) => item.accountId === accountId);
    const topics = [...this.view.topics.values()].filter((topic) => topic.accountId === accountId);
    const unread = items.filter((item) => this.#isUnread(item));
    return {
      accountId,
      unreadComments: unread.filter(({ facts }) => facts.kind === 'comment').length,
      unreadMessages: unread.filter(({ facts }) => facts.kind === 'message').length,
      contentCount: topics.filter(({ kind }) => kind === 'content').length,
      conversationCount: topics.filter(({ kind }) => kind === 'conversation').length,
      commentCount: items.filter(({ facts }) => facts.kind === 'comment').length,
      messageCount: items.filter(({ facts }) => facts.kind === 'message').length,
    };
  }
}
