import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { hasRole, mayRead, type Principal } from '@hiscrm/shared/model/visibility.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FactRecorder } from '../ingest/fact-recorder.ts';
import type { StoreReader } from '../store/store-reader.ts';

/**
 * Writes down what a program says is on the platform, as a Worker's report would be. For administrators: a fact is believed by
 * everybody. Rejects with FORBIDDEN, ACCOUNT_NOT_FOUND, BAD_REQUEST or as the committer does.
 */
export type RecordFacts = (
  principal: Principal,
  accountId: AccountId,
  reports: readonly WorkerReport[],
) => Promise<void>;

/** Makes the door for facts of programs. */
export function createRecordFacts(options: {
  readonly store: StoreReader;
  readonly recorder: FactRecorder;
}): RecordFacts {
  const { store, recorder } = options;
  return async (principal, accountId, reports) => {
    if (!mayRead(principal, accountId) || !store.account(accountId)) throw new ImError('ACCOUNT_NOT_FOUND');
    if (!hasRole(principal, 'admin')) throw new ImError('FORBIDDEN');
    await recorder.record(reports);
  };
}
