/**
 * What the deployed system does with a new message: a hint, the whole channel list and the channel's topics to every client, each
 * built and encoded anew; a client that gets the channel list asks for the topics of every channel, each of which is built anew.
 */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listenAndTell } from './listen.ts';

/** Heartbeats are no part of the measurement. */
const NO_PING_MS = 600_000;

type Message = { readonly at: number; readonly content: string };
type Conversation = { readonly id: string; readonly messages: Message[] };
type Account = { readonly id: string; readonly conversations: Conversation[] };

const [accountCount = 50, topicCount = 20, messageCount = 10] = process.argv.slice(2).map(Number);
const accounts: Account[] = Array.from({ length: accountCount }, (_, account) => ({
  id: `acc-${account}`,
  conversations: Array.from({ length: topicCount }, (_, topic) => ({
    id: `c${topic}`,
    messages: Array.from({ length: messageCount }, (_, n) => ({
      at: 1_760_000_000_000 + n,
      content: `你好，第${n}条消息 😀`,
    })),
  })),
}));

const newest = (messages: readonly Message[]): Message | undefined =>
  messages.reduce<Message | undefined>((best, one) => (best && best.at >= one.at ? best : one), undefined);

const channels = () =>
  accounts
    .map(({ id, conversations }) => {
      const all = conversations.flatMap(({ messages }) => messages);
      const last = newest(all);
      return {
        id,
        name: id,
        avatar: `https://api.dicebear.com/7.x/avataaars/svg?seed=${id}`,
        userInfo: null,
        platform: 'douyin',
        description: 'douyin',
        lastMessage: last?.content ?? '',
        lastMessageTime: last?.at ?? 0,
        unreadCount: all.length,
        messageCount: 0,
        isPinned: false,
        enabled: true,
        status: 'active',
        login_status: 'logged_in',
        worker_status: 'online',
        isLoggedIn: true,
      };
    })
    .sort((a, b) => b.lastMessageTime - a.lastMessageTime);

const topics = (channelId: string) => ({
  channelId,
  topics: (accounts.find(({ id }) => id === channelId)?.conversations ?? [])
    .map(({ id, messages }) => {
      const last = newest(messages);
      return {
        id,
        channelId,
        title: '未知用户',
        avatar: null,
        description: `私信会话 (${messages.length}条消息)`,
        createdTime: 1_760_000_000_000,
        lastMessageTime: last?.at ?? 0,
        lastMessageContent: last?.content ?? '',
        lastMessageFromName: '未知用户',
        messageCount: messages.length,
        unreadCount: messages.length,
        isPinned: false,
        isPrivate: true,
      };
    })
    .sort((a, b) => b.unreadCount - a.unreadCount || b.lastMessageTime - a.lastMessageTime),
});

const server = createServer();
const io = new Server(server, {
  serveClient: false,
  transports: ['websocket'],
  pingInterval: NO_PING_MS,
  pingTimeout: NO_PING_MS,
});
const monitors = new Set<string>();
const tellAll = (event: string, payload: object): void => {
  for (const id of monitors) io.to(id).emit(event, payload);
};
io.on('connection', (socket) => {
  socket.on('monitor:register', () => {
    monitors.add(socket.id);
    socket.emit('monitor:channels', { channels: channels() });
  });
  socket.on('monitor:request_topics', ({ channelId }: { channelId: string }) =>
    socket.emit('monitor:topics', topics(channelId)),
  );
  socket.on('publish', ({ account, topic, n }: { account: number; topic: number; n: number }) => {
    const channel = accounts[account];
    const conversation = channel?.conversations[topic];
    if (!channel || !conversation) return;
    conversation.messages.push({ at: Date.now(), content: `新消息 ${n}` });
    const hint = {
      channelId: channel.id,
      platform: 'douyin',
      messageType: 'private_message',
      conversationId: conversation.id,
    };
    tellAll('monitor:new_message_hint', { ...hint, messageCount: 1, totalUnreadCount: n, timestamp: Date.now() });
    tellAll('monitor:channels', { channels: channels() });
    tellAll('monitor:topics', topics(channel.id));
  });
});

listenAndTell(server);
