import { type Config, readConfig, SETTINGS } from '../config.ts';
import type { CliCommand, CliOptions } from './command.ts';

/** The settings that have a flag, as options of the command line. */
const startOptions: CliOptions = Object.fromEntries(
  Object.values(SETTINGS).flatMap((setting) =>
    'flag' in setting ? [[setting.flag, { type: 'string', help: `${setting.description} (${setting.env})` }]] : [],
  ),
);

export const start: CliCommand = {
  name: 'start',
  usage: '[options]',
  summary: 'Runs the Master until it is told to stop.',
  options: startOptions,
  argCount: [0, 0],
  run: async ({ io, values }) => {
    const config = configFrom(io.env, values);
    // Loaded here so that the other commands, which need none of the Master, start in half the time.
    const { runMaster } = await import('../main/run-master.ts');
    const stoppedBy = await runMaster({ config, out: io.out });
    return { text: 'Stopped.', json: { stoppedBy } };
  },
};

function configFrom(
  env: Readonly<Record<string, string | undefined>>,
  values: Readonly<Record<string, string | boolean | undefined>>,
): Config {
  const flags = Object.fromEntries(Object.entries(values).filter(([name]) => name in startOptions));
  return readConfig(env, flags as Record<string, string>); // every flag of `startOptions` is text
}
