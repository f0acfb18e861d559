import { expect, test } from 'vitest';
import { median, percentile } from './statistics.ts';

test('the median is the middle value whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 3])).toBe(3);
  expect(median([])).toBeNaN();
});

test('a percentile is a value that occurred', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(51);
  expect(percentile(values, 0.99)).toBe(100);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([], 0.5)).toBeNaN();
});
