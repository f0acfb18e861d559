import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticePreferences } from '@hiscrm/shared/model/notice-preferences.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { runQuery } from '../sockets/run-query.ts';
import { type NoticeWorld, openNoticeWorld } from '../sockets/testing/notice-world.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { placeOfDigest } from './digest.ts';
import { holdUntil, minuteOfDay, nextMinuteOfDay } from './quiet-hours.ts';

const ANN = 'u-ann' as UserId;
const HOUR_MS = 3_600_000;
const low = { priority: 'low', needConfirm: false } as const;

async function aWorld(path?: string): Promise<NoticeWorld> {
  const world = await openNoticeWorld({ users: ['ann'], socketLimits: { goneAfterMs: 1e12 }, ...(path && { path }) });
  onTestFinished(() => world.close());
  return world;
}

/** Whole minutes, so that a digest can be due exactly then. */
const dueIn = (world: NoticeWorld, minutes: number): NoticePreferences => ({
  digestMinute: (minuteOfDay(world.clock.now(), 'UTC') + minutes) % 1_440,
});

const prefer = (world: NoticeWorld, preferences: NoticePreferences): Promise<void> =>
  world.hub.change({ kind: 'notice.preferencesChanged', userId: ANN, preferences });

/** Moves the clock, and lets what fell due reach the log. */
async function pass(world: NoticeWorld, ms: number): Promise<void> {
  world.clock.advance(ms);
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 10; n++) await new Promise(setImmediate);
    world.clock.advance(1_000);
  }
}

const historyOf = (world: NoticeWorld) => {
  const principal: Principal = { userId: ANN, username: 'ann', role: 'operator', grants: 'all' };
  const sources = { store: {} as StoreReader, notices: world.hub }; // this query does not look at the store
  return runQuery(sources, principal, { name: 'notices', params: { limit: 50 } });
};

test('[NO46] low notices come as one line when the digest is due, and marking it marks each of them', async () => {
  const world = await aWorld();
  await prefer(world, { ...dueIn(world, 10), language: 'en' });
  const ann = await world.connect('ann');
  for (let n = 1; n <= 3; n++) await world.send({ messageId: `low-${n}`, title: `Title ${n}`, priority: 'low' });
  await world.send({ messageId: 'plain' });
  await ann.until(({ notices }) => notices.length === 1);
  await pass(world, 11 * 60_000);
  await ann.until(({ notices }) => notices.length === 2);
  const digest = ann.notices[1];
  expect(ann.messageIds).toEqual(['plain', expect.stringMatching(/^digest~\d+$/)]);
  expect(digest).toMatchObject({
    type: 'notice_digest',
    title: '3 low-priority notices',
    content: 'Title 3; Title 2; Title 1',
    priority: 'low',
    data: {
      count: 3,
      items: [{ messageId: 'low-3' }, { messageId: 'low-2' }, { messageId: 'low-1', title: 'Title 1' }],
    },
  });
  expect(historyOf(world)).toMatchObject({
    notices: [{ notice: { messageId: digest?.messageId, data: { count: 3 } } }, { notice: { messageId: 'plain' } }],
    unreadCount: 4,
  });
  ann.send({ type: 'ack', uptoOffset: digest?.offset });
  await ann.until(({ frames }) => frames.some(({ messageIds }) => String(messageIds) === `plain,${digest?.messageId}`));
  expect(world.hub.figures().records).toMatchObject({ total: 4, received: 4, read: 0 });
  ann.send({ type: 'read', messageIds: [digest?.messageId] });
  await ann.until(({ frames }) => frames.at(-1)?.type === 'unread' || frames.at(-1)?.state === 'read');
  expect(world.hub.book.mailboxes.get(ANN)?.unreadCount).toBe(1);
  expect(world.hub.figures().records).toMatchObject({ read: 3 });
  expect(historyOf(world)).toMatchObject({ notices: [{ readAt: expect.any(Number) }, {}] });
});

test('[NO46] a single low notice comes as itself, and a recalled one is not in the digest', async () => {
  const world = await aWorld();
  await prefer(world, dueIn(world, 10));
  await world.send({ messageId: 'one', priority: 'low' });
  await world.send({ messageId: 'two', priority: 'low' });
  await world.hub.recall('two', ANN);
  const ann = await world.connect('ann');
  await pass(world, 11 * 60_000);
  await ann.until(({ notices }) => notices.length === 1);
  expect(ann.messageIds).toEqual(['one']);
});

