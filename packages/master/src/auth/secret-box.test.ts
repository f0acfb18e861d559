import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SecretBox } from './secret-box.ts';
import { loadSecretKey, SECRET_KEY_FILE, SecretKeyError } from './secret-key.ts';

test('what was sealed opens, for the same owner and with the same key only', () => {
  const box = new SecretBox(randomBytes(32));
  const sealed = box.seal('登录 🍪', 'account acc-1');
  expect(sealed).not.toContain('登录');
  expect(box.open(sealed, 'account acc-1')).toEqual({ plain: '登录 🍪' });
  expect(box.open(sealed, 'account acc-2')).toBe('damaged');
  expect(new SecretBox(randomBytes(32)).open(sealed, 'account acc-1')).toBe('otherKey');
  expect(box.seal('x', 'a')).not.toBe(box.seal('x', 'a'));
});

test('a changed text never opens, wherever it was changed', () => {
  const box = new SecretBox(Buffer.alloc(32, 7));
  const sealed = box.seal('cookie', 'a');
  for (let at = 0; at < sealed.length - 1; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A';
    expect(box.open(sealed.slice(0, at) + other + sealed.slice(at + 1), 'a')).toBeTypeOf('string');
  }
  for (const text of ['', 'v1', 'v1.x', `v1.${box.keyId}.`, 'x.y.z']) expect(box.open(text, 'a')).toBeTypeOf('string');
});

test('the key file is made once, for its owner alone, and refused when others may read it', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'hiscrm-key-'));
  const path = join(dataDir, SECRET_KEY_FILE);
  const key = loadSecretKey({ dataDir });
  expect(key).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loadSecretKey({ dataDir })).toEqual(key);
  expect(loadSecretKey({ dataDir, fromEnv: '11'.repeat(32) })).toEqual(Buffer.alloc(32, 0x11));
  chmodSync(path, 0o644);
  expect(() => loadSecretKey({ dataDir })).toThrow(SecretKeyError);
  chmodSync(path, 0o600);
  writeFileSync(path, 'short');
  expect(() => loadSecretKey({ dataDir })).toThrow(/Restore it from the backup/);
  rmSync(dataDir, { recursive: true });
});
