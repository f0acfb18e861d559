import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, TopicId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import { recount } from '@hiscrm/shared/model/recount.ts';
import { anyChanges } from '@hiscrm/shared/model/testing/any-rows.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SyncBoard } from '../fleet/sync-board.ts';
import { SharedTurns, type Turns } from '../lib/turns.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { openMemoryDatabase } from '../log/open-database.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { Publication } from './committer.ts';
import { Ingest, WAITING_LIMIT_COUNT } from './ingest.ts';
import { LogCommitter } from './log-committer.ts';

const accountId = 'acc-1' as AccountId;
const workerId = 'w-1' as WorkerId;
const userId = 'u-1' as UserId;
/** One step a turn: every slice is followed by everybody else. */
const oneStepATurn = (): SharedTurns => {
  let nowMs = 0;
  return new SharedTurns({ budgetMs: 1, now: () => nowMs++ });
};

const comment = (id: number): Change & { readonly kind: 'comment.observed' } => ({
  kind: 'comment.observed',
  accountId,
  facts: {
    kind: 'comment',
    id: String(id) as ItemId,
    topicId: `t${id % 3}` as TopicId,
    text: 'hi',
    source: 'api',
    observedAt: 1,
  },
});

/** Committer, store and a log that is durable at once. */
async function setUp(turns?: Turns, onPublished: (rows: readonly LoggedRow[]) => void = () => undefined) {
  const clock = new FakeClock();
  const durable: LoggedRow[] = [];
  const published: LoggedRow[] = [];
  const database = openMemoryDatabase({
    clock,
    onDurable: (rows) => {
      durable.push(...rows);
      committer.onDurable(rows);
    },
  });
  const store = await openStore({ ...database, clock, turns });
  const publish = ({ rows }: Publication): void => {
    published.push(...rows);
    onPublished(rows);
    expect(store.head()).toBe(published.length); // folded before published, and no further
    expect(durable.length).toBeGreaterThanOrEqual(published.length);
  };
  const committer = new LogCommitter({ log: database.log, store, publish, turns });
  return { clock, database, store, committer, published, turns };
}

/** What a reader sees is the fold of exactly the rows up to the head. */
function expectFoldOf(store: Store, rows: readonly LoggedRow[]): void {
  const view = new MemoryView();
  for (const row of rows.slice(0, store.head())) applyChange(view, row);
  const { topics, accounts } = recount(view);
  expect(store.accounts().map(({ record }) => record)).toEqual([...view.accounts.values()]);
  expect(store.accounts().map(({ summary }) => summary)).toEqual([...accounts.values()]);
  for (const summary of topics.values()) expect(store.topic(summary.topic)?.summary).toEqual(summary);
  for (const { accountId: id, facts } of view.items.values())
    expect(store.item(id, facts.kind, facts.id)).toEqual(view.item(id, facts.kind, facts.id));
}

