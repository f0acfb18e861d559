import type { Random } from '../harness/random.ts';
import type { NewLine, TruthBook } from './truth-book.ts';

/** Ids as the platform makes them: digits, above 2^53. */
const ID_BASE = 7_400_000_000_000_000_000n;
/** Before the run began: such lines are listed and counted, and nobody is told of them as news. */
const HISTORY_AGE_MS = 24 * 3_600_000;
const SELF_ID = '10001';

type Mutable = Record<string, unknown>;

/** How many works and conversations there are, and how many lines each had before the run. */
export type AccountShape = {
  readonly works: number;
  readonly conversations: number;
  readonly linesEach: number;
  /** Bytes of the platform’s own payload that the Worker keeps beside each line. */
  readonly rawBytes: number;
};

/**
 * One account as a Worker of the deployed system holds it: whole objects, seconds beside milliseconds, the platform's payload
 * beside each of them, conversations keyed by the peer and half of the messages by the composite id. What it makes up it also
 * writes into the book.
 */
export class SnapshotMaker {
  readonly accountId: string;
  readonly #book: TruthBook;
  readonly #random: Random;
  readonly #shape: AccountShape;
  readonly #contents: Mutable[] = [];
  readonly #conversations: Mutable[] = [];
  readonly #comments = new Map<string, Mutable>();
  readonly #messages = new Map<string, Mutable>();
  #number: number;
  #at: number;

  constructor(options: {
    readonly accountId: string;
    readonly accountNumber: number;
    readonly book: TruthBook;
    readonly random: Random;
    readonly shape: AccountShape;
    readonly now: number;
  }) {
    this.accountId = options.accountId;
    this.#book = options.book;
    this.#random = options.random;
    this.#shape = options.shape;
    this.#number = options.accountNumber * 10_000_000;
    this.#at = options.now - HISTORY_AGE_MS;
    for (let index = 0; index < options.shape.works; index++) this.#addWork();
    for (let index = 0; index < options.shape.conversations; index++) this.#addConversation(index);
    this.#fillHistory();
    this.#at = options.now;
  }

