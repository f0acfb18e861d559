import { expect, test } from 'vitest';
import { exactCount, shortCount } from './count-text.ts';

test('counts follow the language, also after it was changed', () => {
  expect(shortCount(12_345, 'zh-CN')).toBe('1.2万');
  expect(shortCount(12_345, 'en')).toBe('12.3K');
  expect(shortCount(12_345, 'zh-CN')).toBe('1.2万');
  expect(exactCount(12_345, 'zh-CN')).toBe('12,345');
  expect(exactCount(12_345, 'en')).toBe('12,345');
});
