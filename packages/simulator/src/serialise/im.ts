import type { JsonObject, JsonValue } from '../lib/encode-json.ts';
import { hash32 } from '../lib/random.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Person } from '../world/comment.ts';
import type { Conversation, Message } from '../world/model.ts';
import type { MediaUrls } from './media-url.ts';
import { picture } from './user.ts';

/** Captured index values are this base + 10 000 per message: an index that looks like a time in µs. */
const INDEX_BASE = 1_672_502_400_000_000n;
const INDEX_STEP = 10_000n;

/** A 64-bit integer as the page's protobuf library holds it: two signed halves. */
export function long(value: bigint): JsonObject {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}

/** The `ext` map of a message: strings only. */
function messageExt(message: Message, conversation: Conversation): JsonObject {
  const at = message.createdMs;
  return {
    's:ticket_mode': '0',
    'a:plv': '0',
    'a:enter_method': 'click_message',
    'a:msg_scene': '1',
    'a:relation_type': '1:1',
    'a:ntp_ready': '2',
    's:is_stranger': String(conversation.isStranger),
    'a:access': 'douyin_main',
    's:mode': '0',
    's:s_aid': '1128',
    source_aid: '1128',
    's:sync_2_newdx': '1',
    'a:biz': 'douyin',
    's:biz_aid': '1128',
    im_callback_status_code: '0',
    's:vcd_shark_decision': 'PASS',
    's:server_message_create_time': String(at),
    'a:sync2dx': '1',
    's:vcd_shark_detail': '',
    's:client_message_id': message.clientId,
    old_client_message_id: String(at - 466),
    im_sdk_client_send_msg_time: String(at - 111),
    chat_scene: 'normal',
    's:saas_sdk': 'false',
    im_client_send_msg_time: String(at - 130),
    's:local_logid': `02${at}00000000000000000000ffff${hash32(message.serverId).toString(16).padStart(24, '0')}`,
    ...(message.isRecalled ? { 's:is_recalled': 'true' } : {}),
  };
}

/** The JSON text that page state holds as `content`. */
export function contentText(message: Message): string {
  return message.rawContent ?? JSON.stringify(message.content);
}

/** A message of `imStore` (push item, `lastMessage`, `messageList`): 19 fields, content as text, Long halves. */
export function storeMessage(message: Message, conversation: Conversation): JsonObject {
  const index = INDEX_BASE + BigInt(message.index) * INDEX_STEP;
  return {
    serverId: message.serverId,
    type: message.type,
    sender: message.sender.uid,
    secSender: message.sender.secUid,
    conversationId: conversation.id,
    conversationShortId: conversation.shortId,
    conversationBizType: 1,
    content: contentText(message),
    createdAt: new Date(message.createdMs).toISOString(),
    serverStatus: message.isRecalled ? 3 : 0,
    source: 1,
    isOffline: false,
    indexInConversation: long(index),
    indexInConversationV2: long(BigInt(message.index)),
    orderInConversation: long(index * 1000n),
    version: long(0n),
    property: {},
    ext: messageExt(message, conversation),
  };
}

/** The other documented shape of a store message: sender object, µs number, plain index. */
export function storeMessageAlt(message: Message, conversation: Conversation, media: MediaUrls): JsonObject {
  const { sender } = message;
  return {
    serverId: message.serverId,
    conversationId: conversation.id,
    type: message.type,
    content: contentText(message),
    sender: {
      uid: sender.uid,
      secUid: sender.secUid,
      nickName: sender.nickname,
      avatarThumb: { urlList: [media.avatar(sender.avatarKey, sender.nickname)] },
    },
    createdAt: message.createdMs * 1000,
    indexInConversation: message.index,
    serverStatus: 1,
    property: 0,
    ext: messageExt(message, conversation),
  };
}

function participant(person: Person): JsonObject {
  return { user_id: long(BigInt(person.uid)), sec_uid: person.secUid, role: 0, alias: '', nick_name: '' };
}

