import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText } from './compare-text.ts';

test('texts are ordered as their UTF-8 bytes are', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      return Math.sign(compareText(a, b)) === bytes;
    }),
  );
});

test('an emoji comes after a full-width letter, although its UTF-16 units are lower', () => {
  expect(compareText('😀', 'Ａ')).toBeGreaterThan(0);
  expect('😀' < 'Ａ').toBe(true);
});
