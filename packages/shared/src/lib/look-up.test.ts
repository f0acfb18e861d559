import { expect, test } from 'vitest';
import { lookUp } from './look-up.ts';

test('a table gives what it holds, and nothing that every object knows', () => {
  const table = { text: 1 };
  expect(lookUp(table, 'text')).toBe(1);
  for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', 'Text', undefined, null, 0, {}])
    expect(lookUp(table, word)).toBeUndefined();
});
