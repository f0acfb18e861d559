import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { until } from '@hiscrm/e2e/harness/until.ts';
import { readMetrics } from '../lib/metrics-text.ts';
import { NoticeProbe, type ProbeResult } from '../lib/notice-probe.ts';
import { NoticeStand } from '../lib/notice-stand.ts';
import { NoticeSwarm, noticeId } from '../lib/notice-swarm.ts';
import { processUse } from '../lib/process-use.ts';
import { atLeast, atMost, figure, type SuiteReport } from '../lib/report.ts';
import { sendNotice } from '../lib/send-notice.ts';
import { percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';
import { type RouteFigure, timeNoticeRoutes } from './notice-route-times.ts';

/** As many as the hub keeps for a user. */
const WAITING_COUNT = 100;
const ALONE_COUNT = 30;
const PROBE_COUNT = 50;
const PROBE_EVERY_MS = 20;
const AT_ONCE_PER_SECOND = 100_000;
const CONTENT = '假期安排'.padEnd(150, '。');
const SENDERS_COUNT = 4;
const SAVED_DEADLINE_MS = 120_000;

/** Measures users who come back to a full box, and every REST route of the hub on a full store. */
export async function noticesWaiting({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size = isQuick ? 1_500 : 10_000;
  const folder = tempFolder('bench-notices');
  const stand = await NoticeStand.start(folder.path, size);
  const { master, users, admin } = stand;
  const swarm = new NoticeSwarm({ port: () => master.port, users });
  let probe: NoticeProbe | undefined;
  try {
    const seedMs = await fill(stand);
    console.log(`  ${(size * WAITING_COUNT).toLocaleString('en')} records in ${figure(seedMs / 1_000)} s`);
    const filled = processUse(master.pid);
    const alone: number[] = [];
    for (let index = 0; index < ALONE_COUNT; index++) {
      const startedAt = performance.now();
      await Promise.all([swarm.connect(index, 1, AT_ONCE_PER_SECOND), all(swarm, index, 1)]);
      alone.push(performance.now() - startedAt);
    }
    console.log(`  one after the other: ${alone.map(figure).join(' ')} ms`);
    const data = { baseUrl: master.baseUrl, adminToken: admin.token, users: users.slice(-PROBE_COUNT) };
    probe = await NoticeProbe.start(data);
    const atOnceCount = isQuick ? 100 : 1_000;
    const startedAt = performance.now();
    const isOver = Promise.all([
      swarm.connect(ALONE_COUNT, atOnceCount, AT_ONCE_PER_SECOND),
      all(swarm, ALONE_COUNT, atOnceCount),
    ]).then(() => performance.now() - startedAt);
    const others = await probe.run({ count: isQuick ? 50 : 200, everyMs: PROBE_EVERY_MS, priority: 'normal' });
    const tookMs = await isOver;
    console.log(`  ${atOnceCount} at once: ${figure(tookMs)} ms`);
    await saved(stand);
    const rounds = isQuick ? 10 : 200;
    const routes = await timeNoticeRoutes(stand, rounds);
    return report({ size, rounds, atOnceCount, tookMs, alone, others, routes, fullMb: filled.rssKb / 1_024, swarm });
  } finally {
    await probe?.close();
    swarm.close();
    await stand.close();
    folder.remove();
  }
}

type Found = {
  readonly size: number;
  readonly rounds: number;
  readonly atOnceCount: number;
  readonly tookMs: number;
  readonly alone: readonly number[];
  readonly others: ProbeResult;
  readonly routes: readonly RouteFigure[];
  readonly fullMb: number;
  readonly swarm: NoticeSwarm;
};

function report(found: Found): SuiteReport {
  const { size, atOnceCount, tookMs, alone, others, routes, swarm } = found;
  const rate = (atOnceCount * WAITING_COUNT * 1_000) / tookMs;
  const slowest = Math.max(...routes.map(({ kind, p99Ms }) => (kind === 'route' ? p99Ms : 0)));
  return {
    name: 'Notices: waiting ones, and a full store',
    method:
      `${WAITING_COUNT} notices to ${size.toLocaleString('en')} users, sent while none of them is there: ${(size * WAITING_COUNT).toLocaleString('en')} receive records. Users come back ` +
      `one after the other, then ${atOnceCount.toLocaleString('en')} at once, while notices to ${PROBE_COUNT} others are timed from their place in the log. Then every REST ` +
      `route of the hub is asked ${found.rounds} times (writes ten times as often, to meet several checkpoints), one request after the other by a thread that holds nothing else (what the load generator collects of its own garbage is not in them), from the request to the last byte of its answer; of a file ` +
      'to its first byte, as it is made while it is sent. A bare server on the same core is asked after each of them: what the machine itself added meanwhile. ' +
      'Cpu is what all threads of the Master used for one request.',
    tables: [
      {
        head: [
          'connect → 100 notices p50 / max ms',
          'at once: users',
          'took ms',
          'notices/s',
          'others p50 / p99 / max ms',
          'RSS full MB',
        ],
        rows: [
          [
            `${figure(percentile(alone, 0.5))} / ${figure(percentile(alone, 1))}`,
            atOnceCount.toLocaleString('en'),
            figure(tookMs),
            figure(rate),
            `${figure(percentile(others.fromAcceptMs, 0.5))} / ${figure(percentile(others.fromAcceptMs, 0.99))} / ${figure(percentile(others.fromAcceptMs, 1))}`,
            figure(found.fullMb),
          ],
        ],
      },
      {
        head: ['route', 'p50 ms', 'p99 ms', 'bare p99 ms', 'cpu ms', 'bytes'],
        rows: routes.map((route) => [
          route.name,
          figure(route.p50Ms),
          figure(route.p99Ms),
          figure(route.bareP99Ms),
          figure(route.cpuMs),
          route.bytes.toLocaleString('en'),
        ]),
      },
    ],
    verdicts: [
      atMost('a user with 100 waiting notices has them, slowest', percentile(alone, 1), 200, 'ms'),
      atLeast(`${atOnceCount.toLocaleString('en')} such users at once`, rate, 10_000, 'notices/s'),
      atMost('the others meanwhile, p99', percentile(others.fromAcceptMs, 0.99), 100, 'ms'),
      atMost(`slowest route with ${(size * WAITING_COUNT).toLocaleString('en')} records, p99`, slowest, 20, 'ms'),
      atMost('doubled or out of order', swarm.faultCount, 0, ''),
    ],
    notes: [...tooSlow(routes), ...(swarm.firstFault === '' ? [] : [swarm.firstFault])],
  };
}

const tooSlow = (routes: readonly RouteFigure[]): string[] =>
  routes
    .filter(({ kind, p99Ms }) => kind === 'route' && p99Ms > 20)
    .map(
      ({ name, p99Ms, bareP99Ms }) =>
        `Above 20 ms: ${name} (${figure(p99Ms)} ms; a bare server ${figure(bareP99Ms)} ms).`,
    );

/** Resolves when these users have everything that waits. */
const all = (swarm: NoticeSwarm, first: number, count: number): Promise<true> =>
  until(
    `${count} users to have their notices`,
    () => swarm.receivedCounts.subarray(first, first + count).every((got) => got >= WAITING_COUNT) || undefined,
    { everyMs: 1 },
  );

/** Sends the notices that wait. Gives how long it took until all records were on disk. */
async function fill(stand: NoticeStand): Promise<number> {
  const startedAt = performance.now();
  let n = 0;
  const send = async (): Promise<void> => {
    while (n < WAITING_COUNT) {
      n += 1;
      await sendNotice(stand.admin, { messageId: noticeId(n), content: CONTENT, target: 'all' });
    }
  };
  await Promise.all(Array.from({ length: SENDERS_COUNT }, send));
  await saved(stand);
  return performance.now() - startedAt;
}

const saved = (stand: NoticeStand): Promise<true> =>
  until(
    'the records to be on disk',
    async () => readMetrics(await stand.admin.text('/metrics')).get('hiscrm_notice_unsaved_records') === 0 || undefined,
    { deadlineMs: SAVED_DEADLINE_MS },
  );
