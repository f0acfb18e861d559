import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ADMIN, openNoticeWorld } from '../sockets/testing/notice-world.ts';
import { BATCH_LIMITS, nextBatchCount, TURN_BUDGET_MS } from './batch-size.ts';
import { shareOut } from './lane-shares.ts';
import { type Audience, type LaneSpot, Lanes, newSpot } from './lanes.ts';
import { holdUntil, minuteOfDay } from './quiet-hours.ts';
import { confirmed, delivered, expired, freshFlags, read, withdrawn } from './record-flags.ts';
import { waitingOf } from './user-stream.ts';

async function aWorld(options: Parameters<typeof openNoticeWorld>[0] = {}) {
  const world = await openNoticeWorld(options);
  onTestFinished(() => world.close());
  return world;
}

/** No socket is asked whether it is there, however far a test moves the clock. */
const PATIENT = { goneAfterMs: 1e12 };

/** Moves the clock, and once more after what fell due was done. */
async function pass(world: Awaited<ReturnType<typeof openNoticeWorld>>, ms: number): Promise<void> {
  world.clock.advance(ms);
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 10; n++) await new Promise(setImmediate);
    world.clock.advance(1_000);
  }
}

test('[NO20] every waiting lane gets its share, higher lanes the rest, and no room is left unused', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 5_000 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 4, maxLength: 4 }),
      (batchCount, waiting) => {
        const taken = shareOut(batchCount, waiting);
        const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
        expect(sum(taken)).toBe(Math.min(batchCount, sum(waiting)));
        taken.forEach((count, lane) => {
          expect(count).toBeLessThanOrEqual(waiting[lane] ?? 0);
          if ((waiting[lane] ?? 0) > 0) expect(count).toBeGreaterThan(0);
        });
      },
    ),
  );
});

type Named = LaneSpot & { readonly name: string };
const named = (name: string): Named => ({ ...newSpot(), name });

test('[NO21] the lanes hold what was reserved and no more; urgent ones have room of their own', () => {
  const lanes = new Lanes<Named>({ limitCount: 10, urgentLimitCount: 5 });
  expect(lanes.reserve(0, 6)).toBe(true);
  expect(lanes.reserve(2, 5)).toBe(false);
  expect(lanes.reserve(1, 4)).toBe(true);
  expect(lanes.reserve(3, 5)).toBe(true);
  expect(lanes.reserve(3, 1)).toBe(false);
  lanes.release(0, 6);
  expect(lanes.isUrgentAwaited).toBe(true);
  const [one, two, three, nine] = [named('1'), named('2'), named('3'), named('9')];
  for (const receiver of [one, two, three]) lanes.push(0, receiver, 'many');
  lanes.push(3, nine, 'many');
  expect(lanes.queuedCounts).toEqual([3, 0, 0, 1]);
  expect(lanes.isUrgentAwaited).toBe(false); // one is here and waits for its turn
  expect(lanes.take(2)).toEqual([nine, one]);
  expect(lanes.take(10)).toEqual([two, three]);
  expect(lanes.queuedCount).toBe(0);
});

test('[NO21] a receiver stands in a lane once, counts for every delivery, and takes all of them from every lane', () => {
  const lanes = new Lanes<Named>({ limitCount: 10, urgentLimitCount: 5 });
  const [ann, bob] = [named('ann'), named('bob')];
  for (const receiver of [ann, bob, ann, bob, ann, bob]) lanes.push(0, receiver, 'many');
  lanes.push(3, bob, 'many');
  expect(lanes.queuedCounts).toEqual([6, 0, 0, 1]);
  expect(lanes.reserve(0, 5)).toBe(false);
  expect(lanes.take(1)).toEqual([bob]);
  expect(lanes.queuedCounts).toEqual([3, 0, 0, 0]);
  expect(lanes.take(1)).toEqual([ann]);
  expect(lanes.queuedCount).toBe(0);
  expect(lanes.take(10)).toEqual([]);
});

