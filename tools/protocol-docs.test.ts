import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAGE, shapeText, tables, withTables } from './protocol-docs.ts';

test('docs/protocol.md shows the frames as the schemas have them (node tools/protocol-docs.ts rewrites it)', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withTables(page, tables())).toBe(page);
});

test('a schema is said in few words', () => {
  const schema = {
    type: 'object',
    required: ['a'],
    properties: { a: { const: 'x' }, b: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 5 } } },
  };
  expect(shapeText(schema)).toBe('{a: "x", b?: [text ≤ 5] ≤ 3}');
});

test('a table that is missing or unknown is an error', () => {
  const page = '<!-- table:a -->\nold\n<!-- /table -->';
  expect(withTables(page, { a: 'made' })).toBe('<!-- table:a -->\nmade\n<!-- /table -->');
  expect(() => withTables(page, {})).toThrow(/unknown table: a/);
  expect(() => withTables(page, { a: 'x', b: 'y' })).toThrow(/lacks the tables: b/);
});
