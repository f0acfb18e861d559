import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@hiscrm/client/client.ts';
import { HUB_LIMITS } from '@hiscrm/master/hub/hub-limits.ts';
import { CountingProxy } from '../harness/counting-proxy.ts';
import { Random } from '../harness/random.ts';
import { Stand } from './stand.ts';
import { expectNone, type StressOptions, type StressResult } from './stress-run.ts';

const CLIENT_COUNT = 5;
const OBSERVER_COUNT = 5;
const LONGEST_GAP_MS = 300;
/** How many of the rounds leave the clients unable to read instead of cutting them. */
const HOLD_CHANCE = 0.05;
const HOLD_MS = 1_000;

/**
 * Clients behind relays that cut them at random while a Worker writes. Each round cuts everybody once, so a tenth of the
 * rounds asked for is enough. One more client is away for the whole run. In the end each client shows what the Master answers,
 * and no log reader missed a row.
 */
export async function resume({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const random = new Random(seed);
  const stand = await Stand.start('resume', 2);
  const proxies: CountingProxy[] = [];
  try {
    const relay = async (): Promise<number> => {
      const proxy = await CountingProxy.start(stand.master.port);
      proxies.push(proxy);
      return proxy.port;
    };
    const clients: Client[] = [];
    for (let index = 0; index < CLIENT_COUNT; index++) clients.push(await stand.client(`cut ${index}`, await relay()));
    const observers = [];
    for (let index = 0; index < OBSERVER_COUNT; index++) observers.push(stand.observer(await relay()));
    const sleeper = await fallAsleep(stand, await relay());
    const [sleeperProxy] = proxies.splice(-1);
    sleeperProxy?.refuse(true);
    sleeperProxy?.cut();
    const writer = stand.writer(random);
    const sweepCount = Math.ceil(rounds / proxies.length);
    let holdCount = 0;
    for (let sweep = 0; sweep < sweepCount; sweep++) {
      for (const client of clients) showSome(client, random);
      if (random.chance(HOLD_CHANCE)) {
        holdCount += 1;
        const held = random.pick(proxies);
        held.holdDown(true);
        await pause(HOLD_MS);
        held.holdDown(false);
      }
      for (const proxy of proxies) {
        await pause(random.int(0, LONGEST_GAP_MS / proxies.length));
        proxy.cut();
      }
    }
    await writer.drain();
    sleeperProxy?.refuse(false);
    const result = await stand.judge({ writers: [writer], observers, clients: [...clients, sleeper] });
    await sleeperProxy?.close();
    const { resetCount } = sleeper.faults();
    if (result.seq > 1.1 * HUB_LIMITS.catchUpCount && resetCount === 0)
      throw new Error(`a client that missed about ${result.seq} rows was not told to start anew`);
    for (const client of clients) {
      const { holeCount, auditCount } = client.faults();
      if (holeCount > 0) expectNone('holes that a client met', [`${holeCount} holes`]);
      if (auditCount > 0) say(`a client repaired ${auditCount} counters`);
    }
    const resumes = observers.reduce((sum, { resumeCount }) => sum + resumeCount, 0);
    return {
      cuts: sweepCount * proxies.length,
      ...result,
      resumes,
      holds: holdCount,
      resetsAfterLongSleep: resetCount,
    };
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await stand.close();
  }
}

/** A client with something on its screen that is about to be away for the whole run. */
async function fallAsleep(stand: Stand, port: number): Promise<Client> {
  const client = await stand.client('sleeper', port);
  for (const { record } of client.replica.accounts()) client.loadTopics(record.id, 'content');
  return client;
}

function showSome(client: Client, random: Random): void {
  for (const { record } of client.replica.accounts()) {
    for (const kind of ['content', 'conversation'] as const) {
      client.loadTopics(record.id, kind);
      const { topics } = client.replica.list(record.id, kind);
      if (topics.length > 0 && random.chance(0.5)) client.openTopic(random.pick(topics).record);
    }
  }
}
