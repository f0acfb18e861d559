import { compareText } from '@hiscrm/shared/lib/compare-text.ts';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { applyChange } from '@hiscrm/shared/model/apply-change.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import { MemoryView } from '@hiscrm/shared/model/memory-view.ts';
import type { ItemRecord, TopicRecord } from '@hiscrm/shared/model/records.ts';
import { recount } from '@hiscrm/shared/model/recount.ts';
import { isOpenReply } from '@hiscrm/shared/model/reply.ts';
import { anyChanges } from '@hiscrm/shared/model/testing/any-rows.ts';
import { itemKindOf, type TopicRef, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { ItemCursor } from '@hiscrm/shared/protocol/queries.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoggedRow } from '../log/change-log.ts';
import { type MasterDatabase, openMemoryDatabase } from '../log/open-database.ts';
import { scopeOf } from '../log/state-statements.ts';
import type { StateTables } from '../log/state-tables.ts';
import type { ItemRow } from '../log/writer-protocol.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';

/** No room at all: everything that is not pinned is read back from the tables. */
const NO_ROOM_BYTES = 0;
const NEVER = { everyCount: 1_000_000, everyMs: 1_000_000_000 };

/** A store beside the yardstick: both fold the same rows. */
class World {
  readonly view = new MemoryView();
  readonly clock = new FakeClock({ now: 1_000_000 });
  readonly rows: LoggedRow[] = [];
  readonly database: MasterDatabase;
  store: Store | undefined;

  constructor() {
    this.database = openMemoryDatabase({
      clock: this.clock,
      onDurable: (rows) => {
        this.rows.push(...rows);
        for (const row of rows) applyChange(this.view, row);
        this.store?.apply(rows);
      },
    });
  }

  /** Opens the store from the tables and the log; what it replaces is left as it was, as by a kill. */
  async open(): Promise<Store> {
    const { log, state } = this.database;
    const options = { log, state, clock: this.clock, itemLimitBytes: NO_ROOM_BYTES, checkpoint: NEVER };
    this.store = await openStore(options);
    return this.store;
  }
}

function refs(view: MemoryView): readonly TopicRef[] {
  return [...view.topics.values()].map(({ accountId, kind, id }) => ({ accountId, kind, id }));
}

const byPosition = (a: ItemRecord, b: ItemRecord): number =>
  b.facts.at - a.facts.at || compareText(b.facts.id, a.facts.id);

function itemsOf(view: MemoryView, ref: TopicRef): readonly ItemRecord[] {
  const kind = itemKindOf(ref.kind);
  const isOfTopic = ({ accountId, facts }: ItemRecord): boolean =>
    accountId === ref.accountId && facts.kind === kind && facts.topicId === ref.id;
  return [...view.items.values()].filter(isOfTopic).sort(byPosition);
}

function expectCountersEqual(store: Store, view: MemoryView): void {
  const { topics, accounts } = recount(view);
  for (const summary of topics.values()) expect(store.topic(summary.topic)?.summary).toEqual(summary);
  expect(store.accounts().map(({ summary }) => summary)).toEqual([...accounts.values()]);
}

function expectRecordsEqual(store: Store, view: MemoryView): void {
  expect(store.accounts().map(({ record }) => record)).toEqual([...view.accounts.values()]);
  for (const [key, record] of view.topics) expect([key, store.topicRecord(record)]).toEqual([key, record]);
  for (const { accountId, facts } of view.items.values())
    expect(store.item(accountId, facts.kind, facts.id)).toEqual(view.item(accountId, facts.kind, facts.id));
  for (const reply of view.replies.values()) expect(store.reply(reply.id)).toEqual(reply);
  for (const id of ['rep-1', 'rep-2']) expect(store.reply(id as ReplyId)).toEqual(view.reply(id as ReplyId));
  expect(new Map(store.workers().map((worker) => [worker.id, worker]))).toEqual(view.workers);
}

function allPages<C, T>(
  read: (cursor: C | undefined) => { readonly page: readonly T[]; readonly next: C | undefined },
): T[] {
  const all: T[] = [];
  let cursor: C | undefined;
  do {
    const { page, next } = read(cursor);
    all.push(...page);
    cursor = next;
  } while (cursor !== undefined);
  return all;
}

function expectPagesEqual(store: Store, view: MemoryView, limit: number): void {
  for (const topic of refs(view)) {
    const items = allPages<ItemCursor, ItemRecord>((before) => {
      const { items: page, nextBefore } = store.items({ topic, limit, ...(before && { before }) });
      return { page, next: nextBefore };
    });
    expect(items).toEqual(itemsOf(view, topic));
  }
  for (const { id: accountId } of view.accounts.values()) expectListsEqual(store, view, accountId, limit);
}

function expectListsEqual(store: Store, view: MemoryView, accountId: AccountId, limit: number): void {
  for (const kind of ['content', 'conversation'] as const) {
    const list = (onlyUnread: boolean) =>
      allPages<string, TopicRecord>((cursor) => {
        const { topics, nextCursor } = store.topics({ accountId, kind, limit, onlyUnread, ...(cursor && { cursor }) });
        return { page: topics.map(({ record }) => record), next: nextCursor };
      });
    const expected = refs(view).filter((ref) => ref.accountId === accountId && ref.kind === kind);
    const keys = expected.map((ref) => [activityOf(view, ref), ref.id] as const);
    keys.sort((a, b) => b[0] - a[0] || compareText(b[1], a[1]));
    expect(list(false).map(({ id }) => id)).toEqual(keys.map(([, id]) => id));
    const unread = keys.filter(([, id]) => (store.topic({ accountId, kind, id })?.summary.unreadCount ?? 0) > 0);
    expect(list(true).map(({ id }) => id)).toEqual(unread.map(([, id]) => id));
  }
  const badge = allPages<ItemCursor, ItemRecord>((before) => {
    const { items, nextBefore } = store.unreadItems({ accountId, limit, ...(before && { before }) });
    return { page: items, next: nextBefore };
  });
  expect(badge.map(nameOf).sort()).toEqual(unreadOf(view, accountId).map(nameOf).sort());
  expect(badge).toEqual([...badge].sort((a, b) => byPosition(a, b)));
  expect(store.unreadItems({ accountId, limit: 1 }).totalCount).toBe(badge.length);
}

const nameOf = ({ facts }: ItemRecord): string => `${facts.kind} ${facts.id}`;

function unreadOf(view: MemoryView, accountId: AccountId): readonly ItemRecord[] {
  return [...view.items.values()].filter((item) => {
    if (item.accountId !== accountId) return false;
    const topic = view.topic({ accountId, kind: topicKindOf(item.facts.kind), id: item.facts.topicId });
    return isUnread(item, must(topic, 'every item is in a known topic').marks);
  });
}

function activityOf(view: MemoryView, ref: TopicRef): number {
  const [newest] = itemsOf(view, ref);
  const record = view.topic(ref);
  if (newest) return newest.facts.at;
  return (record?.kind === 'content' ? record.facts?.publishedAt : record?.facts?.createdAt) ?? 0;
}

function expectRepliesEqual(store: Store, view: MemoryView): void {
  for (const { id: accountId } of view.accounts.values()) {
    const open = [...view.replies.values()].filter((reply) => reply.accountId === accountId && isOpenReply(reply));
    expect(new Set(store.openReplies(accountId))).toEqual(new Set(open));
  }
  for (const user of ['usr-1', 'usr-2'] as UserId[]) {
    for (const key of ['key-00001', 'key-00002']) {
      const asked = [...view.replies.values()].filter((reply) => reply.byUserId === user && reply.key === key);
      const found = store.replyByKey(user, key);
      if (asked.length === 0) expect(found).toBeUndefined();
      else expect(asked).toContainEqual(found);
    }
  }
}

describe('any changes', () => {
  test('[ST1] [ST2] at every place the counters are a recount of the records', async () => {
    await fc.assert(
      fc.asyncProperty(anyChanges(60), async (changes) => {
        const world = new World();
        const store = await world.open();
        for (const change of changes) {
          await world.database.log.append([change]);
          expectCountersEqual(store, world.view);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('[ST1] [ST3] [ST4] whatever is evicted, saved or killed, the store is the fold of the log', async () => {
    const step = fc.constantFrom('go on', 'go on', 'go on', 'checkpoint', 'kill');
    await fc.assert(
      fc.asyncProperty(
        anyChanges(60),
        fc.array(step, { minLength: 62, maxLength: 62 }),
        fc.integer({ min: 1, max: 4 }),
        async (changes, steps, limit) => {
          const world = new World();
          let store = await world.open();
          for (const [at, change] of changes.entries()) {
            await world.database.log.append([change]);
            if (steps[at] === 'checkpoint') await store.checkpoint();
            if (steps[at] === 'kill') store = await world.open();
            expectCountersEqual(store, world.view);
          }
          for (const round of ['live', 'saved', 'reopened']) {
            if (round === 'saved') await store.checkpoint();
            if (round === 'reopened') store = await world.open();
            expectCountersEqual(store, world.view);
            expectRecordsEqual(store, world.view);
            expectPagesEqual(store, world.view, limit);
            expectRepliesEqual(store, world.view);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('[ST5] a publication carries the counters of what its rows touched, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(anyChanges(40), fc.integer({ min: 1, max: 5 }), async (changes, batchCount) => {
        const world = new World();
        const { log } = world.database;
        const known = new Map<string, unknown>();
        const store = await world.open();
        world.store = undefined;
        for (let at = 0; at < changes.length; at += batchCount) {
          const rows = await log.append(changes.slice(at, at + batchCount));
          const { topics, accounts } = store.apply(rows);
          for (const summary of topics) known.set(topicKey(summary.topic), summary);
          for (const summary of accounts) known.set(summary.accountId, summary);
          const now = recount(world.view);
          for (const [key, summary] of [...now.topics, ...now.accounts]) expect(known.get(key)).toEqual(summary);
          for (const summary of topics) expect(now.topics.get(topicKey(summary.topic))).toEqual(summary);
        }
      }),
      { numRuns: 60 },
    );
  });
});

const accountId = 'acc-1' as AccountId;
const work: TopicRef = { accountId, kind: 'content', id: 'w' as TopicId };
const added: Change = { kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 };
const comment = (id: string, at: number): Change => ({
  kind: 'comment.observed',
  accountId,
  facts: { kind: 'comment', id: id as ItemId, topicId: work.id, at, source: 'api', observedAt: 1 },
});

test('[ST6] equal versions mean equal answers, and only the touched account moves', async () => {
  const world = new World();
  const store = await world.open();
  const other = 'acc-2' as AccountId;
  await world.database.log.append([added, { ...added, accountId: other }, comment('1', 1)]);
  expect([store.accountVersion(accountId), store.accountVersion(other)]).toEqual([3, 2]);
  await store.checkpoint();
  const reopened = await world.open();
  expect([reopened.accountVersion(accountId), reopened.accountVersion(other)]).toEqual([3, 2]);
});

test('[ST7] refused replies are shown for a week, open ones always', async () => {
  const world = new World();
  const store = await world.open();
  const ask = (id: string): Change => ({
    kind: 'reply.requested',
    accountId,
    reply: {
      id: id as ReplyId,
      topic: work,
      text: 'hi',
      byUserId: 'usr-1' as UserId,
      key: `key-${id}`,
      requestedAt: 1,
    },
  });
  const at = world.clock.now();
  const refuse: Change = { kind: 'reply.rejected', accountId, replyId: 'b' as ReplyId, at, reason: 'tooFrequent' };
  await world.database.log.append([added, comment('1', 1), ask('a'), ask('b'), refuse]);
  const shown = (): string[] => store.items({ topic: work, limit: 10 }).replies.map(({ id }) => id);
  expect(shown()).toEqual(['a', 'b']);
  world.clock.advance(8 * 24 * 60 * 60 * 1_000);
  expect(shown()).toEqual(['a']);
});

test('[ST8] a cursor that the store did not make is refused', async () => {
  const store = await new World().open();
  expect(() => store.topics({ accountId, kind: 'content', limit: 1, cursor: 'x' })).toThrow('cursor');
});

test('[ST9] a page goes on where it ended although newer items arrived', async () => {
  const world = new World();
  const store = await world.open();
  await world.database.log.append([added, ...[1, 2, 3, 4].map((at) => comment(String(at), at))]);
  const first = store.items({ topic: work, limit: 2 });
  await world.database.log.append([comment('5', 5)]);
  const before = must(first.nextBefore, 'there are more');
  expect(store.items({ topic: work, limit: 2, before }).items.map(({ facts }) => facts.id)).toEqual(['2', '1']);
});

test('[ST10] a checkpoint is taken by count and by time, never two at once, and none after closing', async () => {
  const world = new World();
  const { log, state } = world.database;
  const checkpoint = { everyCount: 5, everyMs: 1_000 };
  const store = await openStore({ log, state, clock: world.clock, checkpoint });
  world.store = store;
  await log.append([added]);
  expect(state.stateSeq()).toBe(0);
  world.clock.advance(1_000);
  await expect.poll(() => state.stateSeq()).toBe(1);
  await log.append([1, 2, 3, 4, 5].map((at) => comment(String(at), at)));
  world.clock.advance(0);
  await expect.poll(() => state.stateSeq()).toBe(6);
  await log.append([comment('6', 6)]);
  await store.close();
  await store.close();
  expect(state.stateSeq()).toBe(7);
  expect(world.clock.pendingCount).toBe(0);
  expect(store.figures()).toMatchObject({ accountCount: 1, pinnedCount: 0, unsavedRowCount: 0 });
});

test('[ST11] rows that do not follow are a bug, not a hole', async () => {
  const world = new World();
  const store = await world.open();
  await world.database.log.append([added]);
  expect(() => store.apply(world.rows)).toThrow('does not follow');
});

test('[ST12] what a mark has passed is not flagged as unread on disk, so that a start loads unread items only', async () => {
  const world = new World();
  const store = await world.open();
  const { log, state } = world.database;
  await log.append([added, ...[1, 2, 3].map((at) => comment(String(at), at))]);
  await store.checkpoint();
  const flagged = (): readonly string[] => [...state.loadUnread()].flatMap(({ topicNo }) => idsOf(state, topicNo));
  expect(flagged()).toEqual(['1', '2', '3']);
  const upToSeq = must(store.item(accountId, 'comment', '2' as ItemId), 'it was stored').arrivedSeq;
  await log.append([{ kind: 'topic.read', accountId, topic: work, upToSeq, at: 9, byUserId: 'usr-1' as UserId }]);
  await store.checkpoint();
  expect(flagged()).toEqual(['3']);
});

const idsOf = (state: StateTables, topicNo: number): readonly string[] =>
  [...state.readUnread(topicNo)].map(({ id }) => id);

test('[ST15] a start counts unread items, and reads which they are before anything about them goes to disk anew', async () => {
  const world = new World();
  const first = await world.open();
  const { log } = world.database;
  await log.append([added, ...[1, 2, 3, 4].map((at) => comment(String(at), at))]);
  await first.checkpoint();
  const upToSeq = must(first.item(accountId, 'comment', '2' as ItemId), 'it was stored').arrivedSeq;
  const read: Change = { kind: 'topic.read', accountId, topic: work, upToSeq, at: 9, byUserId: 'usr-1' as UserId };
  const unread = (store: Store): readonly string[] =>
    store.unreadItems({ accountId, limit: 10 }).items.map(({ facts }) => facts.id);
  for (const [change, expected] of [
    [comment('5', 5), ['5', '4', '3', '2', '1']],
    [read, ['5', '4', '3']],
    [comment('4', 6), ['4', '5', '3']], // known already, and later than it was
  ] as const) {
    const store = await world.open();
    const countBefore = store.topic(work)?.summary.unreadCount;
    expect(countBefore).toBe(recount(world.view).topics.get(topicKey(work))?.unreadCount);
    await log.append([change]);
    await store.checkpoint();
    expect(store.topic(work)?.summary.unreadCount).toBe(expected.length);
    expect(unread(store)).toEqual(expected);
    expect(unread(await world.open())).toEqual(expected);
  }
});

test('[ST12] what is flagged although a mark has passed it is not unread after a start', async () => {
  const world = new World();
  const store = await world.open();
  const { log, state } = world.database;
  await log.append([added, ...[1, 2, 3].map((at) => comment(String(at), at))]);
  const upToSeq = must(store.item(accountId, 'comment', '2' as ItemId), 'it was stored').arrivedSeq;
  await log.append([{ kind: 'topic.read', accountId, topic: work, upToSeq, at: 9, byUserId: 'usr-1' as UserId }]);
  await store.checkpoint();
  const passed = must(store.item(accountId, 'comment', '2' as ItemId), 'it was stored');
  const [topic] = state.loadTopics();
  const { no = 0, accountNo = 0 } = topic ?? {};
  const row: ItemRow = [scopeOf(accountNo, 'comment'), '2', no, 2, passed.arrivedSeq, 1, JSON.stringify(passed)];
  const nothing = {
    removedAccountNos: [],
    accounts: [],
    topics: [],
    sweeps: [],
    replies: [],
    earlyAnswers: [],
    workers: [],
  };
  await state.save({ ...nothing, stateSeq: state.stateSeq(), items: [row] });
  const reopened = await world.open();
  expect(reopened.topic(work)?.summary.unreadCount).toBe(1);
  expect(reopened.unreadItems({ accountId, limit: 10 }).items.map(({ facts }) => facts.id)).toEqual(['3']);
});

test('[ST13] the rows of a removed account leave the disk', async () => {
  const world = new World();
  const store = await world.open();
  const { log, state } = world.database;
  await log.append([added, comment('1', 1), comment('2', 2)]);
  await store.checkpoint();
  await log.append([{ kind: 'account.removed', accountId }]);
  await store.checkpoint();
  expect([[...state.loadAccounts()], [...state.loadTopics()], [...state.loadUnread()]]).toEqual([[], [], []]);
});

test('[ST14] an account’s replies are listed newest first, each once, while checkpoints come between', async () => {
  const world = new World();
  const store = await world.open();
  const request = (n: number): Change => ({
    kind: 'reply.requested',
    accountId,
    reply: {
      id: `rep-${n}` as ReplyId,
      topic: work,
      text: 'thanks',
      byUserId: 'usr-1' as UserId,
      key: `key-0000${n}`,
      requestedAt: n,
    },
  });
  await world.database.log.append([added, comment('c', 1), ...[1, 2, 3].map(request)]);
  await store.checkpoint();
  await world.database.log.append([request(4), { kind: 'reply.sent', accountId, replyId: 'rep-2' as ReplyId, at: 9 }]);
  const seen: string[] = [];
  for (let before: number | undefined; ; ) {
    const page = store.replies({ accountId, limit: 2, ...(before !== undefined && { before }) });
    seen.push(...page.replies.map(({ id, state }) => `${id} ${state.kind}`));
    if (page.nextBefore === undefined) break;
    before = page.nextBefore;
    await store.checkpoint();
  }
  expect(seen).toEqual(['rep-4 requested', 'rep-3 requested', 'rep-2 sent', 'rep-1 requested']);
  expect(store.replies({ accountId: 'none' as AccountId, limit: 5 })).toEqual({ replies: [] });
});
