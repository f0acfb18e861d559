// biome-ignore lint/suspicious/noExplicitAny: store objects come in the platform's shape
type Raw = any;

/** The page's message store, in the platform's shape; misspelling included. */
export type ImStore = {
  selfUid: string;
  converSationListOrigin: Raw[];
  conversationMap: Record<string, Raw>;
  messageList: Raw[];
  curConversation: Raw;
  userInfoFromServerMap: Record<string, Raw>;
  msgListToPush: Raw[];
  enterConversation: '' | 'hover_icon' | 'chat_panel';
  showDlg: boolean;
};
export type NoticeStore = {
  noticePushList: Raw[];
  noticeUnreadCountMap: Record<string, number>;
  noticeListObj: { noticeList: Raw[]; hasMore: boolean; minTime: number; maxTime: number };
};

export const imStore: ImStore = {
  selfUid: '',
  converSationListOrigin: [],
  conversationMap: {},
  messageList: [],
  curConversation: null,
  userInfoFromServerMap: {},
  msgListToPush: [],
  enterConversation: '',
  showDlg: false,
};
export const noticeStore: NoticeStore = {
  noticePushList: [],
  noticeUnreadCountMap: { '7': 0, '8': 0, '9': 0, '10': 0, '26': 0, '-1': 0 },
  noticeListObj: { noticeList: [], hasMore: false, minTime: 0, maxTime: 0 },
};

/** Store objects point back into the store and hold a token: whoever serialises one whole gets both. */
export function withContext(message: Raw): Raw {
  Object.defineProperty(message, '__internal_ctx', {
    enumerable: true,
    value: { token: `never-serialise-${Math.random()}`, store: imStore },
  });
  return message;
}

function withMessageContext(conversation: Raw): Raw {
  if (conversation.lastMessage) withContext(conversation.lastMessage);
  return conversation;
}

/** Fills the store from what the server holds; what was pushed before stays visible through it. */
export function fillStore(snapshot: Raw): void {
  imStore.selfUid = snapshot.selfUid;
  imStore.converSationListOrigin = snapshot.converSationListOrigin.map(withMessageContext);
  imStore.userInfoFromServerMap = snapshot.userInfoFromServerMap;
  imStore.conversationMap = Object.fromEntries(
    imStore.converSationListOrigin.map((conversation) => [conversation.id, conversation]),
  );
}

/** Puts a changed conversation into the store: to the front for a new message, in its place otherwise. */
export function putConversation(changed: Raw, user: Raw, toFront: boolean): void {
  const conversation = withMessageContext(changed);
  const rest = imStore.converSationListOrigin.filter((other) => other.id !== conversation.id);
  const at = imStore.converSationListOrigin.findIndex((other) => other.id === conversation.id);
  imStore.converSationListOrigin =
    toFront || at === -1 ? [conversation, ...rest] : imStore.converSationListOrigin.with(at, conversation);
  imStore.conversationMap[conversation.id] = conversation;
  if (user) imStore.userInfoFromServerMap[user.uid] = user;
  if (imStore.curConversation?.id === conversation.id) imStore.curConversation = conversation;
}

/** Adds or replaces a message of the open conversation. */
export function putMessage(conversationId: string, message: Raw): void {
  if (imStore.curConversation?.id !== conversationId) return;
  const at = imStore.messageList.findIndex((other) => other.serverId === message.serverId);
  imStore.messageList =
    at === -1 ? [...imStore.messageList, withContext(message)] : imStore.messageList.with(at, withContext(message));
}
