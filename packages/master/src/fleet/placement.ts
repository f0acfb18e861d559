import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';

/** An account that should be driven, and who held it last. */
export type Placeable = {
  readonly id: AccountId;
  readonly platform: string;
  readonly heldBy: WorkerId | null;
};

/** A Worker that is here, or was heard of recently enough to be waited for. */
export type Carrier = {
  readonly id: WorkerId;
  readonly platforms: readonly string[];
  readonly maxAccounts: number;
  /** Whether it can be told of another account right now. */
  readonly canTakeMore: boolean;
};

/**
 * Which Worker drives which account; an account without an entry stays as it is until somebody can take it. An account
 * stays where it is while its Worker is here and has room; else it goes to the least loaded Worker that knows its platform.
 * Pure, and equal for equal input in any order.
 */
export function placeAccounts(
  accounts: readonly Placeable[],
  workers: readonly Carrier[],
): ReadonlyMap<AccountId, WorkerId> {
  const placed = new Map<AccountId, WorkerId>();
  const loads = new Map(workers.map(({ id }) => [id, 0]));
  const load = (worker: Carrier): number => loads.get(worker.id) ?? 0;
  const fits = (worker: Carrier, account: Placeable): boolean =>
    worker.platforms.includes(account.platform) && load(worker) < worker.maxAccounts;
  const put = (account: Placeable, worker: Carrier): void => {
    placed.set(account.id, worker.id);
    loads.set(worker.id, load(worker) + 1);
  };
  const inOrder = [...accounts].sort((a, b) => (a.id < b.id ? -1 : 1));
  const byId = [...workers].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const account of inOrder) {
    const holder = byId.find(({ id }) => id === account.heldBy);
    if (holder && fits(holder, account)) put(account, holder);
  }
  for (const account of inOrder) {
    if (placed.has(account.id)) continue;
    const able = byId.filter((worker) => worker.canTakeMore && fits(worker, account));
    const least = able.reduce<Carrier | undefined>(
      (best, worker) => (best && load(best) <= load(worker) ? best : worker),
      undefined,
    );
    if (least) put(account, least);
  }
  return placed;
}
