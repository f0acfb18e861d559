import { type ClientVersion, Peer } from './peer.ts';

export type Envelope = { readonly type: string; readonly payload: Record<string, unknown> };

/** A Worker of the deployed system, as far as its wire goes. For tests only. */
export class ExistingWorker {
  readonly peer: Peer;
  readonly id: string;

  constructor(url: string, id: string, options: { readonly key?: string; readonly version?: ClientVersion } = {}) {
    this.id = id;
    this.peer = new Peer(`${url}/worker`, {
      ...(options.version && { version: options.version }),
      ...(options.key && { auth: { key: options.key } }),
    });
  }

  send(type: string, payload: unknown): void {
    this.peer.emit('message', { type, version: 'v1', payload, timestamp: Date.now() });
  }

  /** The next envelope of this type. */
  async envelope(
    type: string,
    fits: (payload: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    const { payload } = await this.peer.next<Envelope>('message', (one) => one.type === type && fits(one.payload));
    return payload;
  }

  async joinRoom(): Promise<unknown> {
    await this.peer.opened;
    return await new Promise((resolve) =>
      this.peer.emit('join_room', { room: `worker:${this.id}`, workerId: this.id }, resolve),
    );
  }

  /** What it does when its process starts; gives the register answer. */
  async start(capabilities = ['douyin']): Promise<Record<string, unknown>> {
    await this.joinRoom();
    const payload = {
      worker_id: this.id,
      host: '127.0.0.1',
      port: 4000,
      version: '1.0.0',
      capabilities,
      max_accounts: 10,
    };
    this.send('worker:register', payload);
    return await this.envelope('worker:register:ack');
  }

  heartbeat(): Promise<Record<string, unknown>> {
    this.send('worker:heartbeat', {
      worker_id: this.id,
      status: 'online',
      active_tasks: 1,
      memory_usage: 100,
      cpu_usage: 1,
    });
    return this.envelope('worker:heartbeat:ack');
  }

  status(accountId: string, status: object): Promise<Record<string, unknown>> {
    this.send('worker:account:status', { worker_id: this.id, account_statuses: [{ account_id: accountId, status }] });
    return this.envelope('worker:account:status:ack');
  }

  sync(accountId: string, data: object): Promise<Record<string, unknown>> {
    const snapshot = { platform: 'douyin', data };
    this.send('worker:data:sync', { accountId, platform: 'douyin', snapshot, timestamp: Date.now() });
    return this.envelope('WORKER_DATA_SYNC_ACK');
  }

  close(): void {
    this.peer.close();
  }
}

const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** The state that the golden exchange starts from: one work with two comments, one conversation with two messages. */
export function goldenSnapshot(accountId: string, now: number) {
  const base = { accountId, platform: 'douyin', status: 'new', source: 'api', version: 1, lastSyncAt: null };
  return {
    contents: [goldenWork(base, now)],
    comments: goldenComments(base, now),
    conversations: [
      {
        ...base,
        id: `conv_${accountId}_S1`,
        conversationId: 'S1',
        type: 'private',
        userId: 'S1',
        userName: '客户甲',
        userAvatar: 'https://p3.example/s1.jpeg',
        unreadCount: 9,
        createdAt: now,
        updatedAt: now,
      },
    ],
    messages: goldenMessages(base, now),
    notifications: [{ id: `notif_${accountId}_1_${now}`, type: 'like' }],
  };
}

type Base = { readonly accountId: string };

const goldenWork = (base: Base, now: number) => ({
  ...base,
  rawData: { aweme_id: 'V1', padding: 'x'.repeat(50) },
  id: `cont_${base.accountId}_V1`,
  contentId: 'V1',
  type: 'video',
  title: '新品发布 🎉',
  description: '新品',
  coverUrl: 'https://p3.example/v1.jpeg',
  url: 'https://www.douyin.com/video/V1',
  publishTime: now - 3_600_000,
  viewCount: 100,
  likeCount: 7,
  likeRate: 0.07,
  avgViewSecond: 3.5,
  visibility: 'public',
});

const goldenComments = (base: Base, now: number) => [
  {
    ...base,
    id: `comm_${base.accountId}_K1`,
    commentId: 'K1',
    contentId: 'V1',
    parentCommentId: null,
    authorId: 'fan1',
    authorName: '小王',
    content: 'hello',
    images: [{ url_list: ['https://p3.example/k1.jpeg'] }],
    isAuthorReply: false,
    isRead: false,
    createdAt: seconds(now - 60_000),
  },
  {
    ...base,
    id: `comm_${base.accountId}_K2`,
    commentId: 'K2',
    contentId: 'V1',
    parentCommentId: '0',
    authorId: 'self',
    authorName: '品牌',
    content: '置顶：欢迎',
    isAuthorReply: true,
    isRead: false,
    createdAt: seconds(now - 50_000),
  },
];

const goldenMessages = (base: Base, now: number) => [
  {
    ...base,
    id: `msg_${base.accountId}_M2`,
    messageId: 'M2',
    conversationId: 'S1',
    senderId: 'self',
    senderName: '品牌',
    type: 'text',
    content: '您好',
    direction: 'outbound',
    status: 'delivered',
    createdAt: now - 40_000,
  },
  {
    ...base,
    id: `msg_${base.accountId}_M1`,
    messageId: 'M1',
    conversationId: 'S1',
    senderId: 'S1',
    senderName: '客户甲',
    type: 'text',
    content: '在吗',
    direction: 'inbound',
    status: 'delivered',
    createdAt: now - 30_000,
  },
];

/** Another inbound message of the golden conversation. */
export const inboundMessage = (id: string, at: number, over: object = {}): object => ({
  messageId: id,
  conversationId: 'S1',
  senderId: 'S1',
  senderName: '客户甲',
  type: 'text',
  content: `内容 ${id}`,
  direction: 'inbound',
  createdAt: at,
  ...over,
});