test('[NO46] no other user’s digest, and none that never was, can be marked', async () => {
  const world = await aWorld();
  const ann = await world.connect('ann');
  await world.send({ messageId: 'plain' });
  await ann.until(({ notices }) => notices.length === 1);
  const offset = String(ann.notices[0]?.offset);
  for (const id of [`digest~${offset}`, 'digest~', 'digest~0', 'digest~1e3', 'digest~9007199254740993']) {
    ann.send({ type: 'read', messageIds: [id] });
    expect(await ann.next('error')).toMatchObject({ code: 'NOT_FOUND', ref: id });
  }
  expect(world.hub.figures().records.read).toBe(0);
  await expect(world.send({ messageId: 'digest~1' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(world.send({ type: 'notice_digest' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test.each(['before', 'after'])('[NO47] a Master that dies %s the hour sends the digest once, as one', async (when) => {
  const folder = mkdtempSync(join(tmpdir(), 'hiscrm-digest-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'master.db');
  const first = await openNoticeWorld({ users: ['ann'], path });
  await prefer(first, dueIn(first, 10));
  for (let n = 1; n <= 3; n++) await first.send({ messageId: `low-${n}`, priority: 'low' });
  await first.hub.checkpoint();
  if (when === 'after') await pass(first, 11 * 60_000);
  // It is not closed: what the last checkpoint lacks is in the log alone.
  first.committer.close();
  await first.server.close();
  await first.database.close();
  const second = await aWorld(path);
  await pass(second, 22 * 60_000);
  const ann = await second.connect('ann');
  await ann.until(({ notices }) => notices.length === 1);
  expect(ann.notices[0]).toMatchObject({ type: 'notice_digest', data: { count: 3 }, offline: true });
  const digestId = String(ann.notices[0]?.messageId);
  ann.send({ type: 'ack', messageIds: [digestId] });
  await ann.until(({ frames }) => frames.some(({ messageIds }) => String(messageIds) === digestId));
  expect(second.hub.figures().records).toMatchObject({ total: 3, received: 3, pending: 0 });
  const again = await second.connect('ann', placeOfDigest(digestId) ?? 0);
  await second.send({ messageId: 'next' });
  await again.until(({ notices }) => notices.length === 1);
  expect(again.messageIds).toEqual(['next']);
});

test('[NO47] more than a hundred low notices come in several digests, and the own history skips none', async () => {
  const world = await aWorld();
  await prefer(world, dueIn(world, 10));
  const ids = Array.from({ length: 130 }, (_, n) => `low-${n}`);
  for (const messageId of ids) await world.send({ messageId, priority: 'low' });
  await pass(world, 11 * 60_000);
  const seen: string[] = [];
  let before: Seq | undefined;
  do {
    const page = world.hub.history(ANN, before, 7);
    seen.push(...page.items.map(({ notice }) => notice.messageId));
    before = page.nextBefore;
  } while (before !== undefined);
  expect(seen.sort()).toEqual([...ids].sort());
});

test('[NO48] a digest that is due in quiet hours comes at their end', async () => {
  const at = Date.parse('2026-03-12T15:30:00Z'); // 23:30 in Shanghai
  const preferences = {
    timeZone: 'Asia/Shanghai',
    digestMinute: 3 * 60,
    quietHours: { fromMinute: 22 * 60, toMinute: 8 * 60 },
  };
  expect(holdUntil(preferences, low, at)).toBe(Date.parse('2026-03-13T00:00:00Z'));
  const world = await aWorld();
  const minute = minuteOfDay(world.clock.now(), 'UTC');
  await prefer(world, dueIn(world, 10));
  for (let n = 1; n <= 2; n++) await world.send({ messageId: `low-${n}`, priority: 'low' });
  const quietHours = { fromMinute: minute, toMinute: (minute + 120) % 1_440 };
  await prefer(world, { ...dueIn(world, 10), quietHours }); // wanted after the notices were held
  const ann = await world.connect('ann');
  await pass(world, 11 * 60_000);
  expect(ann.notices).toEqual([]);
  await pass(world, 2 * HOUR_MS);
  await ann.until(({ notices }) => notices.length === 1);
  expect(ann.notices[0]).toMatchObject({ data: { count: 2 } });
});

test('[NO48] hours are met to the minute on the days when the clocks change', () => {
  const berlin = { timeZone: 'Europe/Berlin', digestMinute: 9 * 60 };
  expect(holdUntil(berlin, low, Date.parse('2026-03-28T20:00:00Z'))).toBe(Date.parse('2026-03-29T07:00:00Z'));
  expect(holdUntil(berlin, low, Date.parse('2026-10-24T20:00:00Z'))).toBe(Date.parse('2026-10-25T08:00:00Z'));
  // 02:30 is leapt over on this night: an hour later.
  expect(nextMinuteOfDay(150, 'Europe/Berlin', Date.parse('2026-03-28T23:00:00Z'))).toBe(
    Date.parse('2026-03-29T01:30:00Z'),
  );
});

test('[NO48] the next moment of an hour is ahead, within a day and an hour, and shows the hour that was asked for', () => {
  const zones = ['UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
  fc.assert(
    fc.property(
      fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') }),
      fc.integer({ min: 0, max: 1_439 }),
      fc.constantFrom(...zones),
      (now, minute, zone) => {
        const next = nextMinuteOfDay(minute, zone, now);
        expect(next).toBeGreaterThan(now);
        expect(next - now).toBeLessThanOrEqual(25 * HOUR_MS);
        const shown = minuteOfDay(next, zone);
        if (shown === minute) return;
        // Leapt over that day: no moment of the day around it shows the hour.
        for (let at = next - 3 * HOUR_MS; at <= next; at += 60_000) expect(minuteOfDay(at, zone)).not.toBe(minute);
      },
    ),
    { numRuns: 500 },
  );
});
