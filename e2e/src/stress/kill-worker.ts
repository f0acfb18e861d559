import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { RESTART_CAP_MS } from '@hiscrm/master/fleet/local-worker-state.ts';
import type { AccountId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { itemKey } from '@hiscrm/shared/model/topic-ref.ts';
import { Random } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { World } from '../world.ts';
import { auditMaster } from './audit.ts';
import { expectNone, type StressOptions, type StressResult } from './stress-run.ts';

const SIMULATED = 'a1';
/** What customers write and what operators answer in one round. */
const EVENTS_A_ROUND = 12;
const LONGEST_GAP_MS = 300;
/** In the command lines of a Chromium: its first process, or the pages alone. */
const BROWSER_PARTS = ['--user-data-dir', '--type=renderer'] as const;
/** A killed Worker is started again, after the longest pause at worst, starts its browser and reads the account anew. */
const RECOVERY_DEADLINE_MS = RESTART_CAP_MS + 120_000;

/** The pause before a Worker is started again doubles with each kill: after so many rounds everything is begun anew. */
const ROUNDS_A_WORLD = 4;

/** What one world saw, by name. */
type Tally = Readonly<Record<string, number>>;

/**
 * `kill -9` of the Worker process and of its Chromium, in turns and at random moments, while customers write and operators
 * answer. After it: what the platform has is in the Master once; no answer was sent twice; each answer's outcome is one of the three.
 */
export async function killWorker({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const random = new Random(seed);
  const total: Record<string, number> = {};
  for (let first = 1; first <= rounds; first += ROUNDS_A_WORLD) {
    const last = Math.min(rounds, first + ROUNDS_A_WORLD - 1);
    const tally = await killInOneWorld(random, { first, last, say });
    for (const [name, count] of Object.entries(tally)) total[name] = (total[name] ?? 0) + count;
  }
  return { rounds, ...total };
}

async function killInOneWorld(
  random: Random,
  { first, last, say }: { readonly first: number; readonly last: number; readonly say: (line: string) => void },
): Promise<Tally> {
  const world = await World.start();
  try {
    const accountId = await world.addLoggedInAccount('被打断的账号', SIMULATED);
    const wanted = new Set<string>();
    const answers = new Set<string>();
    let killedWorkers = 0;
    let killedBrowsers = 0;
    for (let round = first; round <= last; round++) {
      const killAt = random.int(0, EVENTS_A_ROUND - 1);
      for (let count = 0; count < EVENTS_A_ROUND; count++) {
        await happen(world, accountId, random, { wanted, answers, name: `${round}.${count}` });
        if (count === killAt) {
          if (round % 2 === 1) killedWorkers += killAll(world.master.pid, 'packages/worker/src/main.ts');
          else killedBrowsers += killAll(world.master.pid, random.pick(BROWSER_PARTS)) > 0 ? 1 : 0;
        }
        await pause(random.int(0, LONGEST_GAP_MS));
      }
      await world.session(accountId, ({ kind }) => kind === 'online');
      await settled(world, accountId, wanted);
      judgeAnswers(world, answers);
      say(`round ${round}: ${wanted.size} items, ${answers.size} answers`);
    }
    const audit = await auditMaster(world.client);
    expectNone('what the Master answers', audit.faults);
    const outcomes = await outcomesOf(world, accountId);
    const onPlatform = world.accepted('comment_reply').length + world.accepted('dm_send').length;
    return { killedWorkers, killedBrowsers, items: wanted.size, answers: answers.size, onPlatform, ...outcomes };
  } finally {
    await world.close();
  }
}

type Seen = { readonly wanted: Set<string>; readonly answers: Set<string>; readonly name: string };

/** A customer writes, or an operator answers the newest comment. */
async function happen(
  world: World,
  accountId: AccountId,
  random: Random,
  { wanted, answers, name }: Seen,
): Promise<void> {
  const { control } = world.simulator;
  const made = random.chance(0.5)
    ? control.event({ kind: 'comment_new', account: SIMULATED, text: `评论 ${name}` })
    : control.event({ kind: 'dm_in', account: SIMULATED, text: `私信 ${name}` });
  const kind = made.cid === undefined ? 'message' : 'comment';
  wanted.add(itemKey(accountId, kind, (made.cid ?? made.serverId ?? '') as Parameters<typeof itemKey>[2])); // an id of the simulator
  if (!random.chance(0.3) || made.conversationId === undefined) return;
  const text = `回答 ${name}`;
  const topic = { accountId, kind: 'conversation' as const, id: made.conversationId as TopicId }; // likewise
  const known = await world.client.query('topic', { topic });
  if (known.kind !== 'done' || 'missing' in known.value) return;
  answers.add(text);
  const outcome = await world.client.run('sendReply', { topic, text });
  if (outcome.kind === 'refused') answers.delete(text);
}

/** Resolves when everything that happened is in the Master and no reply is under way. */
async function settled(world: World, accountId: AccountId, wanted: ReadonlySet<string>): Promise<void> {
  let missing: string[] = [];
  let openCount = 0;
  try {
    await until(
      'everything to arrive',
      async () => {
        const audit = await auditMaster(world.client);
        missing = [...wanted].filter((key) => !audit.items.has(key));
        openCount = (await repliesOf(world, accountId)).filter(
          ({ kind }) => kind === 'requested' || kind === 'attempted',
        ).length;
        return missing.length === 0 && openCount === 0;
      },
      { deadlineMs: RECOVERY_DEADLINE_MS, everyMs: 500 },
    );
  } catch (cause) {
    const told = world.master.child.output.slice(-2_000);
    throw new Error(`missing: ${missing.slice(0, 5).join(', ')}; ${openCount} replies without an end\n${told}`, {
      cause,
    });
  }
}

/** Throws when the platform has an answer twice, or one that nobody gave. */
function judgeAnswers(world: World, answers: ReadonlySet<string>): void {
  const sent = [...world.accepted('comment_reply'), ...world.accepted('dm_send')];
  expectNone(
    'answers on the platform',
    sent.filter((text, index) => sent.indexOf(text) !== index || !answers.has(text)),
  );
}

type ReplyKind = 'requested' | 'attempted' | 'sent' | 'rejected' | 'unknown';

async function repliesOf(world: World, accountId: AccountId): Promise<{ kind: ReplyKind }[]> {
  const all: { kind: ReplyKind }[] = [];
  const page = await world.client.query('topics', { accountId, kind: 'conversation', limit: 200 });
  if (page.kind !== 'done') return all;
  for (const { record } of page.value.topics) {
    const topic = { accountId, kind: record.kind, id: record.id };
    const answer = await world.client.query('items', { topic, limit: 1 });
    if (answer.kind === 'done') all.push(...answer.value.replies.map(({ state }) => ({ kind: state.kind })));
  }
  return all;
}

/** How many of the replies that are still told of ended how. A reply that was sent is told as an item, not as a reply. */
async function outcomesOf(world: World, accountId: AccountId): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of await repliesOf(world, accountId)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Sends SIGKILL to every descendant of `rootPid` whose command line holds `mark`. Returns how many there were. */
function killAll(rootPid: number, mark: string): number {
  const parents = new Map<number, number>();
  const commands = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      commands.set(pid, readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // The process ended while it was looked at.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && parent > 1 && (parent === rootPid || isBelow(parent));
  };
  const found = [...commands].filter(([pid, command]) => command.includes(mark) && isBelow(pid)).map(([pid]) => pid);
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Its parent took it along.
    }
  }
  return found.length;
}
