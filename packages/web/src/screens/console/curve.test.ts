import { expect, test } from 'vitest';
import { curveOf } from './curve.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();

test('a curve begins at nothing, counts each moment once and leaves out what did not happen', () => {
  expect(curveOf(1_000, [at(5), null, at(2), at(5)])).toEqual([
    [1_000, 0],
    [2_000, 1],
    [5_000, 3],
  ]);
  expect(curveOf(1_000, [null])).toEqual([[1_000, 0]]);
});
