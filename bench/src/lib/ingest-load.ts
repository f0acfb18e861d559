import { setTimeout as pause } from 'node:timers/promises';
import type { FakeWorker } from '@hiscrm/e2e/harness/fake-worker.ts';
import { comment, conversation, message } from '@hiscrm/e2e/harness/make-facts.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { WORKER_BATCH_LIMIT_COUNT } from '@hiscrm/shared/protocol/worker-link.ts';

/** A work or a conversation of this many items is a busy one. */
const ITEMS_A_TOPIC = 200;
/** Unacknowledged batches of one Worker: the Master always has the next one at hand. */
const IN_FLIGHT_COUNT = 4;
const RETRY_LIMIT_COUNT = 200;

export type IngestLoad = {
  readonly itemCount: number;
  readonly batchCount: number;
  readonly sentBytes: number;
  readonly tookMs: number;
};

/** Item `n` of an account: comments and messages in turn, a topic every 200. */
export function itemOf(accountId: AccountId, n: number, text?: string): WorkerReport {
  const topic = Math.floor(n / ITEMS_A_TOPIC);
  const extra = text === undefined ? {} : { text };
  return n % 2 === 0 ? comment(accountId, topic, n, extra) : message(accountId, topic, n, extra);
}

/** Sends items `from` up to (not including) `to` and resolves when every batch was acknowledged. Rejects when one was refused. */
export async function sendItems(
  worker: FakeWorker,
  accountId: AccountId,
  options: {
    readonly from: number;
    readonly to: number;
    readonly batchCount?: number | undefined;
    readonly text?: string | undefined;
    /** As fast as the Master takes them when absent. */
    readonly perSecond?: number | undefined;
  },
): Promise<IngestLoad> {
  const { leaseToken } = await worker.assignment(accountId);
  const size = options.batchCount ?? WORKER_BATCH_LIMIT_COUNT - 10;
  const startedAt = performance.now();
  let next = options.from;
  let batchCount = 0;
  let sentBytes = 0;
  const due = async (first: number): Promise<void> => {
    if (options.perSecond === undefined) return;
    const dueAt = startedAt + ((first - options.from) / options.perSecond) * 1_000;
    await pause(Math.max(0, dueAt - performance.now()));
  };
  const sendNext = async (): Promise<void> => {
    while (next < options.to) {
      const first = next;
      const end = Math.min(options.to, first + size);
      next = end;
      await due(first);
      const changes: WorkerReport[] = [];
      for (let n = first; n < end; n++) {
        if (n % ITEMS_A_TOPIC === 0) changes.push(conversation(accountId, n / ITEMS_A_TOPIC));
        changes.push(itemOf(accountId, n, options.text));
      }
      batchCount += 1;
      sentBytes += Buffer.byteLength(JSON.stringify(changes));
      await sendOne(worker, accountId, changes, leaseToken);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_COUNT }, sendNext));
  return { itemCount: options.to - options.from, batchCount, sentBytes, tookMs: performance.now() - startedAt };
}

async function sendOne(
  worker: FakeWorker,
  accountId: AccountId,
  changes: readonly WorkerReport[],
  leaseToken: number,
): Promise<void> {
  for (let attempt = 0; attempt < RETRY_LIMIT_COUNT; attempt++) {
    const answer = await worker.send(accountId, changes, { leaseToken });
    if (answer.ok) return;
    if (answer.error.code !== 'OVERLOADED') throw new Error(`a batch was refused: ${JSON.stringify(answer.error)}`);
    await pause(50); // what the Master asks for when its disk queue is full
  }
  throw new Error('the Master stayed overloaded');
}
