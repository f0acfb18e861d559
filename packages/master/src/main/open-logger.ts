import type { Writable } from 'node:stream';
import { type Logger as PinoLogger, pino } from 'pino';

/** What must not reach the log even when a line carries it by mistake; at the top and one level down. */
const SECRET_FIELDS = ['token', 'password', 'cookie', 'cookies', 'authorization', 'key', 'secret', 'text', 'qrImage'];

/** JSON lines on stderr, written at once so that a crash loses none. `to` serves tests. */
export function openLogger(level: string, to?: Writable | undefined): PinoLogger {
  const redact = { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' };
  return pino({ level, redact, base: null }, to ?? pino.destination({ fd: 2, sync: true }));
}