test('[NO21] whatever is pushed, taken and forgotten, nobody’s delivery is lost, counted twice or served to who is gone', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.record({
            do: fc.constant('push' as const),
            lane: fc.nat(3),
            who: fc.uniqueArray(fc.nat(5), { maxLength: 6 }),
            audience: fc.constantFrom<Audience>('few', 'many'),
          }),
          fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 9 }) }),
          fc.record({ do: fc.constant('forget' as const), who: fc.nat(5) }),
        ),
        { maxLength: 60 },
      ),
      (steps) => {
        const lanes = new Lanes<Named>({ limitCount: 1e6, urgentLimitCount: 1e6 });
        const people = Array.from({ length: 6 }, (_, n) => named(`${n}`));
        const waiting = people.map(() => 0);
        const settle = (who: number): void => {
          waiting[who] = 0;
        };
        for (const step of steps) {
          if (step.do === 'push') {
            for (const who of step.who) {
              const receiver = people[who];
              if (receiver) lanes.push(step.lane, receiver, step.audience);
              waiting[who] = (waiting[who] ?? 0) + 1;
            }
          } else if (step.do === 'take') {
            const taken = lanes.take(step.count).map(({ name }) => Number(name));
            expect(new Set(taken).size).toBe(taken.length);
            for (const who of taken) expect(waiting[who]).toBeGreaterThan(0);
            taken.forEach(settle);
          } else {
            const gone = people[step.who];
            if (gone) lanes.forget(gone);
            settle(step.who);
          }
          const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
          expect(lanes.queuedCount).toBe(sum(waiting));
          people.forEach((person, who) => {
            expect(lanes.has(person)).toBe((waiting[who] ?? 0) > 0);
          });
        }
        const rest = lanes.take(1e6).map(({ name }) => Number(name));
        expect(rest.sort()).toEqual(people.map((_, who) => who).filter((who) => (waiting[who] ?? 0) > 0));
        expect(lanes.queuedCount).toBe(0);
      },
    ),
  );
});

test('[NO66] what is for few does not wait behind what is for many, and neither waits for ever', () => {
  fc.assert(
    fc.property(
      fc.nat(3),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 9 }),
      (lane, manyCount, count) => {
        const lanes = new Lanes<Named>({ limitCount: 1e6, urgentLimitCount: 1e6 });
        for (let n = 0; n < manyCount; n++) lanes.push(lane, named('many'), 'many');
        for (let left = manyCount; left > 0; ) {
          // Those to few never end, and are more than the half that they have.
          for (let n = 0; n < count; n++) lanes.push(lane, named('few'), 'few');
          const taken = lanes.take(count).map(({ name }) => name);
          expect(taken[0]).toBe('few');
          const takenCount = taken.filter((name) => name === 'many').length;
          expect(takenCount).toBe(Math.min(left, Math.max(1, Math.floor(count / 2))));
          left -= takenCount;
        }
        expect(lanes.take(1e6).every(({ name }) => name === 'few')).toBe(true);
      },
    ),
  );
});

test('[NO20] a batch shrinks with the length of its own turn; a late loop leaves it half of its time, never a trickle', () => {
  expect(nextBatchCount(1_000, TURN_BUDGET_MS * 1.25, 0)).toBe(500);
  expect(nextBatchCount(1_000, TURN_BUDGET_MS * 0.25, 0)).toBe(1_250);
  expect(nextBatchCount(1_000, TURN_BUDGET_MS * 0.75, 0)).toBe(1_000);
  expect(nextBatchCount(1_000, TURN_BUDGET_MS * 0.75, 50)).toBe(500);
  expect(nextBatchCount(BATCH_LIMITS.leastCount, TURN_BUDGET_MS * 0.05, 500)).toBeGreaterThan(BATCH_LIMITS.leastCount);
  expect(nextBatchCount(BATCH_LIMITS.leastCount, 500, 500)).toBe(BATCH_LIMITS.leastCount);
  expect(nextBatchCount(BATCH_LIMITS.mostCount, TURN_BUDGET_MS * 0.05, 0)).toBe(BATCH_LIMITS.mostCount);
});

test('[NO22] a record’s state only rises: marks in any order, and again, give the same', () => {
  const marks = [delivered, read, confirmed, expired, withdrawn];
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.constantFrom(...marks), { maxLength: 8 }),
      fc.integer(),
      (isOnline, some, seed) => {
        const start = freshFlags(isOnline);
        const apply = (list: readonly ((flags: number) => number)[]): number =>
          list.reduce((flags, mark) => mark(flags), start);
        const shuffled = [...some].sort(
          (a, b) => ((marks.indexOf(a) * 7 + seed) % 5) - ((marks.indexOf(b) * 7 + seed) % 5),
        );
        expect(apply(shuffled)).toBe(apply(some));
        expect(apply([...some, ...some])).toBe(apply(some));
      },
    ),
  );
});

test('[NO23] quiet hours hold everything but urgent and must-confirm until their end, in the user’s own zone', () => {
  const at = Date.parse('2026-03-12T15:30:00Z'); // 23:30 in Shanghai
  const preferences = { timeZone: 'Asia/Shanghai', quietHours: { fromMinute: 22 * 60, toMinute: 8 * 60 } };
  const plain = { priority: 'normal', needConfirm: false } as const;
  expect(minuteOfDay(at, 'Asia/Shanghai')).toBe(23 * 60 + 30);
  expect(holdUntil(preferences, plain, at)).toBe(Date.parse('2026-03-13T00:00:00Z'));
  expect(holdUntil(preferences, { ...plain, priority: 'urgent' }, at)).toBe(0);
  expect(holdUntil(preferences, { ...plain, needConfirm: true }, at)).toBe(0);
  expect(holdUntil({ ...preferences, timeZone: 'UTC' }, plain, at)).toBe(0);
  const digest = { digestMinute: 9 * 60 };
  expect(holdUntil(digest, { ...plain, priority: 'low' }, at)).toBe(Date.parse('2026-03-13T09:00:00Z'));
  expect(holdUntil(digest, plain, at)).toBe(0);
});

