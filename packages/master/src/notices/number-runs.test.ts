import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbersOf, runsOf } from './number-runs.ts';

test('[NO63] numbers come back from their runs, and no two runs could be one', () => {
  const ascending = fc
    .uniqueArray(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100_000 })), { maxLength: 60 })
    .map((numbers) => [...numbers].sort((a, b) => a - b));
  fc.assert(
    fc.property(ascending, (numbers) => {
      const runs = runsOf(numbers);
      expect([...numbersOf(runs)]).toEqual(numbers);
      for (let at = 2; at < runs.length; at += 2) {
        expect(runs[at]).toBeGreaterThan((runs[at - 2] ?? 0) + (runs[at - 1] ?? 0));
      }
    }),
  );
  expect(runsOf(Array.from({ length: 10_000 }, (_, n) => n + 1))).toEqual([1, 10_000]);
});
