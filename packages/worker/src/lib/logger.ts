import { type Logger as Pino, pino } from 'pino';

/** Structured log. Lines carry ids, codes and counts; never message text, cookies or tokens. */
export type Logger = Pick<Pino, 'debug' | 'info' | 'warn' | 'error'> & {
  child(context: Record<string, unknown>): Logger;
};

/** The process's logger. Names that could hold a secret are cut out even where a caller errs. */
export function openLogger(level: string): Logger {
  return pino({
    name: 'worker',
    level,
    redact: {
      paths: ['cookie', 'cookies', 'token', 'key', 'text', '*.cookie', '*.token', '*.key', '*.text'],
      censor: '…',
    },
  });
}

const nothing = (): void => undefined;
/** Says nothing; for tests. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
