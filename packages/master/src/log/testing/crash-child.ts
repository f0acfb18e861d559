/**
 * A Master without its edges, under append load, to be killed at any moment: `crash-child.ts <path> <seed> [ackCount]`.
 * Writes one line for every acknowledged append: the names of its changes and the place of its last row. With `ackCount`
 * it kills itself in the very turn of that acknowledgement, the moment at which one given too early would be a lie.
 */

import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, Seq, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import { LogCommitter } from '../../ingest/log-committer.ts';
import { openStore } from '../../store/open-store.ts';
import { openMasterDatabase } from '../open-database.ts';

/** What a kill can catch at once: several commits, checkpoints between them, trimming behind them. */
const LANES = 8;
const ITEM_POOL_COUNT = 400;
/** More rows than one round appends, so that the parent can read on from where it was. */
const KEPT_COUNT = 2_000;
const ACCOUNTS = ['acc-1', 'acc-2', 'acc-3'] as AccountId[];

const path = must(process.argv[2], 'a path is given');
const seed = Number(process.argv[3]);
const killAfterCount = Number(process.argv[4] ?? Number.POSITIVE_INFINITY);
const dice = new FakeClock({ seed });
const roll = (count: number): number => Math.floor(dice.random() * count);

const database = await openMasterDatabase({ path, clock: systemClock, onDurable: (rows) => committer.onDurable(rows) });
const checkpoint = { everyCount: 20 + roll(50), everyMs: 20 };
const store = await openStore({ ...database, clock: systemClock, itemLimitBytes: 10_000, checkpoint });
const committer = new LogCommitter({ log: database.log, store, publish: () => undefined });

let nameCount = 0;
let ackCount = 0;
/** A change that carries a name of its own, so that it can be found again. */
function observation(accountId: AccountId, name: string): Change {
  const no = roll(ITEM_POOL_COUNT);
  const base = {
    id: String(no) as ItemId,
    topicId: `t${no % 7}` as TopicId,
    text: name,
    source: 'api',
    observedAt: ++nameCount,
  };
  const direction = roll(5) === 0 ? 'out' : 'in';
  return no % 2 === 0
    ? { kind: 'comment.observed', accountId, facts: { ...base, kind: 'comment', direction } }
    : { kind: 'message.observed', accountId, facts: { ...base, kind: 'message', direction, at: roll(1_000) } };
}

function marks(accountId: AccountId): Change {
  const kind = roll(2) === 0 ? 'content' : 'conversation';
  const topic = { accountId, kind, id: `t${roll(7)}` as TopicId } as const;
  const upToSeq = roll(store.head() + 1) as Seq;
  return { kind: 'topic.read', accountId, topic, upToSeq, at: 1, byUserId: 'usr-1' as UserId };
}

/** The notices have no part in this: they follow the state, so that they do not hold back trimming. */
async function trim(): Promise<void> {
  const stateSeq = database.state.stateSeq();
  await database.notices.save({
    reached: { stateSeq, recordCount: 0 },
    users: [],
    notices: [],
    pages: [],
    devices: [],
    settings: [],
  });
  await database.log.trimTo((stateSeq - KEPT_COUNT) as Seq); // a place of this log, or before it
}

async function lane(no: number): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const accountId = must(ACCOUNTS[roll(ACCOUNTS.length)], 'within the list');
    if (roll(40) === 0) await committer.commit([{ kind: 'account.removed', accountId }]);
    const changes: Change[] = [{ kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 }];
    const names = Array.from({ length: 1 + roll(20) }, (_, index) => `${seed}-${no}-${turn}-${index}`);
    changes.push(...names.map((name) => observation(accountId, name)), marks(accountId));
    const rows = await committer.commit(changes);
    process.stdout.write(`${JSON.stringify({ names, lastSeq: rows.at(-1)?.seq })}\n`);
    if (++ackCount === killAfterCount) process.kill(process.pid, 'SIGKILL');
    if (roll(30) === 0) await trim();
  }
}

await Promise.all(Array.from({ length: LANES }, (_, no) => lane(no)));
