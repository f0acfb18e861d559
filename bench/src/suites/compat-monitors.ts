import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { conversation, message } from '@hiscrm/e2e/harness/make-facts.ts';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { until } from '@hiscrm/e2e/harness/until.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { io } from 'socket.io-client';
import { CompatMonitorClient } from '../lib/compat-monitor-client.ts';
import { serverCpu } from '../lib/machine.ts';
import { startPeer } from '../lib/peer-process.ts';
import { processUse } from '../lib/process-use.ts';
import { atMost, figure, type SuiteReport } from '../lib/report.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const CLIENT_COUNT = 200;
const ACCOUNT_COUNT = 50;
const TOPIC_COUNT = 20;
const MESSAGE_COUNT = 10;
const PERIOD_MS = 100;
/** Before anything is counted, so that both servers run compiled code: they run for weeks. */
const WARM_UP_COUNT = 100;
/** What a server uses while nothing happens is no cost of a message. */
const IDLE_MS = 3_000;
/** Nothing heard for so long: everything that a message caused has arrived. */
const QUIET_MS = 3_000;
const SETTLE_DEADLINE_MS = 600_000;
const SOCKET_PATH = '/socket.io/?EIO=4&transport=websocket';

type Target = {
  readonly pid: number;
  readonly url: string;
  /** Publishes message `n` in an account and topic. */
  readonly publish: (account: number, topic: number, n: number) => Promise<void> | void;
  readonly close: () => Promise<void>;
};

type Cost = { readonly cpuMs: number; readonly clientBytes: number; readonly lists: number };

/** 200 existing PC clients on 50 accounts, a new message every 100 ms: ours against a full rebroadcast. */
export async function compatMonitors({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size = isQuick ? { clients: 20, messages: 20 } : { clients: CLIENT_COUNT, messages: 60 };
  const rows: string[][] = [];
  const ratios: { readonly claim: string; readonly cpu: number; readonly bytes: number }[] = [];
  for (const asks of [true, false]) {
    const warmUp = isQuick ? 10 : WARM_UP_COUNT;
    const ours = await measure(await startOurs(), { ...size, warmUp, asks });
    // A rebroadcast that is asked back needs seconds a message: fewer messages tell the same, and warm it up as well.
    const fewer = asks ? { warmUp: Math.min(warmUp, 10), messages: Math.min(size.messages, 10) } : { warmUp };
    const theirs = await measure(await startRebroadcast(), { ...size, ...fewer, asks });
    const claim = asks ? 'clients that ask for every channel’s topics' : 'clients that only listen';
    for (const [name, cost] of [
      ['this Master, durable', ours],
      ['full rebroadcast', theirs],
    ] as const) {
      rows.push([claim, name, figure(cost.cpuMs), figure(cost.clientBytes / 1_000), figure(cost.lists)]);
    }
    ratios.push({ claim, cpu: ours.cpuMs / theirs.cpuMs, bytes: ours.clientBytes / theirs.clientBytes });
  }
  return {
    name: 'existing PC clients',
    method:
      `${size.clients} clients of the existing protocol on ${ACCOUNT_COUNT} accounts with ${TOPIC_COUNT} conversations of ${MESSAGE_COUNT} messages, ` +
      `one new message every ${PERIOD_MS} ms, after up to ${WARM_UP_COUNT} messages to warm up. Costs are counted until everything that the messages ` +
      'caused has arrived; what the server uses in the same time when idle is taken off.',
    tables: [
      { head: ['clients', 'server', 'CPU ms / message', 'kB / client / message', 'lists / client / message'], rows },
    ],
    verdicts: ratios.flatMap(({ claim, cpu, bytes }) => [
      atMost(`server CPU a message, ${claim}`, cpu, 0.1, '× rebroadcast'),
      atMost(`bytes a client, ${claim}`, bytes, 0.1, '× rebroadcast'),
    ]),
    notes: [
      'The rebroadcast stores nothing; this Master makes every message durable first.',
      'The PC client asks for every channel’s topics; clients that only listen are scripts.',
    ],
  };
}

async function measure(
  target: Target,
  plan: {
    readonly clients: number;
    readonly warmUp: number;
    readonly messages: number;
    readonly asks: boolean;
  },
): Promise<Cost> {
  const clients = Array.from({ length: plan.clients }, () => new CompatMonitorClient(target.url, plan.asks));
  try {
    await Promise.all(clients.map(({ ready }) => ready));
    await publish(target, clients, { from: 0, count: plan.warmUp });
    const idleUs = await idleUseOf(target.pid);
    for (const client of clients) {
      client.bytes = 0;
      client.listCount = 0;
    }
    const before = processUse(target.pid).cpuUs;
    const startedAt = performance.now();
    await publish(target, clients, { from: plan.warmUp, count: plan.messages });
    const idle = idleUs * (performance.now() - startedAt);
    const sum = (pick: (client: CompatMonitorClient) => number): number =>
      clients.reduce((total, client) => total + pick(client), 0);
    return {
      cpuMs: (processUse(target.pid).cpuUs - before - idle) / 1_000 / plan.messages,
      clientBytes: sum(({ bytes }) => bytes) / plan.clients / plan.messages,
      lists: sum(({ listCount }) => listCount) / plan.clients / plan.messages,
    };
  } finally {
    for (const client of clients) client.close();
    await target.close();
  }
}

/** Messages at their times; resolves when everything that they caused has arrived. */
async function publish(
  target: Target,
  clients: readonly CompatMonitorClient[],
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt + n * PERIOD_MS - performance.now())));
    await target.publish((from + n) % ACCOUNT_COUNT, (from + n) % TOPIC_COUNT, from + n);
  }
  await quiet(clients);
}

