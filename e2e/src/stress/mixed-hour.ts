import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { addAccount } from '../harness/connect-client.ts';
import { Random } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import type { Screen } from '../screen.ts';
import { World } from '../world.ts';
import { resultOf } from './audit.ts';
import { ExistingMonitor } from './existing-monitor.ts';
import { judgeLibrary, judgeMonitor, judgeScreen } from './mixed-judge.ts';
import { PlatformAccount } from './platform-account.ts';
import { type AccountShape, SnapshotMaker } from './snapshot-maker.ts';
import { SnapshotWorker } from './snapshot-worker.ts';
import { expectNone, type StressOptions, type StressResult } from './stress-run.ts';
import { type TopicBook, TruthBook, unreadIn } from './truth-book.ts';

/** Eight megabytes on the wire, and one small account beside it. */
const SHAPES: readonly AccountShape[] = [
  { works: 40, conversations: 40, linesEach: 48, rawBytes: 1_500 },
  { works: 3, conversations: 4, linesEach: 4, rawBytes: 300 },
];
const MONITORS = [
  ['4.6', 'PC 1'],
  ['4.8', 'PC 2'],
  ['4.8', 'PC 3'],
] as const;
/** Everybody is compared with the book so often, and at the end. */
const ROUNDS_A_JUDGEMENT = 10;
const SETTLE_DEADLINE_MS = 30_000;
/** The first question of a page without a login, and pictures of the simulator, which has no TLS. */
const NOT_ITS_FAULT = /\b401\b|Content Security Policy/;
/** A topic with more unread lines does not fit onto a screen: only what was seen counts as read there. */
const SCREENFUL_COUNT = 3;

/**
 * An hour of a mixed team, compressed: a round is the 30 s between two full snapshots of an existing Worker, which drives two
 * accounts beside one of our Workers with a browser on the simulated platform. Three existing PC clients of both libraries, a
 * client of ours and a page in a real browser look on, open, mark and answer. What each shows must be what the book says.
 */
