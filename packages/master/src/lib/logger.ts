/** What may stand in a log line beside its sentence: never message text, tokens, cookies, keys or passwords. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The part of pino that rooms use. The level is the consequence: warn = somebody should look, error = something is broken. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Drops everything: for tests and for commands that print their own result. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
