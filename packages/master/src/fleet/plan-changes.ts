import { same } from '@hiscrm/shared/lib/same.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { Member } from './member.ts';
import { placeAccounts } from './placement.ts';
import type { ReplyDesk } from './reply-desk.ts';

type Plan = {
  readonly store: StoreReader;
  readonly desk: ReplyDesk;
  readonly members: ReadonlyMap<WorkerId, Member>;
  readonly now: number;
};

/** What must be logged so that the log says who is here and who drives what. Empty when it does. Changes nothing itself. */
export function planChanges(plan: Plan): readonly Change[] {
  return [...workerChanges(plan), ...accountChanges(plan)];
}

function workerChanges({ store, members, now }: Plan): readonly Change[] {
  const known = new Map(store.workers().map((record) => [record.id, record]));
  return [...members.values()].flatMap((member): Change[] => {
    const { id, isOnline, about } = member;
    const before = known.get(id);
    const isSame =
      before !== undefined &&
      before.isOnline === isOnline &&
      before.name === about.name &&
      before.version === about.version &&
      before.maxAccounts === about.maxAccounts &&
      same(before.platforms, about.platforms);
    if (isSame) return [];
    const platforms = [...about.platforms];
    return [{ kind: 'worker.changed', workerId: id, isOnline, ...about, platforms, at: now }];
  });
}

function accountChanges(plan: Plan): readonly Change[] {
  const accounts = plan.store.accounts().map(({ record }) => record);
  const members = [...plan.members.values()].filter(({ isOnline }) => isOnline);
  const placed = placeAccounts(
    accounts
      .filter(({ isPaused }) => !isPaused)
      .map(({ id, platform, lease }) => ({ id, platform, heldBy: lease?.workerId ?? null })),
    members.map(({ id, about, channel }) => ({ id, ...about, canTakeMore: channel !== undefined })),
  );
  return accounts.flatMap((account) => changesOf(plan, account, placed.get(account.id)));
}

/** What must be logged so that `workerId` drives the account, or, without one, so that everybody sees that nobody does. */
function changesOf(plan: Plan, account: AccountRecord, workerId: WorkerId | undefined): readonly Change[] {
  const { desk, members, now } = plan;
  const { id: accountId, lease, session, isPaused } = account;
  if (workerId !== undefined && lease?.workerId !== workerId) {
    const token = (lease?.token ?? 0) + 1;
    return [...desk.outcomesOnMove(account, now), { kind: 'account.leased', accountId, workerId, token }];
  }
  if (isPaused) {
    return session.kind === 'paused'
      ? []
      : [{ kind: 'account.session', accountId, session: { kind: 'paused', since: now } }];
  }
  if (workerId !== undefined) return [];
  const changes: Change[] = [];
  // A holder that is here and may no longer drive it lets go. One that is away keeps the lease, and with it the right to
  // deliver what it has collected, until somebody else can take the account.
  if (lease?.workerId && members.get(lease.workerId)?.isOnline) {
    changes.push(...desk.outcomesOnMove(account, now));
    changes.push({ kind: 'account.leased', accountId, workerId: null, token: lease.token + 1 });
  }
  if (session.kind !== 'unassigned') {
    changes.push({ kind: 'account.session', accountId, session: { kind: 'unassigned', since: now } });
  }
  return changes;
}
