import { setTimeout as pause } from 'node:timers/promises';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { NoticeStand } from '../lib/notice-stand.ts';
import { NoticeSwarm } from '../lib/notice-swarm.ts';
import { processUse } from '../lib/process-use.ts';
import { atMost, figure, type SuiteReport } from '../lib/report.ts';
import { percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const CONNECTS_PER_SECOND = 1_000;
/** Between the last connect and the look at the memory: the handshakes' garbage is nobody's connection. */
const SETTLE_MS = 3_000;

/** Measures what ten thousand connected users cost, and how long each of them waits at the door. */
export async function noticesSockets({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size = isQuick ? 1_000 : 10_000;
  const folder = tempFolder('bench-notices');
  const stand = await NoticeStand.start(folder.path, size);
  const { master, users } = stand;
  const swarm = new NoticeSwarm({ port: () => master.port, users });
  try {
    await pause(SETTLE_MS);
    const idle = processUse(master.pid);
    const took = await swarm.connect(0, size, CONNECTS_PER_SECOND);
    const connected = processUse(master.pid);
    await pause(SETTLE_MS);
    const settled = processUse(master.pid);
    const aboveMb = (settled.rssKb - idle.rssKb) / 1_024;
    const people = size.toLocaleString('en');
    return {
      name: 'Notices: connections',
      method:
        `${people} users, each with a session and a socket of its own at the endpoint without subprotocol, connecting at ` +
        `${CONNECTS_PER_SECOND.toLocaleString('en')} a second. A connect is over when \`connected\` has arrived. "Idle" is the Master with the ` +
        `same users before the first of them comes.`,
      tables: [
        {
          head: [
            'connections',
            'connect p50 / p99 / max ms',
            'CPU µs a connect',
            'RSS idle / with them MB',
            'KB a connection',
          ],
          rows: [
            [
              people,
              `${figure(percentile(took, 0.5))} / ${figure(percentile(took, 0.99))} / ${figure(percentile(took, 1))}`,
              figure((connected.cpuUs - idle.cpuUs) / size),
              `${figure(idle.rssKb / 1_024)} / ${figure(settled.rssKb / 1_024)}`,
              figure((settled.rssKb - idle.rssKb) / size),
            ],
          ],
        },
      ],
      verdicts: [
        atMost(`memory above idle with ${people} connections`, aboveMb, 150, 'MB'),
        atMost(
          `connect p99 at ${CONNECTS_PER_SECOND.toLocaleString('en')} a second`,
          percentile(took, 0.99),
          100,
          'ms',
        ),
        atMost('refused, closed or told an error', swarm.closedCount + swarm.faultCount, 0, ''),
      ],
      notes: [],
    };
  } finally {
    swarm.dropAll();
    await stand.close();
    folder.remove();
  }
}