test('[NO24] what is held for quiet hours comes at their end, with an offset above everything before it', async () => {
  const world = await aWorld({ users: ['ann'], socketLimits: PATIENT });
  const minute = minuteOfDay(world.clock.now(), 'UTC');
  const quietHours = { fromMinute: minute, toMinute: (minute + 10) % 1_440 };
  await world.hub.change({
    kind: 'notice.preferencesChanged',
    userId: 'u-ann' as UserId,
    preferences: { quietHours },
  });
  const ann = await world.connect('ann');
  await world.send({ messageId: 'm-held' });
  await world.send({ messageId: 'm-urgent', priority: 'urgent' });
  await ann.until(({ notices }) => notices.length === 1);
  expect(ann.messageIds).toEqual(['m-urgent']);
  await pass(world, 11 * 60_000);
  await ann.until(({ notices }) => notices.length === 2);
  expect(ann.notices[1]).toMatchObject({ messageId: 'm-held', offline: true });
  expect(Number(ann.notices[1]?.offset)).toBeGreaterThan(Number(ann.notices[0]?.offset));
});

test('[NO25] more than the newest 100 waiting fall off, are counted and say so', async () => {
  const world = await aWorld({ users: ['ann'], limits: { waitingPerUserCount: 3 } });
  for (let n = 1; n <= 5; n++) await world.send({ messageId: `m-${n}` });
  for (let n = 0; n < 20 && world.hub.figures().records.expired < 2; n++) await new Promise(setImmediate);
  expect(world.hub.figures().records).toMatchObject({ total: 5, expired: 2, pending: 3 });
  const ann = await world.connect('ann');
  await ann.until(({ notices }) => notices.length === 3);
  expect(ann.messageIds).toEqual(['m-3', 'm-4', 'm-5']);
});

test('[NO26] an expiry passes and a week ends: the records say expired, later clients are not bothered', async () => {
  const world = await aWorld({ users: ['ann'] });
  await world.send({ messageId: 'm-short', expiresAt: world.clock.now() + 60_000 });
  await world.send({ messageId: 'm-week' });
  await pass(world, 60_000);
  expect(world.hub.figures().records).toMatchObject({ expired: 1, pending: 1 });
  await pass(world, 7 * 24 * 3_600_000 + 60_000);
  expect(world.hub.figures().records).toMatchObject({ expired: 2, pending: 0 });
  const ann = await world.connect('ann');
  expect(ann.notices).toEqual([]);
});

test('[NO27] a scheduled notice goes out at its time, once, to those who are there then', async () => {
  const world = await aWorld({ users: ['ann'], socketLimits: PATIENT });
  const sendAt = world.clock.now() + 3_600_000;
  expect(await world.send({ messageId: 'm-later', sendAt })).toMatchObject({ scheduledAt: sendAt, recipients: 0 });
  expect(await world.send({ messageId: 'm-later', sendAt })).toMatchObject({ scheduledAt: sendAt });
  const ann = await world.connect('ann');
  world.addUser('late');
  await pass(world, 3_600_000);
  expect(await ann.next('system_notice')).toMatchObject({ messageId: 'm-later' });
  expect(world.hub.figures().records.total).toBe(2);
});

test('[NO28] full lanes refuse a notice whole, urgent ones pass', async () => {
  const world = await aWorld({ users: ['ann', 'bob'], limits: { waitingDeliveriesCount: 3, roomPatienceMs: 0 } });
  await world.connect('ann');
  await world.connect('bob');
  const sent = ['a', 'b'].map((id) =>
    world.send({ messageId: id }).then(
      () => 'sent',
      (error) => error.code,
    ),
  );
  const urgent = world.send({ messageId: 'u', priority: 'urgent' });
  expect(await Promise.all(sent)).toEqual(['sent', 'OVERLOADED']);
  expect((await urgent).recipients).toBe(2);
  expect(world.hub.book.shelf.byId('b')).toBeUndefined();
  expect(world.hub.figures()).toMatchObject({ refusedCount: 1, records: { total: 4 } });
});

