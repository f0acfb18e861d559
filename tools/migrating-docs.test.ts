import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles, ROOT } from './lib/source.ts';

const page = readFileSync(join(ROOT, 'docs/migrating.md'), 'utf8');
/** Defects in the list of the existing system. */
const DEFECT_COUNT = 69;
const rows = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim());
  const ids = /^D\d+(?:, D\d+)*$/.test(cells[1] ?? '') ? (cells[1] ?? '').split(', ') : [];
  return ids.length > 0 ? [{ ids, text: cells.at(-2) ?? '' }] : [];
});

test('every defect of the existing system has its line, once', () => {
  const ids = rows.flatMap((row) => row.ids);
  expect(ids.toSorted(byNumber)).toEqual(Array.from({ length: DEFECT_COUNT }, (_, index) => `D${index + 1}`));
});

test('every test that a line names exists, and holds the id that is named with it', () => {
  const files = new Map(listFiles(ROOT, ['packages'], /\.ts$/).map((path) => [basename(path), path]));
  for (const { ids, text } of rows) {
    for (const [, file = '', tags = ''] of text.matchAll(/`([\w./-]+\.ts)`((?: ?\[[\w§. ,]+\])*)/g)) {
      const path =
        [join(ROOT, file), join(ROOT, 'packages/master/src', file)].find(existsSync) ??
        join(ROOT, files.get(basename(file)) ?? file);
      expect([ids, file, existsSync(path)]).toEqual([ids, file, true]);
      const source = readFileSync(path, 'utf8');
      for (const [tag] of tags.matchAll(/\[[^\]]+\]/g))
        expect([ids, file, tag, source.includes(tag)]).toEqual([ids, file, tag, true]);
    }
  }
});

const byNumber = (a: string, b: string): number => Number(a.slice(1)) - Number(b.slice(1));
