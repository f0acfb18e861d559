import { expect, test } from 'vitest';
import { hueOf, initialsOf } from './initials.ts';

test.each([
  ['王小明', '小明'],
  ['李', '李'],
  ['Ada Lovelace', 'AL'],
  ['ada', 'A'],
  ['👨‍👩‍👧 妈妈', '妈妈'],
  ['  ', '?'],
])('%s becomes %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

test('an id keeps its hue', () => {
  expect(hueOf('u-1')).toBe(hueOf('u-1'));
  expect(hueOf('u-1')).toBeLessThan(360);
});
