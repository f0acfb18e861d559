import type { Client } from '@hiscrm/client/client.ts';
import { windowSlice } from '@hiscrm/client/replica/slice.ts';
import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { CountingProxy } from '@hiscrm/e2e/harness/counting-proxy.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { conversation, message, platformId } from '@hiscrm/e2e/harness/make-facts.ts';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { until, within } from '@hiscrm/e2e/harness/until.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { serverCpu } from '../lib/machine.ts';
import { processUse } from '../lib/process-use.ts';
import { atMost, figure, type SuiteReport } from '../lib/report.ts';
import { percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const ITEM_COUNT = 1_000;
const TOPIC_COUNT = 10;
const MESSAGE_DEADLINE_MS = 5_000;
/** One message of this text both for time and for bytes. */
const TEXT = '请问这个还有货吗？什么时候发货 😀';

type Way = {
  readonly times: Float64Array;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly cpuMs: number;
};

/** Measures one message from the Worker's socket to the client library's window, in an account that is full already. */
export async function workerToScreen({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const folder = tempFolder('bench-screen');
  const master = await MasterProcess.start({ dataDir: folder.path, cpu: serverCpu() });
  const workerProxy = await CountingProxy.start(master.port);
  const clientProxy = await CountingProxy.start(master.port);
  try {
    const { token } = await master.admin();
    const admin = await connectClient(() => master.socketUrl(token), 'bench');
    const accountId = await addAccount(admin, 'worker-to-screen');
    const key = await master.workerKey('bench');
    await fill(master.baseUrl, key, accountId);
    const direct = await measure(master, { master, key, accountId, count: isQuick ? 50 : 1_000, from: 10_000 });
    const relayed = await measure(
      {
        baseUrl: `http://127.0.0.1:${workerProxy.port}`,
        socketUrl: () => master.socketUrl(token).replace(`:${master.port}`, `:${clientProxy.port}`),
      },
      { master, key, accountId, count: 50, from: 20_000, proxies: { worker: workerProxy, client: clientProxy } },
    );
    admin.close();
    return toReport(direct, relayed);
  } finally {
    await Promise.all([workerProxy.close(), clientProxy.close()]);
    await master.close();
    folder.remove();
  }
}

async function fill(baseUrl: string, key: string, accountId: AccountId): Promise<void> {
  const worker = await FakeWorker.connect({ baseUrl, key, workerId: 'filler' });
  for (let topic = 0; topic < TOPIC_COUNT; topic++) {
    const items = Array.from({ length: ITEM_COUNT / TOPIC_COUNT }, (_, index) =>
      message(accountId, topic, topic * 1_000 + index),
    );
    const answer = await worker.send(accountId, [conversation(accountId, topic), ...items]);
    if (!answer.ok) throw new Error(`the items were refused: ${JSON.stringify(answer.error)}`);
  }
  worker.close();
}

type Doors = { readonly baseUrl: string; readonly socketUrl: (token: string) => string };
type Plan = {
  readonly master: MasterProcess;
  readonly key: string;
  readonly accountId: AccountId;
  readonly count: number;
  readonly from: number;
  readonly proxies?: { readonly worker: CountingProxy; readonly client: CountingProxy } | undefined;
};

async function measure(doors: Doors, plan: Plan): Promise<Way> {
  const { token } = await plan.master.admin();
  const client = await connectClient(() => doors.socketUrl(token), 'screen');
  const worker = await FakeWorker.connect({ baseUrl: doors.baseUrl, key: plan.key, workerId: 'filler' });
  const ref: TopicRef = { accountId: plan.accountId, kind: 'conversation', id: 'c1' as TopicId }; // one of the filled ones
  const closeTopic = client.openTopic(ref);
  try {
    await until('the topic to be loaded', () => client.replica.window(ref)?.phase.kind === 'ready');
    const { leaseToken } = await worker.assignment(plan.accountId);
    plan.proxies?.worker.resetCounts();
    plan.proxies?.client.resetCounts();
    const before = processUse(plan.master.pid).cpuUs;
    const times = new Float64Array(plan.count);
    for (let index = 0; index < plan.count; index++) {
      const n = plan.from + index;
      const change = message(plan.accountId, 1, n, { text: TEXT });
      const sentAt = performance.now();
      const shown = seenIn(client, ref, platformId(n));
      const answer = worker.send(plan.accountId, [change], { leaseToken });
      await within(MESSAGE_DEADLINE_MS, `message ${n} on the screen`, shown);
      times[index] = performance.now() - sentAt;
      await answer;
    }
    return {
      times,
      upBytes: (plan.proxies?.worker.upBytes ?? 0) / plan.count,
      downBytes: (plan.proxies?.client.downBytes ?? 0) / plan.count,
      cpuMs: (processUse(plan.master.pid).cpuUs - before) / plan.count / 1_000,
    };
  } finally {
    closeTopic();
    worker.close();
    client.close();
  }
}

/** Resolves when the window's newest item is this one. */
function seenIn(client: Client, ref: TopicRef, itemId: string): Promise<void> {
  const seen = deferred<void>();
  const cancel = client.subscribe(windowSlice(ref), () => {
    if (client.replica.window(ref)?.items.at(-1)?.facts.id === itemId) seen.resolve();
  });
  return seen.promise.finally(cancel);
}

function toReport(direct: Way, relayed: Way): SuiteReport {
  const p50 = percentile(direct.times, 0.5);
  const p99 = percentile(direct.times, 0.99);
  return {
    name: 'Worker to screen',
    method:
      `One new message in an account of ${ITEM_COUNT.toLocaleString('en')} items, one after the other: from the Worker's socket, through schema, lease, ` +
      'disk, store and hub, to the window of the client library. Worker and client share one process and one clock. Bytes are counted by a relay on each hop.',
    tables: [
      {
        head: [
          'messages',
          'p50 ms',
          'p99 ms',
          'max ms',
          'server CPU ms a message',
          'Worker → Master B',
          'Master → client B',
        ],
        rows: [
          [
            String(direct.times.length),
            figure(p50),
            figure(p99),
            figure(percentile(direct.times, 1)),
            figure(direct.cpuMs),
            figure(relayed.upBytes),
            figure(relayed.downBytes),
          ],
        ],
      },
    ],
    verdicts: [
      atMost('p50, durable', p50, 3, 'ms'),
      atMost('p99, durable', p99, 15, 'ms'),
      atMost('both hops together, one message', relayed.upBytes + relayed.downBytes, 4_096, 'B'),
    ],
    notes: [],
  };
}
