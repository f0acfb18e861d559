import { expect, test } from 'vitest';
import { fillGaps, gapsIn } from './template-gaps.ts';

test('gaps are found once, in order, in any script', () => {
  expect(gapsIn('{{时间}} 起 {{ who }}', undefined, '{{who}} {{a-b.c_1}} {{}} {{two words}}')).toEqual([
    '时间',
    'who',
    'a-b.c_1',
  ]);
});

test('a value is put in as it is, also where it looks like a gap or a pattern', () => {
  expect(fillGaps('{{a}}-{{b}}-{{a}}', (name) => (name === 'a' ? '{{b}}' : '$&'))).toBe('{{b}}-$&-{{b}}');
});