test('[ST28] folded in slices or at once, the state is the same, and in between it is that of a row', async () => {
  const commits = fc.array(fc.record({ changes: anyChanges(180), isSaved: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(commits, async (all) => {
      const sliced = await setUp(oneStepATurn());
      const whole = await setUp();
      const saves: Promise<void>[] = [];
      let openCount = 0;
      for (const { changes, isSaved } of all) {
        openCount += 1;
        void sliced.committer.commit(changes).then((rows) => {
          openCount -= 1;
          expect(sliced.published.length).toBeGreaterThanOrEqual(rows.at(-1)?.seq ?? 0); // acknowledged last of all
        });
        if (isSaved) saves.push(sliced.store.checkpoint());
        await whole.committer.commit(changes);
      }
      while (openCount > 0) {
        expectFoldOf(sliced.store, whole.published);
        await nextTurn();
      }
      expect(sliced.published.map(({ text }) => text)).toEqual(whole.published.map(({ text }) => text));
      expect(sliced.committer.unfoldedRowCount).toBe(0);
      await Promise.all(saves);
      const { clock, database } = sliced;
      // What a checkpoint of many turns has saved is the state at its place: the rows after it are folded again.
      const reopened = await openStore({ ...database, clock });
      for (const store of [sliced.store, whole.store, reopened]) expectFoldOf(store, whole.published);
    }),
    { numRuns: 25 },
  );
});

test('[ST28] a row of a notice to many users is folded by itself, and its weight is that of its users', async () => {
  const sentTo = (count: number): Change => ({
    kind: 'notice.sent',
    notice: {
      messageId: `m-${count}`,
      senderId: userId,
      type: 'system_notice',
      content: 'x',
      priority: 'low',
      target: { kind: 'all' },
      needConfirm: false,
      digest: 'd',
    },
    recipients: { userRuns: [1, count], roles: 'o'.repeat(count), online: '1'.repeat(count) },
  });
  const slices: number[] = [];
  const { committer, store } = await setUp(oneStepATurn(), (rows) => slices.push(rows.length));
  await committer.commit([comment(1), sentTo(10_000), sentTo(10_001), comment(2), sentTo(2), comment(3)]);
  expect(slices).toEqual([2, 1, 3]);
  expect(store.head()).toBe(6);
});

test('[ST28] a commit of many slices is acknowledged after the last of them', async () => {
  const { committer, published, store } = await setUp(oneStepATurn());
  const changes = Array.from({ length: 200 }, (_, id) => comment(id));
  const turnsSeen: number[] = [];
  let isAcknowledged = false;
  void committer
    .commit([{ kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 }, ...changes])
    .then(() => {
      isAcknowledged = true;
      expect(store.accountSummary(accountId)?.commentCount).toBe(200);
    });
  while (!isAcknowledged) {
    await nextTurn();
    turnsSeen.push(published.length);
  }
  expect(turnsSeen.filter((count) => count > 0 && count < 201).length).toBeGreaterThan(1);
  expect(published.length).toBe(201);
});

test('[ST27] closing finishes the slices that wait', async () => {
  const turns = oneStepATurn();
  const { committer, published } = await setUp(turns);
  const committed = committer.commit(Array.from({ length: 200 }, (_, id) => comment(id)));
  committer.close();
  turns.finish();
  expect(published.length).toBe(200);
  await expect(committed).resolves.toHaveLength(200);
});

/** An account with a lease, and an ingest that looks at a slice a turn. */
async function withIngest() {
  const turns = oneStepATurn();
  const { clock, store, committer, published } = await setUp(turns);
  await committer.commit([
    { kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 },
    { kind: 'account.leased', accountId, workerId, token: 1 },
  ]);
  const ingest = new Ingest({ store, committer, syncBoard: new SyncBoard(), clock, turns });
  const accept = (from: number, to: number) =>
    ingest.accept(workerId, {
      accountId,
      leaseToken: 1,
      batchId: `${from}-${to}`,
      changes: Array.from({ length: to - from }, (_, index) => comment(from + index)),
    });
  return { ingest, accept, published };
}

test('[ST22] [ST28] batches that overlap and are looked at over many turns store each item once', async () => {
  const { accept, published } = await withIngest();
  const answers = await Promise.all([accept(0, 300), accept(200, 500), accept(0, 500)]);
  expect(answers.map(({ storedCount }) => storedCount)).toEqual([300, 200, 0]);
  expect(published.length).toBe(502);
  for (const { seq } of answers) expect(seq).toBeLessThanOrEqual(502);
  expect(answers[2]?.seq).toBe(502);
});

test('[ST29] of batches that wait to be looked at, those over the limit are refused whole', async () => {
  const { ingest, accept, published } = await withIngest();
  const answers = Array.from({ length: WAITING_LIMIT_COUNT + 2 }, (_, index) => accept(index * 70, index * 70 + 70));
  const settled = await Promise.allSettled(answers);
  const refused = settled.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(2);
  expect(refused[0]).toMatchObject({ reason: { code: 'OVERLOADED', details: { retryAfterMs: 500 } } });
  expect(published.length).toBe(2 + WAITING_LIMIT_COUNT * 70);
  expect(ingest.figures().waitingCount).toBe(0);
});
