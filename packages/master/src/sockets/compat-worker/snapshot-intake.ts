import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { type Fields, fieldsOf, listOf, timeOf } from '../../words/foreign-values.ts';
import { ConversationIds } from './conversation-ids.ts';
import { commentReport, messageReport } from './item-reports.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import { contentReport, conversationReport } from './topic-reports.ts';

/** Items read before the event loop gets its turn: some milliseconds. */
const SLICE_COUNT = 100;
/** A Worker's clock may be ahead of ours by so much. */
const CLOCK_SKEW_MS = 60_000;
/** Whole snapshots of one account that wait while one is taken in; the Worker sends the next one in 30 s anyway. */
const WAITING_LIMIT_COUNT = 2;
const SOURCE = 'existingWorker';

/** Topics before their items, so that nothing is ever without its title. */
const SECTIONS = [
  ['contents', contentReport],
  ['conversations', conversationReport],
  ['comments', commentReport],
  ['messages', messageReport],
] as const;

export type Snapshot = {
  readonly accountId: AccountId;
  readonly workerId: WorkerId;
  readonly leaseToken: number;
  /** `{comments, contents, conversations, messages, notifications}` as the Worker sent it. */
  readonly data: Fields;
  /** The Worker's own time of it. */
  readonly timestamp: unknown;
};

export type Intake = { readonly storedCount: number; readonly duplicateCount: number; readonly skippedCount: number };

/**
 * Takes the full snapshots of existing Workers in, slice by slice, as the reports that ingest knows. What is known already
 * costs a lookup. Snapshots of one account go in one after the other.
 */
export class SnapshotIntake {
  readonly #ingest: Pick<Ingest, 'accept'>;
  readonly #store: StoreReader;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #running = new Map<AccountId, { readonly last: Promise<unknown>; readonly count: number }>();

  constructor(options: {
    readonly ingest: Pick<Ingest, 'accept'>;
    readonly store: StoreReader;
    readonly clock: Clock;
    readonly newId: () => string;
  }) {
    this.#ingest = options.ingest;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  /** Resolves when everything in it is durable. Rejects with what ingest rejects with, or OVERLOADED. */
  async take(snapshot: Snapshot): Promise<Intake> {
    const before = this.#running.get(snapshot.accountId);
    if (before && before.count > WAITING_LIMIT_COUNT)
      throw new ImError('OVERLOADED', { retryAfterMs: CLOCK_SKEW_MS / 2 });
    const own = (before?.last ?? Promise.resolve()).catch(() => undefined).then(() => this.#takeNow(snapshot)); // its failure was told
    this.#running.set(snapshot.accountId, { last: own, count: (before?.count ?? 0) + 1 });
    try {
      return await own;
    } finally {
      const now = this.#running.get(snapshot.accountId);
      if (now && now.count > 1) this.#running.set(snapshot.accountId, { ...now, count: now.count - 1 });
      else this.#running.delete(snapshot.accountId);
    }
  }

  async #takeNow(snapshot: Snapshot): Promise<Intake> {
    const context = this.#contextOf(snapshot);
    const startedAt = this.#clock.now();
    const syncId = this.#newId();
    const total = { storedCount: 0, duplicateCount: 0, skippedCount: 0 };
    let part = 0;
    let waiting: readonly WorkerReport[] | undefined;
    const send = async (changes: readonly WorkerReport[], isLast: boolean): Promise<void> => {
      part += 1;
      const sync = { id: syncId, part, isLast, startedAt };
      const { accountId, leaseToken, workerId } = snapshot;
      const batch = { accountId, leaseToken, batchId: `${syncId}-${part}`, changes: [...changes], sync };
      const { storedCount, duplicateCount } = await this.#ingest.accept(workerId, batch);
      total.storedCount += storedCount;
      total.duplicateCount += duplicateCount;
    };
    for (const { reports, skippedCount } of slicesOf(snapshot.data, context)) {
      total.skippedCount += skippedCount;
      if (waiting) await send(waiting, false);
      waiting = reports;
      await nextTurn();
    }
    await send(waiting ?? [], true);
    return total;
  }

  #contextOf({ accountId, data, timestamp }: Snapshot): SnapshotContext {
    const profile = this.#store.account(accountId)?.profile;
    const selfIds = profile
      ? [profile.platformUserId, ...(profile.handle ? [profile.handle] : []), ...(profile.aliases ?? [])]
      : [];
    const now = this.#clock.now();
    const told = timeOf(timestamp) ?? now;
    return {
      accountId,
      selfIds,
      conversations: new ConversationIds({ conversations: data.conversations, selfIds }),
      source: SOURCE,
      observedAt: told > now + CLOCK_SKEW_MS ? now : told,
    };
  }
}

type Slice = { readonly reports: readonly WorkerReport[]; readonly skippedCount: number };

/** The snapshot as reports, read only as far as they are asked for. Items without an id are counted and left out. */
export function* slicesOf(data: Fields, context: SnapshotContext): Generator<Slice> {
  for (const [name, report] of SECTIONS) {
    const items = data[name];
    if (!Array.isArray(items)) continue;
    for (let from = 0; from < items.length; from += SLICE_COUNT) {
      const slice: unknown[] = items.slice(from, from + SLICE_COUNT);
      const reports = listOf(slice).flatMap((fields) => report(fields, context) ?? []);
      yield { reports, skippedCount: slice.length - reports.length };
    }
  }
}

/** The data of a snapshot payload, or what is wrong with it. */
export function snapshotDataOf(payload: Fields): Fields | undefined {
  return fieldsOf(fieldsOf(payload.snapshot)?.data);
}
