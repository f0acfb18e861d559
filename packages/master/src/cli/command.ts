import type { Readable } from 'node:stream';

/** What a command may touch of the process; tests give their own. */
export type CliIo = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
};

/** Options after the command's name, as `node:util` parses them. */
export type CliOptions = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly help: string }>>;

export type CliCall = {
  readonly io: CliIo;
  readonly args: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
};

/** What a command found: the same as text for a person and as JSON for a program. */
export type CliResult = { readonly text: string; readonly json: unknown; readonly hasFailed?: boolean };

export type CliCommand = {
  /** Words that name it, for instance `user add`. */
  readonly name: string;
  /** What follows the name: `<name> --role <role>`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: CliOptions;
  /** How many words follow the name, at least and at most. */
  readonly argCount: readonly [least: number, most: number];
  readonly run: (call: CliCall) => Promise<CliResult>;
};

/** The command was written wrongly: exit code 2. */
export class UsageError extends Error {}
