import { setTimeout as pause } from 'node:timers/promises';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { until } from '@hiscrm/e2e/harness/until.ts';
import { NoticeStand } from '../lib/notice-stand.ts';
import { NoticeSwarm, noticeId } from '../lib/notice-swarm.ts';
import { processUse } from '../lib/process-use.ts';
import { atMost, figure, type SuiteReport } from '../lib/report.ts';
import { sendNotice } from '../lib/send-notice.ts';
import { percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const CONNECTS_PER_SECOND = 2_000;
/** Sent while everybody is away, and two more while they come back. */
const NOTICES_A_STORM = 3;
const BETWEEN_NOTICES_MS = 1_000;
const SETTLE_MS = 4_000;
/** The Master gives memory back after half a minute of quiet; it looks every five seconds. */
const QUIET_MS = 45_000;
const CONTENT = '网络恢复'.padEnd(150, '。');

type Storm = {
  readonly backMs: number;
  readonly completeMs: number;
  readonly connectP99Ms: number;
  readonly rssMb: number;
};

/** Measures what happens when everybody is cut off at once and comes back at once. */
export async function noticesStorm({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size = isQuick ? 1_000 : 10_000;
  const stormCount = isQuick ? 1 : 3;
  const folder = tempFolder('bench-notices');
  const stand = await NoticeStand.start(folder.path, size);
  const { master, users } = stand;
  const swarm = new NoticeSwarm({ port: () => master.port, users });
  let sentCount = 0;
  const send = async (): Promise<void> => {
    sentCount += 1;
    await sendNotice(stand.admin, { messageId: noticeId(sentCount), content: CONTENT, target: 'all' });
  };
  const complete = (): Promise<true> =>
    until('everybody to have everything', () => swarm.receivedCount >= sentCount * size || undefined, { everyMs: 10 });
  const rssMb = (): number => processUse(master.pid).rssKb / 1_024;
  const storm = async (): Promise<Storm> => {
    swarm.dropAll();
    const droppedAt = performance.now();
    const sending = (async () => {
      for (let index = 0; index < NOTICES_A_STORM; index++) {
        await send();
        await pause(BETWEEN_NOTICES_MS);
      }
    })();
    const took = await swarm.connect(0, size, CONNECTS_PER_SECOND);
    const backMs = performance.now() - droppedAt;
    await sending;
    await complete();
    const completeMs = performance.now() - droppedAt;
    await pause(SETTLE_MS);
    return { backMs, completeMs, connectP99Ms: percentile(took, 0.99), rssMb: rssMb() };
  };
  try {
    await swarm.connect(0, size, CONNECTS_PER_SECOND);
    for (let index = 0; index < NOTICES_A_STORM; index++) await send();
    await complete();
    await pause(SETTLE_MS);
    const beforeMb = rssMb();
    const storms: Storm[] = [];
    for (let index = 0; index < stormCount; index++) storms.push(await storm());
    if (!isQuick) await pause(QUIET_MS);
    const quietMb = rssMb();
    const lostCount = sentCount * size - swarm.receivedCount;
    return toReport({ size, storms, beforeMb, quietMb, lostCount, swarm });
  } finally {
    swarm.close();
    await stand.close();
    folder.remove();
  }
}

function toReport({
  size,
  storms,
  beforeMb,
  quietMb,
  lostCount,
  swarm,
}: {
  readonly size: number;
  readonly storms: readonly Storm[];
  readonly beforeMb: number;
  readonly quietMb: number;
  readonly lostCount: number;
  readonly swarm: NoticeSwarm;
}): SuiteReport {
  const worst = (pick: (one: Storm) => number): number => Math.max(...storms.map(pick));
  return {
    name: 'Notices: everybody drops',
    method:
      `${size.toLocaleString('en')} clients are cut off at once and come back at ${CONNECTS_PER_SECOND.toLocaleString('en')} a second, each saying up to where it has ` +
      `everything. ${NOTICES_A_STORM} notices to everybody are sent meanwhile, a second apart, the first when nobody is there. Memory is looked at ${SETTLE_MS / 1_000} s ` +
      `after everybody has everything, and once more when it was quiet for ${QUIET_MS / 1_000} s.`,
    tables: [
      {
        head: ['storm', 'all back s', 'everything there s', 'connect p99 ms', 'RSS before / after MB'],
        rows: storms.map((one, index) => [
          String(index + 1),
          figure(one.backMs / 1_000),
          figure(one.completeMs / 1_000),
          figure(one.connectP99Ms),
          `${figure(beforeMb)} / ${figure(one.rssMb)}`,
        ]),
      },
    ],
    verdicts: [
      atMost('all back, and everything there', worst(({ completeMs }) => completeMs) / 1_000, 15, 's'),
      atMost('lost', lostCount, 0, ''),
      atMost('doubled or out of order', swarm.faultCount, 0, ''),
      atMost(
        `memory when it was quiet for ${QUIET_MS / 1_000} s after the last storm, of that before the first`,
        quietMb / beforeMb,
        1.15,
        '×',
      ),
    ],
    notes: [`After the quiet: ${figure(quietMb)} MB.`, ...(swarm.firstFault === '' ? [] : [swarm.firstFault])],
  };
}
