import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, Seq, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import { expect, onTestFinished, test } from 'vitest';
import { LogCommitter } from '../ingest/log-committer.ts';
import { openMemoryDatabase } from '../log/open-database.ts';
import { openStore } from '../store/open-store.ts';
import { findRows, placeAt } from './find-rows.ts';
import { PushBoard } from './push-board.ts';
import { ShownBoard } from './shown-board.ts';
import { traceOf } from './trace.ts';
import { WaitBoard } from './wait-board.ts';

const accountId = 'acc-1' as AccountId;
const byUserId = 'u-1' as UserId;
const topic = { accountId, kind: 'content', id: 'work-1' as TopicId } as const;
const SECRET = '只有两个人知道';

async function openWorld() {
  const clock = new FakeClock();
  const pushes = new PushBoard();
  const waits = new WaitBoard();
  const shown = new ShownBoard({ floor: 0 as Seq });
  const database = openMemoryDatabase({ clock, onDurable: (rows) => committer.onDurable(rows) });
  const store = await openStore({ ...database, clock });
  const committer = new LogCommitter({
    log: database.log,
    store,
    publish: ({ rows }) => {
      const [first, last] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0];
      pushes.note({
        from: (first - 1) as Seq,
        upTo: last as Seq,
        loggedAt: 0,
        endedAt: clock.now() + 1,
        subscriberCount: 2,
      });
    },
  });
  onTestFinished(async () => {
    await store.close();
    await database.close();
  });
  const commit = async (change: Change): Promise<void> => {
    clock.advance(1_000);
    await committer.commit([change]);
  };
  await commit({ kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 });
  const trace = (id: string) => traceOf({ store, log: database.log, pushes, waits, shown }, id);
  return { clock, commit, trace, log: database.log, store, pushes, waits, shown };
}

const comment = (id: string, at: number, text: string): Change => ({
  kind: 'comment.observed',
  accountId,
  facts: { kind: 'comment', id: id as ItemId, topicId: topic.id, text, at, source: 'api', observedAt: at + 400 },
});
const requested = (id: string, at: number): Change => ({
  kind: 'reply.requested',
  accountId,
  reply: {
    id: id as ReplyId,
    topic,
    toItemId: 'c1' as ItemId,
    text: SECRET,
    byUserId,
    key: `key-of-${id}`,
    requestedAt: at,
  },
});

test('a comment is followed from the platform to its answer, without its text', async () => {
  const { clock, commit, trace } = await openWorld();
  const writtenAt = clock.now();
  await commit(comment('c0', writtenAt - 5, 'another'));
  await commit(comment('c1', writtenAt, SECRET));
  await commit({ ...comment('c1', writtenAt, `${SECRET}!`) });
  const readAt = clock.now();
  await commit({ kind: 'topic.read', accountId, topic, upToSeq: 2 as Seq, at: readAt - 9, byUserId });
  await commit({ kind: 'topic.read', accountId, topic, upToSeq: 4 as Seq, at: readAt, byUserId });
  await commit({ kind: 'topic.read', accountId, topic, upToSeq: 5 as Seq, at: readAt + 9, byUserId });
  await commit(requested('r1', clock.now()));

  const [found, ...others] = await trace('c1');
  expect(others).toEqual([]);
  expect(found).toMatchObject({ kind: 'comment', accountId, topicId: 'work-1', state: 'visible', isComplete: true });
  expect(found?.hops.map(({ name, seq }) => [name, seq])).toEqual([
    ['written', undefined],
    ['observed', undefined],
    ['logged', 3],
    ['pushed', undefined],
    ['changed', 4],
    ['read', 6],
    ['answered', 8],
  ]);
  expect(found?.hops.slice(0, 2).map(({ at }) => at)).toEqual([writtenAt, writtenAt + 400]);
  expect(found?.hops.find(({ name }) => name === 'read')).toEqual({
    name: 'read',
    at: readAt,
    seq: 6,
    by: 'user',
    note: byUserId,
  });
  expect(JSON.stringify(found)).not.toContain(SECRET);
});

