import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import { io as io48 } from 'socket.io-client';
import { io as io46 } from 'socket.io-client-46';
import { until, within } from '../harness/until.ts';

export type MonitorVersion = '4.6' | '4.8';

type Fields = Readonly<Record<string, unknown>>;
export type ShownChannel = { readonly id: string; unreadCount: number };
export type ShownTopic = { readonly id: string; readonly unreadCount: number; readonly messageCount: number };
export type ShownMessage = { readonly id: string; readonly content: string; readonly timestamp: number };
type OpenChat = { readonly channelId: string; readonly topicId: string };

/** What of a socket of either library is used here. */
type AnySocket = {
  readonly connected: boolean;
  readonly io: { readonly engine: { close(): void } };
  on(event: string, listener: (payload: never) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
};
const CONNECT = { '4.6': io46, '4.8': io48 } as const;
const ANSWER_DEADLINE_MS = 30_000;

/**
 * The PC client of the deployed system as far as its state goes, by its own rules: it registers once in its life, asks for the
 * topics of every channel whenever it gets the list, takes its badges from whatever came last, and never asks for the open
 * chat again by itself.
 */
export class ExistingMonitor {
  readonly name: string;
  readonly channels = new Map<string, ShownChannel>();
  /** By channel. */
  readonly topics = new Map<string, readonly ShownTopic[]>();
  /** New lines that it was told of, by channel and topic. */
  readonly hintedCounts = new Map<string, number>();
  readonly errors: string[] = [];
  listCount = 0;
  open: OpenChat | undefined;
  openMessages: readonly ShownMessage[] = [];
  readonly #socket: AnySocket;
  readonly #waiters = new Set<(event: string, payload: Fields) => void>();

  constructor(
    url: string,
    options: { readonly token: string; readonly version: MonitorVersion; readonly name: string },
  ) {
    this.name = `${options.name} (socket.io-client ${options.version})`;
    const connect = CONNECT[options.version] as (url: string, options: object) => AnySocket; // both libraries take these
    this.#socket = connect(url, {
      transports: ['websocket', 'polling'],
      query: { token: options.token },
      forceNew: true,
      reconnectionDelay: 20,
    });
    this.#listen();
  }

  /** Starts as the PC client does. Resolves when it has the topics of every channel. */
  async start(): Promise<void> {
    await this.#connected();
    this.#socket.emit('monitor:register', { clientType: 'monitor', clientId: `monitor_${this.name}` });
    this.#socket.emit('monitor:request_channels');
    await until(
      `${this.name} to have its lists`,
      () => this.channels.size > 0 && this.topics.size === this.channels.size,
    );
  }

  /** What it sends every 30 s. */
  async sync(): Promise<void> {
    await this.#connected();
    const before = this.listCount;
    this.#socket.emit('monitor:sync', {});
    await until(`an answer to monitor:sync of ${this.name}`, () => this.listCount > before);
  }

  /** The operator opens a chat: its lines, and the mark. Gives how many the server says were unread. */
  async read(channelId: string, topic: { readonly id: string; readonly isPrivate: boolean }): Promise<number> {
    this.open = { channelId, topicId: topic.id };
    this.openMessages = [];
    const lines = this.messages(topic.id);
    const [event, fields] = topic.isPrivate
      ? (['monitor:mark_conversation_as_read', { channelId, conversationId: topic.id }] as const)
      : (['monitor:mark_topic_as_read', { channelId, topicId: topic.id }] as const);
    const answer = await this.ask(event, fields, `${event}_response`);
    this.openMessages = await lines;
    return Number(answer.count);
  }

  /** Answers in the open conversation. Resolves when the server says what becomes of it. */
  async reply(text: string): Promise<void> {
    if (!this.open) throw new Error('no chat is open');
    const own = {
      type: 'text',
      messageCategory: 'private',
      fromName: 'admin',
      fromId: 'monitor_x',
      authorAvatar: null,
    };
    await this.ask(
      'monitor:reply',
      { ...this.open, ...own, replyToId: null, replyToContent: null, content: text },
      'reply:success',
    );
  }

  /** The lines of any topic, asked for now. */
  async messages(topicId: string): Promise<readonly ShownMessage[]> {
    const answer = await this.ask(
      'monitor:request_messages',
      { topicId },
      'monitor:messages',
      (one) => one.topicId === topicId,
    );
    return answer.messages as readonly ShownMessage[]; // what such an event holds
  }

  /** Its connection breaks and comes back by itself; it does not register again, and the open chat is not asked for. */
  async cut(): Promise<void> {
    this.open = undefined;
    this.#socket.io.engine.close();
    await until(`${this.name} to notice`, () => !this.#socket.connected);
    await this.#connected();
  }

  /** Emits a request and takes the next answer of this name that fits. */
  async ask(
    event: string,
    payload: Fields,
    answer: string,
    fits: (one: Fields) => boolean = () => true,
  ): Promise<Fields> {
    const found = deferred<Fields>();
    const waiter = (name: string, one: Fields): void => {
      if (name === answer && fits(one)) found.resolve(one);
    };
    this.#waiters.add(waiter);
    this.#socket.emit(event, payload);
    return within(ANSWER_DEADLINE_MS, `${answer} for ${this.name}`, found.promise).finally(() =>
      this.#waiters.delete(waiter),
    );
  }

  /** Safe twice. */
  close(): void {
    this.#socket.disconnect();
  }

  #connected(): Promise<unknown> {
    return until(`${this.name} to connect`, () => this.#socket.connected, { everyMs: 5 });
  }

  #listen(): void {
    const hear = (event: string, act: (payload: Fields) => void): void => {
      this.#socket.on(event, (payload: Fields) => {
        act(payload);
        for (const waiter of this.#waiters) waiter(event, payload);
      });
    };
    const nothing = (): void => undefined;
    hear('monitor:channels', (payload) => this.#onChannels(payload.channels as ShownChannel[])); // what such an event holds
    hear('monitor:topics', (payload) => this.#onTopics(payload));
    hear('monitor:messages', (payload) => this.#onMessages(payload));
    hear('monitor:new_message_hint', (payload) => this.#onHint(payload));
    // The PC client writes 0 on this event and waits for a list.
    hear('channel:status_update', ({ channel }) => this.#setBadge(String((channel as ShownChannel).id), 0)); // likewise
    hear('error', (payload) => this.errors.push(JSON.stringify(payload)));
    for (const event of [
      'monitor:mark_topic_as_read_response',
      'monitor:mark_conversation_as_read_response',
      'reply:success',
    ])
      hear(event, nothing);
  }

  #onChannels(channels: readonly ShownChannel[]): void {
    this.listCount += 1;
    this.channels.clear();
    for (const channel of channels) {
      this.channels.set(channel.id, { id: channel.id, unreadCount: channel.unreadCount });
      this.#socket.emit('monitor:request_topics', { channelId: channel.id });
    }
  }

  #onTopics(payload: Fields): void {
    const channelId = String(payload.channelId);
    const topics = payload.topics as readonly ShownTopic[]; // what such an event holds
    this.topics.set(channelId, topics);
    this.#setBadge(
      channelId,
      topics.reduce((sum, { unreadCount }) => sum + unreadCount, 0),
    );
  }

  #onMessages({ topicId, messages }: Fields): void {
    if (topicId === this.open?.topicId) this.openMessages = messages as readonly ShownMessage[]; // likewise
  }

  #onHint(hint: Fields): void {
    const channelId = String(hint.channelId);
    const key = `${channelId} ${String(hint.messageType === 'comment' ? hint.topicId : hint.conversationId)}`;
    const count = Number(hint.commentCount ?? hint.messageCount);
    this.hintedCounts.set(key, (this.hintedCounts.get(key) ?? 0) + count);
    this.#setBadge(channelId, Number(hint.totalUnreadCount));
  }

  #setBadge(channelId: string, unreadCount: number): void {
    const channel = this.channels.get(channelId);
    if (channel) channel.unreadCount = unreadCount;
  }
}
