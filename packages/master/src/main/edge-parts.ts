import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Auth } from '../auth/auth.ts';
import type { RunCommand } from '../commands/command-request.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Health } from '../ops/health.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Closer } from './closer.ts';
import type { DataFolder } from './data-folder.ts';
import type { MasterOptions } from './master-options.ts';
import type { Core } from './open-core.ts';
import type { Notices } from './open-notices.ts';

/** What the edge is made of. */
export type EdgeParts = {
  readonly options: MasterOptions;
  readonly clock: Clock;
  readonly folder: DataFolder;
  readonly secretKey: Buffer;
  readonly core: Core;
  readonly auth: Auth;
  readonly fleet: Fleet;
  readonly notices: Notices;
  readonly runCommand: RunCommand;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly closer: Closer;
};
