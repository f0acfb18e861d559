import { must } from '@hiscrm/shared/lib/must.ts';
import { hasProgram } from '../lib/machine.ts';
import { atMost, type SuiteReport, type Verdict } from '../lib/report.ts';
import type { SuiteOptions } from '../lib/suite.ts';
import {
  BURST_DELIVERIES,
  fanHead,
  fanRatio,
  fanRow,
  IN_FLIGHT_COUNT,
  type Measured,
  measureFan,
} from './fan-measure.ts';
import { ourFanPeer } from './fan-ours.ts';
import { natsPeer, type StartFanPeer, socketIoPeer, wsPeer } from './fan-peers.ts';

/** The size that the targets are set for; smaller ones are shown beside it. */
const JUDGED_SIZE = 10_000;

/** Measures how fast one change reaches everybody, ours and its peers after one another. */
export async function fanOut({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const sizes = isQuick ? [1_000] : [1_000, 10_000];
  const peers: StartFanPeer[] = [ourFanPeer, socketIoPeer, wsPeer('once'), wsPeer('each')];
  const notes: string[] = [];
  if (hasProgram('nats-server')) peers.push(natsPeer);
  else notes.push('NATS was not measured: no `nats-server` on this machine.');
  const tables = [];
  const verdicts: Verdict[] = [];
  for (const size of sizes) {
    const results: Measured[] = [];
    for (const peer of peers) {
      results.push(await measureFan(peer, size, isQuick ? 1 : 3));
      console.log(`  ${fanRow(must(results.at(-1), 'just pushed')).join('  ')}`);
    }
    tables.push({ head: fanHead(size), rows: results.map(fanRow) });
    verdicts.push(...judge(size, results));
  }
  return {
    name: 'Fan-out',
    method:
      `One message to all subscribers. Burst: ${IN_FLIGHT_COUNT} messages in flight, ${BURST_DELIVERIES.toLocaleString('en')} deliveries a burst. ` +
      'Single: one in flight, the next one when the last subscriber has it. Medians over the bursts. The peers pass on 200 B as they come; ' +
      "ours takes a Worker's batch, checks it, commits it to disk and sends the row with the counters that it changed (about 700 B). " +
      'Every delivery is counted and checked for order; processor time is all threads of the server. Heartbeats are answered between the ' +
      `phases. The targets are for ${JUDGED_SIZE.toLocaleString('en')} subscribers.`,
    tables,
    verdicts,
    notes,
  };
}

function judge(size: number, results: readonly Measured[]): Verdict[] {
  const at = `${size.toLocaleString('en')} subscribers`;
  const ours = must(results[0], 'ours is measured first');
  const socketIo = must(results[1], 'Socket.IO is measured second');
  const once = must(results[2], 'encode-once ws is measured third');
  const nats = results.find(({ name }) => name.startsWith('NATS'));
  const against = (phase: 'burst' | 'single', name: string, peer: Measured, target: number): Verdict =>
    fanRatio(phase, `${at}, ${phase === 'burst' ? 'burst' : 'one in flight'}, against ${name}`, { ours, peer }, target);
  const figures = [
    against('burst', 'Socket.IO', socketIo, 5),
    ...(nats ? [against('burst', 'NATS', nats, 1.5)] : []),
    against('single', 'Socket.IO', socketIo, 1.7),
    against('single', 'encode-once ws', once, 0.9),
    // At 1,000 connections it is the growth of V8's young space that one sees.
    atMost(`${at}, server memory a connection`, ours.kbPerConnection, 12, 'KB'),
  ];
  return [
    ...(size === JUDGED_SIZE ? figures : []),
    atMost(
      `${at}, lost, doubled or out of order, all peers`,
      results.reduce((sum, { faultCount }) => sum + faultCount, 0),
      0,
      '',
    ),
  ];
}
