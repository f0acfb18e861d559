import type { ItemId, ReplyId, Seq } from '@hiscrm/shared/model/ids.ts';
import { comparePreviews } from '@hiscrm/shared/model/preview.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { AccountSummary, Preview } from '@hiscrm/shared/model/summary.ts';
import { TopicShelf } from './topic-shelf.ts';

/** An account in memory with everything that is always there: its topics, its counters, its open replies. */
export type AccountEntry = {
  /** Its number in the state tables; never used again. */
  readonly no: number;
  record: AccountRecord;
  /** The newest row that touched it. */
  version: Seq;
  readonly content: TopicShelf;
  readonly conversation: TopicShelf;
  /** The newest item of all its topics. */
  last: Preview | undefined;
  readonly earlyAnswers: Set<ItemId>;
  /** Open replies, and refused ones that a screen still shows; oldest first. */
  readonly shownReplies: Map<ReplyId, ReplyRecord>;
};

export const newAccountEntry = (no: number, record: AccountRecord, version: Seq): AccountEntry => ({
  no,
  record,
  version,
  content: new TopicShelf(),
  conversation: new TopicShelf(),
  last: undefined,
  earlyAnswers: new Set(),
  shownReplies: new Map(),
});

export function accountSummaryOf(entry: AccountEntry): AccountSummary {
  return {
    accountId: entry.record.id,
    unreadComments: entry.content.unreadCount,
    unreadMessages: entry.conversation.unreadCount,
    contentCount: entry.content.topicCount,
    conversationCount: entry.conversation.topicCount,
    commentCount: entry.content.itemCount,
    messageCount: entry.conversation.itemCount,
    ...(entry.last && { last: entry.last }),
  };
}

/** The newest item of all topics, looked for from nothing. */
export function findLast(entry: AccountEntry): Preview | undefined {
  let last: Preview | undefined;
  for (const shelf of [entry.content, entry.conversation]) {
    for (const topic of shelf.entries()) {
      if (topic.last && (!last || comparePreviews(topic.last, last) > 0)) last = topic.last;
    }
  }
  return last;
}
