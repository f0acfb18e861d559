import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { NoticeProbe, type ProbeResult } from '../lib/notice-probe.ts';
import { type BenchUser, NoticeStand } from '../lib/notice-stand.ts';
import { NoticeSwarm, noticeId } from '../lib/notice-swarm.ts';
import { processUse } from '../lib/process-use.ts';
import { atLeast, atMost, figure, type SuiteReport } from '../lib/report.ts';
import { sendNotice } from '../lib/send-notice.ts';
import { median, percentile } from '../lib/statistics.ts';
import type { SuiteOptions } from '../lib/suite.ts';

const CONNECTS_PER_SECOND = 1_500;
/** Users of the probe; the others get the background. */
const PROBE_COUNT = 50;
const PROBE_EVERY_MS = 20;
/** The background: 100 notices a second to 100 users each. */
const BACKGROUND = { noticesPerSecond: 100, usersCount: 100 };
const PACE_MS = 5;
/** Senders of low notices to everybody: with ten thousand users, six of them are more than the lanes hold. */
const LOW_SENDER_COUNT = 10;
/** Senders of notices to everybody in the lane of the probe's own: with ten thousand users, somewhat less than the lanes hold. */
const SAME_LANE_SENDER_COUNT = 4;
const CONTENT = '维护通知'.padEnd(150, '。');
const LOOK_EVERY_MS = 100;

type Load = {
  readonly name: string;
  readonly probe: ProbeResult;
  readonly deliveriesPerSecond: number;
  readonly cpu: number;
};

/** Measures how soon a notice to one user arrives while the hub is busy with others. */
export async function noticesTargeted({ isQuick }: SuiteOptions): Promise<SuiteReport> {
  const size = isQuick ? 1_000 : 10_000;
  const probeCount = isQuick ? 100 : 500;
  const folder = tempFolder('bench-notices');
  const stand = await NoticeStand.start(folder.path, size);
  const { master, users, admin } = stand;
  const others = users.slice(PROBE_COUNT);
  const swarm = new NoticeSwarm({ port: () => master.port, users: others });
  let probe: NoticeProbe | undefined;
  try {
    await swarm.connect(0, others.length, CONNECTS_PER_SECOND);
    const data = { baseUrl: master.baseUrl, adminToken: admin.token, users: users.slice(0, PROBE_COUNT) };
    probe = await NoticeProbe.start(data);
    const timed = async (name: string, priority: 'normal' | 'urgent', asked: NoticeProbe): Promise<Load> => {
      const before = { at: performance.now(), count: swarm.receivedCount, use: processUse(master.pid) };
      const found = await asked.run({ count: probeCount, everyMs: PROBE_EVERY_MS, priority });
      const seconds = (performance.now() - before.at) / 1_000;
      const cpuSeconds = (processUse(master.pid).cpuUs - before.use.cpuUs) / 1_000_000;
      const deliveriesPerSecond = (swarm.receivedCount - before.count) / seconds;
      return { name, probe: found, deliveriesPerSecond, cpu: cpuSeconds / seconds };
    };
    const idle = await timed('nothing else', 'normal', probe);
    const background = new Background(stand, others);
    background.start();
    const targeted = await timed('10,000 deliveries/s to others', 'normal', probe);
    await background.stop();
    const same = new Flood(stand, 'normal', SAME_LANE_SENDER_COUNT);
    same.start();
    const besideMany = await timed('notices to everybody in the same lane', 'normal', probe);
    await same.stop();
    const flood = new Flood(stand, 'low', LOW_SENDER_COUNT);
    flood.start();
    const urgent = await timed('low notices to everybody, lanes full', 'urgent', probe);
    const lane = await flood.stop();
    return {
      name: 'Notices: to one user, under load',
      method:
        `${size.toLocaleString('en')} connected users. A notice to one of ${PROBE_COUNT} of them every ${PROBE_EVERY_MS} ms, timed in a thread of its own, from its ` +
        'place in the log (before it is on disk) until the client has it. Background: 100 notices a second to 100 users each. Full lanes: ' +
        `${LOW_SENDER_COUNT} senders who send low notices to everybody, again and again, and repeat what is refused. The same lane: ${SAME_LANE_SENDER_COUNT} senders of normal ones.`,
      tables: [
        {
          head: [
            'beside it',
            'deliveries/s',
            'accept → received p50 / p99 / max ms',
            'request → received p50 / p99 ms',
            'refused',
            'server cores',
          ],
          rows: [idle, targeted, besideMany, urgent].map(rowOf),
        },
      ],
      verdicts: [
        atLeast('background deliveries', targeted.deliveriesPerSecond, isQuick ? 9_000 : 9_900, '/s'),
        atMost('targeted under background, p50', p(targeted.probe, 0.5), 5, 'ms'),
        atMost('targeted under background, p99', p(targeted.probe, 0.99), 50, 'ms'),
        atMost('targeted beside notices to everybody in the same lane, p99', p(besideMany.probe, 0.99), 50, 'ms'),
        atMost('urgent while the low lane is full, p99', p(urgent.probe, 0.99), 20, 'ms'),
        atMost('urgent refused', urgent.probe.refusedCount, 0, ''),
        atMost('doubled or out of order', swarm.faultCount, 0, ''),
      ],
      notes: [
        `In the low lane waited ${figure(lane.medianCount)} deliveries in the middle and ${figure(lane.mostCount)} at most; ${lane.refusedCount} low notices were refused and sent again.`,
      ],
    };
  } finally {
    await probe?.close();
    swarm.close();
    await stand.close();
    folder.remove();
  }
}

