/**
 * Holds the rules of `docs/spec/*.md` and the tests against each other: every rule id has a test that names it, every id in
 * a test name is a rule. A rule is defined where its id opens a line, list item, heading or table cell: `- [LG3] …`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, listFiles, ROOT, readSource, report, type Source } from './lib/source.ts';
import { testNamesIn } from './lib/test-names.ts';

/** Two to four capitals name the page, the number the rule. */
const ID = /\[([A-Z]{2,4}\d+[a-z]?)\]/g;
const DEFINITION = /^\s*(?:[-*|#>]+\s*|\d+\.\s+)?(?:\*\*)?\[([A-Z]{2,4}\d+[a-z]?)\]/;

type Place = { readonly path: string; readonly line: number; readonly id: string };

/** The rules that a page defines. */
export function rulesIn(path: string, markdown: string): Place[] {
  return markdown.split('\n').flatMap((text, at) => {
    const id = DEFINITION.exec(text)?.[1];
    return id === undefined ? [] : [{ path, line: at + 1, id }];
  });
}

/** The rule ids in the names of a file's tests, `test.each(…)('[HB2] …')` and template names included. */
export function idsIn(source: Source): Place[] {
  return testNamesIn(source).flatMap(({ name, node }) =>
    [...name.matchAll(ID)].map(([, id = '']) => ({ path: source.path, line: source.lineOf(node.start), id })),
  );
}

/** Rules without a test, tests without a rule, and ids that two rules share. */
export function compare(rules: readonly Place[], tested: readonly Place[]): Finding[] {
  const defined = new Map<string, Place>();
  const findings: Finding[] = [];
  for (const rule of rules) {
    const first = defined.get(rule.id);
    if (first) findings.push({ ...rule, text: `[${rule.id}] is already a rule: ${first.path}:${first.line}` });
    else defined.set(rule.id, rule);
  }
  const covered = new Set(tested.map(({ id }) => id));
  for (const rule of defined.values())
    if (!covered.has(rule.id)) findings.push({ ...rule, text: `[${rule.id}] has no test` });
  for (const place of tested) {
    if (!defined.has(place.id)) findings.push({ ...place, text: `[${place.id}] is no rule of docs/spec` });
  }
  return findings;
}

if (import.meta.main) {
  const rules = listFiles(ROOT, ['docs'], /\.md$/)
    .filter((path) => path.startsWith('docs/spec/'))
    .flatMap((path) => rulesIn(path, readFileSync(join(ROOT, path), 'utf8')));
  const tests = listFiles(ROOT, ['packages', 'bench', 'e2e'], /\.(test|contract|e2e)\.tsx?$/);
  const tested = tests.flatMap((path) => idsIn(readSource(ROOT, path)));
  report('check-spec', compare(rules, tested), `${rules.length} rules, ${tests.length} test files`);
}
