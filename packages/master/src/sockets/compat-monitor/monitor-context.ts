import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { RunCommand } from '../../commands/command-request.ts';
import type { WorkerStatus } from '../../fleet/fleet.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { MonitorPages } from './monitor-pages.ts';

/** Where a Worker says it can be reached; nothing listens there, but existing screens show it. */
export type WorkerPlace = { readonly host: string; readonly port: number };

/** What the requests of existing PC clients stand on. */
export type MonitorContext = {
  readonly store: StoreReader;
  readonly runCommand: RunCommand;
  readonly workerStatus: () => readonly WorkerStatus[];
  readonly workerPlace: (workerId: string) => WorkerPlace | undefined;
  readonly platforms: readonly string[];
  readonly clock: Clock;
  readonly newId: () => string;
  readonly lc: Logger;
  readonly pages: MonitorPages;
  /** Tells everybody who sees the account, with the next burst and before its lists. */
  readonly announce: (accountId: AccountId, event: string, payload: unknown) => void;
  /** Sends what has changed so far, without waiting for the rest of the burst. */
  readonly flush: () => void;
};
