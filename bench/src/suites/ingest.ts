import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { type IngestLoad, sendItems } from '../lib/ingest-load.ts';
import { serverCpu } from '../lib/machine.ts';
import { readMetrics } from '../lib/metrics-text.ts';
import { processUse } from '../lib/process-use.ts';
import { atLeast, atMost, figure, type SuiteReport } from '../lib/report.ts';
import { median } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

/** A long comment: what makes a first sync of 50 MB out of some 50,000 items. */
const LONG_TEXT = '这款产品真的很好用，已经回购三次了，客服态度也不错，物流两天就到。😀'.repeat(8);
const FIRST_SYNC_BYTES = 50e6;
/** What is promised, whatever more there is to be had. */
const PROMISED_PER_SECOND = 10_000;

type Round = IngestLoad & { readonly delayP99Ms: number; readonly cpuUs: number; readonly rssMb: number };

/** Measures how fast Workers' items become durable, and how late the Master's event loop is meanwhile. */
export async function ingest({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const folder = tempFolder('bench-ingest');
  const master = await MasterProcess.start({ dataDir: folder.path, cpu: serverCpu() });
  try {
    const { token } = await master.admin();
    const client = await connectClient(() => master.socketUrl(token), 'bench');
    const key = await master.workerKey('bench');
    const worker = await FakeWorker.connect({ baseUrl: master.baseUrl, key, workerId: 'bench' });
    const itemCount = isQuick ? 5_000 : 100_000;
    const rounds: Round[] = [];
    for (let round = 0; round < (isQuick ? 1 : 3); round++) {
      const accountId = await addAccount(client, `ingest ${round}`);
      rounds.push(await measured(master, () => sendItems(worker, accountId, { from: 0, to: itemCount })));
    }
    const paced: Round[] = [];
    for (let round = 0; round < (isQuick ? 1 : 3); round++) {
      const accountId = await addAccount(client, `paced ${round}`);
      const load = { from: 0, to: itemCount, perSecond: PROMISED_PER_SECOND };
      paced.push(await measured(master, () => sendItems(worker, accountId, load)));
    }
    const accountId = await addAccount(client, 'first sync');
    const bytesAnItem = 1_020;
    const first = await measured(master, () =>
      sendItems(worker, accountId, {
        from: 0,
        to: Math.ceil((isQuick ? 2e6 : FIRST_SYNC_BYTES) / bytesAnItem),
        text: LONG_TEXT,
      }),
    );
    worker.close();
    client.close();
    return toReport({ rounds, paced, first });
  } finally {
    await master.close();
    folder.remove();
  }
}

async function measured(master: MasterProcess, run: () => Promise<IngestLoad>): Promise<Round> {
  await loopDelayMs(master); // begins a new measurement
  const before = processUse(master.pid).cpuUs;
  const load = await run();
  const delayP99Ms = await loopDelayMs(master);
  const use = processUse(master.pid);
  return { ...load, delayP99Ms, cpuUs: (use.cpuUs - before) / load.itemCount, rssMb: use.rssKb / 1_024 };
}

/** The timer that measures the delay runs this often; Node counts its period as delay. */
const SAMPLE_PERIOD_MS = 10;

/** The event loop's p99 delay since the last time that somebody asked: the sample begins anew with each answer. */
async function loopDelayMs(master: MasterProcess): Promise<number> {
  const samples = readMetrics(await (await fetch(`${master.baseUrl}/metrics`)).text());
  const seconds = samples.get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN;
  return Math.max(0, seconds * 1_000 - SAMPLE_PERIOD_MS);
}

function toReport({
  rounds,
  paced,
  first,
}: {
  readonly rounds: readonly Round[];
  readonly paced: readonly Round[];
  readonly first: Round;
}): SuiteReport {
  const rateOf = (some: readonly Round[]): number =>
    median(some.map(({ itemCount, tookMs }) => (itemCount / tookMs) * 1_000));
  const delayOf = (some: readonly Round[]): number => median(some.map(({ delayP99Ms }) => delayP99Ms));
  const row = (name: string, round: Round): string[] => [
    name,
    figure(round.itemCount),
    figure(round.sentBytes / 1e6),
    figure((round.itemCount / round.tookMs) * 1_000),
    figure(round.delayP99Ms),
    figure(round.cpuUs),
    figure(round.rssMb),
  ];
  return {
    name: 'Ingest',
    method:
      'One Worker over the real link, batches of about 490 items, at most 4 unacknowledged; comments and messages in turn, 200 a topic, a client of the whole inbox ' +
      'connected. An item counts when its batch was acknowledged, which is after the disk has it.',
    tables: [
      {
        head: ['run', 'items', 'MB sent', 'durable items/s', 'loop delay p99 ms', 'CPU µs an item', 'RSS MB'],
        rows: [
          ...rounds.map((round, index) => row(`as fast as it goes ${index + 1}`, round)),
          ...paced.map((round, index) => row(`at ${figure(PROMISED_PER_SECOND)} a second ${index + 1}`, round)),
          row('first sync', first),
        ],
      },
    ],
    verdicts: [
      atLeast('durable items, as fast as it goes', rateOf(rounds), PROMISED_PER_SECOND, 'items/s'),
      atMost(`event loop delay p99 at ${figure(PROMISED_PER_SECOND)} items/s`, delayOf(paced), 20, 'ms'),
      atLeast('first sync acknowledged as a whole', first.sentBytes / 1e6, 50, 'MB'),
    ],
    notes: [],
  };
}
