import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { RecordAccess, RecordKey, StoredRecord } from '../log/notice-tables.ts';
import { type NoticeWorld, openNoticeWorld } from '../sockets/testing/notice-world.ts';
import { countReceipts } from './count-receipts.ts';
import { countsOf } from './flag-counts.ts';
import { listRecords, type RecordQuery } from './list-records.ts';
import { fits } from './record-flags.ts';
import { planCount, planPage, type RecordSizes } from './record-plan.ts';
import { userSet } from './record-range.ts';

async function aWorld(options: Parameters<typeof openNoticeWorld>[0] = {}): Promise<NoticeWorld> {
  const world = await openNoticeWorld(options);
  onTestFinished(() => world.close());
  return world;
}

test('[NO14] before a list is read the tables get what is new, and nothing is written when there is nothing', async () => {
  const { hub, send } = await aWorld();
  await send({ messageId: 'm-1' });
  expect(hub.figures().unsavedCount).toBe(2);
  const saving = hub.catchUp();
  expect(hub.figures().unsavedCount).toBe(2); // not on disk yet
  await saving;
  expect(hub.figures().unsavedCount).toBe(0);
  const savedUpTo = hub.tables.stateSeq();
  await hub.change({ kind: 'notice.groupChanged', group: 'night', userIds: [] });
  await hub.catchUp();
  expect(hub.book.head()).toBeGreaterThan(savedUpTo);
  expect(hub.tables.stateSeq()).toBe(savedUpTo);
});

const NAMES = ['ann', 'anna', 'bob', 'bo', 'cat'];
const NOTICES_COUNT = 9;
const userId = (name: string): UserId => `u-${name}` as UserId;
const pick = <T>(values: readonly T[]) => fc.constantFrom(...values);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

/** Each notice goes to its own users a second after the one before, and is marked by some of them. */
async function someRecords(world: NoticeWorld, seed: number): Promise<void> {
  const [chosen] = fc.sample(
    fc.array(fc.array(fc.record({ name: pick(NAMES), state: maybe(pick(['delivered', 'read', 'confirmed'])) })), {
      minLength: NOTICES_COUNT,
      maxLength: NOTICES_COUNT,
    }),
    { numRuns: 1, seed },
  );
  for (const [n, recipients] of (chosen ?? []).entries()) {
    const messageId = `m-${n}`;
    const userIds = [...new Set(['ann', ...recipients.map(({ name }) => name)].map(userId))];
    await world.send({ messageId, target: { kind: 'users', userIds } });
    for (const { name, state } of recipients) {
      if (state) await world.hub.receive({ userId: userId(name), messageIds: [messageId], state: state as 'read' });
    }
    world.clock.advance(1_000);
  }
  await world.hub.catchUp();
}

const TIME = { created: 'createdAt', received: 'receivedAt', read: 'readAt', confirmed: 'confirmedAt' } as const;

/** What a list must be, the slow way. */
function reference({ hub }: NoticeWorld, query: RecordQuery): { keys: RecordKey[]; matches: StoredRecord[] } {
  const found: StoredRecord[] = [];
  for (let n = 0; n < NOTICES_COUNT; n++) {
    const notice = hub.book.shelf.byId(`m-${n}`);
    if (!notice || (query.messageId !== undefined && query.messageId !== notice.messageId)) continue;
    if (notice.at < (query.fromAt ?? 0) || notice.at > (query.toAt ?? Number.MAX_SAFE_INTEGER)) continue;
    for (const { no, userId: id, username } of hub.book.mailboxes.values()) {
      const record = hub.book.records.peek(notice.no, no);
      if (!record || !fits(record.flags, query) || record[TIME[query.sort]] === 0) continue;
      if (query.userId !== undefined && query.userId !== id) continue;
      if (query.username === undefined || username.includes(query.username)) found.push(record);
    }
  }
  const time = (record: StoredRecord): number => (query.sort === 'created' ? 0 : record[TIME[query.sort]]);
  found.sort((a, b) => time(a) - time(b) || a.noticeNo - b.noticeNo || a.userNo - b.userNo);
  if (query.isDescending) found.reverse();
  const keys = found.slice((query.page - 1) * query.pageSize, query.page * query.pageSize).map(keyOf);
  return { keys, matches: found };
}
const keyOf = ({ noticeNo, userNo }: RecordKey): RecordKey => ({ noticeNo, userNo });

const queries = (startedAt: number): fc.Arbitrary<RecordQuery> =>
  fc.record({
    messageId: maybe(pick(['m-1', 'm-5', 'none'])),
    userId: maybe(pick(NAMES).map(String)),
    username: maybe(pick(['a', 'an', 'b', 'bob', 'x'])),
    isRead: maybe(fc.boolean()),
    isReceived: maybe(fc.boolean()),
    isConfirmed: maybe(fc.boolean()),
    status: maybe(pick(['pending', 'delivered'] as const)),
    fromAt: maybe(fc.nat(10).map((s) => startedAt + s * 1_000)),
    toAt: maybe(fc.nat(10).map((s) => startedAt + s * 1_000)),
    sort: pick(['created', 'received', 'read', 'confirmed'] as const),
    isDescending: fc.boolean(),
    page: fc.integer({ min: 1, max: 3 }),
    pageSize: fc.integer({ min: 1, max: 20 }),
  });

