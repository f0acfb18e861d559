import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { CLIENT_SUBPROTOCOL } from '@hiscrm/shared/protocol/client-link.ts';
import { COMMANDS } from '@hiscrm/shared/protocol/commands.ts';
import { QUERIES } from '@hiscrm/shared/protocol/queries.ts';
import { CLIENT_PROTOCOL } from '@hiscrm/shared/protocol/version.ts';
import { WORKER_MESSAGE } from '@hiscrm/shared/protocol/worker-link.ts';
import { WebSocket } from 'ws';
import { FakeWorker } from '../harness/fake-worker.ts';
import { message } from '../harness/make-facts.ts';
import { memoryInUse } from '../harness/memory-in-use.ts';
import { Random } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { auditMaster, differencesToFold } from './audit.ts';
import { bend, NASTY, toUrlText } from './bend.ts';
import { FuzzBystander } from './fuzz-bystander.ts';
import { fuzzForeignSockets, fuzzNoticeSocket } from './fuzz-foreign.ts';
import { IN_USE_GROWTH, MemoryTrend, RSS_GROWTH } from './memory-trend.ts';
import { Stand } from './stand.ts';
import { expectNone, type StressOptions, type StressResult } from './stress-run.ts';

const FRAMES_A_ROUND = 40;
/** To collect all garbage takes as long as a round. */
const ROUNDS_A_SAMPLE = 10;
/** Answers that a request of a stranger may get; anything else, above all 500, is a bug. */
const FINE_STATUS = new Set([
  200, 201, 202, 204, 301, 302, 304, 400, 401, 403, 404, 405, 406, 409, 411, 413, 414, 415, 422, 426, 429, 431, 503,
]);

