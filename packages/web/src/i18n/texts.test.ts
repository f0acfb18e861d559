import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { zhCn } from './zh-cn.ts';

const SOURCE = join(import.meta.dirname, '..');
const gapsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '').sort();

function sources(): string {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.') && !/i18n.(en|zh-cn)\.ts$/.test(path))
    .map((path) => readFileSync(join(SOURCE, path), 'utf8'))
    .join('\n');
}

test('both languages have the same texts with the same gaps, and none is empty', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zhCn).sort());
  for (const [key, text] of Object.entries(zhCn)) {
    const english: string = en[key as keyof typeof en]; // the keys are equal
    expect({ key, gaps: gapsOf(english) }).toEqual({ key, gaps: gapsOf(text) });
    expect(text.trim()).not.toBe('');
    expect(english.trim()).not.toBe('');
  }
});

test('English texts are not Chinese, and the other way round', () => {
  for (const text of Object.values(en)) expect(text).not.toMatch(/\p{Script=Han}/u);
  for (const [key, text] of Object.entries(zhCn))
    if (!/Worker/.test(text))
      expect({ key, isChinese: /\p{Script=Han}/u.test(text) }).toEqual({ key, isChinese: true });
});

test('every text is used', () => {
  const code = sources();
  expect(Object.keys(zhCn).filter((key) => !code.includes(`'${key}'`))).toEqual([]);
});
