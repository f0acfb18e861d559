import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeFacts } from './merge-facts.ts';

type Facts = {
  readonly a?: number | undefined;
  readonly text?: string | undefined;
  readonly state?: string | undefined;
  readonly author?: { readonly id: string; readonly name?: string | undefined } | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly source: string;
  readonly observedAt: number;
};

const facts: fc.Arbitrary<Facts> = fc.record(
  {
    a: fc.nat(3),
    text: fc.constantFrom('', 'x', 'y'),
    state: fc.constantFrom('visible', 'deleted', 'recalled'),
    author: fc.record({ id: fc.constantFrom('p', 'q'), name: fc.constantFrom('n', 'm') }, { requiredKeys: ['id'] }),
    aliases: fc.uniqueArray(fc.constantFrom('i', 'j', 'k')),
    source: fc.constantFrom('api', 'dom'),
    observedAt: fc.nat(5),
  },
  { requiredKeys: ['source', 'observedAt'] },
);

test('absent never overwrites present', () => {
  fc.assert(
    fc.property(facts, facts, (known, seen) => {
      const merged = mergeFacts(known, seen);
      for (const key of Object.keys(known)) expect(merged).toHaveProperty(key);
    }),
  );
});

test('seen again, it adds nothing, and that is the same object', () => {
  fc.assert(
    fc.property(facts, facts, (known, seen) => {
      const merged = mergeFacts(known, seen);
      expect(mergeFacts(merged, seen)).toBe(merged);
      expect(mergeFacts(merged, known.observedAt < seen.observedAt ? known : merged)).toBe(merged);
    }),
  );
});

test('an older observation only fills gaps', () => {
  fc.assert(
    fc.property(facts, facts, (one, other) => {
      const [older, newer] = one.observedAt < other.observedAt ? [one, other] : [other, one];
      fc.pre(older.observedAt < newer.observedAt);
      const merged = mergeFacts(newer, older);
      expect(merged.a).toBe(newer.a ?? older.a);
      expect(merged.text).toBe(newer.text ?? older.text);
      expect(merged.observedAt).toBe(newer.observedAt);
    }),
  );
});

test('what was recalled stays recalled', () => {
  const recalled: Facts = { state: 'recalled', observedAt: 1, source: 'api' };
  expect(mergeFacts(recalled, { state: 'visible', observedAt: 2, source: 'dom' }).state).toBe('recalled');
});

test('the same person gains what was missing; another person is another value', () => {
  const known: Facts = { author: { id: 'p', name: 'n' }, observedAt: 1, source: 'api' };
  expect(mergeFacts(known, { author: { id: 'p' }, observedAt: 2, source: 'api' })).toBe(known);
  expect(mergeFacts(known, { author: { id: 'q' }, observedAt: 2, source: 'api' }).author).toEqual({ id: 'q' });
  expect(mergeFacts(known, { author: { id: 'q' }, observedAt: 0, source: 'api' }).author).toEqual({
    id: 'p',
    name: 'n',
  });
});
