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

/** A request's payload when it is an object; else one without fields. */
export const fieldsOf = (payload: unknown): Readonly<Record<string, unknown>> =>
  typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}; // any object may be read by name

/** An id or another short text; numbers are taken as text, as the deployed system compares them loosely. */
export function textField(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value.length > 0 && value.length <= FIELD_LIMIT_CHARS ? value : undefined;
}

/** Longer than any id or name. */
const FIELD_LIMIT_CHARS = 300;
