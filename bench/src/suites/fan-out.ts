import { within } from '@hiscrm/e2e/harness/until.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { hasProgram, serverCpu } from '../lib/machine.ts';
import { processUse } from '../lib/process-use.ts';
import { atMost, figure, ratio, type SuiteReport, type Verdict } from '../lib/report.ts';
import { median, percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';
import { Swarm } from '../lib/swarm.ts';
import { ourFanPeer } from './fan-ours.ts';
import { type FanPeer, natsPeer, type StartFanPeer, socketIoPeer, wsPeer } from './fan-peers.ts';

/** The BASELINE's burst: so many deliveries, with so many messages in flight. */
const BURST_DELIVERIES = 600_000;
const IN_FLIGHT_COUNT = 8;
const SINGLE_DELIVERIES = 200_000;
/** Unmeasured messages after heartbeats. */
const SETTLE_COUNT = 2;
/** The size that the targets are set for; smaller ones are shown beside it. */
const JUDGED_SIZE = 10_000;
/** Nobody takes a minute for one burst; who does is stuck. */
const PHASE_DEADLINE_MS = 60_000;

type Phase = {
  readonly deliveriesPerSecond: number;
  readonly cpuUsPerDelivery: number;
  /** Publish to seen by a subscriber, over all deliveries; and the last subscriber of each message. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lastMs: number;
};
type Measured = {
  readonly name: string;
  readonly burst: Phase;
  readonly single: Phase;
  readonly idleKb: number;
  readonly afterKb: number;
  readonly kbPerConnection: number;
  readonly faultCount: number;
};

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
      results.push(await measure(peer, size, isQuick ? 1 : 3));
      console.log(`  ${rowOf(must(results.at(-1), 'just pushed')).join('  ')}`);
    }
    tables.push({ head: headOf(size), rows: results.map(rowOf) });
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

async function measure(start: StartFanPeer, size: number, rounds: number): Promise<Measured> {
  const peer = await start({ cpu: serverCpu(), subscribers: size });
  const swarm = new Swarm();
  try {
    const emptyKb = processUse(peer.pid).rssKb;
    await swarm.open(peer.port, size, peer.steps);
    const idleKb = processUse(peer.pid).rssKb;
    const run = new Run(peer, swarm);
    const warmUpCount = Math.ceil(BURST_DELIVERIES / size / 4);
    await run.phase(warmUpCount, IN_FLIGHT_COUNT);
    const bursts: Phase[] = [];
    const singles: Phase[] = [];
    for (let round = 0; round < rounds; round++) {
      await run.beat();
      bursts.push(await run.phase(Math.ceil(BURST_DELIVERIES / size), IN_FLIGHT_COUNT));
      singles.push(await run.phase(Math.ceil(SINGLE_DELIVERIES / size), 1));
    }
    return {
      name: peer.name,
      burst: middle(bursts),
      single: middle(singles),
      idleKb,
      afterKb: processUse(peer.pid).rssKb,
      kbPerConnection: (idleKb - emptyKb) / size,
      faultCount: swarm.faultCount + swarm.closedCount,
    };
  } finally {
    swarm.close();
    await peer.close();
  }
}

/** Publishes into one peer and watches one swarm. */
class Run {
  readonly #peer: FanPeer;
  readonly #swarm: Swarm;
  #nextNumber = 1;

  constructor(peer: FanPeer, swarm: Swarm) {
    this.#peer = peer;
    this.#swarm = swarm;
  }

  /** Sends the heartbeats that the peer asks for, and has them answered before anything is measured. */
  async beat(): Promise<void> {
    if (!this.#peer.heartbeat) return;
    this.#swarm.sendAll(this.#peer.heartbeat);
    await this.phase(SETTLE_COUNT, 1);
  }

  /** Publishes `count` messages with at most `inFlightCount` not yet delivered everywhere. */
  async phase(count: number, inFlightCount: number): Promise<Phase> {
    const { size } = this.#swarm;
    const first = this.#nextNumber;
    const end = first + count;
    this.#nextNumber = end;
    const sentAt = new Float64Array(count);
    const seen = new Uint32Array(count);
    const latencies = new Float64Array(count * size);
    const lastMs: number[] = [];
    let samples = 0;
    let next = first;
    const done = deferred<void>();
    const publish = (): void => {
      if (next >= end) return;
      const n = next;
      next += 1;
      sentAt[n - first] = performance.now();
      Promise.resolve(this.#peer.publish(n)).catch(done.reject);
    };
    this.#swarm.onDelivery = (n) => {
      const index = n - first;
      const late = performance.now() - (sentAt[index] ?? 0);
      latencies[samples] = late;
      samples += 1;
      const seenCount = (seen[index] ?? 0) + 1;
      seen[index] = seenCount;
      if (seenCount < size) return;
      lastMs.push(late);
      if (lastMs.length === count) done.resolve();
      else publish();
    };
    const before = processUse(this.#peer.pid);
    const startedAt = performance.now();
    for (let index = 0; index < inFlightCount; index++) publish();
    await within(PHASE_DEADLINE_MS, `${count} messages at ${this.#peer.name} (${lastMs.length} arrived)`, done.promise);
    const tookMs = performance.now() - startedAt;
    const deliveries = count * size;
    return {
      deliveriesPerSecond: (deliveries / tookMs) * 1_000,
      cpuUsPerDelivery: (processUse(this.#peer.pid).cpuUs - before.cpuUs) / deliveries,
      p50Ms: percentile(latencies.subarray(0, samples), 0.5),
      p99Ms: percentile(latencies.subarray(0, samples), 0.99),
      lastMs: median(lastMs),
    };
  }
}

const middle = (phases: readonly Phase[]): Phase => ({
  deliveriesPerSecond: median(phases.map((phase) => phase.deliveriesPerSecond)),
  cpuUsPerDelivery: median(phases.map((phase) => phase.cpuUsPerDelivery)),
  p50Ms: median(phases.map((phase) => phase.p50Ms)),
  p99Ms: median(phases.map((phase) => phase.p99Ms)),
  lastMs: median(phases.map((phase) => phase.lastMs)),
});

const headOf = (size: number): string[] => [
  `${size.toLocaleString('en')} subscribers`,
  'burst deliveries/s',
  'CPU µs',
  'single deliveries/s',
  'CPU µs',
  'single p50 / p99 / last ms',
  'RSS idle / after MB',
  'KB a connection',
  'lost, doubled, out of order',
];

const rowOf = (result: Measured): string[] => [
  result.name,
  figure(result.burst.deliveriesPerSecond),
  figure(result.burst.cpuUsPerDelivery),
  figure(result.single.deliveriesPerSecond),
  figure(result.single.cpuUsPerDelivery),
  `${figure(result.single.p50Ms)} / ${figure(result.single.p99Ms)} / ${figure(result.single.lastMs)}`,
  `${figure(result.idleKb / 1_024)} / ${figure(result.afterKb / 1_024)}`,
  figure(result.kbPerConnection),
  String(result.faultCount),
];

function judge(size: number, results: readonly Measured[]): Verdict[] {
  const at = `${size.toLocaleString('en')} subscribers`;
  const ours = must(results[0], 'ours is measured first');
  const socketIo = must(results[1], 'Socket.IO is measured second');
  const once = must(results[2], 'encode-once ws is measured third');
  const nats = results.find(({ name }) => name.startsWith('NATS'));
  const against = (phase: 'burst' | 'single', name: string, peer: Measured, target: number): Verdict =>
    ratio(
      `${at}, ${phase === 'burst' ? 'burst' : 'one in flight'}, against ${name}`,
      { ours: ours[phase].deliveriesPerSecond, peer: peer[phase].deliveriesPerSecond },
      { ours: ours[phase].cpuUsPerDelivery, peer: peer[phase].cpuUsPerDelivery },
      target,
    );
  const speeds = [
    against('burst', 'Socket.IO', socketIo, 5),
    ...(nats ? [against('burst', 'NATS', nats, 1.5)] : []),
    against('single', 'Socket.IO', socketIo, 1.7),
    against('single', 'encode-once ws', once, 0.9),
  ];
  return [
    ...(size === JUDGED_SIZE ? speeds : []),
    atMost(`${at}, server memory a connection`, ours.kbPerConnection, 12, 'KB'),
    atMost(
      `${at}, lost, doubled or out of order, all peers`,
      results.reduce((sum, { faultCount }) => sum + faultCount, 0),
      0,
      '',
    ),
  ];
}
