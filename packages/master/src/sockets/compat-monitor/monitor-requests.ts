import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { AccountSummary } from '@hiscrm/shared/model/summary.ts';
import type { TopicKind } from '@hiscrm/shared/model/topic-ref.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import { createAccount, deleteAccount, sendPlatforms, sendWorkers } from './account-requests.ts';
import { channelIdOf, findTopic } from './find-target.ts';
import { MARK_CONVERSATION, MARK_TOPIC, markBatch, markOne, markTopic } from './mark-requests.ts';
import type { MonitorConnection } from './monitor-connection.ts';
import type { MonitorContext } from './monitor-context.ts';
import { MONITOR_EVENT, MONITOR_TEXT } from './monitor-event.ts';
import { replyTo } from './reply-request.ts';

type Handler = (context: MonitorContext, connection: MonitorConnection, payload: unknown) => void | Promise<void>;

/** Every event that an existing client sends, and what is done about it. */
export const MONITOR_REQUESTS: Readonly<Record<string, Handler>> = {
  [MONITOR_EVENT.register]: register,
  [MONITOR_EVENT.requestChannels]: sendChannels,
  [MONITOR_EVENT.sync]: sendChannels,
  [MONITOR_EVENT.requestTopics]: sendTopics,
  [MONITOR_EVENT.requestMessages]: sendMessages,
  [MONITOR_EVENT.reply]: replyTo,
  [MONITOR_EVENT.markAsRead]: markOne,
  [MONITOR_EVENT.markBatchAsRead]: markBatch,
  [MONITOR_EVENT.markTopicAsRead]: (context, connection, payload) =>
    markTopic(context, connection, payload, MARK_TOPIC),
  [MONITOR_EVENT.markConversationAsRead]: (context, connection, payload) =>
    markTopic(context, connection, payload, MARK_CONVERSATION),
  [MONITOR_EVENT.getUnreadCount]: sendUnreadCount,
  [MONITOR_EVENT.createAccount]: createAccount,
  [MONITOR_EVENT.deleteAccount]: deleteAccount,
  [MONITOR_EVENT.requestPlatforms]: sendPlatforms,
  [MONITOR_EVENT.requestWorkers]: sendWorkers,
};

/** What a client is told when the request failed for a reason that the request itself did not answer. */
export const FAILURE_TEXTS: Readonly<Record<string, string>> = {
  [MONITOR_EVENT.markAsRead]: MONITOR_TEXT.markFailed,
  [MONITOR_EVENT.markBatchAsRead]: MONITOR_TEXT.markBatchFailed,
  [MONITOR_EVENT.markTopicAsRead]: MONITOR_TEXT.markTopicFailed,
  [MONITOR_EVENT.markConversationAsRead]: MONITOR_TEXT.markConversationFailed,
  [MONITOR_EVENT.getUnreadCount]: MONITOR_TEXT.unreadCountFailed,
};

/** The channels first: that is what clients wait for. */
function register(context: MonitorContext, connection: MonitorConnection, payload: unknown): void {
  const fields = fieldsOf(payload);
  sendChannels(context, connection);
  connection.emit(MONITOR_EVENT.registered, {
    success: true,
    channelCount: context.pages.channelCount(connection.sight),
    clientId: textField(fields, 'clientId') ?? connection.socket.id,
    clientType: fields.clientType === 'admin' ? 'admin' : 'monitor',
  });
}

function sendChannels(context: MonitorContext, connection: MonitorConnection): void {
  connection.sendList(context.pages.channels(connection.sight));
}

function sendTopics(context: MonitorContext, connection: MonitorConnection, payload: unknown): void {
  const text = textField(fieldsOf(payload), 'channelId');
  if (text === undefined) {
    connection.emit(MONITOR_EVENT.error, { message: MONITOR_TEXT.missingChannel });
    return;
  }
  const accountId = channelIdOf(context.store, connection, text);
  if (accountId === undefined) {
    connection.emit(MONITOR_EVENT.topics, { channelId: text, topics: [] });
    return;
  }
  connection.sendTopics(accountId, context.pages.topics(accountId));
}

function sendMessages(context: MonitorContext, connection: MonitorConnection, payload: unknown): void {
  const fields = fieldsOf(payload);
  const topicId = textField(fields, 'topicId');
  if (topicId === undefined) {
    connection.emit(MONITOR_EVENT.error, { message: MONITOR_TEXT.missingTopic });
    return;
  }
  const kinds: readonly TopicKind[] =
    fields.messageType === 'comment' ? ['content', 'conversation'] : ['conversation', 'content'];
  const topic = findTopic(context.store, connection, { channel: textField(fields, 'channelId'), topicId, kinds });
  if (!topic) {
    connection.emit(MONITOR_EVENT.messages, { topicId, messages: [] });
    connection.emit(MONITOR_EVENT.sendingQueue, { topicId, sendingMessages: [] });
    return;
  }
  connection.open(topic);
  connection.send(context.pages.messages(topic, context.clock.now()));
  connection.send(context.pages.sendingQueue(topic));
}

type Unread = { readonly comments: number; readonly messages: number; readonly total: number };

const unreadOf = (summary: AccountSummary | undefined): Unread => {
  const { unreadComments = 0, unreadMessages = 0 } = summary ?? {};
  return { comments: unreadComments, messages: unreadMessages, total: unreadComments + unreadMessages };
};

function sendUnreadCount(context: MonitorContext, connection: MonitorConnection, payload: unknown): void {
  const channelId = textField(fieldsOf(payload), 'channelId');
  if (channelId !== undefined) {
    const accountId = channelIdOf(context.store, connection, channelId);
    const summary = accountId && context.store.accountSummary(accountId);
    connection.emit(MONITOR_EVENT.unreadCountResponse, { success: true, channelId, unread: unreadOf(summary) });
    return;
  }
  const byChannel: Record<AccountId, Unread> = {};
  const unread = { comments: 0, messages: 0, total: 0 };
  for (const { record, summary } of context.store.accounts()) {
    if (!connection.sight.seesAccount(record.id)) continue;
    const own = unreadOf(summary);
    byChannel[record.id] = own;
    unread.comments += own.comments;
    unread.messages += own.messages;
    unread.total += own.total;
  }
  connection.emit(MONITOR_EVENT.unreadCountResponse, { success: true, unread, byChannel });
}