/** Processor microseconds a millisecond of a server that has nothing to do. */
async function idleUseOf(pid: number): Promise<number> {
  const before = processUse(pid).cpuUs;
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return (processUse(pid).cpuUs - before) / (performance.now() - startedAt);
}

async function quiet(clients: readonly CompatMonitorClient[]): Promise<void> {
  await until('quiet', () => clients.every(({ heardAt }) => performance.now() - heardAt > QUIET_MS), {
    deadlineMs: SETTLE_DEADLINE_MS,
  });
}

async function startOurs(): Promise<Target> {
  const folder = tempFolder('bench-compat');
  const master = await MasterProcess.start({ dataDir: folder.path, cpu: serverCpu() });
  const { token } = await master.admin();
  const admin = await connectClient(() => master.socketUrl(token), 'bench');
  const accounts: AccountId[] = [];
  for (let n = 0; n < ACCOUNT_COUNT; n++) accounts.push(await addAccount(admin, `account ${n}`));
  admin.close();
  const key = await master.workerKey('bench');
  const worker = await FakeWorker.connect({ baseUrl: master.baseUrl, key, workerId: 'w', maxAccounts: ACCOUNT_COUNT });
  for (const accountId of accounts) {
    await worker.assignment(accountId);
    for (let topic = 0; topic < TOPIC_COUNT; topic++) {
      const items = Array.from({ length: MESSAGE_COUNT }, (_, n) => message(accountId, topic, topic * 1_000 + n));
      await worker.send(accountId, [conversation(accountId, topic), ...items]);
    }
  }
  return {
    pid: master.pid,
    url: `ws://127.0.0.1:${master.port}${SOCKET_PATH}&token=${token}`,
    publish: async (account, topic, n) => {
      const accountId = accounts[account];
      if (!accountId) return;
      const answer = await worker.send(accountId, [message(accountId, topic, 1_000_000 + n, { at: Date.now() })]);
      if (!answer.ok) throw new Error(`a message was refused: ${JSON.stringify(answer.error)}`);
    },
    close: async () => {
      worker.close();
      await master.close();
      folder.remove();
    },
  };
}

async function startRebroadcast(): Promise<Target> {
  const size = [ACCOUNT_COUNT, TOPIC_COUNT, MESSAGE_COUNT].map(String);
  const { child, port } = await startPeer('compat-rebroadcast', serverCpu(), size);
  const publisher = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false, forceNew: true });
  await new Promise((resolve, reject) =>
    publisher.once('connect', () => resolve(undefined)).once('connect_error', reject),
  );
  return {
    pid: child.pid,
    url: `ws://127.0.0.1:${port}${SOCKET_PATH}`,
    publish: (account, topic, n) => void publisher.emit('publish', { account, topic, n }),
    close: async () => {
      publisher.close();
      await child.close();
    },
  };
}