test('[NO29] a file closed, cut off or read again has the same records, counters and queues', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hiscrm-notices-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'master.db');
  const first = await openNoticeWorld({ users: ['ann', 'bob', 'cat'], path });
  for (let n = 1; n <= 20; n++) await first.send({ messageId: `m-${n}` });
  const mark = (user: string, id: number, state: 'delivered' | 'read' | 'confirmed') =>
    first.hub.receive({ userId: `u-${user}` as UserId, messageIds: [`m-${id}`], state });
  await mark('ann', 1, 'read');
  await first.hub.checkpoint();
  await mark('bob', 2, 'confirmed');
  await mark('ann', 3, 'delivered');
  await first.hub.recall('m-4', ADMIN);
  const before = seen(first);
  // A checkpoint that is cut between two slices: the records are ahead of the place.
  const slice = [...first.hub.book.records.takeSlices(1_000)];
  await first.database.notices.save({
    reached: undefined,
    users: [],
    notices: [],
    devices: [],
    settings: [],
    pages: slice.flat(),
  });
  await first.committer.close();
  await first.database.close();
  const second = await openNoticeWorld({ users: ['ann', 'bob', 'cat'], path });
  expect(seen(second)).toEqual(before);
  await second.close();
  await first.server.close();
});

const seen = (world: Awaited<ReturnType<typeof openNoticeWorld>>): unknown => ({
  records: world.hub.figures().records,
  users: [...world.hub.book.mailboxes.values()].map((mailbox) => ({
    userId: mailbox.userId,
    unreadCount: mailbox.unreadCount,
    totalCount: mailbox.totalCount,
    newestPlace: mailbox.newestPlace,
    waiting: waitingOf(world.hub.book.records, mailbox).map((recordNo) => {
      const { notice, place } = world.hub.book.deliveryOf(recordNo);
      return [notice.messageId, place];
    }),
  })),
  counts: Array.from({ length: 20 }, (_, n) => world.hub.book.shelf.byId(`m-${n + 1}`)?.counts.counts()),
});

test.each([11, 4_711, 90_210])(
  '[NO30] seed %i: under random cuts every notice is seen exactly once, in order',
  async (seed) => {
    const world = await aWorld({ users: ['ann', 'bob'] });
    let state = seed;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const screen: unknown[] = [];
    let offset = 0;
    let client = await world.connect('ann', 0);
    const look = (): void => {
      for (const notice of client.notices.slice(client.notices.findIndex((one) => Number(one.offset) > offset))) {
        if (Number(notice.offset) <= offset) continue;
        screen.push(notice.messageId);
        offset = Number(notice.offset);
      }
    };
    const priorities = ['low', 'normal', 'high', 'urgent'] as const;
    for (let n = 0; n < 60; n++) {
      await world.send({ messageId: `m-${n}`, priority: priorities[Math.floor(random() * 4)] ?? 'normal' });
      if (random() < 0.5) await new Promise(setImmediate);
      look();
      if (random() < 0.4) client.send({ type: 'ack', uptoOffset: offset });
      if (random() < 0.25) {
        client.ws.terminate();
        await client.closed;
        look();
        client = await world.connect('ann', offset);
      }
    }
    client.ws.terminate();
    await client.closed;
    look();
    client = await world.connect('ann', offset);
    await client.until(() => {
      look();
      return screen.length >= 60;
    });
    expect(screen).toEqual(Array.from({ length: 60 }, (_, n) => `m-${n}`));
  },
);

test('[NO31] who does not confirm is reminded, once a step, and the deputy is told who is missing', async () => {
  const world = await aWorld({ users: ['ann', 'bob', 'boss'], socketLimits: PATIENT });
  await world.send({
    messageId: 'm-1',
    needConfirm: true,
    target: { kind: 'users', userIds: ['u-ann' as UserId, 'u-bob' as UserId] },
    confirmPlan: { repeatEveryMs: 60_000, repeatCount: 2, escalateAfterMs: 150_000, deputyUserId: 'u-boss' as UserId },
  });
  const bob = await world.connect('bob');
  await bob.until(({ notices }) => notices.length === 1);
  bob.send({ type: 'confirm', messageId: 'm-1' });
  await bob.next('ack_result');
  const ann = await world.connect('ann');
  await pass(world, 60_000);
  await ann.until(({ notices }) => notices.length === 2);
  expect(ann.notices[1]).toMatchObject({ messageId: 'm-1~r1', data: { reminds: 'm-1', reminderNo: 1 } });
  await pass(world, 100_000);
  const boss = await world.connect('boss');
  await boss.until(({ notices }) => notices.length === 1);
  expect(boss.notices[0]).toMatchObject({ messageId: 'm-1~e', data: { escalates: 'm-1', missingUserIds: ['u-ann'] } });
  ann.send({ type: 'confirm', messageId: 'm-1' });
  await pass(world, 600_000);
  expect(bob.messageIds).toEqual(['m-1']);
  expect(ann.messageIds.filter((id) => String(id).startsWith('m-1~r'))).toEqual(['m-1~r1', 'm-1~r2']);
});
