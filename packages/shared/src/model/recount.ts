import type { AccountId } from './ids.ts';
import type { MemoryView } from './memory-view.ts';
import { comparePreviews, previewOf } from './preview.ts';
import type { AccountSummary, Preview, TopicSummary } from './summary.ts';
import { type TopicKey, topicKey, topicKindOf } from './topic-ref.ts';
import { isUnread } from './unread.ts';

export type Recount = {
  readonly topics: ReadonlyMap<TopicKey, TopicSummary>;
  readonly accounts: ReadonlyMap<AccountId, AccountSummary>;
};

/** Every counter from nothing but the records: what counters that are kept up to date must equal. */
export function recount(view: MemoryView): Recount {
  const topics = new Map<TopicKey, TopicSummary>();
  for (const { accountId, kind, id } of view.topics.values()) {
    const topic = { accountId, kind, id };
    topics.set(topicKey(topic), { topic, unreadCount: 0, itemCount: 0 });
  }
  for (const item of view.items.values()) {
    const ref = { accountId: item.accountId, kind: topicKindOf(item.facts.kind), id: item.facts.topicId };
    const known = topics.get(topicKey(ref));
    const marks = view.topic(ref)?.marks;
    if (!known || !marks) continue;
    topics.set(topicKey(ref), {
      ...known,
      itemCount: known.itemCount + 1,
      unreadCount: known.unreadCount + (isUnread(item, marks) ? 1 : 0),
      last: newer(known.last, previewOf(item)),
    });
  }
  return { topics, accounts: addUp(view, topics) };
}

function addUp(view: MemoryView, topics: Recount['topics']): Recount['accounts'] {
  const accounts = new Map<AccountId, AccountSummary>();
  for (const accountId of view.accounts.keys()) {
    const none = { unreadComments: 0, unreadMessages: 0, contentCount: 0, conversationCount: 0 };
    accounts.set(accountId, { accountId, ...none, commentCount: 0, messageCount: 0 });
  }
  for (const summary of topics.values()) {
    const known = accounts.get(summary.topic.accountId);
    if (!known) continue;
    const last = summary.last ? newer(known.last, summary.last) : known.last;
    const isContent = summary.topic.kind === 'content';
    accounts.set(known.accountId, {
      ...known,
      unreadComments: known.unreadComments + (isContent ? summary.unreadCount : 0),
      unreadMessages: known.unreadMessages + (isContent ? 0 : summary.unreadCount),
      contentCount: known.contentCount + (isContent ? 1 : 0),
      conversationCount: known.conversationCount + (isContent ? 0 : 1),
      commentCount: known.commentCount + (isContent ? summary.itemCount : 0),
      messageCount: known.messageCount + (isContent ? 0 : summary.itemCount),
      ...(last && { last }),
    });
  }
  return accounts;
}

const newer = (known: Preview | undefined, seen: Preview): Preview =>
  known && comparePreviews(known, seen) > 0 ? known : seen;