test('how long a comment waited in its Worker’s outbox is told by the Worker’s clock alone, when it is known', async () => {
  const { clock, commit, trace, waits } = await openWorld();
  await commit(comment('c1', 5, 'x'));
  await commit(comment('c2', 6, 'x'));
  const keptAt = clock.now() + 3_600_000; // a Worker whose clock is an hour ahead
  waits.note({ from: 1 as Seq, upTo: 2 as Seq, keptAt, sentAt: keptAt + 350 });
  const [found] = await trace('c1');
  expect(found?.hops.map(({ name }) => name)).toEqual(['written', 'observed', 'kept', 'logged', 'pushed']);
  expect(found?.hops[2]).toEqual({ name: 'kept', at: keptAt, by: 'worker', note: 'waited 350 ms in the outbox' });
  expect((await trace('c2'))[0]?.hops.map(({ name }) => name)).not.toContain('kept');
});

test('who was shown a comment first is told, and when', async () => {
  const { commit, trace, shown } = await openWorld();
  await commit(comment('c1', 5, 'x'));
  for (const [id, at] of [
    ['u-2', 900],
    ['u-1', 700],
  ] as const) {
    const principal = { userId: id as UserId, username: id, role: 'operator', grants: 'all' } as const;
    shown.note({ principal, upTo: 2 as Seq, at });
  }
  const [found] = await trace('c1');
  expect(found?.hops.at(-1)).toEqual({ name: 'shown', at: 700, by: 'user', note: 'u-1, the first of 2 user(s)' });
});

test('a reply is followed from its request to its outcome, without its text', async () => {
  const { clock, commit, trace } = await openWorld();
  await commit(comment('c1', 5, 'x'));
  for (let n = 0; n < 20; n++) await commit(comment(`n${n}`, n, 'noise'));
  await commit(requested('r1', clock.now()));
  await commit(requested('r2', clock.now()));
  await commit({ kind: 'reply.attempted', accountId, replyId: 'r1' as ReplyId, at: clock.now() });
  await commit({ kind: 'reply.unknown', accountId, replyId: 'r1' as ReplyId, at: clock.now(), detail: SECRET });
  await commit({
    kind: 'reply.sent',
    accountId,
    replyId: 'r1' as ReplyId,
    at: clock.now(),
    itemId: 'c9' as ItemId,
    settledBy: 'page',
  });
  const [found] = await trace('r1');
  expect(found).toMatchObject({ kind: 'reply', state: 'sent', isComplete: true });
  expect(found?.hops.map(({ name, by, note }) => [name, by, note])).toEqual([
    ['requested', 'user', byUserId],
    ['pushed', 'master', '2 client(s)'],
    ['attempted', 'worker', undefined],
    ['unknown', 'worker', undefined],
    ['sent', 'worker', 'item c9'],
  ]);
  expect(JSON.stringify(found)).not.toContain(SECRET);
  expect(await trace('nobody')).toEqual([]);
});

test('what was trimmed is said to be missing, and the store still knows the rest', async () => {
  const { commit, trace, log, clock } = await openWorld();
  await commit(comment('c1', 5, 'x'));
  await commit(requested('r1', clock.now()));
  await commit({ kind: 'reply.rejected', accountId, replyId: 'r1' as ReplyId, at: 77, reason: 'tooFrequent' });
  await log.trimTo(log.head());
  expect(await trace('c1')).toMatchObject([
    { isComplete: false, hops: [{ name: 'written' }, { name: 'logged', seq: 2 }, {}] },
  ]);
  const [reply] = await trace('r1');
  expect(reply?.hops.map(({ name, at }) => [name, at])).toContainEqual(['rejected', 77]);
});

test('the place of a moment is found by halving', async () => {
  const { commit, log, clock } = await openWorld();
  const times: number[] = [];
  for (let n = 0; n < 30; n++) {
    await commit(comment(`n${n}`, n, 'x'));
    times.push(clock.now());
  }
  for (const [index, at] of times.entries()) {
    expect(await placeAt(log, { at, head: log.head() })).toBe(index + 1);
    expect(await placeAt(log, { at: at - 1, head: log.head() })).toBe(index + 1);
  }
  expect(await placeAt(log, { at: clock.now() + 1, head: log.head() })).toBe(log.head());
  const all = await findRows(log, { after: 0 as Seq, upTo: log.head(), isWanted: ({ seq }) => seq % 10 === 0 });
  expect(all.rows.map(({ seq }) => seq)).toEqual([10, 20, 30]);
});
