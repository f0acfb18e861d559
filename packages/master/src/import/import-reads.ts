import type { AccountId, ItemId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { ItemKind } from '@hiscrm/shared/model/topic-ref.ts';
import type { ImportTarget } from './import-target.ts';

/** Who read and answered in the existing system: it kept no names. */
export const IMPORT_USER = 'legacy-import' as UserId; // letters that the schema accepts
/** As many ids as one change may hold. */
const IDS_A_CHANGE_COUNT = 1_000;

/** An item that had been read, and when, if that was kept. */
export type ReadMark = { readonly id: ItemId; readonly at: number | undefined };

/** Marks the items read at their own times; answers how many were not before. What is read already stays as it is. */
export async function markRead(
  target: ImportTarget,
  what: { readonly accountId: AccountId; readonly kind: ItemKind; readonly marks: readonly ReadMark[] },
): Promise<number> {
  const { accountId, kind, marks } = what;
  const byTime = new Map<number, ItemId[]>();
  for (const { id, at = target.now } of marks) {
    const item = target.store.item(accountId, kind, id);
    if (!item || item.readAt !== undefined || item.facts.direction !== 'in') continue;
    const moment = Math.min(at, target.now);
    const ids = byTime.get(moment) ?? [];
    ids.push(id);
    byTime.set(moment, ids);
  }
  let count = 0;
  for (const [at, ids] of byTime) {
    for (let from = 0; from < ids.length; from += IDS_A_CHANGE_COUNT) {
      const some = ids.slice(from, from + IDS_A_CHANGE_COUNT);
      await target.committer.commit([
        { kind: 'items.read', accountId, itemKind: kind, ids: some, at, byUserId: IMPORT_USER },
      ]);
      count += some.length;
    }
  }
  return count;
}
