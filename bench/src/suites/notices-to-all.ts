import { ACK_AT_ONCE_COUNT, ACK_LATEST_MS, ACK_QUIET_MS } from '@hiscrm/client/notices/delivery-acks.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { hasProgram } from '../lib/machine.ts';
import { atLeast, atMost, figure, type SuiteReport } from '../lib/report.ts';
import { percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';
import { fanHead, fanRatio, fanRow, type Measured, measureFan } from './fan-measure.ts';
import { natsPeer, type StartFanPeer, socketIoAckPeer, socketIoPeer } from './fan-peers.ts';
import { type NoticeOutcome, noticeFanPeer, WAITING_DELIVERIES_COUNT } from './notice-fan-peer.ts';

/** Measures a notice to everybody, from the request to the last acknowledgement, beside what others do for a message to everybody. */
export async function noticesToAll({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size = isQuick ? 1_000 : 10_000;
  const outcome: NoticeOutcome = {
    acceptMs: [],
    refusedCount: 0,
    recipientCount: 0,
    acknowledgedCount: 0,
    recordsAfterKillCount: 0,
  };
  const peers: StartFanPeer[] = [noticeFanPeer(outcome), socketIoPeer, socketIoAckPeer];
  const hasNats = hasProgram('nats-server');
  if (hasNats) peers.push(natsPeer);
  const results: Measured[] = [];
  for (const peer of peers) {
    results.push(await measureFan(peer, size, isQuick ? 1 : 3));
    console.log(`  ${fanRow(must(results.at(-1), 'just pushed')).join('  ')}`);
  }
  const [ours, socketIo, socketIoAck, nats] = results as [Measured, Measured, Measured, Measured?]; // as started above
  const people = size.toLocaleString('en');
  const acceptP = (share: number): number => percentile(outcome.acceptMs, share);
  const missingCount = outcome.recipientCount - outcome.acknowledgedCount;
  return {
    name: 'Notices: to everybody',
    method:
      `A notice to all ${people} connected users, each with its own login, against one message to as many subscribers. Ours is sent over REST, is durable ` +
      `with a receive record for each user before its 202, and is acknowledged by every client with the offset that it has, as our own client does: ${ACK_QUIET_MS} ms ` +
      `after the newest, at the latest ${ACK_LATEST_MS} ms after the first, at once when ${ACK_AT_ONCE_COUNT} wait. Each acknowledgement is answered and becomes durable too. The ` +
      `lanes have room for ${WAITING_DELIVERIES_COUNT.toLocaleString('en')} deliveries (default 50,000). The peers pass on 200 B as they come; one of them has every message ` +
      'acknowledged, in memory. Bursts, ' +
      'single messages and columns as in the suite fan-out.',
    tables: [
      { head: fanHead(size), rows: results.map(fanRow) },
      {
        head: [
          'request → 202 p50 / p99 / max ms',
          'deliveries asked',
          'acknowledged',
          `records after kill -9 behind the 202`,
        ],
        rows: [
          [
            `${figure(acceptP(0.5))} / ${figure(acceptP(0.99))} / ${figure(acceptP(1))}`,
            outcome.recipientCount.toLocaleString('en'),
            outcome.acknowledgedCount.toLocaleString('en'),
            outcome.recordsAfterKillCount.toLocaleString('en'),
          ],
        ],
      },
    ],
    verdicts: [
      fanRatio('burst', 'in bursts, against Socket.IO', { ours, peer: socketIo }, 5),
      fanRatio('single', 'one at a time, against Socket.IO', { ours, peer: socketIo }, 1.7),
      fanRatio('burst', 'in bursts, against Socket.IO with acknowledgements', { ours, peer: socketIoAck }, 5),
      fanRatio('single', 'one at a time, against Socket.IO with acknowledgements', { ours, peer: socketIoAck }, 1.7),
      atMost(`${people} receive records durable before the 202, p99`, acceptP(0.99), 300, 'ms'),
      atLeast('records there after a kill -9 right behind the 202', outcome.recordsAfterKillCount, size, ''),
      atMost('not acknowledged', missingCount, 0, ''),
      atMost('lost, doubled or out of order', ours.faultCount, 0, ''),
    ],
    notes: nats
      ? [
          `NATS, which keeps and acknowledges nothing, delivers ${figure(nats.burst.deliveriesPerSecond / ours.burst.deliveriesPerSecond)} × ours in bursts ` +
            `and ${figure(nats.single.deliveriesPerSecond / ours.single.deliveriesPerSecond)} × one at a time.`,
        ]
      : ['NATS was not measured: no `nats-server` on this machine.'],
  };
}
