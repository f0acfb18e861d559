import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { Auth } from '../auth/auth.ts';
import type { SyncBoard } from '../fleet/sync-board.ts';
import type { Logger } from '../lib/logger.ts';
import type { Health } from '../ops/health.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Trace } from '../ops/trace.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { NoticeHttp } from './notice-routes.ts';
import type { V1Deps } from './v1/v1-deps.ts';

/** What the HTTP surface stands on. */
export type HttpDeps = {
  readonly store: StoreReader;
  readonly auth: Auth;
  readonly board: SyncBoard;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly version: string;
  /** Lets the CLI on this machine act as an administrator. */
  readonly controlToken: string;
  /** The built web client; it may be missing. */
  readonly webDir: string;
  /** What the surfaces of existing programs need beside. */
  readonly v1: V1Deps;
  /** HISCRM_COMPAT_ANONYMOUS: existing programs on this machine need no login. */
  readonly isAnonymousServed: boolean;
  readonly trustProxy: boolean;
  readonly allowedOrigins: readonly string[];
  /** Origins without TLS that pictures may come from: those of a simulated platform. */
  readonly mediaOrigins: readonly string[];
  /** Asks the account's Worker to read it again; rejects with an ImError. */
  readonly requestSync: (principal: Principal, accountId: AccountId) => Promise<void>;
  readonly notices: NoticeHttp;
  /** Every hop of what has this id. */
  readonly trace: (id: string) => Promise<readonly Trace[]>;
  /** Open sockets and what the hub did, for the status page. */
  readonly socketFigures: () => Readonly<Record<string, number>>;
};
