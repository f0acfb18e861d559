import { expect, test } from 'vitest';
import { compare, idsIn, rulesIn } from './check-spec.ts';
import { parseSource } from './lib/source.ts';

test('a rule is defined where its id opens a line; a mention is not a definition', () => {
  const page = `# Log
- [LG1] Seqs have no gaps.
| [LG2] | a table |
**[LG3]** bold
### [LG4] heading
As [LG1] says, see also [LG9].`;
  expect(rulesIn('log.md', page).map(({ id, line }) => `${line} ${id}`)).toEqual(['2 LG1', '3 LG2', '4 LG3', '5 LG4']);
});

test('ids are read from the names of tests only', () => {
  const source = parseSource(
    'a.test.ts',
    `// [LG1] in a comment
const note = '[LG2] in a string';
test('[LG3] [LG4] two rules', () => {});
test.each([1])('[LG5] each %i', () => {});
test.skipIf(process.env.X)(\`[LG6] \${note}\`, () => {});
describe('[LG7] group', () => {});
other('[LG8] not a test');`,
  );
  expect(idsIn(source).map(({ id }) => id)).toEqual(['LG3', 'LG4', 'LG5', 'LG6', 'LG7']);
});

test('both directions and double definitions are found', () => {
  const place = (id: string, line = 1) => ({ path: 'x', line, id });
  expect(compare([place('LG1')], [place('LG1')])).toEqual([]);
  const texts = compare([place('LG1'), place('LG2'), place('LG2', 9)], [place('LG1'), place('LG3')]).map(
    ({ text }) => text,
  );
  expect(texts).toEqual(['[LG2] is already a rule: x:1', '[LG2] has no test', '[LG3] is no rule of docs/spec']);
});
