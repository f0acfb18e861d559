import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteLru } from './lru.ts';

const lru = (limitBytes: number, evicted: string[] = []) =>
  new ByteLru<string, string>({ limitBytes, sizeOf: (value) => value.length, onEvict: (key) => evicted.push(key) });

test('the least recently used go first, and each is reported', () => {
  const evicted: string[] = [];
  const cache = lru(6, evicted);
  cache.set('a', 'aa');
  cache.set('b', 'bb');
  cache.set('c', 'cc');
  expect(cache.get('a')).toBe('aa');
  cache.set('d', 'dd');
  expect(evicted).toEqual(['b']);
  expect(cache.peek('b')).toBeUndefined();
});

test('a value above the whole budget is kept alone', () => {
  const cache = lru(3);
  cache.set('a', 'a');
  cache.set('big', 'bbbbbb');
  expect([cache.peek('a'), cache.peek('big'), cache.count]).toEqual([undefined, 'bbbbbb', 1]);
});

test('bytes are the sum of the values kept, and within the budget but for one value', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    size: fc.nat(5),
    verb: fc.constantFrom('set', 'get', 'delete'),
  });
  fc.assert(
    fc.property(fc.array(step), fc.nat(10), (steps, limitBytes) => {
      const cache = lru(limitBytes);
      for (const { key, size, verb } of steps) {
        if (verb === 'set') cache.set(key, 'x'.repeat(size));
        else if (verb === 'get') cache.get(key);
        else cache.delete(key);
        const kept = ['a', 'b', 'c', 'd'].map((name) => cache.peek(name)).filter((value) => value !== undefined);
        expect(cache.bytes).toBe(kept.join('').length);
        expect(cache.count).toBe(kept.length);
        expect(cache.bytes <= limitBytes || kept.filter((value) => value.length > 0).length <= 1).toBe(true);
      }
      cache.clear();
      expect([cache.bytes, cache.count]).toEqual([0, 0]);
    }),
  );
});
