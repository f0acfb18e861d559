import { must } from '@hiscrm/shared/lib/must.ts';
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { itemKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import type { QueryParams, QueryResults } from '@hiscrm/shared/protocol/queries.ts';
import { comparePositions } from './item-book.ts';
import type { StateView } from './state-view.ts';
import type { TopicEntry } from './topic-shelf.ts';

type Position = { readonly at: number; readonly id: ItemId; readonly topic: TopicEntry };

/** The items behind a badge. Positions are in memory; only the items of the page are read. */
export function queryUnreadItems(view: StateView, params: QueryParams<'unreadItems'>): QueryResults['unreadItems'] {
  const topics = topicsOf(view, params);
  const totalCount = topics.reduce((sum, topic) => sum + topic.unread.size, 0);
  const { page, hasMore } = newest(topics, params.before, params.limit);
  const last = page.at(-1);
  return {
    items: page.map((position) => read(view, position)),
    ...(hasMore && last && { nextBefore: { at: last.at, id: last.id } }),
    totalCount,
  };
}

function topicsOf(view: StateView, params: QueryParams<'unreadItems'>): readonly TopicEntry[] {
  if (params.topic) {
    const entry = params.topic.accountId === params.accountId ? view.topicEntry(params.topic) : undefined;
    return entry ? [entry] : [];
  }
  const account = view.accounts.get(params.accountId);
  if (!account) return [];
  const shelves = params.kind ? [account[params.kind]] : [account.content, account.conversation];
  return shelves.flatMap((shelf) => shelf.entries().filter((entry) => entry.unread.size > 0));
}

/**
 * The newest positions behind `before`, without sorting all of them. A comment and a message of one account may share time
 * and id; the page is then longer by one, since the cursor could not tell them apart.
 */
function newest(
  topics: readonly TopicEntry[],
  before: QueryParams<'unreadItems'>['before'],
  limitCount: number,
): { readonly page: readonly Position[]; readonly hasMore: boolean } {
  const kept: Position[] = [];
  const roomCount = limitCount + 2;
  let oldestAt = Number.NEGATIVE_INFINITY;
  for (const topic of topics) {
    if (topic.last && topic.last.at < oldestAt) continue; // nothing in it is newer than its newest item
    for (const [id, { at }] of topic.unread) {
      if (at < oldestAt) continue;
      const position = { at, id, topic };
      if (before && comparePositions(position, before) <= 0) continue;
      kept.splice(indexFor(kept, position), 0, position);
      if (kept.length > roomCount) kept.pop();
      if (kept.length === roomCount) oldestAt = kept.at(-1)?.at ?? oldestAt;
    }
  }
  const [end, following] = [kept[limitCount - 1], kept[limitCount]];
  const count = end && following && comparePositions(end, following) === 0 ? limitCount + 1 : limitCount;
  return { page: kept.slice(0, count), hasMore: kept.length > count };
}

function indexFor(sorted: readonly Position[], position: Position): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = must(sorted[middle], 'between the bounds');
    if (comparePositions(other, position) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function read(view: StateView, { id, topic }: Position): ItemRecord {
  const { accountId, kind } = topic.ref;
  return must(view.item(accountId, itemKindOf(kind), id), 'an unread item is stored');
}
