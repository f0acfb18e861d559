import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { NoticeSort } from '../log/notice-tables.ts';
import type { NoticeRow } from '../log/writer-protocol.ts';
import { aNotice, type NoticeWorld, openNoticeWorld } from '../sockets/testing/notice-world.ts';
import { listNotices, type NoticeQuery } from './list-notices.ts';
import { PRIORITY_RANK } from './live-notice.ts';

/** More than are looked into. */
const NOTICES_COUNT = 6_000;
const STARTED_AT = 1_000_000;
const TYPES = ['system_notice', 'order_paid'] as const;
const PRIORITIES = ['low', 'normal', 'high'] as const;

type Sent = { readonly no: number; readonly at: number } & Record<
  'type' | 'target' | 'status' | 'sender' | 'text',
  string
> & { readonly priority: (typeof PRIORITIES)[number] };

/** One of the types is rare, and so is one of the states; the rest is common. */
const sent: readonly Sent[] = Array.from({ length: NOTICES_COUNT }, (_, n) => ({
  no: n + 1,
  at: STARTED_AT + n * 10,
  type: n % 100 === 7 ? TYPES[1] : TYPES[0],
  target: n % 2 === 0 ? 'all' : 'users',
  status: n % 150 === 3 ? 'recalled' : 'sent',
  sender: n % 3 === 0 ? 'ann' : 'bob',
  text: n % 5 === 0 ? '假期安排' : '今晚维护',
  priority: PRIORITIES[n % 3] ?? 'low',
}));

let world: NoticeWorld;
beforeAll(async () => {
  world = await openNoticeWorld();
  const notices = sent.map(({ no, at, type, target, status, sender, text, priority }): NoticeRow => {
    const notice = { ...aNotice(), messageId: `m-${no}`, senderId: sender, type, content: text, priority };
    const body = JSON.stringify({ notice, recipientCount: 0, onlineCount: 0 });
    return [no, `m-${no}`, sender, null, type, target, PRIORITY_RANK[priority], status, at, 0, body];
  });
  await world.database.notices.save({ reached: undefined, users: [], settings: [], pages: [], devices: [], notices });
  return () => world.close();
});

const ORDER: Record<NoticeSort, (one: Sent) => number | string> = {
  no: () => 0,
  priority: ({ priority }) => PRIORITY_RANK[priority],
  type: ({ type }) => type,
  status: ({ status }) => status,
};

/** The numbers of all that fit, in the order asked for, the slow way. */
function reference(query: NoticeQuery): readonly number[] {
  const { type, target, status, senderId, keyword, fromAt = 0, toAt = Number.MAX_SAFE_INTEGER } = query;
  const fitting = sent.filter(
    (one) =>
      [type ?? one.type, target ?? one.target, status ?? one.status, senderId ?? one.sender].join() ===
        [one.type, one.target, one.status, one.sender].join() &&
      one.text.includes(keyword ?? '') &&
      one.at >= fromAt &&
      one.at <= toAt,
  );
  const key = ORDER[query.sort];
  const compare = (a: Sent, b: Sent): number => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.no - b.no);
  fitting.sort((a, b) => (query.isDescending ? compare(b, a) : compare(a, b)));
  return fitting.map(({ no }) => no);
}

const maybe = <T>(...values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const moment = maybe(0, 900, 1_000, 30_000, 55_005).map((ms) => ms && STARTED_AT + ms);
const queries: fc.Arbitrary<NoticeQuery> = fc.record({
  type: maybe(...TYPES, 'none'),
  target: maybe('all', 'users'),
  status: maybe('sent', 'recalled'),
  senderId: maybe('ann', 'bob', 'nobody'),
  keyword: maybe('维护', '假期', '没有'),
  fromAt: moment,
  toAt: moment,
  sort: fc.constantFrom('no', 'priority', 'type', 'status'),
  isDescending: fc.boolean(),
  skipCount: fc.constantFrom(0, 5),
  limitCount: fc.integer({ min: 1, max: 20 }),
});

test('[NO53] a list of notices is what looking at each gives; where it looked at fewer it says so', () => {
  let exactCount = 0;
  fc.assert(
    fc.property(queries, (query) => {
      const nos = reference(query);
      const { skipCount, limitCount } = query;
      const found = listNotices(world.hub.book, world.hub.tables, query);
      const got = found.notices.map(({ no }) => Number(no));
      if (found.isTotalExact) {
        exactCount++;
        expect(found.total).toBe(nos.length);
        expect(got).toEqual(nos.slice(skipCount, skipCount + limitCount));
      } else {
        expect(found.total).toBeLessThanOrEqual(nos.length);
        expect(nos).toEqual(expect.arrayContaining(got));
        expect(got).toEqual(nos.filter((no) => got.includes(no)));
      }
    }),
    { numRuns: 400 },
  );
  expect(exactCount).toBeGreaterThan(100);
});

test('[NO53] what is narrow is exact, however many notices there are; a wide search finds the newest', () => {
  const list = (patch: Partial<NoticeQuery>) =>
    listNotices(world.hub.book, world.hub.tables, {
      sort: 'no',
      isDescending: true,
      skipCount: 0,
      limitCount: 3,
      ...patch,
    });
  expect(list({})).toMatchObject({ total: NOTICES_COUNT, isTotalExact: true });
  expect(list({ type: TYPES[1], target: 'users', keyword: '维护' })).toMatchObject({ isTotalExact: true });
  expect(list({ status: 'recalled', type: TYPES[0], sort: 'priority' })).toMatchObject({ isTotalExact: true });
  const wide = list({ keyword: '假期' });
  expect(wide.isTotalExact).toBe(false);
  expect(wide.notices.map(({ no }) => Number(no))).toEqual([5_996, 5_991, 5_986]);
});
