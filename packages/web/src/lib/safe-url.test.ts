import { expect, test } from 'vitest';
import { safeUrl } from './safe-url.ts';

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  '/relative',
  'nonsense',
  ' javascript:x',
  '',
])('refuses %s', (text) => {
  expect(safeUrl(text)).toBeUndefined();
});

test('lets web addresses pass, normalised', () => {
  expect(safeUrl('https://example.com/作品')).toBe('https://example.com/%E4%BD%9C%E5%93%81');
  expect(safeUrl('HTTP://EXAMPLE.com')).toBe('http://example.com/');
});
