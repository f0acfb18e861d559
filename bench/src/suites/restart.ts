import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAccount, connectClient } from '@hiscrm/e2e/harness/connect-client.ts';
import { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { MasterProcess } from '@hiscrm/e2e/harness/master-process.ts';
import { sendItems } from '../lib/ingest-load.ts';
import { serverCpu } from '../lib/machine.ts';
import { processUse } from '../lib/process-use.ts';
import { atMost, figure, type SuiteReport } from '../lib/report.ts';
import { median } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const ACCOUNT_COUNT = 20;
const ITEM_COUNT = 1_000_000;
const QUICK_ITEM_COUNT = 20_000;

type Start = { readonly how: string; readonly readyMs: number; readonly rssMb: number };

/** Measures how long a Master with a million items takes from its start to the first client. */
export async function restart({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const itemCount = isQuick ? QUICK_ITEM_COUNT : ITEM_COUNT;
  const dataDir = await seeded(itemCount);
  const starts: Start[] = [];
  for (let round = 0; round < 3; round++) {
    starts.push(await startOnce(dataDir, 'after an orderly stop', (master) => master.close()));
    starts.push(await startOnce(dataDir, 'before a kill -9', (master) => master.killNow()));
  }
  const all = starts.map(({ readyMs }) => readyMs);
  return {
    name: 'Restart',
    method:
      `A database of ${itemCount.toLocaleString('en')} items in ${ACCOUNT_COUNT} accounts, filled over the Worker link. From the spawn of the process ` +
      'to the first 200 of /readyz, which means that clients may connect; Node itself takes part of it.',
    tables: [
      {
        head: ['start', 'ready ms', 'RSS MB'],
        rows: starts.map(({ how, readyMs, rssMb }) => [how, figure(readyMs), figure(rssMb)]),
      },
    ],
    verdicts: [atMost(`ready with ${itemCount.toLocaleString('en')} items`, median(all) / 1_000, 3, 's')],
    notes: [
      `The database is kept in ${'`'}hiscrm-bench-restart-${itemCount}${'`'} of the temporary folder for the next run.`,
    ],
  };
}

async function startOnce(dataDir: string, how: string, end: (master: MasterProcess) => Promise<void>): Promise<Start> {
  const master = await MasterProcess.start({ dataDir, cpu: serverCpu() });
  const { rssKb } = processUse(master.pid);
  await end(master);
  return { how, readyMs: master.readyAfterMs, rssMb: rssKb / 1_024 };
}

/** A data folder with that many items; one of an earlier run is used again when it was finished. */
async function seeded(itemCount: number): Promise<string> {
  const dataDir = join(tmpdir(), `hiscrm-bench-restart-${itemCount}`);
  const mark = join(dataDir, 'seeded');
  if (existsSync(mark)) return dataDir;
  mkdirSync(dataDir, { recursive: true });
  const master = await MasterProcess.start({ dataDir });
  try {
    const { token } = await master.admin();
    const client = await connectClient(() => master.socketUrl(token), 'bench');
    const key = await master.workerKey(`seed-${Date.now()}`);
    const worker = await FakeWorker.connect({ baseUrl: master.baseUrl, key, workerId: 'seed' });
    for (let index = 0; index < ACCOUNT_COUNT; index++) {
      const accountId = await addAccount(client, `account ${index}`);
      const load = await sendItems(worker, accountId, { from: 0, to: itemCount / ACCOUNT_COUNT });
      console.log(
        `  seeded account ${index + 1} of ${ACCOUNT_COUNT}: ${figure((load.itemCount / load.tookMs) * 1_000)} items/s`,
      );
    }
    worker.close();
    client.close();
  } finally {
    await master.close();
  }
  writeFileSync(mark, '');
  return dataDir;
}
