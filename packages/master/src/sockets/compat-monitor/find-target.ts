/** Existing clients name topics and items by platform id alone: these find the account, among those the client may see. */
import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { type ItemKind, type TopicKind, type TopicRef, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { MonitorConnection } from './monitor-connection.ts';

/** The channel, when it exists and the client may see it. */
export function channelIdOf(
  store: StoreReader,
  connection: MonitorConnection,
  text: string | undefined,
): AccountId | undefined {
  const id = text as AccountId | undefined; // looked up before it is believed
  return id !== undefined && connection.sight.seesAccount(id) && store.account(id) ? id : undefined;
}

/** The named channel first, then the one of the chat opened last, then every other that the client sees. */
function* candidates(
  store: StoreReader,
  connection: MonitorConnection,
  channel: string | undefined,
): Generator<AccountId> {
  const named = channelIdOf(store, connection, channel);
  if (named !== undefined) {
    yield named;
    return;
  }
  const last = channelIdOf(store, connection, connection.lastChannel);
  if (last !== undefined) yield last;
  for (const { record } of store.accounts())
    if (record.id !== last && connection.sight.seesAccount(record.id)) yield record.id;
}

/** One topic, never a mixture of equal ids of two accounts. `kinds` in order of preference. */
export function findTopic(
  store: StoreReader,
  connection: MonitorConnection,
  wanted: { readonly channel: string | undefined; readonly topicId: string; readonly kinds: readonly TopicKind[] },
): TopicRef | undefined {
  for (const accountId of candidates(store, connection, wanted.channel)) {
    for (const kind of wanted.kinds) {
      const ref: TopicRef = { accountId, kind, id: wanted.topicId as TopicId }; // looked up next
      if (store.topicRecord(ref)) return ref;
    }
  }
  return undefined;
}

/** The deployed system's own ids stand before the platform's: `comm_<account>_<id>`, `msg_<account>_<id>`. */
function platformIdOf(kind: ItemKind, accountId: AccountId, id: string): ItemId {
  const prefix = `${kind === 'comment' ? 'comm' : 'msg'}_${accountId}_`;
  return (id.startsWith(prefix) ? id.slice(prefix.length) : id) as ItemId; // looked up next
}

/** The item, whichever of its two ids is given. */
export function findItem(
  store: StoreReader,
  connection: MonitorConnection,
  wanted: { readonly channel: string | undefined; readonly kind: ItemKind; readonly id: string },
): ItemRecord | undefined {
  for (const accountId of candidates(store, connection, wanted.channel)) {
    const item = store.item(accountId, wanted.kind, platformIdOf(wanted.kind, accountId, wanted.id));
    if (item) return item;
  }
  return undefined;
}

export function isItemUnread(store: StoreReader, item: ItemRecord): boolean {
  const { facts, accountId } = item;
  const marks = store.topicRecord({ accountId, kind: topicKindOf(facts.kind), id: facts.topicId })?.marks;
  return marks !== undefined && isUnread(item, marks);
}
