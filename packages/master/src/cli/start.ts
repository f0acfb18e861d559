import process from 'node:process';
import { readConfig, SETTINGS } from '../config.ts';
import { openLogger } from '../main/open-logger.ts';
import { startMaster } from '../main/start-master.ts';
import { untilSignal } from '../main/until-signal.ts';
import type { CliCommand, CliOptions } from './command.ts';

const options: CliOptions = Object.fromEntries(
  Object.values(SETTINGS).flatMap((setting) =>
    'flag' in setting ? [[setting.flag, { type: 'string', help: `${setting.description} (${setting.env})` }]] : [],
  ),
);

export const start: CliCommand = {
  name: 'start',
  usage: '[options]',
  summary: 'Runs the Master until it is told to stop.',
  options,
  argCount: [0, 0],
  run: async ({ io, values }) => {
    const flags = Object.fromEntries(Object.entries(values).filter(([name]) => name in options));
    const config = readConfig(io.env, flags as Record<string, string>); // every flag of `options` is text
    const logger = openLogger(config.logLevel);
    // Database, keys and journals are nobody else's business, also in a folder that others may look into.
    process.umask(0o077);
    const master = await startMaster({ config, logger });
    io.out(`HisCRM-IM is ready: ${master.url}\n`);
    if (master.adminPassword !== undefined) {
      io.out(`First start. Log in as admin with the one-time password ${master.adminPassword} and change it.\n`);
    }
    if (config.compatAnonymous) {
      io.out(
        'Clients that cannot log in are served (HISCRM_COMPAT_ANONYMOUS=1): everybody on this machine sees everything.\n',
      );
    }
    const signal = await untilSignal();
    logger.info({ signal }, 'stopping');
    await master.close();
    return { text: 'Stopped.', json: { stoppedBy: signal } };
  },
};
