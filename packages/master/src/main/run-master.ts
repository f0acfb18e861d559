import process from 'node:process';
import type { Config } from '../config.ts';
import { openLogger } from './open-logger.ts';
import { type Master, startMaster } from './start-master.ts';
import { untilSignal } from './until-signal.ts';

/** Starts a Master, says where it is in words for a person, and runs it until a signal asks to stop. Answers the signal. */
export async function runMaster(options: {
  readonly config: Config;
  readonly out: (text: string) => void;
  readonly workerEnv?: Readonly<Record<string, string>> | undefined;
  readonly mediaOrigins?: readonly string[] | undefined;
  readonly onStarted?: ((master: Master) => Promise<void>) | undefined;
}): Promise<string> {
  const { config, out, workerEnv, mediaOrigins } = options;
  const logger = openLogger(config.logLevel);
  // Database, keys and journals are nobody else's business, also in a folder that others may look into.
  process.umask(0o077);
  // Heard from here on: one that comes while the Master starts stops it in order as well.
  const signalled = untilSignal();
  const master = await startMaster({ config, logger, workerEnv, mediaOrigins });
  try {
    out(`HisCRM-IM is ready: ${master.url}\n`);
    if (master.adminPassword !== undefined) {
      out(`First start. Log in as admin with the one-time password ${master.adminPassword} and change it.\n`);
    }
    if (config.compatAnonymous) {
      out(
        'HISCRM_COMPAT_ANONYMOUS=1: clients that cannot log in are served; everybody on this machine sees everything.\n',
      );
    }
    await options.onStarted?.(master);
    const signal = await signalled;
    logger.info({ signal }, 'stopping');
    return signal;
  } finally {
    await master.close();
  }
}
