import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openLogger } from './open-logger.ts';

test('secrets and message text do not reach the log, whoever puts them into a line', () => {
  const to = new PassThrough();
  const logger = openLogger('debug', to);
  const secret = 'do-not-log-me';
  logger.info(
    { token: secret, user: { password: secret }, headers: { cookie: secret, authorization: secret }, text: secret },
    'a line',
  );
  logger.warn({ request: { headers: { cookie: secret } }, change: { facts: { text: secret } } }, 'another');
  const lines = String(to.read());
  expect(lines).toContain('another');
  expect(lines).not.toContain(secret);
});
