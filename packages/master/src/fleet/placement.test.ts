import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Carrier, type Placeable, placeAccounts } from './placement.ts';

const account = (id: string, heldBy: string | null = null, platform = 'douyin'): Placeable => ({
  id: id as AccountId,
  platform,
  heldBy: heldBy as WorkerId | null,
});
const worker = (id: string, maxAccounts = 10, canTakeMore = true): Carrier => ({
  id: id as WorkerId,
  platforms: ['douyin'],
  maxAccounts,
  canTakeMore,
});
const placed = (accounts: Placeable[], workers: Carrier[]): Record<string, string> =>
  Object.fromEntries(placeAccounts(accounts, workers));

test('[FL1] accounts stay with their Worker; others go to the least loaded', () => {
  expect(placed([account('a', 'w2'), account('b', 'w2'), account('c')], [worker('w1'), worker('w2')])).toEqual({
    a: 'w2',
    b: 'w2',
    c: 'w1',
  });
});

test('[FL1] a Worker that is away keeps its accounts and is given none', () => {
  expect(placed([account('a', 'w1'), account('b')], [worker('w1', 10, false)])).toEqual({ a: 'w1' });
});

test('[FL1] platform and room decide', () => {
  expect(placed([account('a', null, 'other')], [worker('w1')])).toEqual({});
  expect(placed([account('a'), account('b'), account('c')], [worker('w1', 1), worker('w2', 1)])).toEqual({
    a: 'w1',
    b: 'w2',
  });
  expect(placed([account('a', 'gone'), account('b', 'w1')], [worker('w1', 1)])).toEqual({ b: 'w1' });
});

test('[FL1] no Worker is overfull, nothing moves without need, and the order of the input does not matter', () => {
  const ids = fc.constantFrom('w1', 'w2', 'w3');
  const accounts = fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1, maxLength: 2 }), heldBy: fc.option(ids) }),
    {
      selector: ({ id }) => id,
      maxLength: 12,
    },
  );
  const workers = fc.uniqueArray(fc.record({ id: ids, max: fc.nat(5), canTake: fc.boolean() }), {
    selector: ({ id }) => id,
  });
  fc.assert(
    fc.property(accounts, workers, (some, carriers) => {
      const these = some.map(({ id, heldBy }) => account(id, heldBy));
      const those = carriers.map(({ id, max, canTake }) => worker(id, max, canTake));
      const result = placed(these, those);
      expect(placed([...these].reverse(), [...those].reverse())).toEqual(result);
      for (const { id, maxAccounts, canTakeMore } of those) {
        const mine = these.filter((one) => result[one.id] === id);
        expect(mine.length).toBeLessThanOrEqual(maxAccounts);
        if (!canTakeMore) expect(mine.every(({ heldBy }) => heldBy === id)).toBe(true);
        const held = these.filter(({ heldBy }) => heldBy === id).length;
        if (held <= maxAccounts) expect(mine.filter(({ heldBy }) => heldBy === id)).toHaveLength(held);
      }
    }),
    { seed: 11 },
  );
});
