import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change, WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, TopicId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { ChangesPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import { expect, onTestFinished, test } from 'vitest';
import { SyncBoard } from '../fleet/sync-board.ts';
import type { ChangeLog, LoggedRow } from '../log/change-log.ts';
import { openMemoryDatabase } from '../log/open-database.ts';
import { openStore } from '../store/open-store.ts';
import type { Publication } from './committer.ts';
import { type BatchWait, Ingest } from './ingest.ts';
import { LogCommitter } from './log-committer.ts';

const accountId = 'acc-1' as AccountId;
const workerId = 'w-1' as WorkerId;
const comment = (id: string, more: object = {}): WorkerReport => ({
  kind: 'comment.observed',
  accountId,
  facts: {
    kind: 'comment',
    id: id as ItemId,
    topicId: 'w' as TopicId,
    text: 'hi',
    source: 'api',
    observedAt: 1,
    ...more,
  },
});
const payload = (changes: readonly WorkerReport[], more: Partial<ChangesPayload> = {}): ChangesPayload => ({
  accountId,
  leaseToken: 2,
  batchId: 'b',
  changes: [...changes],
  ...more,
});
const syncEnd = (part: number) => ({ id: 's', part, isLast: true, startedAt: 1 });

/** The rooms put together as `main` does it, with a log that commits when the test says so. */
async function setUp() {
  const clock = new FakeClock();
  const publications: Publication[] = [];
  const database = openMemoryDatabase({ clock, onDurable: (rows) => committer.onDurable(rows) });
  const store = await openStore({ ...database, clock });
  const gate = new Gate(database.log);
  const committer = new LogCommitter({ log: gate, store, publish: (publication) => publications.push(publication) });
  const syncBoard = new SyncBoard();
  const waits: BatchWait[] = [];
  const ingest = new Ingest({ store, committer, syncBoard, clock, onWaited: (wait) => waits.push(wait) });
  await committer.commit([
    { kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 },
    { kind: 'account.leased', accountId, workerId, token: 2 },
  ]);
  onTestFinished(() => database.close());
  /** What was logged since the account was ready. */
  const kinds = (): readonly string[] =>
    publications.flatMap(({ rows }) => rows.map(({ change }) => change.kind)).slice(2);
  return { clock, store, ingest, committer, syncBoard, gate, publications, kinds, waits };
}

/** Holds appends back until released, or refuses them. */
class Gate implements ChangeLog {
  readonly #log: ChangeLog;
  #held: (() => void)[] | undefined;
  error: Error | undefined;

  constructor(log: ChangeLog) {
    this.#log = log;
  }
  get epoch(): ChangeLog['epoch'] {
    return this.#log.epoch;
  }
  head(): ReturnType<ChangeLog['head']> {
    return this.#log.head();
  }
  firstSeq(): ReturnType<ChangeLog['firstSeq']> {
    return this.#log.firstSeq();
  }
  hold(): void {
    this.#held = [];
  }
  release(): void {
    for (const go of this.#held ?? []) go();
    this.#held = undefined;
  }
  async append(changes: readonly Change[]): Promise<readonly LoggedRow[]> {
    await new Promise<void>((resolve) => (this.#held ? this.#held.push(resolve) : resolve()));
    if (this.error) throw this.error;
    return await this.#log.append(changes);
  }
  readAfter(...args: Parameters<ChangeLog['readAfter']>): ReturnType<ChangeLog['readAfter']> {
    return this.#log.readAfter(...args);
  }
  trimTo(...args: Parameters<ChangeLog['trimTo']>): Promise<void> {
    return this.#log.trimTo(...args);
  }
  close(): Promise<void> {
    return this.#log.close();
  }
}

test('[ST20] a batch is acknowledged with the place at which all of it is durable, folded in and published', async () => {
  const { ingest, store, publications } = await setUp();
  const accepted = await ingest.accept(workerId, payload([comment('1'), comment('2')]));
  expect(accepted).toEqual({ storedCount: 2, duplicateCount: 0, seq: 4 });
  expect(store.head()).toBe(4);
  expect(publications.at(-1)).toMatchObject({
    rows: [{ seq: 3 }, { seq: 4 }],
    topics: [{ unreadCount: 2, itemCount: 2 }],
    accounts: [{ unreadComments: 2 }],
  });
});

test('how long a batch waited at its Worker is told once, for the rows that it brought, when the Worker says it', async () => {
  const { ingest, waits } = await setUp();
  await ingest.accept(workerId, payload([comment('1'), comment('2')], { keptAt: 1_000 }), 1_350);
  expect(waits).toEqual([{ from: 2, upTo: 4, keptAt: 1_000, sentAt: 1_350 }]);
  await ingest.accept(workerId, payload([comment('1'), comment('2')], { keptAt: 1_000 }), 9_000); // its answer was lost
  const endsSync = payload([], { keptAt: 1_000, sync: syncEnd(1) });
  await ingest.accept(workerId, endsSync, 9_000); // a row of the Master's own
  await ingest.accept(workerId, payload([comment('3')]), 9_000); // a Worker of protocol 1
  expect(waits).toHaveLength(1);
});

test('[ST21] what is known already is acknowledged and not stored; an edit is stored', async () => {
  const { ingest, kinds } = await setUp();
  await ingest.accept(workerId, payload([comment('1')]));
  const again = await ingest.accept(
    workerId,
    payload([comment('1', { observedAt: 9 }), comment('1', { text: undefined })]),
  );
  expect(again).toEqual({ storedCount: 0, duplicateCount: 2, seq: 3 });
  const edit = await ingest.accept(workerId, payload([comment('1', { text: 'edited', observedAt: 9 }), comment('1')]));
  expect(edit).toEqual({ storedCount: 1, duplicateCount: 1, seq: 4 });
  expect(kinds()).toEqual(['comment.observed', 'comment.observed']);
});

test('[ST22] the same item in two batches at once is stored once, and neither is acknowledged before it is durable', async () => {
  const { ingest, gate, kinds } = await setUp();
  gate.hold();
  const settled: string[] = [];
  const first = ingest.accept(workerId, payload([comment('1')])).finally(() => settled.push('first'));
  const second = ingest.accept(workerId, payload([comment('1')])).finally(() => settled.push('second'));
  await new Promise(setImmediate);
  expect(settled).toEqual([]);
  gate.release();
  expect([(await first).storedCount, (await second).duplicateCount]).toEqual([1, 1]);
  expect((await second).seq).toBe(3);
  expect(kinds()).toEqual(['comment.observed']);
});

test('[ST23] when the commit fails, every batch that waits for it fails, and the next attempt stores', async () => {
  const { ingest, gate } = await setUp();
  gate.hold();
  gate.error = new Error('disk');
  const both = [ingest.accept(workerId, payload([comment('1')])), ingest.accept(workerId, payload([comment('1')]))];
  gate.release();
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  gate.error = undefined;
  expect((await ingest.accept(workerId, payload([comment('1')]))).storedCount).toBe(1);
});

test('[ST24] an unknown account, another lease, another Worker and a change of another account are refused whole', async () => {
  const { ingest, store } = await setUp();
  const refusal = async (who: WorkerId, batch: ChangesPayload): Promise<unknown> =>
    await ingest.accept(who, batch).then(
      () => 'accepted',
      (error: unknown) => error,
    );
  expect(await refusal(workerId, payload([], { accountId: 'acc-9' as AccountId }))).toMatchObject({
    code: 'ACCOUNT_NOT_FOUND',
  });
  for (const leaseToken of [1, 3])
    expect(await refusal(workerId, payload([comment('1')], { leaseToken }))).toMatchObject({
      code: 'STALE_LEASE',
      details: { current: 2, got: leaseToken },
    });
  expect(await refusal('w-2' as WorkerId, payload([comment('1')]))).toMatchObject({ code: 'STALE_LEASE' });
  const foreign = { ...comment('2'), accountId: 'acc-2' as AccountId };
  expect(await refusal(workerId, payload([comment('1'), foreign]))).toMatchObject({ code: 'BAD_REQUEST' });
  expect(await refusal(workerId, payload([comment('\ud800')]))).toMatchObject({ code: 'BAD_REQUEST' });
  expect(store.head()).toBe(2);
});

test('[ST25] outcomes that move no reply and sessions that say nothing else are not stored', async () => {
  const { ingest, committer, kinds } = await setUp();
  const reply = {
    id: 'rep-1' as ReplyId,
    topic: { accountId, kind: 'content' as const, id: 'w' as TopicId },
    text: 'thanks',
    byUserId: 'usr-1' as UserId,
    key: 'key-00001',
    requestedAt: 1,
  };
  await committer.commit([{ kind: 'reply.requested', accountId, reply }]);
  const attempted: WorkerReport = { kind: 'reply.attempted', accountId, replyId: reply.id, at: 2 };
  const sent: WorkerReport = { kind: 'reply.sent', accountId, replyId: reply.id, at: 3 };
  const stray: WorkerReport = { kind: 'reply.sent', accountId, replyId: 'rep-9' as ReplyId, at: 3 };
  const online: WorkerReport = { kind: 'account.session', accountId, session: { kind: 'online', since: 5 } };
  const result = await ingest.accept(
    workerId,
    payload([attempted, attempted, sent, sent, attempted, stray, online, online]),
  );
  expect(result).toMatchObject({ storedCount: 3, duplicateCount: 5 });
  expect(kinds()).toEqual(['reply.requested', 'reply.attempted', 'reply.sent', 'account.session']);
});

test('[ST26] the end of a sync is counted always and logged at most once a minute', async () => {
  const { ingest, clock, syncBoard, kinds } = await setUp();
  await ingest.accept(workerId, payload([comment('1')], { sync: { ...syncEnd(1), isLast: false } }));
  const together = [2, 3].map((part) => ingest.accept(workerId, payload([], { sync: syncEnd(part) })));
  await Promise.all(together);
  clock.advance(59_999);
  await ingest.accept(workerId, payload([], { sync: syncEnd(1) }));
  clock.advance(1);
  await ingest.accept(workerId, payload([], { sync: syncEnd(1) }));
  expect(kinds()).toEqual(['comment.observed', 'account.synced', 'account.synced']);
  expect(must(syncBoard.of(accountId), 'it was noted')).toMatchObject({ syncCount: 4, batchCount: 5, itemCount: 1 });
});

test('[ST27] after closing, nothing more is committed', async () => {
  const { committer } = await setUp();
  committer.close();
  await expect(committer.commit([])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});
