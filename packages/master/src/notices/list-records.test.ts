import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type NoticeWorld, openNoticeWorld } from '../sockets/testing/notice-world.ts';
import { countReceipts } from './count-receipts.ts';
import { countsOf } from './flag-counts.ts';
import { listRecords } from './list-records.ts';
import type { ReceiveRecord } from './receive-record.ts';
import { fits } from './record-flags.ts';
import type { RecordQuery } from './record-query.ts';

async function aWorld(options: Parameters<typeof openNoticeWorld>[0] = {}): Promise<NoticeWorld> {
  const world = await openNoticeWorld(options);
  onTestFinished(() => world.close());
  return world;
}

test('[NO14] before a list of notices is read the tables get what is new, and nothing is written when there is nothing', async () => {
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

/** Those with a `z` have so many of the records that looking through all of them is less than looking theirs up. */
const NAMES = ['ann', 'anna', 'bob', 'bo', 'cat', ...Array.from({ length: 80 }, (_, n) => `z${n}`)];
const NOTICES_COUNT = 9;
const userId = (name: string): UserId => `u-${name}` as UserId;
const pick = <T>(values: readonly T[]) => fc.constantFrom(...values);
/** Mostly not, so that a few of them together leave something over. */
const maybe = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });

/** Each notice goes to its own users a second after the one before, and is marked by some of them. */
async function someRecords(world: NoticeWorld, seed: number): Promise<void> {
  const state = fc.option(pick(['delivered', 'read', 'confirmed']), { nil: undefined });
  const recipients = fc.array(fc.record({ name: pick(NAMES), state }), { minLength: 20, maxLength: 40 });
  const notices = fc.array(recipients, { minLength: NOTICES_COUNT, maxLength: NOTICES_COUNT });
  const [chosen] = fc.sample(notices, { numRuns: 1, seed });
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
function reference(
  { hub }: NoticeWorld,
  query: RecordQuery,
): { readonly recordNos: readonly number[]; readonly matches: readonly ReceiveRecord[] } {
  const { records, shelf, mailboxOf } = lookAt(hub.book);
  const found = Array.from({ length: records.count }, (_, recordNo) => records.view(recordNo)).filter((record) => {
    const notice = shelf.byNo(record.noticeNo);
    const user = mailboxOf(record.userNo);
    return (
      (query.messageId === undefined || query.messageId === notice?.messageId) &&
      record.createdAt >= (query.fromAt ?? 0) &&
      record.createdAt <= (query.toAt ?? Number.MAX_SAFE_INTEGER) &&
      fits(record.flags, query) &&
      record[TIME[query.sort]] > 0 &&
      (query.userId === undefined || query.userId === user?.userId) &&
      (query.username === undefined || user?.username.includes(query.username) === true)
    );
  });
  const time = (record: ReceiveRecord): number => (query.sort === 'created' ? 0 : record[TIME[query.sort]]);
  found.sort((a, b) => time(a) - time(b) || a.recordNo - b.recordNo);
  if (query.isDescending) found.reverse();
  const page = found.slice((query.page - 1) * query.pageSize, query.page * query.pageSize);
  return { recordNos: page.map(({ recordNo }) => recordNo), matches: found };
}
const lookAt = (book: NoticeWorld['hub']['book']) => ({
  records: book.records,
  shelf: book.shelf,
  mailboxOf: (userNo: number) => book.mailboxOf(userNo),
});

const queries = (startedAt: number): fc.Arbitrary<RecordQuery> =>
  fc.record({
    messageId: maybe(pick(['m-1', 'm-5', 'none'])),
    userId: maybe(fc.oneof(fc.constant('ann'), pick(NAMES)).map(String)),
    username: maybe(pick(['a', 'an', 'b', 'bob', 'x', 'z'])),
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
      const { recordNos, matches } = reference(world, query);
      const found = listRecords(world.hub.book, query);
      expect(found.recordNos).toEqual(recordNos);
      expect(found.total).toBe(matches.length);
      expect(found.stats).toEqual(countsOf(matches.map(({ flags }) => ({ flags, count: 1 }))));
    }),
    { numRuns: 500 },
  );
});

