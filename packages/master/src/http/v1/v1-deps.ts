import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { PlatformCredentials } from '../../auth/credential-vault.ts';
import type { SealedRecords } from '../../auth/sealed-records.ts';
import type { RunCommand } from '../../commands/command-request.ts';
import type { RecordFacts } from '../../commands/record-facts.ts';
import type { WorkerStatus } from '../../fleet/fleet.ts';
import type { WorkerDesk } from '../../fleet/worker-desk.ts';
import type { ProxyServer } from '../../words/proxy-server.ts';

/** Figures of an account that an existing Worker reports; times are epoch seconds. */
export type AccountRuntime = Readonly<Record<string, number | string | null>>;

/** What the surfaces of existing programs stand on, beside the rest of the HTTP surface. */
export type V1Deps = {
  readonly runCommand: RunCommand;
  readonly recordFacts: RecordFacts;
  /** Platforms that accounts may be added for. */
  readonly platforms: readonly string[];
  readonly workerStatus: () => readonly WorkerStatus[];
  /** Where an existing Worker says that it is. */
  readonly placeOf: (workerId: string) => { readonly host: string; readonly port: number } | undefined;
  readonly runtimeOf: (accountId: AccountId) => AccountRuntime | undefined;
  /** Seals a login for the Worker that drives the account; false when it is too large. */
  readonly keepCredentials: (accountId: AccountId, credentials: Partial<PlatformCredentials>) => boolean;
  readonly desk: WorkerDesk;
  readonly proxies: SealedRecords<ProxyServer>;
  /** A fresh id. */
  readonly newId: () => string;
  /** How full the store's buffers are. */
  readonly storeFigures: () => Readonly<Record<string, number>>;
  /** Writes the state to disk now; the log has everything before. */
  readonly checkpoint: () => Promise<void>;
};
