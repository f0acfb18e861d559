import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { ChangesAnswer } from '@hiscrm/shared/protocol/worker-link.ts';
import { FakeWorker } from '../harness/fake-worker.ts';
import { message, platformId } from '../harness/make-facts.ts';
import { Random } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { auditMaster } from './audit.ts';
import { Stand } from './stand.ts';
import { expectNone, type StressOptions, type StressResult } from './stress-run.ts';

/** Batches on their way while the account moves: some are in time, the others are refused. */
const RACING_COUNT = 5;

/**
 * Two Workers, one account that moves from one to the other again and again while the one that loses it still writes. The
 * token only grows; a batch under an older one is refused and stores nothing; whatever was acknowledged is there.
 */
export async function twoWorkers({ seed, rounds, say }: StressOptions): Promise<StressResult> {
  const random = new Random(seed);
  const stand = await Stand.start('two-workers', 1);
  const accountId = stand.accounts[0] as AccountId; // one was just made
  const duel = new Duel(stand, accountId);
  try {
    await duel.begin(await stand.master.workerKey('second'));
    for (let round = 0; round < rounds; round++) await duel.move(random);
    await duel.end();
    await takeOverWhileThere(stand, accountId);
    const reader = await stand.client('reader');
    const audit = await auditMaster(reader);
    expectNone('what the Master answers', audit.faults);
    const there = new Set([...audit.items.values()].map(({ facts }) => String(facts.id)));
    const { stored, refused, newestToken } = duel;
    expectNone(
      'acknowledged and gone',
      [...stored].filter((id) => !there.has(id)),
    );
    expectNone(
      'refused and stored all the same',
      [...refused].filter((id) => there.has(id)),
    );
    say(`${refused.size} batches under an older token were refused`);
    return { moves: rounds, stored: stored.size, refused: refused.size, newestToken };
  } finally {
    duel.close();
    await stand.close();
  }
}

type Side = { readonly workerId: string; readonly key: string; worker: FakeWorker };

class Duel {
  readonly stored = new Set<string>();
  readonly refused = new Set<string>();
  newestToken = 0;
  readonly #stand: Stand;
  readonly #accountId: AccountId;
  readonly #sides: Side[] = [];
  #number = 0;
  /** Newest row that the newest token has written. */
  #newestSeq = 0;

  constructor(stand: Stand, accountId: AccountId) {
    this.#stand = stand;
    this.#accountId = accountId;
  }

  async begin(secondKey: string): Promise<void> {
    for (const [workerId, key] of [
      ['first', this.#stand.workerKey],
      ['second', secondKey],
    ] as const) {
      this.#sides.push({ workerId, key, worker: await this.#connect(workerId, key, 1) });
    }
    const holder = this.#side(0);
    this.newestToken = (await holder.worker.assignment(this.#accountId)).leaseToken;
  }

  /** The holder says that it has no room any more, while batches of it are on their way; the other one gets the account. */
  async move(random: Random): Promise<void> {
    const [holder, heir] = [this.#side(0), this.#side(1)];
    const oldToken = this.newestToken;
    const racing = Array.from({ length: RACING_COUNT }, () => this.#write(holder.worker, oldToken));
    if (random.chance(0.5)) await racing[0];
    const retired = await this.#connect(holder.workerId, holder.key, 0);
    holder.worker.close();
    holder.worker = retired;
    const { leaseToken } = await heir.worker.assignment(this.#accountId);
    if (leaseToken <= oldToken) throw new Error(`token ${leaseToken} after ${oldToken}`);
    this.newestToken = leaseToken;
    this.#newestSeq = 0;
    await Promise.all(racing);
    const answer = await this.#write(heir.worker, leaseToken);
    if (!answer?.ok) throw new Error(`the holder was refused: ${JSON.stringify(answer)}`);
    const stale = await this.#write(retired, oldToken);
    if (stale) expectStale(stale);
    holder.worker.close();
    holder.worker = await this.#connect(holder.workerId, holder.key, 1);
    this.#sides.reverse();
  }

  /** Both leave; the Master is left with a Worker that can take nothing. */
  async end(): Promise<void> {
    for (const side of this.#sides) {
      const gone = await this.#connect(side.workerId, side.key, 0);
      side.worker.close();
      side.worker = gone;
    }
  }

  close(): void {
    for (const { worker } of this.#sides) worker.close();
  }

  #side(index: 0 | 1): Side {
    return this.#sides[index] as Side; // two since begin()
  }

  #connect(workerId: string, key: string, maxAccounts: number): Promise<FakeWorker> {
    return FakeWorker.connect({ baseUrl: this.#stand.master.baseUrl, key, workerId, maxAccounts });
  }

  /** Resolves with the answer, or undefined when the link was cut before one came: then both is possible. */
  async #write(worker: FakeWorker, leaseToken: number): Promise<ChangesAnswer | undefined> {
    this.#number += 1;
    const n = this.#number;
    const answer = await worker
      .send(this.#accountId, [message(this.#accountId, 0, n)], { leaseToken })
      .catch(() => undefined); // the newer connection of the same Worker ends the older one
    if (answer?.ok) {
      this.stored.add(platformId(n));
      const isOlder = leaseToken < this.newestToken;
      if (isOlder && answer.seq > this.#newestSeq && this.#newestSeq > 0)
        throw new Error(`token ${leaseToken} wrote row ${answer.seq} after token ${this.newestToken} had written`);
      if (!isOlder) this.#newestSeq = answer.seq;
    } else if (answer) {
      expectStale(answer);
      this.refused.add(platformId(n));
    }
    return answer;
  }
}

function expectStale(answer: ChangesAnswer): void {
  if (answer.ok || answer.error.code !== 'STALE_LEASE')
    throw new Error(`an older token was answered ${JSON.stringify(answer)}`);
}

/** The same Worker connected twice, as a process started again before its first socket was noticed dead: the newer one counts. */
async function takeOverWhileThere(stand: Stand, accountId: AccountId): Promise<void> {
  const options = { baseUrl: stand.master.baseUrl, key: stand.workerKey, workerId: 'twin' };
  const older = await FakeWorker.connect(options);
  const { leaseToken } = await older.assignment(accountId);
  const newer = await FakeWorker.connect(options);
  try {
    await until('the older connection to be hung up', () => !older.isConnected);
    const again = await newer.assignment(accountId);
    const answer = await newer.send(accountId, [message(accountId, 1, 5_000_000)], { leaseToken: again.leaseToken });
    if (!answer.ok) throw new Error(`the newer connection was refused: ${JSON.stringify(answer.error)}`);
    if (again.leaseToken < leaseToken) throw new Error('the token went back');
  } finally {
    older.close();
    newer.close();
  }
}
