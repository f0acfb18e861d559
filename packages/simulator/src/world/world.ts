import type { VirtualClock } from '../clock.ts';
import type { JsonObject } from '../lib/encode-json.ts';
import { IdSource } from '../lib/platform-id.ts';
import { Random } from '../lib/random.ts';
import { AccountWorld } from './account-world.ts';
import type { Comment, Person } from './comment.ts';
import { CommentShelf } from './comment-shelf.ts';
import type { Conversation, Message, Work, WorldEvent } from './model.ts';
import type { Profile } from './profile.ts';
import { conversationId } from './seed-conversations.ts';
import { bareWork, seedComments, seedWorks } from './seed-works.ts';
import { textContent } from './text-message.ts';

export type WorldOptions = { seed: string; accountCount: number; profile: Profile };
export type NewComment = {
  work: Work;
  author: Person;
  text: string;
  parent?: Comment | undefined;
  replyTo?: Comment | undefined;
  isPinned?: boolean | undefined;
  imageCount?: number | undefined;
  createdMs?: number | undefined;
};
export type NewMessage = {
  conversation: Conversation;
  sender: Person;
  text?: string | undefined;
  type?: number | undefined;
  content?: JsonObject | undefined;
  rawContent?: string | undefined;
  clientId?: string | undefined;
  createdMs?: number | undefined;
};

/** Everything the platform knows, in memory. All changes go through here, so that every change is an event. */
export class World {
  readonly accounts: readonly AccountWorld[];
  readonly ids: IdSource;
  readonly random: Random;
  readonly #clock: VirtualClock;
  readonly #onEvent: (event: WorldEvent) => void;

