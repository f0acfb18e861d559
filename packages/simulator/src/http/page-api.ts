import { errorBody } from '../serialise/envelope.ts';
import { chatBubble, chatRow, storeMessage, storeMessageAlt, storeSnapshot } from '../serialise/im.ts';
import type { Conversation } from '../world/model.ts';
import { type ApiCall, type ApiResult, type ApiRoute, answer } from './api-route.ts';
import type { Site } from './site.ts';

/** Messages a chat shows when it is opened, and loads at a time when scrolled up. */
const MESSAGES_PER_PAGE = 30;

/**
 * What the simulator's own pages fetch to fill page state. It stands in for the platform's binary message protocol;
 * adapters are not meant to read it.
 */
export function pageRoutes(site: Site): ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/__sim_page/im/store',
      handle: ({ account }) => answer(storeSnapshot(account, site.media)),
    },
    { method: 'GET', path: '/__sim_page/im/rows', handle: (call) => rows(call) },
    { method: 'GET', path: '/__sim_page/im/messages', handle: (call) => messages(site, call) },
    { method: 'POST', path: '/__sim_page/im/open', handle: (call) => open(site, call) },
  ];
}

function rows(call: ApiCall): ApiResult {
  const { account } = call;
  return answer({
    selfUid: account.uid,
    rows: account.conversations().map((conversation) => ({
      isStranger: conversation.isStranger,
      unreadCount: conversation.unreadCount,
      row: chatRow(conversation, account.brand),
    })),
  });
}

function messages(site: Site, call: ApiCall): ApiResult {
  const conversation = call.account.conversation(call.query.get('conversation') ?? '');
  if (!conversation) return answer(errorBody(3, 'no conversation', site.stamp()));
  const before = Number(call.query.get('before') ?? Number.MAX_SAFE_INTEGER);
  const older = conversation.messages.filter((message) => message.index < before);
  const page = older.slice(-MESSAGES_PER_PAGE);
  const isAlt = site.options.variant.messages === 'alt';
  return answer({
    conversationId: conversation.id,
    hasMore: older.length > page.length,
    firstIndex: page[0]?.index ?? 0,
    bubbles: page.map((message) => chatBubble(message, conversation, call.account.uid, site.media)),
    messages: page.map((message) =>
      isAlt ? storeMessageAlt(message, conversation, site.media) : storeMessage(message, conversation),
    ),
  });
}

/** Opening a conversation marks it read, as on the platform. */
function open(site: Site, call: ApiCall): ApiResult {
  const id = call.body.conversationId;
  const conversation: Conversation | undefined = typeof id === 'string' ? call.account.conversation(id) : undefined;
  if (!conversation) return answer(errorBody(3, 'no conversation', site.stamp()));
  site.log.add({
    kind: 'open_conversation',
    account: call.account.key,
    result: 'accepted',
    target: { conversation: conversation.id },
  });
  if (conversation.unreadCount > 0) site.world.markRead(call.account, conversation);
  return answer({ status_code: 0 });
}
