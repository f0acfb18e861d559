import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig, SETTINGS } from './config.ts';

test('without any setting the defaults serve loopback', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ port: 3000, host: '127.0.0.1', localWorkers: 1, compatAnonymous: false });
  expect(isAbsolute(config.dataDir)).toBe(true);
});

test('a flag wins over the environment, the environment over the default', () => {
  expect(readConfig({ PORT: '4000' }).port).toBe(4000);
  expect(readConfig({ PORT: '4000' }, { port: '0' }).port).toBe(0);
  expect(readConfig({ PORT: '' }).port).toBe(3000);
});

test.each([
  [{ PORT: 'abc' }, /PORT is "abc".*Port for everything/],
  [{ PORT: '70000' }, /PORT/],
  [{ PORT: '-1' }, /PORT/],
  [{ HISCRM_LOCAL_WORKERS: '1.5' }, /HISCRM_LOCAL_WORKERS/],
  [{ HISCRM_COMPAT_ANONYMOUS: 'maybe' }, /HISCRM_COMPAT_ANONYMOUS/],
  [{ HISCRM_COMPAT_ANONYMOUS: '1', HOST: '0.0.0.0' }, /HOST=127\.0\.0\.1/],
  [{ DATABASE_URL: 'postgres://u:p@h/d' }, /Unset it to use SQLite/],
  [{ REDIS_URL: 'redis://h' }, /Unset it/],
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
  [{ HISCRM_DIRECTORY_URL: 'sqlite:///users.db' }, /HISCRM_DIRECTORY_URL is not usable.*postgres:/],
  [{ HISCRM_DIRECTORY_URL: 'mysql://u:p@ss:w@host name/db' }, /HISCRM_DIRECTORY_URL is no address.*%40/],
  [{ HISCRM_DIRECTORY_QUERY: 'DELETE FROM users' }, /HISCRM_DIRECTORY_QUERY must be one SELECT/],
  [{ HISCRM_DIRECTORY_QUERY: 'SELECT 1; SELECT 2' }, /without a semicolon/],
  [{ HISCRM_DIRECTORY_TTL_MS: '10' }, /HISCRM_DIRECTORY_TTL_MS is "10"/],
  [{ HISCRM_ALLOWED_ORIGINS: 'crm.example' }, /write origins as/],
])('a value that cannot be used stops the start and says what to do: %j', (env, message) => {
  expect(() => readConfig(env)).toThrow(ConfigError);
  expect(() => readConfig(env)).toThrow(message);
});

const DIRECTORY = { HISCRM_DIRECTORY_URL: 'mysql://u:hunter2@host name/db' };

test('a secret that cannot be used is not repeated', () => {
  for (const env of [{ HISCRM_SECRET_KEY: 'hunter2' }, { HISCRM_ADMIN_PASSWORD: 'short' }, DIRECTORY]) {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).not.toThrow(/hunter2|short/);
  }
});

test('another system’s users are read only when an address is given', () => {
  expect(readConfig({})).toMatchObject({ directoryUrl: undefined, directoryTtlMs: 60_000 });
  const url = 'mariadb://u:p@db.example/crm';
  expect(readConfig({ HISCRM_DIRECTORY_URL: url, HISCRM_DIRECTORY_TTL_MS: '5000' })).toMatchObject({
    directoryUrl: url,
    directoryQuery: 'SELECT id, username, role FROM users WHERE is_active',
    directoryTtlMs: 5_000,
  });
});

test('origins are written as browsers send them', () => {
  expect(readConfig({ HISCRM_ALLOWED_ORIGINS: 'https://CRM.example/, http://a:81' }).allowedOrigins).toEqual([
    'https://crm.example',
    'http://a:81',
  ]);
});

test('docs/operations.md lists exactly these settings', () => {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, env, flag, value, text]) => ({
      env,
      flag,
      value,
      text,
    }),
  );
  expect(rows).toEqual(
    Object.values(SETTINGS).map((setting) => ({
      env: setting.env,
      flag: 'flag' in setting ? `\`--${setting.flag}\`` : '',
      value: 'default' in setting && setting.default !== '' ? `\`${setting.default}\`` : '',
      text: setting.description,
    })),
  );
});
