import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { PlatformCredentials } from '../auth/credential-vault.ts';
import type { SealedRecords } from '../auth/sealed-records.ts';
import type { ConfigKeeper } from '../fleet/worker-desk.ts';
import type { Committer } from '../ingest/committer.ts';
import type { FactRecorder } from '../ingest/fact-recorder.ts';
import type { Store } from '../store/store.ts';
import type { ProxyServer } from '../words/proxy-server.ts';

/** Where an import writes: a Master's own data, which no Master has open. */
export type ImportTarget = {
  readonly store: Store;
  readonly committer: Committer;
  readonly recorder: FactRecorder;
  readonly credentials: {
    has(accountId: AccountId): boolean;
    put(accountId: AccountId, credentials: Partial<PlatformCredentials>): boolean;
  };
  readonly proxies: SealedRecords<ProxyServer>;
  readonly configs: ConfigKeeper;
  /** The moment of the import, ms. */
  readonly now: number;
};