  /** Everything, as it goes onto the wire. */
  data(): object {
    return {
      comments: [...this.#comments.values()],
      contents: this.#contents,
      conversations: this.#conversations,
      messages: [...this.#messages.values()],
      notifications: [{ id: `notif_${this.accountId}_1_${this.#at}`, type: 'like' }],
    };
  }

  /** Thirty seconds in which customers write, edit and take back, and somebody answers from a phone; a topic sees one of it. */
  happen(): void {
    const count = this.#random.int(0, 12);
    const touched = new Set<string>();
    for (let index = 0; index < count; index++) {
      const topic = this.#random.pick(this.#book.topics(this.accountId));
      if (touched.has(topic.id)) continue;
      touched.add(topic.id);
      const dice = this.#random.next();
      if (dice < 0.6)
        for (let news = this.#random.int(1, 3); news > 0; news--) this.#write(topic.id, topic.isPrivate, false);
      else if (dice < 0.7) this.#write(topic.id, topic.isPrivate, true);
      else this.#change(topic.id, topic.isPrivate && dice < 0.85);
    }
    for (const work of this.#contents) if (this.#random.chance(0.1)) work.viewCount = Number(work.viewCount) + 1;
  }

  /** The words that an operator had sent, as the page then shows them. Gives the platform's id. */
  answer(topicId: string, text: string): string {
    return this.#write(topicId, true, true, text);
  }

  #addWork(): void {
    const id = this.#nextId();
    this.#contents.push({
      ...this.#base(`cont_${this.accountId}_${id}`),
      contentId: id,
      type: 'video',
      title: `作品 ${id.slice(-4)} 🎉`,
      description: '新品',
      url: `https://www.douyin.com/video/${id}`,
      publishTime: this.#at,
      viewCount: 100,
    });
  }

  #addConversation(index: number): void {
    const peer = this.#nextId();
    this.#conversations.push({
      ...this.#base(`conv_${this.accountId}_${peer}`),
      conversationId: peer,
      type: 'private',
      userId: peer,
      userName: `客户${index}`,
      unreadCount: 99,
    });
  }

  #fillHistory(): void {
    for (let round = 0; round < this.#shape.linesEach; round++) {
      for (const { contentId } of this.#contents) this.#write(String(contentId), false, false);
      for (const { conversationId } of this.#conversations) this.#write(String(conversationId), true, false);
    }
  }

  #write(topicId: string, isPrivate: boolean, isOwn: boolean, text?: string): string {
    const isNews = this.#at > Date.now() - HISTORY_AGE_MS / 2;
    this.#at = Math.max(this.#at + 1, isNews ? Date.now() : 0);
    const id = this.#nextId();
    const line = { id, isOwn, at: this.#at, text: text ?? `第${this.#number}句，还有货吗？👍` };
    if (isPrivate) this.#message(topicId, { ...line, kind: 'message' }, isNews);
    else this.#comment(topicId, { ...line, kind: 'comment' }, isNews);
    return id;
  }

  #message(topicId: string, line: NewLine, isNews: boolean): void {
    const isComposite = this.#random.chance(0.5);
    this.#messages.set(line.id, {
      ...this.#base(`msg_${this.accountId}_${line.id}`),
      messageId: line.id,
      conversationId: isComposite ? `0:1:${SELF_ID}:${topicId}` : topicId,
      senderId: line.isOwn ? SELF_ID : topicId,
      senderName: line.isOwn ? '品牌' : '客户',
      recipientId: line.isOwn ? topicId : SELF_ID,
      type: 'text',
      content: line.text,
      direction: line.isOwn ? 'outbound' : 'inbound',
      isRecalled: false,
      createdAt: line.at,
    });
    this.#book.add(this.accountId, topicId, line, isNews);
  }

  /** An own comment answers the newest one that has no answer. */
  #comment(topicId: string, line: NewLine, isNews: boolean): void {
    const open = this.#book.topics(this.accountId).find(({ id }) => id === topicId);
    const parentId = line.isOwn
      ? open?.lines.findLast(({ isOwn, isAnswered }) => !isOwn && !isAnswered)?.id
      : undefined;
    this.#comments.set(line.id, {
      ...this.#base(`comm_${this.accountId}_${line.id}`),
      commentId: line.id,
      contentId: topicId,
      parentCommentId: parentId ?? '0',
      authorId: line.isOwn ? SELF_ID : `fan${line.id.slice(-2)}`,
      authorName: line.isOwn ? '品牌' : '小王',
      content: line.text,
      isAuthorReply: line.isOwn,
      isRead: false,
      createdAt: Math.floor(line.at / 1_000),
    });
    this.#book.add(this.accountId, topicId, { ...line, ...(parentId !== undefined && { parentId }) }, isNews);
  }

  /** A message is taken back, or the words of a line change. */
  #change(topicId: string, isRecall: boolean): void {
    const line = this.#random.pick(this.#book.topic(this.accountId, topicId).lines);
    const held = this.#messages.get(line.id) ?? this.#comments.get(line.id);
    if (!held || line.isOwn || line.isRecalled) return;
    if (isRecall) {
      line.isRecalled = true;
      held.isRecalled = true;
    } else {
      line.text = `${line.text.slice(0, 60)}（已编辑）`;
      held.content = line.text;
    }
  }

  #base(id: string): Mutable {
    const rawData = this.#shape.rawBytes > 0 ? { padding: '汉'.repeat(Math.ceil(this.#shape.rawBytes / 3)) } : null;
    const bookkeeping = { status: 'new', source: 'api', version: 1, lastSyncAt: null };
    return { id, accountId: this.accountId, platform: 'douyin', ...bookkeeping, rawData };
  }

  #nextId(): string {
    this.#number += 1;
    return String(ID_BASE + BigInt(this.#number));
  }
}
