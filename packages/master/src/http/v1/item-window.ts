import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { itemKindOf, type TopicKind } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { allTopics, type MergedItem, mergedItems } from '../im/merged-items.ts';

/** Which items of which accounts; times are ms, both ends included. */
export type ItemFilter = {
  readonly accounts: readonly AccountView[];
  readonly kind: TopicKind;
  readonly isRead: boolean | undefined;
  readonly startAt: number | undefined;
  readonly endAt: number | undefined;
};
export type ItemWindow = { readonly items: readonly MergedItem[]; readonly total: number };

/** Whether the item counts as read: seen, answered, own, or gone. */
export const isItemRead = ({ topic, item }: MergedItem): boolean => !isUnread(item, topic.marks);

/** The items that match, newest first, one by one. */
export async function* matchingItems(
  store: StoreReader,
  filter: ItemFilter,
): AsyncGenerator<MergedItem, void, undefined> {
  const topics = (
    await Promise.all(filter.accounts.map(({ record }) => allTopics(store, record.id, [filter.kind])))
  ).flat();
  for await (const found of mergedItems(store, topics)) {
    const { at } = found.item.facts;
    if (filter.startAt !== undefined && at < filter.startAt) return;
    if (filter.endAt !== undefined && at > filter.endAt) continue;
    if (filter.isRead === undefined || isItemRead(found) === filter.isRead) yield found;
  }
}

/**
 * A page of the items that match, and how many match in all. Without times the counters know the total; with them the items
 * have to be walked, in turns.
 */
export async function itemWindow(
  store: StoreReader,
  filter: ItemFilter,
  page: { readonly offset: number; readonly limit: number; readonly isOldestFirst: boolean },
): Promise<ItemWindow> {
  const { offset, limit, isOldestFirst } = page;
  const known = filter.startAt === undefined && filter.endAt === undefined ? countOf(filter) : undefined;
  if (!isOldestFirst) return walk(store, filter, { from: offset, to: offset + limit, total: known });
  const total = known ?? (await walk(store, filter, { from: 0, to: 0, total: undefined })).total;
  const to = Math.max(0, total - offset);
  const window = await walk(store, filter, { from: Math.max(0, to - limit), to, total });
  return { items: window.items.toReversed(), total };
}

async function walk(
  store: StoreReader,
  filter: ItemFilter,
  { from, to, total }: { readonly from: number; readonly to: number; readonly total: number | undefined },
): Promise<ItemWindow> {
  const items: MergedItem[] = [];
  let index = 0;
  if (total !== undefined && from >= Math.min(to, total)) return { items, total };
  for await (const found of matchingItems(store, filter)) {
    if (index >= from && index < to) items.push(found);
    index += 1;
    if (total !== undefined && index >= to) break;
  }
  return { items, total: total ?? index };
}

function countOf({ accounts, kind, isRead }: ItemFilter): number {
  const isComment = itemKindOf(kind) === 'comment';
  let total = 0;
  for (const { summary } of accounts) {
    const all = isComment ? summary.commentCount : summary.messageCount;
    const unread = isComment ? summary.unreadComments : summary.unreadMessages;
    total += isRead === undefined ? all : isRead ? all - unread : unread;
  }
  return total;
}

/** The accounts of these that a request names. */
export const namedAccounts = (
  accounts: readonly AccountView[],
  wanted: { readonly account_id?: string | undefined; readonly platform?: string | undefined },
): readonly AccountView[] =>
  accounts.filter(
    ({ record }) =>
      (wanted.account_id === undefined || record.id === (wanted.account_id as AccountId)) && // only compared
      (wanted.platform === undefined || record.platform === wanted.platform),
  );
