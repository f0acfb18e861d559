import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

test('the delay grows to the cap and is never below half of its step', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const step = Math.min(30_000, 500 * 2 ** attempt);
      const delay = backoffMs({ attempt, firstMs: 500, capMs: 30_000, random });
      expect(delay).toBeGreaterThanOrEqual(step / 2);
      expect(delay).toBeLessThanOrEqual(step);
    }),
  );
});
