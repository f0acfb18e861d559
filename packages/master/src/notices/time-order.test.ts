import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyBody, RECORDS_PER_PAGE } from '../log/record-page-layout.ts';
import { TimeOrder } from './time-order.ts';
import { type TimedPage, TimeOrders } from './time-orders.ts';

/** Close together, or as far apart as times of a log can be; some of them equal. */
const moments = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 2 ** 45 })),
  { maxLength: 200 },
);
const shown = (order: TimeOrder, isDescending: boolean): readonly number[] => {
  const seen: number[] = [];
  order.each(isDescending, (recordNo) => seen.push(recordNo) > 0);
  return seen;
};
const inOrder = (ats: readonly number[]): readonly number[] =>
  ats.map((_, recordNo) => recordNo).sort((a, b) => (ats[a] ?? 0) - (ats[b] ?? 0) || a - b);

test('[NO57] records come by their times, those of one moment by their numbers, however they got there', async () => {
  await fc.assert(
    fc.asyncProperty(moments, moments, async (found, added) => {
      const ats = Float64Array.from(found);
      const order = await TimeOrder.of({ recordNos: Uint32Array.from(ats.keys()), ats });
      const newest = Math.max(0, ...found);
      const later = [...added].sort((a, b) => a - b).map((at) => newest + at - 1);
      const tail = later.map((at, index) => ({ at, recordNo: found.length + index }));
      // Of one moment, the higher numbers may be marked first.
      tail.sort((a, b) => a.at - b.at || b.recordNo - a.recordNo);
      for (const { at, recordNo } of tail) expect(order.add(recordNo, at)).toBe(true);
      const expected = inOrder([...found, ...later]);
      expect(shown(order, false)).toEqual(expected);
      expect(shown(order, true)).toEqual([...expected].reverse());
    }),
  );
});

const aPage = (receivedAt: readonly number[]): TimedPage => {
  const body = emptyBody();
  body.receivedAt.set(receivedAt);
  return { first: 0, count: receivedAt.length, body };
};

test('[NO57] a mark that is older than one before it is not lost: the times are read again', async () => {
  const page = aPage([30, 10, 20]);
  const orders = new TimeOrders((pageNo) => (pageNo === 0 ? page : undefined));
  await orders.know();
  page.body.receivedAt[1] = 15; // what a mark does, before it is noted
  orders.note('receivedAt', 1, 15);
  expect(orders.of('receivedAt')).toBeUndefined();
  await orders.know();
  const order = orders.of('receivedAt');
  expect(order && shown(order, false)).toEqual([1, 2, 0]);
});

test('[NO57] the times are read a page a turn, and no further than wanted', async () => {
  let readCount = 0;
  const orders = new TimeOrders((pageNo) => {
    readCount++;
    return pageNo < 1_000 ? { ...aPage([1]), first: pageNo * RECORDS_PER_PAGE } : undefined;
  });
  const known = orders.know();
  expect(orders.know()).toBe(known);
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  expect(readCount).toBeGreaterThan(0);
  expect(readCount).toBeLessThan(20);
  orders.stop();
  await known;
  expect(readCount).toBeLessThan(20);
  expect(orders.of('readAt')).toBeUndefined();
});

test('[NO57] a page that cannot be read is told, and read again when asked', async () => {
  let isBroken = true;
  const orders = new TimeOrders((pageNo) => {
    if (isBroken) throw new Error('no disk');
    return pageNo === 0 ? aPage([1]) : undefined;
  });
  await expect(orders.know()).rejects.toThrow('no disk');
  isBroken = false;
  await orders.know();
  expect(orders.of('receivedAt')?.count).toBe(1);
});