test('[NO14] every filter, sort and page gives what looking at each record gives, with its exact counts', async () => {
  const world = await aWorld({ users: NAMES });
  const startedAt = world.clock.now();
  await someRecords(world, 20_261_128);
  fc.assert(
    fc.property(queries(startedAt), (asked) => {
      const query = { ...asked, userId: asked.userId === undefined ? undefined : userId(asked.userId) };
      const { keys, matches } = reference(world, query);
      const found = listRecords(world.hub.book, world.hub.tables, query);
      expect(found.keys.map(keyOf)).toEqual(keys);
      expect(found).toMatchObject({ total: matches.length, isTotalExact: true });
      expect(found.stats).toEqual(countsOf(matches.map(({ flags }) => ({ flags, count: 1 }))));
    }),
    { numRuns: 500 },
  );
});

test('[NO14] whichever index a list is read from, it is the same list', async () => {
  const world = await aWorld({ users: NAMES });
  await someRecords(world, 4_711);
  const { hub } = world;
  const nos = NAMES.slice(0, 3).flatMap((name) => hub.book.mailboxes.get(userId(name))?.no ?? []);
  const cells = hub.book.totals.cells().flatMap(({ flags }) => (fits(flags, { isReceived: true }) ? [flags] : []));
  const notice = (n: number): number => hub.book.shelf.byId(`m-${n}`)?.no ?? 0;
  const filter = { cells, users: userSet(nos), fromNo: notice(1), toNo: notice(7) };
  for (const isDescending of [true, false]) {
    const read = (by: RecordAccess, sort: 'created' | 'received') =>
      hub.tables.scanRecords({ ...filter, by, sort, isDescending, skipCount: 1, limitCount: 8 }).map(keyOf);
    expect(read('notices', 'created').length).toBeGreaterThan(3);
    expect(read('flags', 'created')).toEqual(read('notices', 'created'));
    expect(read('users', 'created')).toEqual(read('notices', 'created'));
    expect(read('time', 'received')).toEqual(read('notices', 'received'));
    expect(read('users', 'received')).toEqual(read('notices', 'received'));
  }
  const count = (by: 'notices' | 'flags' | 'users') => {
    const found = hub.tables.countRecords({ ...filter, by, limitCount: 1_000 });
    return countsOf(found.cells.filter(({ flags }) => cells.includes(flags)));
  };
  expect(count('notices').total).toBeGreaterThan(3);
  expect(count('flags')).toEqual(count('notices'));
  expect(count('users')).toEqual(count('notices'));
  expect(hub.tables.countRecords({ ...filter, by: 'notices', limitCount: 2 }).passedCount).toBe(2);
});

test.each([4_711, 90_210])(
  '[NO14] seed %i: counts of a range are those of its records, in all and for each user',
  async (seed) => {
    const world = await aWorld({ users: NAMES });
    const startedAt = world.clock.now();
    await someRecords(world, seed);
    const { book, tables } = world.hub;
    for (const fromAt of [undefined, startedAt + 2_000, startedAt + 1e9]) {
      const counted = countReceipts(book, tables, { fromAt, toAt: undefined, skipCount: 1, limitCount: 3 });
      const of = (id?: UserId) => {
        const query: RecordQuery = { fromAt, userId: id, sort: 'created', isDescending: true, page: 1, pageSize: 1 };
        return countsOf(reference(world, query).matches.map(({ flags }) => ({ flags, count: 1 })));
      };
      expect(counted).toMatchObject({ userCount: book.mailboxes.size, isExact: true, stats: of() });
      expect(counted.users.map(({ mailbox }) => mailbox)).toEqual([...book.mailboxes.values()].slice(1, 4));
      for (const { mailbox, stats } of counted.users) expect(stats).toEqual(of(mailbox.userId));
    }
  },
);

test('[NO14] the index is the one that passes over the fewest rows', () => {
  const sizes: RecordSizes = { all: 1e6, ofNotices: 1e6, ofUsers: undefined, ofFlags: undefined, timed: 1e6 };
  const by = (patch: Partial<RecordSizes>, sort: 'created' | 'read') => planPage({ ...sizes, ...patch }, sort, 20).by;
  expect(by({}, 'created')).toBe('notices');
  expect(by({}, 'read')).toBe('time');
  expect(by({ ofFlags: 300 }, 'created')).toBe('flags');
  expect(by({ ofUsers: 100 }, 'created')).toBe('users');
  expect(by({ ofUsers: 300_000 }, 'created')).toBe('notices');
  expect(by({ ofUsers: 100 }, 'read')).toBe('users');
  expect(by({ ofNotices: 100 }, 'read')).toBe('notices');
  expect(planCount({ ...sizes, ofUsers: 10, ofFlags: 20 })).toBe('users');
  expect(planCount({ ...sizes, ofUsers: 20, ofFlags: 10 })).toBe('flags');
  expect(planCount({ ...sizes, ofNotices: 5, ofUsers: 20, ofFlags: 10 })).toBe('notices');
});

test('[NO14] a page that only a long walk reaches is refused', async () => {
  const { hub, send } = await aWorld();
  await send({ messageId: 'm-1' });
  const query: RecordQuery = { sort: 'created', isDescending: true, page: 1_002, pageSize: 100 };
  expect(() => listRecords(hub.book, hub.tables, query)).toThrow(ImError);
});
