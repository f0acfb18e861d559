import { parseArgs } from 'node:util';
import { ImError, toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { ConfigError } from '../config.ts';
import { StartError } from '../main/start-error.ts';
import { backup, restore } from './backup.ts';
import { type CliCommand, type CliIo, type CliOptions, type CliResult, UsageError } from './command.ts';
import { doctor } from './doctor.ts';
import { importCommand } from './import.ts';
import { MasterCallError } from './master-client.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { sync } from './sync.ts';
import { trace } from './trace.ts';
import { userCommands } from './user-commands.ts';
import { verify } from './verify.ts';
import { workerKeyCommands } from './worker-key-commands.ts';

const COMMANDS: readonly CliCommand[] = [
  start,
  status,
  sync,
  trace,
  ...userCommands,
  ...workerKeyCommands,
  doctor,
  verify,
  backup,
  restore,
  importCommand,
];
const EVERYWHERE: CliOptions = {
  'data-dir': { type: 'string', help: 'data folder, instead of HISCRM_DATA_DIR or ./data' },
  json: { type: 'boolean', help: 'one JSON object on stdout instead of text' },
  help: { type: 'boolean', help: 'this text' },
};

/** Runs one command. Answers the exit code: 0 done, 1 it failed, 2 wrong usage. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const isJson = argv.includes('--json');
  try {
    return await dispatch(argv, io, isJson);
  } catch (error) {
    if (error instanceof UsageError) return complain(io, isJson, 2, { message: error.message });
    const shown = describe(error);
    if (!shown) throw error;
    return complain(io, isJson, 1, shown);
  }
}

async function dispatch(argv: readonly string[], io: CliIo, isJson: boolean): Promise<number> {
  const words = argv.filter((word) => !word.startsWith('-'));
  const command = COMMANDS.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `));
  if (!command) {
    const isHelp = words.length === 0 && (argv.includes('--help') || argv.includes('-h'));
    if (isHelp) io.out(overview());
    else throw new UsageError(`${words.length === 0 ? 'no command' : `unknown command: ${words[0]}`}\n\n${overview()}`);
    return 0;
  }
  const { values, args } = parse(argv, command);
  if (values.help === true) {
    io.out(helpOf(command));
    return 0;
  }
  const [least, most] = command.argCount;
  if (args.length < least || args.length > most) throw new UsageError(`usage: hiscrm ${command.name} ${command.usage}`);
  const result = await command.run({ io, args, values });
  print(io, isJson, result);
  return result.hasFailed ? 1 : 0;
}

function parse(argv: readonly string[], command: CliCommand) {
  const options = { ...EVERYWHERE, ...command.options };
  const types = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));
  try {
    const parsed = parseArgs({ args: [...argv], options: types, allowPositionals: true, strict: true });
    const values = parsed.values as Record<string, string | boolean | undefined>; // no option is given many times
    return { values, args: parsed.positionals.slice(command.name.split(' ').length) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${message}\nusage: hiscrm ${command.name} ${command.usage}`);
  }
}

function print(io: CliIo, isJson: boolean, { text, json }: CliResult): void {
  if (isJson) io.out(`${JSON.stringify(json)}\n`);
  else if (text !== '') io.out(`${text}\n`);
}

type Complaint = { readonly message: string; readonly code?: string };

function complain(io: CliIo, isJson: boolean, exitCode: number, error: Complaint): number {
  if (isJson) io.out(`${JSON.stringify({ error })}\n`);
  else io.err(`hiscrm: ${error.message}\n`);
  return exitCode;
}

/** Errors that a person can act on; undefined = a bug, to be shown with its stack. */
function describe(error: unknown): Complaint | undefined {
  if (error instanceof ImError) return { message: error.message, code: toWireError(error.code, error.details).code };
  if (error instanceof MasterCallError) return { message: error.message, ...(error.code && { code: error.code }) };
  const isForPeople = error instanceof ConfigError || error instanceof StartError;
  return isForPeople ? { message: error.message } : undefined;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `usage: hiscrm <command> [options]\n\n${lines.join('\n')}\n\nhiscrm <command> --help says more. Exit code: 0 done, 1 failed, 2 wrong usage.\n`;
}

function helpOf(command: CliCommand): string {
  const options = Object.entries({ ...command.options, ...EVERYWHERE });
  const left = ([name, { type }]: (typeof options)[number]): string => `--${name}${type === 'string' ? ' …' : ''}`;
  const width = Math.max(...options.map((option) => left(option).length));
  const lines = options.map((option) => `  ${left(option).padEnd(width)}  ${option[1].help}`);
  return `usage: hiscrm ${command.name} ${command.usage}\n\n${command.summary}\n\n${lines.join('\n')}\n`;
}
