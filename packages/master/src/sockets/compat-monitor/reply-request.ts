import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { REPLY_TEXT_LIMIT_CHARS } from '@hiscrm/shared/model/reply.ts';
import { itemKindOf, type TopicKind, type TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { fieldsOf, textField } from '../compat/read-fields.ts';
import type { MonitorConnection } from './monitor-connection.ts';
import type { MonitorContext } from './monitor-context.ts';
import { MONITOR_EVENT, MONITOR_TEXT } from './monitor-event.ts';

type Target = { readonly topic: TopicRef; readonly toItemId: ItemId | undefined; readonly text: string };

/**
 * `monitor:reply`: asks for the answer when its account's Worker is here; else says so at once and leaves nothing in the
 * queue, because an existing client shows a queued reply as being sent. The outcome comes with the rows of the log.
 */
export async function replyTo(context: MonitorContext, connection: MonitorConnection, payload: unknown): Promise<void> {
  const fields = fieldsOf(payload);
  const target = targetOf(context, connection, fields);
  if (typeof target === 'string') {
    fail(context, connection, { error: target, fields });
    return;
  }
  const { topic, toItemId, text } = target;
  const requestId = `monitor-${context.newId()}`; // this request's idempotency key: the client sends none and never repeats
  try {
    const result = await context.runCommand(connection.principal, {
      name: 'sendReply',
      params: { topic, text, ...(toItemId !== undefined && { toItemId }) },
      key: requestId,
    });
    const messageId = 'replyId' in result ? result.replyId : requestId;
    context.flush(); // the queue comes before the answer
    connection.emit(MONITOR_EVENT.replySuccess, { messageId, requestId, status: 'submitted' });
  } catch (error) {
    if (!(error instanceof ImError)) throw error;
    fail(context, connection, { error: error.message, fields, topic });
  }
}

/** The parts of the request, or what is wrong with it. */
function targetOf(
  context: MonitorContext,
  connection: MonitorConnection,
  fields: Readonly<Record<string, unknown>>,
): Target | string {
  const channel = textField(fields, 'channelId');
  const topicId = textField(fields, 'topicId');
  const { content } = fields;
  if (channel === undefined || topicId === undefined) return MONITOR_TEXT.missingChannelAndTopic;
  if (typeof content !== 'string' || content.trim() === '') return '回复内容不能为空';
  if (content.length > REPLY_TEXT_LIMIT_CHARS) return `回复内容不能超过 ${REPLY_TEXT_LIMIT_CHARS} 个字符`;
  const accountId = channel as AccountId; // looked up next
  const account = connection.sight.seesAccount(accountId) ? context.store.account(accountId) : undefined;
  if (!account) return MONITOR_TEXT.accountNotFound(channel);
  const workerId = account.lease?.workerId;
  if (!workerId || account.isPaused) return MONITOR_TEXT.noWorker(channel);
  const worker = context.workerStatus().find(({ id }) => id === workerId);
  if (!worker?.isConnected || !worker.isOnline) return MONITOR_TEXT.workerNotConnected(workerId);
  const topic: TopicRef = { accountId, kind: kindOf(context, accountId, topicId, fields), id: topicId as TopicId }; // checked by the command
  return { topic, toItemId: answeredItem(context, topic, textField(fields, 'replyToId')), text: content };
}

/** The category that the client names; without one, a conversation when there is one of this id. */
function kindOf(
  context: MonitorContext,
  accountId: AccountId,
  topicId: string,
  fields: Readonly<Record<string, unknown>>,
): TopicKind {
  if (fields.messageCategory === 'private') return 'conversation';
  if (fields.messageCategory === 'comment') return 'content';
  const conversation: TopicRef = { accountId, kind: 'conversation', id: topicId as TopicId }; // looked up next
  return context.store.topicRecord(conversation) ? 'conversation' : 'content';
}

/** A comment that is not known is refused by the command; a message quoted from an echo is answered as the conversation. */
function answeredItem(context: MonitorContext, topic: TopicRef, id: string | undefined): ItemId | undefined {
  if (id === undefined) return undefined;
  const itemId = id as ItemId; // looked up next
  if (topic.kind === 'content') return itemId;
  return context.store.item(topic.accountId, itemKindOf(topic.kind), itemId)?.facts.topicId === topic.id
    ? itemId
    : undefined;
}

function fail(
  context: MonitorContext,
  connection: MonitorConnection,
  what: { readonly error: string; readonly fields: Readonly<Record<string, unknown>>; readonly topic?: TopicRef },
): void {
  const messageId = `reply_${context.newId()}`;
  const { error, fields } = what;
  connection.emit(MONITOR_EVENT.messageStatus, { messageId, status: 'failed', error });
  connection.emit(MONITOR_EVENT.replyError, { messageId, error });
  // The client's composer waits for a queue event before it takes another word.
  const topicId = textField(fields, 'topicId');
  if (topicId === undefined) return;
  const accountId = (textField(fields, 'channelId') ?? '') as AccountId; // only compared
  const isSeen = connection.sight.seesAccount(accountId);
  const topic = what.topic ?? { accountId, kind: kindOf(context, accountId, topicId, fields), id: topicId as TopicId }; // only compared
  if (isSeen) connection.send(context.pages.sendingQueue(topic));
  else connection.emit(MONITOR_EVENT.sendingQueue, { topicId, sendingMessages: [] });
}
