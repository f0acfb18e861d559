import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import type { Random } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import type { World } from '../world.ts';
import { auditMaster, resultOf } from './audit.ts';
import type { TruthBook } from './truth-book.ts';

const SIMULATED = 'a1';
const NEWEST_COUNT = 50;

/**
 * An account that one of our Workers drives in a real browser on the simulated platform. What customers do there and what
 * operators answer goes into the book; what was there before the run is taken over as read.
 */
export class PlatformAccount {
  readonly accountId: AccountId;
  readonly #world: World;
  readonly #book: TruthBook;
  readonly #given = new Set<string>();
  /** What happened and has to arrive, by topic. */
  readonly #awaited = new Map<string, { readonly topic: TopicRef; readonly ids: Set<string> }>();
  #number = 0;

  constructor(options: { readonly world: World; readonly accountId: AccountId; readonly book: TruthBook }) {
    this.#world = options.world;
    this.accountId = options.accountId;
    this.#book = options.book;
  }

  /** Waits for the end of the first reading, has it all marked read, and takes it into the book. */
  async start(): Promise<void> {
    const { client } = this.#world;
    await this.#firstReading();
    const { topics, items } = await auditMaster(client);
    for (const { record } of topics.values()) {
      const topic = { accountId: this.accountId, kind: record.kind, id: record.id };
      resultOf(await client.run('markRead', { topic, upToSeq: record.marks.lastArrivedSeq }));
    }
    for (const { facts } of items.values()) {
      const line = { id: facts.id, kind: facts.kind, isOwn: facts.direction === 'out', at: facts.at, text: facts.text };
      this.#book.add(this.accountId, facts.topicId, line, false);
    }
    for (const { id } of this.#book.topics(this.accountId)) this.#book.read(this.accountId, id);
  }

  /** Up to three things happen on the platform. */
  happen(random: Random): void {
    for (let count = random.int(0, 3); count > 0; count--) {
      this.#number += 1;
      const text = `平台 ${this.#number}`;
      const kind = random.pick(['comment_new', 'dm_in', 'dm_in'] as const);
      const made = this.#world.simulator.control.event({ kind, account: SIMULATED, text });
      const isPrivate = kind === 'dm_in';
      const topicId = (isPrivate ? made.conversationId : made.awemeId) ?? '';
      const id = (isPrivate ? made.serverId : made.cid) ?? '';
      const line = {
        id,
        kind: isPrivate ? ('message' as const) : ('comment' as const),
        isOwn: false,
        at: made.atMs,
        text,
      };
      this.#book.add(this.accountId, topicId, line, true);
      this.#await(
        { accountId: this.accountId, kind: isPrivate ? 'conversation' : 'content', id: topicId as TopicId },
        id,
      ); // the platform's id
    }
  }

  /** Resolves when all that happened is in the Master. */
  async settled(): Promise<void> {
    for (const { topic, ids } of this.#awaited.values()) {
      await until(`${[...ids].join(', ')} to arrive`, async () => {
        for (const { facts } of await this.#newest(topic)) ids.delete(facts.id);
        return ids.size === 0;
      });
    }
    this.#awaited.clear();
  }

  /** Sometimes answers in a conversation of this account. True when it did, once the page shows the words. */
  async answer(topic: TopicRef, random: Random): Promise<boolean> {
    if (topic.accountId !== this.accountId || topic.kind !== 'conversation' || !random.chance(0.5)) return false;
    this.#number += 1;
    const text = `我们答复 ${this.#number}`;
    this.#given.add(text);
    resultOf(await this.#world.client.run('sendReply', { topic, text }));
    const item = await until('the answer to be on the page', async () =>
      (await this.#newest(topic)).find(({ facts }) => facts.text === text),
    );
    const { id, at } = item.facts;
    this.#book.add(this.accountId, topic.id, { id, kind: 'message', isOwn: true, at, text }, false);
    return true;
  }

  /** Answers that the platform has twice, or that nobody gave. */
  wrongAnswers(): string[] {
    const sent = [...this.#world.accepted('comment_reply'), ...this.#world.accepted('dm_send')];
    return [
      ...sent.filter((text, index) => sent.indexOf(text) !== index || !this.#given.has(text)),
      ...[...this.#given].filter((text) => !sent.includes(text)),
    ];
  }

  #await(topic: TopicRef, id: string): void {
    const key = topicKey(topic);
    const known = this.#awaited.get(key) ?? { topic, ids: new Set<string>() };
    known.ids.add(id);
    this.#awaited.set(key, known);
  }

  async #newest(topic: TopicRef) {
    const outcome = await this.#world.client.query('items', { topic, limit: NEWEST_COUNT });
    return outcome.kind === 'done' ? outcome.value.items : [];
  }

  /** Resolves when the Master has as many lines as the platform. */
  async #firstReading(): Promise<void> {
    const { works, conversations } = this.#world.simulator.control.contents(SIMULATED);
    const right = {
      comments: works.reduce((sum, { commentCount }) => sum + commentCount, 0),
      messages: conversations.reduce((sum, { messageCount }) => sum + messageCount, 0),
    };
    let seen = '';
    await until('the first reading to end', () => {
      const account = this.#world.client.replica.accounts().find(({ record }) => record.id === this.accountId);
      const { commentCount: comments, messageCount: messages } = account?.summary ?? {};
      seen = JSON.stringify({ comments, messages });
      return seen === JSON.stringify(right);
    }).catch((cause: unknown) => {
      throw new Error(`the platform has ${JSON.stringify(right)}, the Master ${seen}`, { cause });
    });
  }
}
