import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, expect, test } from 'vitest';
import { SessionVault } from './session-vault.ts';

const A = 'acc-1' as AccountId;
const B = 'acc-2' as AccountId;
const root = mkdtempSync(join(tmpdir(), 'vault-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const directory = (): string => join(root, String(count++));
const STATE = { cookies: [{ name: 'sessionid', value: 'super-secret-cookie' }], origins: [] };

test('[AC7] a sealed session opens with its key for its account, and holds nothing readable', () => {
  const path = directory();
  new SessionVault({ directory: path, secret: 'key one' }).keep(A, STATE);
  expect(new SessionVault({ directory: path, secret: 'key one' }).open(A)).toEqual(STATE);
  const [file] = readdirSync(path).map((name) => join(path, name));
  expect(readFileSync(String(file)).includes('super-secret')).toBe(false);
  expect(statSync(String(file)).mode & 0o777).toBe(0o600);
  expect(new SessionVault({ directory: path, secret: 'key two' }).open(A)).toBe('unreadable');
});

test('[AC7] a session moved to another account or changed on disk does not open', () => {
  const path = directory();
  const vault = new SessionVault({ directory: path, secret: undefined });
  vault.keep(A, STATE);
  expect(statSync(join(path, 'key')).mode & 0o777).toBe(0o600);
  renameSync(join(path, `${A}.sealed`), join(path, `${B}.sealed`));
  expect(vault.open(B)).toBe('unreadable');
  vault.keep(A, STATE);
  const bytes = readFileSync(join(path, `${A}.sealed`));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(join(path, `${A}.sealed`), bytes);
  expect(vault.open(A)).toBe('unreadable');
});

test('[AC7] an imported session is sealed and its file removed, by account id or name', () => {
  const path = directory();
  const inbox = directory();
  const vault = new SessionVault({ directory: path, secret: 's' });
  expect(vault.importFrom(inbox, { accountId: A, name: '青屿' })).toBe(false);
  new SessionVault({ directory: inbox, secret: 'x' }); // makes the directory
  writeFileSync(join(inbox, '青屿.json'), JSON.stringify(STATE));
  expect(vault.importFrom(inbox, { accountId: A, name: '青屿' })).toBe(true);
  expect(existsSync(join(inbox, '青屿.json'))).toBe(false);
  expect(vault.open(A)).toEqual(STATE);
  expect(vault.importFrom(inbox, { accountId: A, name: '../1/青屿' })).toBe(false);
  vault.forget(A);
  expect(vault.open(A)).toBeUndefined();
});