export async function mixedHour({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const hour = await MixedHour.start(new Random(seed));
  try {
    for (let round = 1; round <= rounds; round++) {
      await hour.live();
      if (round % ROUNDS_A_JUDGEMENT !== 0 && round !== rounds) continue;
      await hour.judge();
      say(`round ${round}: ${hour.summary()}`);
    }
    return { snapshots: rounds * SHAPES.length, ...(await hour.end()) };
  } catch (error) {
    throw new Error(`the Master said:\n${hour.output.slice(-4_000)}`, { cause: error });
  } finally {
    await hour.close();
  }
}

class MixedHour {
  readonly #world: World;
  readonly #random: Random;
  readonly #book = new TruthBook();
  readonly #makers: SnapshotMaker[] = [];
  readonly #monitors: ExistingMonitor[] = [];
  readonly #counts = { marks: 0, answers: 0, cuts: 0 };
  #worker: SnapshotWorker | undefined;
  #platform: PlatformAccount | undefined;
  #screen: Screen | undefined;

  private constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  static async start(random: Random): Promise<MixedHour> {
    const hour = new MixedHour(await World.start(), random);
    try {
      await hour.#open();
      return hour;
    } catch (error) {
      await hour.close();
      throw error;
    }
  }

  get output(): string {
    return this.#world.master.child.output;
  }

  /** Thirty seconds of everybody's life. Resolves when all that happened has arrived. */
  async live(): Promise<void> {
    await Promise.all(this.#monitors.map((monitor) => monitor.sync()));
    this.#platformOf().happen(this.#random);
    for (const maker of this.#makers) maker.happen();
    if (this.#random.chance(0.05)) await this.#workerOf().reconnect();
    await Promise.all([this.#syncAll(), this.#platformOf().settled()]);
    if (this.#random.chance(0.5)) await this.#workerOf().reportOnline(this.#makers.map(({ accountId }) => accountId));
    for (const monitor of this.#monitors) await this.#operate(monitor);
    if (this.#random.chance(0.5)) await this.#operateOurs();
    if (this.#random.chance(0.1)) await this.#lookAtScreen();
    if (this.#random.chance(0.05)) {
      this.#counts.cuts += 1;
      await this.#cut(this.#random.pick(this.#monitors));
    }
  }

  /** Compares everybody with the book; what is on its way may take a moment. Rejects with what stays different. */
  async judge(): Promise<void> {
    await this.#syncAll(); // what was answered since the last one is on the page
    const accountIds = this.#accountIds();
    await Promise.all(this.#monitors.map((monitor) => monitor.sync()));
    const screen = this.#screenOf();
    for (const look of [
      ...this.#monitors.map((monitor) => () => judgeMonitor(monitor, this.#book, accountIds)),
      () => judgeLibrary(this.#world.client, this.#book, accountIds),
      () => judgeScreen(screen, this.#book, accountIds),
    ]) {
      let faults: string[] = [];
      const isRight = async (): Promise<boolean> => {
        faults = await look();
        return faults.length === 0;
      };
      await until('everybody to agree', isRight, { deadlineMs: SETTLE_DEADLINE_MS, everyMs: 100 }).catch(
        (cause: unknown) => {
          expectNone('what is shown', faults);
          throw cause;
        },
      );
    }
    expectNone('what the Worker was refused', this.#workerOf().refusals);
    for (const { name, errors } of this.#monitors) expectNone(`errors at ${name}`, errors);
  }

  async end(): Promise<StressResult> {
    const asked = this.#workerOf().requests.map(({ reply_content }) => String(reply_content));
    expectNone(
      'answers that the Worker was asked for twice',
      asked.filter((text, index) => asked.indexOf(text) !== index),
    );
    expectNone('answers on the platform', this.#platformOf().wrongAnswers());
    expectNone(
      'complaints of the page',
      this.#screenOf().complaints.filter((text) => !NOT_ITS_FAULT.test(text)),
    );
    const lines = this.#accountIds().flatMap((id) => this.#book.topics(id).flatMap((topic) => topic.lines));
    return {
      snapshotMb: Math.round(this.#workerOf().snapshotBytes / 1e5) / 10,
      items: lines.length,
      news: this.#newsCount(),
      unread: this.#accountIds().reduce((sum, id) => sum + this.#book.unread(id), 0),
      ...this.#counts,
    };
  }

  summary(): string {
    const unread = this.#accountIds().map((id) => this.#book.unread(id));
    return `${unread.join(' + ')} unread, everybody agrees`;
  }

  /** Safe twice. */
  async close(): Promise<void> {
    for (const monitor of this.#monitors) monitor.close();
    this.#worker?.close();
    await this.#world.close();
  }

  /** Our Worker gets its account first; then the existing one comes, which has none and so gets the next two. */
  async #open(): Promise<void> {
    const world = this.#world;
    this.#screen = await world.screen();
    const ours = await world.addLoggedInAccount('我们的账号', 'a1');
    this.#platform = new PlatformAccount({ world, accountId: ours, book: this.#book });
    await this.#platform.start();
    const key = await world.master.workerKey('existing');
    const onRequest = (request: Readonly<Record<string, unknown>>) => this.#carryOut(request);
    this.#worker = new SnapshotWorker({ baseUrl: world.master.baseUrl, key, onRequest });
    await this.#worker.register();
    for (const [index, shape] of SHAPES.entries()) {
      const accountId = await addAccount(world.client, `旧账号${index}`);
      await until('the existing Worker to get the account', () => this.#worker?.assigned.has(accountId));
      const options = { accountNumber: index + 1, book: this.#book, random: this.#random, now: Date.now() };
      this.#makers.push(new SnapshotMaker({ accountId, shape, ...options }));
    }
    await this.#syncAll();
    await this.#worker.reportOnline(this.#makers.map(({ accountId }) => accountId));
    const { token } = await world.master.admin();
    for (const [version, name] of MONITORS)
      this.#monitors.push(new ExistingMonitor(world.master.baseUrl, { token, version, name }));
    await Promise.all(this.#monitors.map((monitor) => monitor.start()));
  }

  async #syncAll(): Promise<void> {
    const worker = this.#workerOf();
    for (const maker of this.#makers) {
      await worker.sync(maker.accountId, maker.data());
      if (this.#random.chance(0.1)) await worker.sync(maker.accountId, maker.data());
    }
  }

  /** The Worker writes the words onto its page, and says so. */
  #carryOut(request: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const maker = this.#makers.find(({ accountId }) => accountId === request.account_id);
    const id = maker?.answer(String(request.target_id), String(request.reply_content));
    return { ...request, status: 'success', platform_reply_id: id, timestamp: Date.now() };
  }

  /** An operator at a PC client opens a topic, and sometimes answers. */
  async #operate(monitor: ExistingMonitor): Promise<void> {
    if (!this.#random.chance(0.6)) return;
    const { accountId } = this.#random.pick(this.#makers);
    const topic = this.#random.pick(this.#book.topics(accountId));
    await this.#agree(monitor.name, topic, () => monitor.read(accountId, topic), accountId);
    if (!topic.isPrivate || !this.#random.chance(0.4)) return;
    this.#counts.answers += 1;
    await monitor.reply(`答复 ${this.#counts.answers}`);
    await until('the answer to be in the open chat, once', () => isOnce(monitor, `答复 ${this.#counts.answers}`));
  }

  /** What a PC client is not told while it is away it sees in the lists only, so it goes when it has been told of everything. */
  async #cut(monitor: ExistingMonitor): Promise<void> {
    const told = (): number => [...monitor.hintedCounts.values()].reduce((sum, count) => sum + count, 0);
    await until('the PC client to be told of all news', () => told() === this.#newsCount());
    await monitor.cut();
  }

  #newsCount(): number {
    const topics = this.#accountIds().flatMap((id) => this.#book.topics(id));
    return topics.reduce((sum, { hintedCount }) => sum + hintedCount, 0);
  }

  /** An operator at the library's client marks a topic of any account, or answers through our Worker. */
  async #operateOurs(): Promise<void> {
    const accountId = this.#random.pick(this.#accountIds());
    const { client } = this.#world;
    const book = this.#random.pick(this.#book.topics(accountId));
    const { topic, lastArrivedSeq } = await this.#viewOf(accountId, book);
    const outcome = await client.run('markRead', { topic, upToSeq: lastArrivedSeq });
    if (outcome.kind !== 'done') throw new Error(`markRead ended as ${JSON.stringify(outcome)}`);
    this.#counts.marks += 1;
    this.#book.read(accountId, book.id);
    if (await this.#platformOf().answer(topic, this.#random)) this.#counts.answers += 1;
  }

  async #viewOf(accountId: AccountId, { id, isPrivate }: TopicBook) {
    const kind = isPrivate ? ('conversation' as const) : ('content' as const);
    const topic = { accountId, kind, id: id as TopicId }; // the platform's id
    const view = resultOf(await this.#world.client.query('topic', { topic }));
    if ('missing' in view) throw new Error(`topic ${id} is not known`);
    return { topic, lastArrivedSeq: view.record.marks.lastArrivedSeq, unreadCount: view.summary.unreadCount };
  }

  /** An operator at the page opens a topic with little in it that is new. */
  async #lookAtScreen(): Promise<void> {
    const screen = this.#screenOf();
    for (const accountId of this.#accountIds()) {
      const topic = this.#book.topics(accountId).find(fitsOnScreen);
      if (!topic) continue;
      await screen.show(accountId, topic.isPrivate ? 'messages' : 'comments', topic.id);
      await until(
        'the topic on the screen to be read',
        async () => (await this.#viewOf(accountId, topic)).unreadCount === 0,
      );
      await screen.showNothing();
      this.#counts.marks += 1;
      this.#book.read(accountId, topic.id);
    }
  }

  /** Reads a topic through `read`, which gives how many lines the server took for unread. */
  async #agree(who: string, topic: TopicBook, read: () => Promise<number>, accountId: string): Promise<void> {
    const count = await read();
    this.#counts.marks += 1;
    const counted = this.#book.read(accountId, topic.id);
    if (count !== counted) throw new Error(`${who} read ${count} unread lines of ${topic.id}, where ${counted} were`);
  }

  #accountIds(): AccountId[] {
    return [...this.#makers.map(({ accountId }) => accountId as AccountId), this.#platformOf().accountId]; // as it was added
  }

  #workerOf = (): SnapshotWorker => must(this.#worker, 'opened by start');
  #platformOf = (): PlatformAccount => must(this.#platform, 'opened by start');
  #screenOf = (): Screen => must(this.#screen, 'opened by start');
}

/** Whether all that is unread in the topic is its few last lines. */
function fitsOnScreen(topic: TopicBook): boolean {
  const count = unreadIn(topic);
  return count > 0 && count <= SCREENFUL_COUNT && unreadIn({ ...topic, lines: topic.lines.slice(-count) }) === count;
}

const isOnce = ({ openMessages }: ExistingMonitor, text: string): boolean =>
  openMessages.filter(({ content }) => content === text).length === 1;
