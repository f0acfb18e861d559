import { type AstNode, isNode, type Source, stringOf, walk } from './source.ts';

const TEST_FUNCTIONS = new Set(['test', 'it', 'describe', 'suite']);

/** The names of a file's tests and suites, `test.each(…)('…')` and template names included, with the calls that give them. */
export function testNamesIn(source: Source): { readonly name: string; readonly node: AstNode }[] {
  const found: { readonly name: string; readonly node: AstNode }[] = [];
  walk(source.program, (node) => {
    if (node.type !== 'CallExpression' || !Array.isArray(node.arguments) || !TEST_FUNCTIONS.has(calleeOf(node.callee)))
      return;
    const name = stringOf(node.arguments[0]);
    if (name !== undefined) found.push({ name, node });
  });
  return found;
}

/** The function at the root of `test.skipIf(x).each(y)`. */
function calleeOf(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'Identifier') return String(node.name);
  if (node.type === 'MemberExpression') return calleeOf(node.object);
  return node.type === 'CallExpression' ? calleeOf(node.callee) : '';
}
