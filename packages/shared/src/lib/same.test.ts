import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { same } from './same.ts';

test('values of the same JSON are the same', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => same(value, structuredClone(value))));
});

test('values are the same exactly when their JSON with sorted keys is', () => {
  const small = fc.letrec((tie) => ({
    value: fc.oneof(fc.constantFrom(1, 'a', null, true), fc.array(tie('value'), { maxLength: 2 }), tie('object')),
    object: fc.dictionary(fc.constantFrom('a', 'b'), tie('value')),
  })).value;
  fc.assert(fc.property(small, small, (a, b) => same(a, b) === (sorted(a) === sorted(b))));
});

test('a key whose value is undefined counts as absent', () => {
  expect(same({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(same({ a: undefined }, { b: 1 })).toBe(false);
  expect(same([1], { 0: 1 })).toBe(false);
  expect(same(null, {})).toBe(false);
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
