import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { CredentialVault } from '../../auth/credential-vault.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { Fields } from '../../words/foreign-values.ts';
import type { LoginEvents } from './login-events.ts';
import type { SnapshotIntake } from './snapshot-intake.ts';

/** What every existing Worker's socket stands on. */
export type ForeignContext = {
  readonly fleet: Fleet;
  readonly ingest: Pick<Ingest, 'accept'>;
  readonly intake: SnapshotIntake;
  readonly store: StoreReader;
  readonly vault: Pick<CredentialVault, 'get' | 'put'>;
  readonly loginEvents: LoginEvents;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly lc: Logger;
  /** Remembers where the Worker says it is. */
  readonly notePlace: (workerId: string, place: { readonly host: string; readonly port: number }) => void;
  /** Remembers the figures of an account status that are no facts of the account. */
  readonly noteRuntime: (accountId: AccountId, status: Fields) => void;
};
