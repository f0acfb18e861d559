import { existsSync } from 'node:fs';
import type { Status } from '../http/status.ts';
import { problemsOfFile } from '../log/check-file.ts';
import { type AccountCount, type Verification, verifyDatabase } from '../log/verify.ts';
import type { DataFolder } from '../main/data-folder.ts';
import type { CliCommand } from './command.ts';
import { callMaster, folderOf, MasterCallError } from './master-client.ts';

/** A Master under load moves on while the file is read; its counters are compared when it stood still for one reading. */
const COMPARE_TRIES_COUNT = 3;
const COUNTERS = ['unreadComments', 'unreadMessages', 'commentCount', 'messageCount'] as const;

/** `notRunning` and `busy` say why the counters in memory were not compared. */
type Live = 'same' | 'different' | 'notRunning' | 'busy';
type Report = {
  readonly problems: readonly string[];
  readonly found: Verification | undefined;
  readonly live: Live;
};

export const verify: CliCommand = {
  name: 'verify',
  usage: '',
  summary:
    'Holds the state against its log and every counter against a recount. Changes nothing, also while a Master runs.',
  argCount: [0, 0],
  run: async (call) => {
    const folder = folderOf(call);
    const { database } = folder;
    if (!existsSync(database)) throw new MasterCallError(`there is no database ${database} yet`);
    const damage = problemsOfFile(database);
    const report: Report =
      damage.length > 0 ? { problems: damage, found: undefined, live: 'notRunning' } : await compare(folder);
    return {
      text: textOf(database, report, damage.length > 0),
      json: { database, ...jsonOf(report) },
      hasFailed: report.problems.length > 0,
    };
  },
};

async function compare(folder: DataFolder): Promise<Report> {
  for (let triesLeft = COMPARE_TRIES_COUNT; ; triesLeft--) {
    const before = await liveCounts(folder);
    const found = readFile(folder.database);
    if (typeof found === 'string') return { problems: [found], found: undefined, live: 'busy' };
    if (!before) return { problems: found.findings, found, live: 'notRunning' };
    if (before.seq === found.stateSeq || found.findings.length > 0) {
      const differences = before.seq === found.stateSeq ? differencesOf(before, found) : [];
      const live = before.seq !== found.stateSeq ? 'busy' : differences.length > 0 ? 'different' : 'same';
      return { problems: [...found.findings, ...differences], found, live };
    }
    if (triesLeft <= 1) return { problems: found.findings, found, live: 'busy' };
  }
}

/** What is wrong with its text is not told: the text may be a message. */
function readFile(database: string): Verification | string {
  try {
    return verifyDatabase(database);
  } catch (error) {
    if (error instanceof SyntaxError) return 'a stored record is not JSON';
    throw error;
  }
}

async function liveCounts(folder: DataFolder): Promise<Status | undefined> {
  const answer = await callMaster(folder, 'GET', '/api/admin/status');
  return answer === 'notRunning' ? undefined : (answer.data as Status); // the same program's own answer
}

function differencesOf(live: Status, { accounts }: Verification): readonly string[] {
  const shown = new Map(live.accounts.map((account) => [account.id as string, account]));
  const differences: string[] = [];
  for (const [id, stored] of accounts) {
    const counted: AccountCount | undefined = shown.get(id);
    for (const name of COUNTERS) {
      const count = counted?.[name] ?? 0;
      if (count !== stored[name])
        differences.push(`account ${id}: the Master shows ${name} ${count}, its items give ${stored[name]}`);
    }
  }
  return differences;
}

function jsonOf({ problems, found, live }: Report): object {
  if (!found) return { isSound: false, problems };
  const { epoch, headSeq, stateSeq, topicCount, itemCount, isRebuilt } = found;
  return { isSound: problems.length === 0, problems, epoch, headSeq, stateSeq, topicCount, itemCount, isRebuilt, live };
}

const LIVE_TEXT: Readonly<Record<Live, string>> = {
  same: 'The counters of the running Master are those of the items.',
  different: 'The counters of the running Master are not those of the items.',
  notRunning: 'No Master runs, so there are no counters in memory to compare.',
  busy: 'The running Master did not stand still, so its counters in memory were not compared. Try again in a quiet moment.',
};

function textOf(database: string, { problems, found, live }: Report, isDamaged: boolean): string {
  if (problems.length > 0) {
    return [`${database} is ${isDamaged ? 'damaged' : 'not sound'}:`, ...problems, '', whatToDo(live, isDamaged)].join(
      '\n',
    );
  }
  const { headSeq, stateSeq, topicCount, itemCount, isRebuilt } = found ?? {};
  return [
    `${database} is sound: log at ${headSeq} without a gap, state at ${stateSeq}, ${itemCount} items in ${topicCount} topics.`,
    isRebuilt
      ? 'The state is the fold of the whole log.'
      : 'The log has been trimmed: the state was held against itself.',
    LIVE_TEXT[live],
  ].join('\n');
}

function whatToDo(live: Live, isDamaged: boolean): string {
  if (isDamaged) {
    return 'What to do: stop the Master, keep a copy of the data folder, check the disk, and restore the newest backup that verifies.';
  }
  const first =
    'What to do: copy the data folder (docs/operations.md, Back up), and report these lines: they hold no message text.';
  if (live === 'different') return `${first} A restart of the Master counts anew.`;
  return `${first} The log has everything that was acknowledged; do not edit the file.`;
}
