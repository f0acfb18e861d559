/**
 * Holds files and functions to their budgets. A file above the hard limit needs an entry in `tools/size-exceptions.json`:
 * `{"packages/…/x.ts": {"lines": 700, "reason": "…", "owner": "…"}}`; an entry that is no longer needed is an error too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AstNode,
  type Finding,
  isNode,
  isTest,
  listFiles,
  ROOT,
  readSource,
  report,
  type Source,
  walk,
} from './lib/source.ts';

/** Above this a file is worth a look: nine files in ten of well-kept code bases are shorter. */
export const FILE_WARN_LINES = 300;
/** Above this a file holds more than one responsibility. */
export const FILE_LIMIT_LINES = 600;
/** A function that does not fit on a screen is not understood at first reading. */
export const FUNCTION_LIMIT_LINES = 80;

export type SizeException = { readonly lines: number; readonly reason: string; readonly owner: string };
export type Exceptions = Readonly<Record<string, SizeException>>;
type Sized = { readonly name: string; readonly line: number; readonly lines: number };

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Every function of a file with its length in lines, braces included. */
export function functionsOf(source: Source): Sized[] {
  const found: Sized[] = [];
  const names = new Map<AstNode, string>();
  walk(source.program, (node) => {
    for (const value of [node.value, node.init]) if (isNode(value)) names.set(value, nameOf(node));
    if (!FUNCTIONS.has(node.type)) return;
    const line = source.lineOf(node.start);
    found.push({ name: names.get(node) ?? nameOf(node), line, lines: source.lineOf(node.end) - line + 1 });
  });
  return found;
}

function nameOf(node: AstNode): string {
  for (const holder of [node.id, node.key]) {
    if (isNode(holder) && typeof holder.name === 'string') return holder.name;
  }
  return 'a function';
}

/** What only groups tests (a `describe` block, the function of a contract suite) is as long as its cases and says nothing of any. */
function groupsTests(source: Source, { name, line }: Sized): boolean {
  if (!isTest(source.path)) return false;
  return /^register\w+Contract$/.test(name) || /\bdescribe\b/.test(source.text.split('\n')[line - 1] ?? '');
}

/** What is too long in one file, and whether it is only worth a look. */
export function judgeSizes(
  source: Source,
  exceptions: Exceptions,
): { readonly errors: Finding[]; readonly warnings: Finding[] } {
  const { path } = source;
  const lines = source.text.trimEnd().split('\n').length;
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  const allowed = exceptions[path]?.lines ?? FILE_LIMIT_LINES;
  if (lines > allowed) errors.push({ path, line: 1, text: `${lines} lines; at most ${allowed}` });
  else if (lines > FILE_WARN_LINES)
    warnings.push({ path, line: 1, text: `${lines} lines; aim for ${FILE_WARN_LINES}` });
  for (const sized of functionsOf(source)) {
    if (sized.lines <= FUNCTION_LIMIT_LINES || groupsTests(source, sized)) continue;
    errors.push({
      path,
      line: sized.line,
      text: `${sized.name} has ${sized.lines} lines; at most ${FUNCTION_LIMIT_LINES}`,
    });
  }
  return { errors, warnings };
}

/** What is wrong with the list of exceptions itself. `lengths`: lines of every file that exists. */
export function judgeExceptions(exceptions: Exceptions, lengths: ReadonlyMap<string, number>): Finding[] {
  return Object.entries(exceptions).flatMap(([path, { reason, owner }]) => {
    const length = lengths.get(path);
    const text =
      length === undefined
        ? `${path} does not exist`
        : length <= FILE_LIMIT_LINES
          ? `${path} has ${length} lines and needs no exception`
          : reason.trim() === '' || owner.trim() === ''
            ? `${path} needs a reason and an owner`
            : undefined;
    return text === undefined ? [] : [{ path: 'tools/size-exceptions.json', line: 1, text }];
  });
}

if (import.meta.main) {
  const exceptions: Exceptions = JSON.parse(readFileSync(join(ROOT, 'tools/size-exceptions.json'), 'utf8'));
  const paths = listFiles(ROOT, ['packages', 'bench', 'e2e', 'tools', 'scripts'], /\.(ts|tsx|mts|mjs)$/);
  const sources = paths.map((path) => readSource(ROOT, path));
  const judged = sources.map((source) => judgeSizes(source, exceptions));
  for (const { path, text } of judged.flatMap(({ warnings }) => warnings)) console.log(`note: ${path} ${text}`);
  const lengths = new Map(sources.map(({ path, text }) => [path, text.trimEnd().split('\n').length]));
  const errors = [...judged.flatMap((each) => each.errors), ...judgeExceptions(exceptions, lengths)];
  report('check-sizes', errors, `${paths.length} files`);
}
