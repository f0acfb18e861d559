import { expect, test } from 'vitest';
import { LINE_LIMIT_CHARS, LineRing, OUTPUT_LIMIT_LINES } from './line-ring.ts';

test('lines are whole whatever the pieces were, and the oldest go', () => {
  const ring = new LineRing();
  const bytes = Buffer.from('客户😀\nsecond\nthird');
  for (const byte of bytes) ring.push(Buffer.of(byte));
  expect(ring.last(9)).toEqual(['客户😀', 'second']);
  expect(ring.last(1)).toEqual(['second']);
  expect(ring.last(0)).toEqual([]);
  ring.push(Buffer.from(`\n${'x'.repeat(LINE_LIMIT_CHARS * 2)}\n`));
  expect(ring.last(1)[0]).toHaveLength(LINE_LIMIT_CHARS);
  ring.push(Buffer.from('y\n'.repeat(OUTPUT_LIMIT_LINES + 5)));
  expect(ring.last(OUTPUT_LIMIT_LINES * 2)).toHaveLength(OUTPUT_LIMIT_LINES);
});
