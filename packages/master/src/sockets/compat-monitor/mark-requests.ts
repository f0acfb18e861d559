/** Marking read: nothing is logged and nothing is announced when nothing was unread. */
import { lookUp } from '@hiscrm/shared/lib/look-up.ts';
import type { AccountId, ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ItemKind, TopicKind } from '@hiscrm/shared/model/topic-ref.ts';
import { toSeconds } from '../../words/account-words.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import { channelIdOf, findItem, findTopic, isItemUnread } from './find-target.ts';
import type { MonitorConnection } from './monitor-connection.ts';
import type { MonitorContext } from './monitor-context.ts';
import { MONITOR_EVENT, MONITOR_TEXT } from './monitor-event.ts';

/** What one command takes at a time; more ids go in more commands. */
const IDS_LIMIT_COUNT = 1_000;
const TYPES: Readonly<Record<string, ItemKind>> = { comment: 'comment', message: 'message' };

type Words = {
  readonly kinds: readonly [TopicKind, TopicKind];
  readonly idField: 'topicId' | 'conversationId';
  readonly response: string;
  readonly broadcast: string;
  readonly missing: string;
  readonly failed: string;
};

/** A topic is found by its id whichever of the two events a client uses. */
export const MARK_TOPIC: Words = {
  kinds: ['content', 'conversation'],
  idField: 'topicId',
  response: MONITOR_EVENT.markTopicAsReadResponse,
  broadcast: MONITOR_EVENT.topicRead,
  missing: MONITOR_TEXT.missingChannelAndTopic,
  failed: MONITOR_TEXT.markTopicFailed,
};
export const MARK_CONVERSATION: Words = {
  kinds: ['conversation', 'content'],
  idField: 'conversationId',
  response: MONITOR_EVENT.markConversationAsReadResponse,
  broadcast: MONITOR_EVENT.conversationRead,
  missing: MONITOR_TEXT.missingChannelAndConversation,
  failed: MONITOR_TEXT.markConversationFailed,
};

/** `monitor:mark_topic_as_read` and `monitor:mark_conversation_as_read`. */
export async function markTopic(
  context: MonitorContext,
  connection: MonitorConnection,
  payload: unknown,
  words: Words,
): Promise<void> {
  const fields = fieldsOf(payload);
  const channel = textField(fields, 'channelId');
  const id = textField(fields, words.idField);
  if (channel === undefined || id === undefined) return refuse(connection, words.missing);
  const { store } = context;
  const known = channelIdOf(store, connection, channel);
  const topic = known && findTopic(store, connection, { channel, topicId: id, kinds: words.kinds });
  const view = topic && store.topic(topic);
  const count = view?.summary.unreadCount ?? 0;
  if (topic && view && count > 0) {
    const params = { topic, upToSeq: view.record.marks.lastArrivedSeq };
    await context.runCommand(connection.principal, { name: 'markRead', params, key: keyOf(context) });
  }
  const told = { [words.idField]: id, channelId: channel, count, read_at: toSeconds(context.clock.now()) };
  connection.emit(words.response, { success: true, ...told });
  if (topic && count > 0) context.announce(topic.accountId, words.broadcast, told);
}

/** `monitor:mark_as_read`: one item, by either of its ids. */
export async function markOne(context: MonitorContext, connection: MonitorConnection, payload: unknown): Promise<void> {
  const fields = fieldsOf(payload);
  const type = textField(fields, 'type');
  const id = textField(fields, 'id');
  if (type === undefined || id === undefined) return refuse(connection, MONITOR_TEXT.missingTypeAndId);
  const kind = lookUp(TYPES, type);
  if (kind === undefined) return refuse(connection, MONITOR_TEXT.unsupportedType(type));
  const item = findItem(context.store, connection, { channel: textField(fields, 'channelId'), kind, id });
  if (!item) return refuse(connection, MONITOR_TEXT.messageMissing);
  const wasUnread = isItemUnread(context.store, item);
  if (wasUnread) await markItems(context, connection, kind, [item]);
  const read_at = toSeconds(context.clock.now());
  connection.emit(MONITOR_EVENT.markAsReadResponse, { success: true, id, type, read_at });
  if (wasUnread)
    context.announce(item.accountId, MONITOR_EVENT.messageRead, { type, id, channelId: item.accountId, read_at });
}

/** `monitor:mark_batch_as_read`: those that were unread count. */
export async function markBatch(
  context: MonitorContext,
  connection: MonitorConnection,
  payload: unknown,
): Promise<void> {
  const fields = fieldsOf(payload);
  const type = textField(fields, 'type');
  const ids = fields.ids;
  if (type === undefined || !Array.isArray(ids) || ids.length === 0)
    return refuse(connection, MONITOR_TEXT.missingTypeAndIds);
  const kind = lookUp(TYPES, type);
  if (kind === undefined) return refuse(connection, MONITOR_TEXT.unsupportedType(type));
  const channel = textField(fields, 'channelId');
  const byAccount = new Map<AccountId, ItemRecord[]>();
  for (const id of new Set(ids.slice(0, IDS_LIMIT_COUNT).map(String))) {
    const item = findItem(context.store, connection, { channel, kind, id });
    if (item && isItemUnread(context.store, item))
      byAccount.set(item.accountId, [...(byAccount.get(item.accountId) ?? []), item]);
  }
  const read_at = toSeconds(context.clock.now());
  let count = 0;
  for (const items of byAccount.values()) count += await markItems(context, connection, kind, items);
  connection.emit(MONITOR_EVENT.markBatchAsReadResponse, { success: true, count, type, read_at });
  for (const [accountId, items] of byAccount) {
    const told = { type, ids: items.map(({ facts }) => facts.id), channelId: accountId, count: items.length, read_at };
    context.announce(accountId, MONITOR_EVENT.messagesRead, told);
  }
}

async function markItems(
  context: MonitorContext,
  connection: MonitorConnection,
  itemKind: ItemKind,
  items: readonly ItemRecord[],
): Promise<number> {
  const [first] = items;
  if (!first) return 0;
  const ids: ItemId[] = items.map(({ facts }) => facts.id);
  const params = { accountId: first.accountId, itemKind, ids };
  await context.runCommand(connection.principal, { name: 'markItemsRead', params, key: keyOf(context) });
  return ids.length;
}

const keyOf = ({ newId }: MonitorContext): string => `monitor-${newId()}`;

const refuse = (connection: MonitorConnection, message: string): void =>
  connection.emit(MONITOR_EVENT.error, { message });
