import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './lib/source.ts';

const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].map((name) => join(ROOT, name));

/** Written by `npm run bench`, whose first long run may come after the page that leads to it. */
const MADE_BY_RUNS = [join(ROOT, 'bench', 'RESULTS.md')];

/** What a page leads to inside the repository: links and pictures, without the part after `#`. */
function targetsOf(page: string): string[] {
  const text = readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  const found = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/\b(?:src|href)="([^"]+)"/g)];
  return found.map(([, target]) => target ?? '').filter((target) => !/^(https?:|mailto:|#)/.test(target));
}

test.each(PAGES.map((page) => [relative(ROOT, page), page]))('%s leads to what is there', (_name, page) => {
  const files = targetsOf(page).map((target) => join(dirname(page), target.split('#')[0] ?? ''));
  expect(files.filter((file) => !existsSync(file) && !MADE_BY_RUNS.includes(file))).toEqual([]);
});

test('the list of decisions names every record by its own title', () => {
  const folder = join(ROOT, 'docs', 'adr');
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const records = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
  const lines = records.sort().map((name) => {
    const [, title] = /^# \d{4}\. (.+)$/m.exec(readFileSync(join(folder, name), 'utf8')) ?? [];
    return `| [${name.slice(0, 4)}](${name}) | ${title} |`;
  });
  expect(index.split('\n').filter((line) => line.startsWith('| ['))).toEqual(lines);
});
