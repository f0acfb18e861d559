import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode, errorText, ImError, toWireError } from './errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/errors.md'), 'utf8');
const rows = page.split('\n').flatMap((line) => {
  const [code, status, retry, text, todo] = line
    .split(/(?<!\\)\|/)
    .slice(1)
    .map((cell) => cell.trim());
  return code && /^[A-Z_]+$/.test(code) ? [{ code, status, retry, text, todo }] : [];
});

test('[PV7] docs/errors.md lists the catalogue, each code with something to do', () => {
  expect(rows.map(({ todo: _, ...row }) => row)).toEqual(
    Object.entries(ERRORS).map(([code, { status, retry, en }]) => ({ code, status: String(status), retry, text: en })),
  );
  for (const { code, todo } of rows) expect(todo, code).toMatch(/\w{3}/);
});

test('[PV7] both languages have the same gaps', () => {
  const gaps = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name)).sort();
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    expect(gaps(ERRORS[code].zh), code).toEqual(gaps(ERRORS[code].en));
  }
});

test('[PV7] a text fills its gaps with details, and a missing detail stays visible', () => {
  expect(errorText('TOO_MANY', { retryAfterMs: 5 }, 'en')).toBe('Too many requests. Wait 5 ms.');
  expect(errorText('TOO_MANY', {}, 'zh')).toContain('{retryAfterMs}');
  expect(new ImError('NOT_LOGGED_IN').message).toBe('Log in first.');
  expect(toWireError('NOT_LOGGED_IN')).toEqual({ code: 'NOT_LOGGED_IN', message: 'Log in first.', retry: 'afterFix' });
});
