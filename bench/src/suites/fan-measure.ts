import { within } from '@hiscrm/e2e/harness/until.ts';
import { deferred } from '@hiscrm/shared/lib/deferred.ts';
import { serverCpu } from '../lib/machine.ts';
import { processUse } from '../lib/process-use.ts';
import { figure, ratio, type Verdict } from '../lib/report.ts';
import { median, percentile } from '../lib/statistics.ts';
import type { Subscribers } from '../lib/swarm.ts';
import type { FanPeer, StartFanPeer } from './fan-peers.ts';

/** The BASELINE's burst: so many deliveries, with so many messages in flight. */
export const BURST_DELIVERIES = 600_000;
export const IN_FLIGHT_COUNT = 8;
const SINGLE_DELIVERIES = 200_000;
/** Unmeasured messages after heartbeats. */
const SETTLE_COUNT = 2;
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
/** What one server did. */
export type Measured = {
  readonly name: string;
  readonly burst: Phase;
  readonly single: Phase;
  readonly idleKb: number;
  readonly afterKb: number;
  readonly kbPerConnection: number;
  /** Lost, doubled, out of order, or cut. */
  readonly faultCount: number;
};

/** Starts one server, connects `size` subscribers and measures bursts and single messages, `rounds` times. */
export async function measureFan(start: StartFanPeer, size: number, rounds: number): Promise<Measured> {
  const peer = await start({ cpu: serverCpu(), subscribers: size });
  let swarm: Subscribers | undefined;
  try {
    const emptyKb = processUse(peer.pid).rssKb;
    swarm = await peer.subscribe(size);
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
    const measured = {
      name: peer.name,
      burst: middle(bursts),
      single: middle(singles),
      idleKb,
      afterKb: processUse(peer.pid).rssKb,
      kbPerConnection: (idleKb - emptyKb) / size,
      faultCount: swarm.faultCount + swarm.closedCount,
    };
    await peer.conclude?.();
    return measured;
  } finally {
    swarm?.close();
    await peer.close();
  }
}

/** Publishes into one peer and watches one swarm. */
class Run {
  readonly #peer: FanPeer;
  readonly #swarm: Subscribers;
  #nextNumber = 1;

  constructor(peer: FanPeer, swarm: Subscribers) {
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

export const fanHead = (size: number): string[] => [
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

export const fanRow = (result: Measured): string[] => [
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

/** How many times faster ours is than a peer in one phase. */
export function fanRatio(
  phase: 'burst' | 'single',
  claim: string,
  { ours, peer }: { readonly ours: Measured; readonly peer: Measured },
  target: number,
): Verdict {
  return ratio(
    claim,
    { ours: ours[phase].deliveriesPerSecond, peer: peer[phase].deliveriesPerSecond },
    { ours: ours[phase].cpuUsPerDelivery, peer: peer[phase].cpuUsPerDelivery },
    target,
  );
}
