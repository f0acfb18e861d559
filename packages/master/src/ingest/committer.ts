import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountSummary, TopicSummary } from '@hiscrm/shared/model/summary.ts';
import type { LoggedRow } from '../log/change-log.ts';

/** Durable rows with the counters they changed, as the hub sends them on. */
export type Publication = {
  readonly rows: readonly LoggedRow[];
  /** Counters after these rows, of the topics and accounts that they touched. */
  readonly topics: readonly TopicSummary[];
  readonly accounts: readonly AccountSummary[];
};

/**
 * The only way into the log. A resolved promise means: durable, folded into the store, and handed to the hub.
 * Rejects with LOG_WRITE_FAILED, OVERLOADED or SHUTTING_DOWN; then nothing has changed.
 */
export interface Committer {
  commit(changes: readonly Change[]): Promise<readonly LoggedRow[]>;
}
