/**
 * A name on the wire is written once, in `packages/shared/src/protocol`. This finds it written again: any string there that
 * is the value of an exported constant or of a property of an exported `as const` object, and that looks like a wire name
 * (`worker:register`, `hiscrm.v1`, `/worker`; a common word such as `message` does not), must not be a literal elsewhere.
 * Frame types and error codes need no such check: their unions make the compiler refuse a misspelt one.
 * Tests and the simulator's peers write names out on purpose: they play the outsider who knows nothing of our constants.
 */
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
  stringOf,
  walk,
} from './lib/source.ts';

const HOME = 'packages/shared/src/protocol/';
const WIRE_NAME = /^(?=.{3,80}$)[\w./-]*[:./][\w:./-]*$/;

/** Wire names that a protocol file defines, with the constant that holds each: `WORKER_MESSAGE.register`. */
export function wireNamesOf(source: Source): Map<string, string> {
  const names = new Map<string, string>();
  const add = (value: unknown, constant: string): void => {
    const text = stringOf(value);
    if (text !== undefined && WIRE_NAME.test(text)) names.set(text, constant);
  };
  for (const { id, init } of exportedConstants(source.program)) {
    const value = bare(init);
    add(value, id);
    if (value.type !== 'ObjectExpression' || !Array.isArray(value.properties)) continue;
    for (const property of value.properties) {
      if (isNode(property) && isNode(property.key))
        add(property.value, `${id}.${property.key.name ?? property.key.value}`);
    }
  }
  return names;
}

function exportedConstants(program: AstNode): { id: string; init: AstNode }[] {
  if (!Array.isArray(program.body)) return [];
  return program.body.flatMap((statement: AstNode) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : undefined;
    if (!isNode(declaration) || !Array.isArray(declaration.declarations)) return [];
    return declaration.declarations.flatMap(({ id, init }: AstNode) =>
      isNode(id) && isNode(init) ? [{ id: String(id.name), init }] : [],
    );
  });
}

/** The value under `as const` and `satisfies …`. */
function bare(node: AstNode): AstNode {
  const wrapped = node.type === 'TSAsExpression' || node.type === 'TSSatisfiesExpression';
  return wrapped && isNode(node.expression) ? bare(node.expression) : node;
}

/** The places of a file that write a wire name out. Import specifiers are paths, not names. */
export function literalsIn(source: Source, names: ReadonlyMap<string, string>): Finding[] {
  const found: Finding[] = [];
  const specifiers = new Set<unknown>();
  walk(source.program, (node) => {
    if ('source' in node) specifiers.add(node.source);
    const text = stringOf(node);
    const constant = text === undefined || specifiers.has(node) ? undefined : names.get(text);
    if (constant !== undefined)
      found.push({ path: source.path, line: source.lineOf(node.start), text: `'${text}' is ${constant}` });
  });
  return found;
}

if (import.meta.main) {
  const all = listFiles(ROOT, ['packages', 'bench'], /\.tsx?$/).filter(
    (path) => path.includes('/src/') && !isTest(path),
  );
  const names = new Map<string, string>();
  for (const path of all) {
    if (path.startsWith(HOME))
      for (const [name, constant] of wireNamesOf(readSource(ROOT, path))) names.set(name, constant);
  }
  const others = all.filter((path) => !path.startsWith(HOME) && !path.startsWith('packages/simulator/'));
  const findings = others.flatMap((path) => literalsIn(readSource(ROOT, path), names));
  report('check-wire-strings', findings, `${names.size} wire names, ${others.length} files`);
}
