import type { AccountId, Epoch, ItemId, ReplyId, Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord, TopicRecord, WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { AccountSummary } from '@hiscrm/shared/model/summary.ts';
import type { ItemKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { QueryParams, QueryResults, TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { ReplyPage } from './reply-book.ts';

/**
 * What the rest of the Master may read. Everything is synchronous and true as of `head()`: what is cold is read back from
 * disk in small pieces. Nothing here checks permission; who asks does.
 */
export interface StoreReader {
  readonly epoch: Epoch;
  /** Place of the newest row that has been folded in. */
  head(): Seq;
  accounts(): readonly AccountView[];
  account(id: AccountId): AccountRecord | undefined;
  accountSummary(id: AccountId): AccountSummary | undefined;
  /** Place of the newest row that touched the account: equal place, equal answers (ETag). */
  accountVersion(id: AccountId): Seq;
  topic(ref: TopicRef): TopicView | undefined;
  topicRecord(ref: TopicRef): TopicRecord | undefined;
  topics(params: QueryParams<'topics'>): QueryResults['topics'];
  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined;
  items(params: QueryParams<'items'>): QueryResults['items'];
  unreadItems(params: QueryParams<'unreadItems'>): QueryResults['unreadItems'];
  reply(id: ReplyId): ReplyRecord | undefined;
  /** The reply that this user asked for under this idempotency key. */
  replyByKey(userId: UserId, key: string): ReplyRecord | undefined;
  /**
   * Replies of an account, newest first, `limit` or a few more at a time: `before` is the `nextBefore` of the previous page,
   * which is absent on the last one.
   */
  replies(params: {
    readonly accountId: AccountId;
    readonly limit: number;
    readonly before?: number | undefined;
  }): ReplyPage;
  /** Replies without an outcome, oldest first. */
  openReplies(accountId: AccountId): readonly ReplyRecord[];
  workers(): readonly WorkerRecord[];
}