const p = ({ fromAcceptMs }: ProbeResult, share: number): number => percentile(fromAcceptMs, share);

const rowOf = ({ name, probe, deliveriesPerSecond, cpu }: Load): string[] => [
  name,
  figure(deliveriesPerSecond),
  `${figure(p(probe, 0.5))} / ${figure(p(probe, 0.99))} / ${figure(p(probe, 1))}`,
  `${figure(percentile(probe.fromRequestMs, 0.5))} / ${figure(percentile(probe.fromRequestMs, 0.99))}`,
  String(probe.refusedCount),
  figure(cpu),
];

/** Numbers of notices are never used twice in a run. */
let lastNumber = 0;
const nextId = (): string => {
  lastNumber += 1;
  return noticeId(lastNumber);
};

/** Notices to a hundred users each, at a steady pace whatever the answers take. */
class Background {
  readonly #stand: NoticeStand;
  readonly #users: readonly BenchUser[];
  readonly #running = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #sentCount = 0;

  constructor(stand: NoticeStand, users: readonly BenchUser[]) {
    this.#stand = stand;
    this.#users = users;
  }

  start(): void {
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const dueCount = ((performance.now() - startedAt) * BACKGROUND.noticesPerSecond) / 1_000;
      while (this.#sentCount < dueCount) this.#send();
    }, PACE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  #send(): void {
    const from = (this.#sentCount * BACKGROUND.usersCount) % (this.#users.length - BACKGROUND.usersCount);
    this.#sentCount += 1;
    const userIds = this.#users.slice(from, from + BACKGROUND.usersCount).map(({ userId }) => userId);
    const body = { messageId: nextId(), content: CONTENT, target: { kind: 'users' as const, userIds } };
    const running = sendNotice(this.#stand.admin, body).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}

/** Notices to everybody, as many as are accepted. */
class Flood {
  readonly #stand: NoticeStand;
  readonly #priority: 'low' | 'normal';
  readonly #senderCount: number;
  #isOver = false;
  #senders: Promise<unknown> = Promise.resolve();
  #refusedCount = 0;
  readonly #laneCounts: number[] = [];

  constructor(stand: NoticeStand, priority: 'low' | 'normal', senderCount: number) {
    this.#stand = stand;
    this.#priority = priority;
    this.#senderCount = senderCount;
  }

  start(): void {
    const send = async (): Promise<void> => {
      while (!this.#isOver) {
        const body = { messageId: nextId(), content: CONTENT, target: 'all' as const, priority: this.#priority };
        this.#refusedCount += await sendNotice(this.#stand.admin, body);
      }
    };
    const look = async (): Promise<void> => {
      while (!this.#isOver) {
        const answer = await this.#stand.admin.get('/api/admin/websocket/stats');
        const { data } = answer as {
          readonly data: { readonly queue_size: { readonly low: number; readonly normal: number } };
        }; // the contract's
        this.#laneCounts.push(data.queue_size[this.#priority]);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    };
    this.#senders = Promise.all([...Array.from({ length: this.#senderCount }, send), look()]);
  }

  async stop(): Promise<{ readonly refusedCount: number; readonly medianCount: number; readonly mostCount: number }> {
    this.#isOver = true;
    await this.#senders;
    return {
      refusedCount: this.#refusedCount,
      medianCount: median(this.#laneCounts),
      mostCount: Math.max(...this.#laneCounts),
    };
  }
}
