import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import { type TopicRef, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import type { LoggedRow } from '../log/change-log.ts';
import type { StoreReader } from '../store/store-reader.ts';

/** The topics whose counters a change may have moved. */
function topicsOf(change: Change, store: StoreReader): readonly TopicRef[] {
  switch (change.kind) {
    case 'content.observed':
      return [{ accountId: change.accountId, kind: 'content', id: change.facts.id }];
    case 'conversation.observed':
      return [{ accountId: change.accountId, kind: 'conversation', id: change.facts.id }];
    case 'comment.observed':
    case 'message.observed':
      return [{ accountId: change.accountId, kind: topicKindOf(change.facts.kind), id: change.facts.topicId }];
    case 'topic.read':
    case 'topic.marked':
      return [change.topic];
    case 'items.read':
      return change.ids.flatMap((id) => {
        const item = store.item(change.accountId, change.itemKind, id);
        return item
          ? [{ accountId: change.accountId, kind: topicKindOf(change.itemKind), id: item.facts.topicId }]
          : [];
      });
    default:
      return [];
  }
}

/**
 * The counters that rows read back from the log may have moved, at their current values: the log does not keep counters.
 * They may be ahead of the rows; every later change of them is sent again with its own rows.
 */
export function touchedCounters(
  rows: readonly LoggedRow[],
  store: StoreReader,
): { readonly topics: readonly TopicSummary[]; readonly accounts: readonly AccountSummary[] } {
  const topics = new Map<string, TopicSummary>();
  const accounts = new Map<string, AccountSummary>();
  for (const { change } of rows) {
    if (!('accountId' in change)) continue;
    for (const ref of topicsOf(change, store)) {
      const key = topicKey(ref);
      const view = topics.has(key) ? undefined : store.topic(ref);
      if (view) topics.set(key, view.summary);
    }
    const summary = accounts.has(change.accountId) ? undefined : store.accountSummary(change.accountId);
    if (summary) accounts.set(change.accountId, summary);
  }
  return { topics: [...topics.values()], accounts: [...accounts.values()] };
}
