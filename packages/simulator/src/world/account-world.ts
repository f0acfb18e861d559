import { IdSource } from '../lib/platform-id.ts';
import { Random } from '../lib/random.ts';
import type { Person } from './comment.ts';
import { makePerson, People } from './make-person.ts';
import type { Conversation, Work } from './model.ts';
import { TRADES } from './phrases.ts';
import type { Profile } from './profile.ts';
import { seedConversations } from './seed-conversations.ts';
import { type SeedContext, seedWorks } from './seed-works.ts';

/** One account's part of the world. Works and conversations are seeded when first asked for. */
export class AccountWorld {
  /** Short name for the control API: a1, a2, … */
  readonly key: string;
  readonly brand: Person;
  readonly brandStats: { following: number; favorited: number };
  readonly people: People;
  readonly context: SeedContext;
  readonly #profile: Profile;
  #works: Work[] | undefined;
  #conversations: Map<string, Conversation> | undefined;

  constructor(seed: string, index: number, profile: Profile, nowMs: number) {
    const random = new Random(`${seed}/account${index}`);
    const trade = TRADES[index % TRADES.length];
    if (!trade) throw new Error('no trade to seed an account from');
    this.key = `a${index + 1}`;
    this.#profile = profile;
    this.people = new People(random.fork('people'));
    const round = Math.floor(index / TRADES.length);
    const name = trade.names[round % trade.names.length] ?? '店铺';
    this.brand = {
      ...makePerson(random.fork('brand'), 0),
      nickname: round < trade.names.length ? name : `${name}${round + 1}号店`,
      uniqueId: random.digits(11),
      shortId: '',
      signature: trade.signature,
      followerCount: random.int(2_000, 90_000),
    };
    this.brandStats = { following: random.int(20, 300), favorited: random.int(10_000, 900_000) };
    this.people.add(this.brand);
    this.context = {
      random,
      ids: new IdSource(`${seed}/${this.key}`),
      people: this.people,
      brand: this.brand,
      trade,
      nowMs,
    };
  }

  get uid(): string {
    return this.brand.uid;
  }

  /** Newest first, deleted ones included (they are flagged). */
  works(): Work[] {
    const { works, commentsPerWork, hugeWorkComments } = this.#profile;
    this.#works ??= seedWorks(this.context, works, commentsPerWork, hugeWorkComments);
    return this.#works;
  }

  work(awemeId: string): Work | undefined {
    return this.works().find((work) => work.awemeId === awemeId);
  }

  addWork(work: Work): void {
    this.works().push(work);
    this.works().sort((a, b) => b.createdMs - a.createdMs);
  }

  conversation(id: string): Conversation | undefined {
    return this.#conversationMap().get(id);
  }

  addConversation(conversation: Conversation): void {
    this.#conversationMap().set(conversation.id, conversation);
  }

  /** The one with the newest message first. */
  conversations(): Conversation[] {
    return [...this.#conversationMap().values()].sort(
      (a, b) => (b.messages.at(-1)?.createdMs ?? 0) - (a.messages.at(-1)?.createdMs ?? 0),
    );
  }

  #conversationMap(): Map<string, Conversation> {
    if (!this.#conversations) {
      const { conversations, messagesPerConversation } = this.#profile;
      const seeded = seedConversations(this.context, conversations, messagesPerConversation);
      this.#conversations = new Map(seeded.map((conversation) => [conversation.id, conversation]));
    }
    return this.#conversations;
  }
}
