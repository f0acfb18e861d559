import type { AccountId } from '@hiscrm/shared/model/ids.ts';

/** What is known about an account's syncs since this process started; not part of the log. */
export type SyncStatus = {
  readonly lastSyncAt: number;
  readonly syncCount: number;
  readonly batchCount: number;
  readonly itemCount: number;
};

/** Counts batches and finished syncs per account, for `hiscrm status` and the metrics. */
export class SyncBoard {
  readonly #byAccount = new Map<AccountId, SyncStatus>();

  note(
    accountId: AccountId,
    batch: { readonly at: number; readonly itemCount: number; readonly endsSync: boolean },
  ): void {
    const before = this.#byAccount.get(accountId) ?? { lastSyncAt: 0, syncCount: 0, batchCount: 0, itemCount: 0 };
    this.#byAccount.set(accountId, {
      lastSyncAt: batch.endsSync ? batch.at : before.lastSyncAt,
      syncCount: before.syncCount + (batch.endsSync ? 1 : 0),
      batchCount: before.batchCount + 1,
      itemCount: before.itemCount + batch.itemCount,
    });
  }

  of(accountId: AccountId): SyncStatus | undefined {
    return this.#byAccount.get(accountId);
  }

  forget(accountId: AccountId): void {
    this.#byAccount.delete(accountId);
  }
}