  constructor(options: WorldOptions, clock: VirtualClock, onEvent: (event: WorldEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.random = new Random(`${options.seed}/live`);
    this.ids = new IdSource(`${options.seed}/live`);
    const nowMs = clock.nowMs();
    this.accounts = Array.from(
      { length: options.accountCount },
      (_, index) => new AccountWorld(options.seed, index, options.profile, nowMs),
    );
  }

  /** By key (`a1`) or uid. */
  account(keyOrUid: string): AccountWorld | undefined {
    return this.accounts.find((account) => account.key === keyOrUid || account.uid === keyOrUid);
  }

  /** A comment appears. Other people's comments also make a notice; the account's own do not. */
  addComment(account: AccountWorld, input: NewComment): Comment {
    const createdMs = input.createdMs ?? this.#clock.nowMs();
    const parent = input.parent;
    const comment: Comment = {
      cid: this.ids.next(createdMs),
      awemeId: input.work.awemeId,
      author: input.author,
      text: input.text,
      createdMs,
      status: 1,
      level: parent ? 2 : 1,
      replyId: parent?.cid ?? '0',
      replyToReplyId: input.replyTo?.cid ?? '0',
      replyTo: input.replyTo?.author,
      diggCount: 0,
      isDigged: false,
      isPinned: input.isPinned ?? false,
      imageKeys: Array.from({ length: input.imageCount ?? 0 }, () => this.random.hex(32)),
    };
    account.people.add(input.author);
    input.work.comments.add(comment);
    if (input.author.uid !== account.uid) {
      const nid = this.ids.next(createdMs);
      this.#onEvent({ kind: 'comment', accountUid: account.uid, work: input.work, comment, nid });
    }
    return comment;
  }

  /** A message appears in a conversation; from the peer it raises the unread count. */
  addMessage(account: AccountWorld, input: NewMessage): Message {
    const { conversation } = input;
    const createdMs = input.createdMs ?? this.#clock.nowMs();
    const message: Message = {
      serverId: this.ids.next(createdMs),
      clientId: input.clientId ?? this.random.uuid(),
      type: input.type ?? 7,
      sender: input.sender,
      content: input.content ?? textContent(input.text ?? ''),
      rawContent: input.rawContent,
      createdMs,
      index: (conversation.messages.at(-1)?.index ?? 0) + 1,
      isRecalled: false,
    };
    conversation.messages.push(message);
    if (input.sender.uid !== account.uid) conversation.unreadCount += 1;
    else conversation.unreadCount = 0;
    this.#onEvent({ kind: 'message', accountUid: account.uid, conversation, message });
    return message;
  }

  recall(account: AccountWorld, conversation: Conversation, message: Message): void {
    message.isRecalled = true;
    this.#onEvent({ kind: 'message_changed', accountUid: account.uid, conversation, message });
  }

  /** The account has read the conversation (here or on the phone). */
  markRead(account: AccountWorld, conversation: Conversation): void {
    conversation.unreadCount = 0;
    this.#onEvent({ kind: 'conversation_read', accountUid: account.uid, conversation });
  }

  /** The conversation with somebody, made empty when there is none. */
  conversationWith(account: AccountWorld, peer: Person): Conversation {
    const id = conversationId(account.uid, peer.uid);
    const known = account.conversation(id);
    if (known) return known;
    const conversation: Conversation = {
      id,
      shortId: this.ids.next(this.#clock.nowMs()),
      peer,
      isStranger: true,
      unreadCount: 0,
      messages: [],
    };
    account.people.add(peer);
    account.addConversation(conversation);
    return conversation;
  }

  addWork(
    account: AccountWorld,
    input: { title?: string | undefined; desc?: string | undefined; kind?: Work['kind'] | undefined },
  ): Work {
    const createdMs = this.#clock.nowMs();
    const work = bareWork(account.context, this.random, createdMs, this.ids.next(createdMs));
    work.stats = { play: 0, digg: 0, share: 0, collect: 0 };
    if (input.title !== undefined) work.title = input.title;
    if (input.desc !== undefined) work.desc = input.desc;
    if (input.kind !== undefined) work.kind = input.kind;
    if (work.kind === 'images' && work.imageKeys.length === 0)
      work.imageKeys = [this.random.hex(32), this.random.hex(32)];
    account.addWork(work);
    return work;
  }

  /** More seeded works, dated before the seeding instant, with `commentsPerWork` lazily made comments each. */
  seedMoreWorks(account: AccountWorld, count: number, commentsPerWork: number): Work[] {
    const batch = this.random.fork(`more${account.works().length}`);
    const works = seedWorks(
      { ...account.context, random: batch, ids: this.#batchIds(), nowMs: this.#clock.nowMs() },
      count,
      commentsPerWork,
      0,
    );
    for (const work of works) account.addWork(work);
    return works;
  }

  /** Replaces a work's comments by `count` lazily made ones. */
  seedComments(account: AccountWorld, work: Work, count: number): void {
    const context = { ...account.context, ids: this.#batchIds(), nowMs: this.#clock.nowMs() };
    work.comments = new CommentShelf(count, () => seedComments(context, work, count));
  }

  follow(account: AccountWorld, person: Person): string {
    account.brand.followerCount += 1;
    return this.#notice((nid, atMs) => ({ kind: 'follow', accountUid: account.uid, person, nid, atMs }));
  }

  like(account: AccountWorld, work: Work, person: Person): string {
    work.stats.digg += 1;
    return this.#notice((nid, atMs) => ({ kind: 'digg', accountUid: account.uid, person, work, nid, atMs }));
  }

  systemNotice(account: AccountWorld, title: string, content: string): string {
    return this.#notice((nid, atMs) => ({ kind: 'system', accountUid: account.uid, title, content, nid, atMs }));
  }

  #notice(make: (nid: string, atMs: number) => WorldEvent): string {
    const atMs = this.#clock.nowMs();
    const nid = this.ids.next(atMs);
    this.#onEvent(make(nid, atMs));
    return nid;
  }

  #batchIds(): IdSource {
    return new IdSource(`batch/${this.ids.next(this.#clock.nowMs())}`);
  }
}
