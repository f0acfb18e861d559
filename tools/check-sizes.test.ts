import { expect, test } from 'vitest';
import {
  FILE_LIMIT_LINES,
  FILE_WARN_LINES,
  FUNCTION_LIMIT_LINES,
  functionsOf,
  judgeExceptions,
  judgeSizes,
} from './check-sizes.ts';
import { parseSource } from './lib/source.ts';

const lines = (count: number) => Array.from({ length: count }, (_, at) => `const v${at} = ${at};`).join('\n');
const judge = (text: string, exceptions = {}) => judgeSizes(parseSource('a.ts', text), exceptions);
const exception = { lines: 700, reason: 'one table', owner: 'lin' };

test('a file is warned about, then refused, unless an exception names it', () => {
  expect(judge(lines(FILE_WARN_LINES))).toEqual({ errors: [], warnings: [] });
  expect(judge(lines(FILE_WARN_LINES + 1)).warnings).toHaveLength(1);
  expect(judge(lines(FILE_LIMIT_LINES + 1)).errors[0]?.text).toBe('601 lines; at most 600');
  expect(judge(lines(700), { 'a.ts': exception }).errors).toEqual([]);
  expect(judge(lines(701), { 'a.ts': exception }).errors).toHaveLength(1);
});

test('functions, methods and arrows are measured and named; blocks are not functions', () => {
  const source = parseSource(
    'a.ts',
    `function plain() {
}
class A {
  method(x: { y: number }): { z: number } {

    return { z: x.y };
  }
}
const arrow = () => {
  if (1) {
  }
};`,
  );
  expect(functionsOf(source)).toEqual([
    { name: 'plain', line: 1, lines: 2 },
    { name: 'method', line: 4, lines: 4 },
    { name: 'arrow', line: 9, lines: 4 },
  ]);
});

test('a long function is refused with its line; what groups tests is not, and only in tests', () => {
  const body = lines(FUNCTION_LIMIT_LINES);
  const wrong = judge(`\nfunction long() {\n${body}\n}`).errors[0];
  expect(wrong).toMatchObject({ line: 2, text: 'long has 82 lines; at most 80' });
  const group = `describe('x', () => {\n${body}\n});\nfunction registerLogContract() {\n${body}\n}`;
  expect(judgeSizes(parseSource('a.test.ts', group), {}).errors).toEqual([]);
  expect(judge(group).errors).toHaveLength(2);
});

test('an exception must be needed, true and answered for', () => {
  const lengths = new Map([
    ['long.ts', 650],
    ['short.ts', 10],
  ]);
  expect(judgeExceptions({ 'long.ts': exception }, lengths)).toEqual([]);
  expect(judgeExceptions({ 'short.ts': exception }, lengths)[0]?.text).toContain('needs no exception');
  expect(judgeExceptions({ 'gone.ts': exception }, lengths)[0]?.text).toContain('does not exist');
  expect(judgeExceptions({ 'long.ts': { ...exception, owner: '' } }, lengths)[0]?.text).toContain(
    'a reason and an owner',
  );
});
