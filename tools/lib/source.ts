import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

/** The repository; every tool names files relative to it, with forward slashes. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What the tools need of an ESTree node. */
export type AstNode = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
};

/** A parsed file: the tree, and the line of any offset in it (counted from 1). */
export type Source = {
  readonly path: string;
  readonly text: string;
  readonly program: AstNode;
  readonly lineOf: (offset: number) => number;
};

/** A complaint about one place. Tools print them as `file:line text`, which terminals turn into links. */
export type Finding = { readonly path: string; readonly line: number; readonly text: string };

/** Parses one file; throws when it is not valid TypeScript. `path` chooses between `.ts` and `.tsx`. */
export function parseSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  const broken = errors[0];
  if (broken) throw new Error(`${path} cannot be parsed: ${broken.message}`);
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const lineOf = (offset: number) => lineStarts.findLastIndex((start) => start <= offset) + 1;
  return { path, text, program: program as unknown as AstNode, lineOf }; // the node types are a superset of AstNode
}

/** Reads and parses a file of the repository. */
export function readSource(root: string, path: string): Source {
  return parseSource(path, readFileSync(join(root, path), 'utf8'));
}

/** Calls `visit` for a node and everything below it, parents first. */
export function walk(node: AstNode, visit: (node: AstNode) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
  }
}

/** Whether a property of a node is a node itself. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The text of a string literal or of a template (placeholders left out), undefined for any other node. */
export function stringOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return undefined;
  return node.quasis.map((quasi: { value: { raw: string } }) => quasi.value.raw).join('…');
}

/** Paths of all files under `folders` whose name matches, sorted; a folder that does not exist holds none. */
export function listFiles(root: string, folders: readonly string[], name: RegExp): string[] {
  const found: string[] = [];
  const enter = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!['node_modules', 'dist', 'samples', 'fixtures'].includes(entry.name)) enter(path);
      } else if (name.test(entry.name)) found.push(relative(root, path).split(sep).join('/'));
    }
  };
  const present = new Set(readdirSync(root));
  for (const folder of folders) if (present.has(folder)) enter(join(root, folder));
  return found.sort();
}

/** A file that only tests load: suites, contract suites, and what is named as a support of them. */
export const isTest = (path: string): boolean => /\.(test|contract|e2e|bench)\.tsx?$|\/testing\/|^e2e\//.test(path);

/** Prints the findings and ends the process with 1 when there are any, else one line that says what was looked at. */
export function report(tool: string, findings: readonly Finding[], looked: string): void {
  for (const { path, line, text } of findings) console.log(`${path}:${line} ${text}`);
  console.log(findings.length > 0 ? `${tool}: ${findings.length} found` : `${tool}: ${looked}, nothing found`);
  if (findings.length > 0) process.exitCode = 1;
}