/** An entry of `converSationListOrigin`. */
export function storeConversation(conversation: Conversation, brand: Person): JsonObject {
  const last = conversation.messages.at(-1);
  return {
    id: conversation.id,
    shortId: conversation.shortId,
    conversationShortId: conversation.shortId,
    bizType: 1,
    type: 1,
    participantCount: 2,
    firstPageParticipant: { participants: [participant(brand), participant(conversation.peer)], hasMore: false },
    coreInfo: { name: '', icon: '', owner: brand.uid },
    toParticipantUserId: conversation.peer.uid,
    _badgeCount: conversation.unreadCount,
    isOffline: false,
    isStranger: conversation.isStranger,
    isMember: true,
    updatedAt: new Date(last?.createdMs ?? 0).toISOString(),
    lastSeenMsgId: '',
    ...(last ? { lastMessage: storeMessage(last, conversation) } : {}),
  };
}

/** A value of `userInfoFromServerMap`. */
export function storeUser(person: Person, media: MediaUrls): JsonObject {
  return {
    uid: person.uid,
    sec_uid: person.secUid,
    nickname: person.nickname,
    short_id: person.shortId,
    unique_id: person.uniqueId,
    avatar_thumb: picture(`100x100/${person.avatarKey}`, media.avatar(person.avatarKey, person.nickname), 720, 720),
  };
}

/** What fills `imStore` on load. */
export function storeSnapshot(account: AccountWorld, media: MediaUrls): JsonObject {
  const conversations = account.conversations();
  return {
    selfUid: account.uid,
    converSationListOrigin: conversations.map((conversation) => storeConversation(conversation, account.brand)),
    userInfoFromServerMap: Object.fromEntries(conversations.map(({ peer }) => [peer.uid, storeUser(peer, media)])),
    enterConversation: '',
    showDlg: false,
    curConversation: null,
    messageList: [],
    msgListToPush: [],
  };
}

function field(content: JsonObject, key: string): JsonValue {
  return content[key] ?? null;
}

/** Props of a row of the creator chat page's list. The name is empty: it comes from `user_detail`. */
export function chatRow(conversation: Conversation, brand: Person): JsonObject {
  const last = conversation.messages.at(-1);
  const text = last ? field(last.content, 'text') : '';
  const summary: JsonObject = typeof text === 'string' ? { text } : { tips: rowTips(last) };
  return {
    id: conversation.id,
    shortId: conversation.shortId,
    secUid: conversation.peer.secUid,
    content: { aweType: last ? field(last.content, 'aweType') : 0, messageType: last?.type ?? 7, ...summary },
    createdTime: new Date(last?.createdMs ?? 0).toISOString(),
    isGroupChat: false,
    coreInfo: { name: '', owner: brand.uid },
  };
}

function rowTips(message: Message | undefined): string {
  switch (message?.type) {
    case 1:
      return '[系统消息]';
    case 5:
      return '[动画表情]';
    case 8:
      return '[分享视频]';
    case 17:
      return '[语音]';
    case 27:
      return '[图片]';
    case 30:
      return '[视频]';
    default:
      return '[消息]';
  }
}

/** Props of a bubble of the creator chat page: content as an object, name and picture only on inbound ones. */
export function chatBubble(
  message: Message,
  conversation: Conversation,
  selfUid: string,
  media: MediaUrls,
): JsonObject {
  const isFromMe = message.sender.uid === selfUid;
  return {
    serverId: message.serverId,
    clientId: message.clientId,
    conversationId: conversation.id,
    conversationShortId: conversation.shortId,
    conversationBizType: 1,
    sender: message.sender.uid,
    secSender: message.sender.secUid,
    type: message.type,
    content: message.content,
    createdAt: new Date(message.createdMs).toISOString(),
    isFromMe,
    isOffline: false,
    showNickName: false,
    emojiMap: {},
    videoList: [],
    ext: {
      's:server_message_create_time': String(message.createdMs),
      's:client_message_id': message.clientId,
      's:is_stranger': String(conversation.isStranger),
      'a:relation_type': '1:1',
      ...(message.isRecalled ? { 's:is_recalled': 'true' } : {}),
    },
    ...(isFromMe
      ? {}
      : { nickname: message.sender.nickname, avatar: media.avatar(message.sender.avatarKey, message.sender.nickname) }),
  };
}
