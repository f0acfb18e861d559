import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../lib/logger.ts';

/** What a Master is started with. */
export type MasterOptions = {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
  readonly webDir?: string | undefined;
  /** Origins without TLS that the web client may show pictures from: those of a simulated platform. */
  readonly mediaOrigins?: readonly string[] | undefined;
  /** Added to the environment of local Workers, for instance the base addresses of a simulated platform. */
  readonly workerEnv?: Readonly<Record<string, string>> | undefined;
};
