import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@hiscrm/client/client.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { type TopicKey, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { Random } from '../harness/random.ts';
import { Stand } from './stand.ts';
import type { StressOptions, StressResult } from './stress-run.ts';

const ACCOUNT_COUNT = 3;
/** A moment within this is likely to be in the middle of something: batches are a few milliseconds each. */
const LONGEST_LIFE_MS = 600;
/** Reading everything back takes longer the more there is, so it is not done after every single kill. */
const JUDGE_EVERY = 5;

/**
 * `kill -9` of the Master at random moments, under a Worker that writes and operators that read and mark read. After it: what
 * was acknowledged is there, nothing twice, nothing out of order, all counters right, on the server and on every client.
 */
export async function killMaster({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const random = new Random(seed);
  const stand = await Stand.start('kill-master', ACCOUNT_COUNT);
  try {
    const observers = [stand.observer(), stand.observer()];
    const clients = [await stand.client('first'), await stand.client('second')];
    const writer = stand.writer(random);
    const marks = new ReadMarks(clients, random);
    let last = { itemCount: 0, unreadCount: 0, seq: 0 };
    for (let round = 1; round <= rounds; round++) {
      for (const client of clients) openSome(client, random);
      const marking = marks.markSome();
      await pause(random.int(0, LONGEST_LIFE_MS));
      await stand.crash();
      await marking;
      if (round % JUDGE_EVERY !== 0 && round !== rounds) continue;
      await writer.drain();
      last = await stand.judge({ writers: [writer], observers, clients });
      marks.judge(clients[0] as Client); // two were just made
      say(`after ${round} kills: ${writer.ackCount} batches acknowledged, ${JSON.stringify(last)}`);
      if (round !== rounds) writer.resume();
    }
    const resumes = observers.reduce((sum, { resumeCount }) => sum + resumeCount, 0);
    const resets = observers.flatMap((observer) => observer.resets);
    await stand.verify();
    return {
      kills: rounds,
      ...last,
      batches: writer.ackCount,
      resent: writer.resentCount,
      resumes,
      resets: resets.length,
    };
  } finally {
    await stand.close();
  }
}

/** Has lists and a few topics loaded, so that there is something to keep up to date. */
function openSome(client: Client, random: Random): void {
  for (const { record } of client.replica.accounts()) {
    for (const kind of ['content', 'conversation'] as const) {
      client.loadTopics(record.id, kind);
      const { topics } = client.replica.list(record.id, kind);
      if (topics.length > 0) client.openTopic(random.pick(topics).record);
    }
  }
}

/** Read marks that operators set and the Master confirmed: none may be lost. */
class ReadMarks {
  readonly #clients: readonly Client[];
  readonly #random: Random;
  readonly #confirmed = new Map<TopicKey, Seq>();

  constructor(clients: readonly Client[], random: Random) {
    this.#clients = clients;
    this.#random = random;
  }

  /** Resolves when the Master has answered, after a restart if need be. */
  async markSome(): Promise<void> {
    await Promise.all(
      this.#clients.map(async (client) => {
        const accounts = client.replica.accounts();
        if (accounts.length === 0) return;
        const { record: account } = this.#random.pick(accounts);
        const { topics } = client.replica.list(account.id, this.#random.pick(['content', 'conversation']));
        if (topics.length === 0) return;
        const { accountId, kind, id, marks } = this.#random.pick(topics).record;
        const topic = { accountId, kind, id };
        const outcome = await client.run('markRead', { topic, upToSeq: marks.lastArrivedSeq });
        if (outcome.kind !== 'done') return;
        const key = topicKey(topic);
        if ((this.#confirmed.get(key) ?? 0) < marks.lastArrivedSeq) this.#confirmed.set(key, marks.lastArrivedSeq);
      }),
    );
  }

  /** Throws when a confirmed mark is not there. */
  judge(client: Client): void {
    for (const { record: account } of client.replica.accounts()) {
      for (const kind of ['content', 'conversation'] as const) {
        for (const { record } of client.replica.list(account.id, kind).topics) {
          const confirmed = this.#confirmed.get(topicKey(record)) ?? 0;
          const isOpen = client.replica.window(record)?.phase.kind === 'ready';
          if (isOpen && record.marks.readUpToSeq < confirmed)
            throw new Error(
              `${topicKey(record)} is read up to ${record.marks.readUpToSeq}, confirmed was ${confirmed}`,
            );
        }
      }
    }
  }
}