test('[NO14] a list by a time is the same from the order of the times, which marks come behind while it is read and after', async () => {
  const world = await aWorld({ users: NAMES });
  const startedAt = world.clock.now();
  await someRecords(world, 4_711);
  const { book, receive } = { book: world.hub.book, receive: world.hub.receive.bind(world.hub) };
  const mark = (name: string, n: number): Promise<unknown> => {
    world.clock.advance(n);
    return receive({ userId: userId(name), messageIds: [`m-${n}`], state: 'confirmed' });
  };
  await mark('ann', 2);
  const known = book.records.orders.know();
  await Promise.all([mark('ann', 3), mark('ann', 4)]);
  await known;
  await mark('ann', 5);
  expect(book.records.orders.of('confirmedAt')?.count).toBe(
    Array.from({ length: book.records.count }, (_, no) => book.records.view(no)).filter(
      ({ confirmedAt }) => confirmedAt > 0,
    ).length,
  );
  fc.assert(
    fc.property(queries(startedAt), (asked) => {
      const query = { ...asked, userId: asked.userId === undefined ? undefined : userId(asked.userId) };
      const { recordNos } = reference(world, query);
      for (const markAfterCount of [1, 5, 1_000]) {
        expect(listRecords(book, query, { readCount: 0, markAfterCount }).recordNos).toEqual(recordNos);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([4_711, 90_210])(
  '[NO14] seed %i: counts of a range are those of its records, in all and for each user',
  async (seed) => {
    const world = await aWorld({ users: NAMES });
    const startedAt = world.clock.now();
    await someRecords(world, seed);
    const { book } = world.hub;
    for (const fromAt of [undefined, startedAt + 2_000, startedAt + 1e9]) {
      const counted = countReceipts(book, { fromAt, toAt: undefined, skipCount: 1, limitCount: 3 });
      const of = (id?: UserId) => {
        const query: RecordQuery = { fromAt, userId: id, sort: 'created', isDescending: true, page: 1, pageSize: 1 };
        return countsOf(reference(world, query).matches.map(({ flags }) => ({ flags, count: 1 })));
      };
      expect(counted).toMatchObject({ userCount: book.mailboxes.size, stats: of() });
      expect(counted.users.map(({ mailbox }) => mailbox)).toEqual([...book.mailboxes.values()].slice(1, 4));
      for (const { mailbox, stats } of counted.users) expect(stats).toEqual(of(mailbox.userId));
    }
  },
);

test('[NO14] the few records in a rare state are found among pages of others, from either end and after a start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hiscrm-notices-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const users = Array.from({ length: 1_500 }, (_, n) => `w${n}`);
  const options = { users, path: join(folder, 'master.db') };
  const first = await openNoticeWorld(options);
  for (const messageId of ['m-0', 'm-1', 'm-2']) await first.send({ messageId });
  for (const [name, messageId] of [
    ['w3', 'm-0'],
    ['w1200', 'm-2'],
  ] as const) {
    await first.hub.receive({ userId: userId(name), messageIds: [messageId], state: 'confirmed' });
  }
  const look = ({ hub }: NoticeWorld): void => {
    for (const isDescending of [true, false]) {
      const found = listRecords(hub.book, { isConfirmed: true, sort: 'created', isDescending, page: 1, pageSize: 10 });
      const named = found.recordNos.map((no) => hub.book.mailboxOf(hub.book.records.userNo(no))?.username);
      expect(named).toEqual(isDescending ? ['w1200', 'w3'] : ['w3', 'w1200']);
    }
    const missing = listRecords(hub.book, {
      isRead: false,
      sort: 'created',
      isDescending: true,
      page: 45,
      pageSize: 100,
    });
    expect(missing.total).toBe(4_498);
    expect(missing.recordNos).toHaveLength(98);
  };
  look(first);
  await first.close();
  const second = await openNoticeWorld(options);
  look(second);
  await second.close();
});

test('[NO14] a page that only a long walk reaches is refused', async () => {
  const { hub, send } = await aWorld();
  await send({ messageId: 'm-1' });
  const query: RecordQuery = { sort: 'created', isDescending: true, page: 1_002, pageSize: 100 };
  expect(() => listRecords(hub.book, query)).toThrow(ImError);
});