/** Every frame and every route, bent at random. The Master lives, answers from its catalogue, and its inbox is untouched. */
export async function fuzz({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const random = new Random(seed);
  const stand = await Stand.start('fuzz', 1, { saysMemory: true });
  const accountId = stand.accounts[0] as AccountId; // one was just made
  let closeBystander = (): Promise<void> => Promise.resolve();
  try {
    const observer = stand.observer();
    const routes = await routesOf(stand);
    const statuses = new Map<number, number>();
    const bystander = await FuzzBystander.start(stand);
    closeBystander = () => bystander.close();
    const inUse = new MemoryTrend('in use', IN_USE_GROWTH);
    const rss = new MemoryTrend('of the system', RSS_GROWTH);
    let frameCount = 0;
    for (let round = 0; round < rounds; round++) {
      frameCount += await fuzzSocket(stand, random);
      frameCount += await fuzzWorker(stand, random, accountId);
      frameCount += await fuzzForeignSockets(stand, random);
      frameCount += await fuzzNoticeSocket(stand, random);
      await fuzzRoutes(stand, random, routes, statuses);
      await bystander.look();
      if (round % ROUNDS_A_SAMPLE === 0) {
        const memory = await memoryInUse(stand.master);
        inUse.note(memory.inUseBytes);
        rss.note(memory.rssBytes);
      }
      if (stand.master.child.exitCode !== undefined) throw new Error(`the Master died:\n${stand.master.child.output}`);
    }
    const ready = await fetch(`${stand.master.baseUrl}/readyz`);
    if (ready.status !== 200) throw new Error(`/readyz answers ${ready.status} after the fuzz`);
    const reader = await stand.client('reader');
    const audit = await auditMaster(reader);
    expectNone('what the Master answers', audit.faults);
    const head = reader.replica.position?.seq ?? 0;
    await until('the observer to catch up', () => observer.seq >= head);
    expectNone('the fold of all rows', differencesToFold(audit, observer.view));
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}×${count}`);
    say(`answers: ${told.join(' ')}`);
    expectNone('the client beside it', bystander.faults());
    expectNone('memory', [...inUse.faults(), ...rss.faults()]);
    return {
      routes: routes.length,
      requests: [...statuses.values()].reduce((sum, count) => sum + count, 0),
      frames: frameCount,
      seq: head,
      bystander: `${bystander.lookCount} notices, slowest ${Math.round(bystander.slowestMs)} ms`,
      memory: `${inUse.summary()}, ${rss.summary()}`,
    };
  } finally {
    await closeBystander();
    await stand.close();
  }
}

/** Gives how many frames it sent. */
async function fuzzSocket(stand: Stand, random: Random): Promise<number> {
  const socket = new WebSocket(stand.url(), CLIENT_SUBPROTOCOL);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => socket.terminate()); // the server may hang up on nonsense
  await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed]);
  const hello = { type: 'hello', protocol: CLIENT_PROTOCOL, client: { name: 'fuzz', version: '0' } };
  if (random.chance(0.8)) socket.send(JSON.stringify(hello));
  let count = 0;
  for (; count < FRAMES_A_ROUND && socket.readyState === socket.OPEN; count++) {
    const frame = clientFrame(random, count);
    const how = random.next();
    if (how < 0.1) socket.send(Buffer.from(JSON.stringify(frame)), { binary: true });
    else if (how < 0.2) socket.send(JSON.stringify(frame).slice(0, random.int(0, 30)));
    else socket.send(JSON.stringify(bend(frame, random)));
    if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.close();
  setTimeout(() => socket.terminate(), 1_000).unref();
  await closed;
  return count;
}

function clientFrame(random: Random, id: number): object {
  const topic = { accountId: 'a', kind: 'content', id: '1' };
  const params = {
    accountId: 'a',
    topic,
    kind: 'content',
    limit: 10,
    upToSeq: 1,
    ids: ['1'],
    text: 'x',
    itemKind: 'comment',
  };
  return random.pick<object>([
    { type: 'query', id, name: random.pick(Object.keys(QUERIES)), params },
    {
      type: 'command',
      id,
      key: `fuzz-key-${random.int(0, 9)}`,
      name: random.pick(Object.keys(COMMANDS).filter((name) => name !== 'addAccount')),
      params,
    },
    {
      type: 'hello',
      protocol: random.int(-1, 3),
      client: { name: 'x', version: 'y' },
      resume: { epoch: 'x', seq: random.int(-5, 9e15) },
    },
    { type: 'ping' },
    { type: random.pick(NASTY) },
    [],
    { __proto__: null, type: 'query', toString: 1 },
  ]);
}

async function fuzzWorker(stand: Stand, random: Random, accountId: AccountId): Promise<number> {
  const worker = await FakeWorker.connect({ baseUrl: stand.master.baseUrl, key: stand.workerKey, workerId: 'fuzzer' });
  const { leaseToken } = await worker.assignment(accountId);
  for (let count = 0; count < FRAMES_A_ROUND; count++) {
    const payload = {
      accountId,
      leaseToken,
      batchId: `b${count}`,
      changes: [message(accountId, 1, random.int(0, 50))],
    };
    const envelope = {
      type: random.pick(Object.values(WORKER_MESSAGE)),
      version: 'v1',
      payload: random.chance(0.8) ? bend(payload, random) : random.pick(NASTY),
      timestamp: Date.now(),
    };
    if (random.chance(0.5)) worker.emitRaw(bend(envelope, random), () => undefined);
    else worker.emitRaw(bend(envelope, random));
  }
  // Whatever came before, the link is refused in words or still works.
  await worker
    .send(accountId, [message(accountId, 1, 1)], { leaseToken })
    .then(() => undefined)
    .catch(() => undefined);
  worker.close();
  return FRAMES_A_ROUND;
}

type Route = { readonly method: string; readonly path: string };

async function routesOf(stand: Stand): Promise<Route[]> {
  const response = await fetch(`${stand.master.baseUrl}/openapi.json`, {
    headers: { authorization: `Bearer ${stand.token}` },
  });
  const document: unknown = await response.json();
  if (typeof document !== 'object' || document === null || !('paths' in document))
    throw new Error('no OpenAPI document');
  const paths = document.paths as Readonly<Record<string, Readonly<Record<string, unknown>>>>; // OpenAPI's own shape
  return Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map((method) => ({ method, path })));
}

/** Left out: they would end the session that the fuzz itself uses, or change who may log in. */
const SPARED = /logout|password|users|sessions/;

async function fuzzRoutes(
  stand: Stand,
  random: Random,
  routes: readonly Route[],
  statuses: Map<number, number>,
): Promise<void> {
  for (const { method, path } of routes) {
    const isSpared = SPARED.test(path) && method !== 'get';
    const filled = path.replace(/\{[^}]+\}/g, () => encodeURIComponent(toUrlText(random.pick(NASTY)).slice(0, 2_000)));
    const query = random.chance(0.5) ? `?${queryText(random)}` : '';
    const headers: Record<string, string> = {};
    if (!isSpared && random.chance(0.8)) headers.authorization = `Bearer ${stand.token}`;
    const hasBody = method !== 'get' && method !== 'head' && method !== 'delete';
    if (hasBody)
      headers['content-type'] = random.pick(['application/json', 'text/plain', 'application/x-www-form-urlencoded']);
    const response = await fetch(`${stand.master.baseUrl}${filled}${query}`, {
      method: method.toUpperCase(),
      headers,
      redirect: 'manual',
      ...(hasBody && {
        body: random.pick([
          '{',
          '[]',
          'null',
          '{"a":1}',
          JSON.stringify(bend({ username: 'x', text: 'y', limit: 1 }, random)),
        ]),
      }),
    });
    const text = await response.text();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (!FINE_STATUS.has(response.status))
      throw new Error(`${method} ${filled}${query} was answered ${response.status}: ${text.slice(0, 500)}`);
    if (/\n\s+at .+:\d+:\d+|node_modules/.test(text))
      throw new Error(`${method} ${path} shows a stack: ${text.slice(0, 500)}`);
  }
}

function queryText(random: Random): string {
  const names = ['account_id', 'accountId', 'count', 'cursor', 'limit', 'offset', 'since_timestamp', 'status', 'token'];
  return Array.from(
    { length: 3 },
    () => `${random.pick(names)}=${encodeURIComponent(toUrlText(random.pick(NASTY)).slice(0, 1_000))}`,
  ).join('&');
}
