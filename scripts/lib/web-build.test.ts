import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFresh } from './web-build.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hiscrm-fresh-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes a file and dates it and its folders `second` seconds after the epoch. */
function put(path: string, second: number): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  utimesSync(file, second, second);
  for (let folder = dirname(file); folder !== root; folder = dirname(folder)) utimesSync(folder, second, second);
}

test('a bundle is fresh while no source is newer; an absent source does not matter', () => {
  put('src/deep/a.ts', 10);
  put('dist/index.html', 20);
  expect(isFresh(root, 'dist/index.html', ['src', 'public'])).toBe(true);
  put('src/deep/a.ts', 30);
  expect(isFresh(root, 'dist/index.html', ['src', 'public'])).toBe(false);
});

test('a missing bundle is not fresh', () => {
  put('src/a.ts', 10);
  expect(isFresh(root, 'dist/index.html', ['src'])).toBe(false);
});

test('a deleted source makes it stale, an edited test does not', () => {
  put('src/a.test.ts', 10);
  put('src/b.ts', 10);
  put('dist/index.html', 20);
  utimesSync(join(root, 'src/a.test.ts'), 30, 30);
  expect(isFresh(root, 'dist/index.html', ['src'])).toBe(true);
  rmSync(join(root, 'src/b.ts'));
  expect(isFresh(root, 'dist/index.html', ['src'])).toBe(false);
});
