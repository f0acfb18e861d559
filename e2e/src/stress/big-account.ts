import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import { WORKER_BATCH_LIMIT_COUNT } from '@hiscrm/shared/protocol/worker-link.ts';
import { CountingProxy } from '../harness/counting-proxy.ts';
import { FakeWorker } from '../harness/fake-worker.ts';
import { comment, conversation, message } from '../harness/make-facts.ts';
import { until } from '../harness/until.ts';
import { auditMaster } from './audit.ts';
import { Stand } from './stand.ts';
import { expectNone, type StressOptions, type StressResult } from './stress-run.ts';

const LONG_TEXT = '这款产品真的很好用，已经回购三次了，客服态度也不错。😀'.repeat(10);
const ITEMS_A_TOPIC = 250;
/** One round is one megabyte of a first sync. */
const ROUND_BYTES = 1e6;
const FULL_ACCOUNT_COUNT = 1_000;
/** What one new message may cost on both hops together, whatever the account holds. */
const MESSAGE_LIMIT_BYTES = 4 * 1024;
const MESSAGE_COUNT = 20;

/**
 * A first sync of as many megabytes as there are rounds arrives as a whole, in numbered parts; and one message in an account
 * that is full already costs the wires little.
 */
export async function bigAccount({ rounds, say }: StressOptions): Promise<StressResult> {
  const stand = await Stand.start('big-account', 2);
  const up = await CountingProxy.start(stand.master.port);
  const down = await CountingProxy.start(stand.master.port);
  const worker = await FakeWorker.connect({
    baseUrl: `http://127.0.0.1:${up.port}`,
    key: stand.workerKey,
    workerId: 'big',
  });
  try {
    const synced = await firstSync(stand, worker, rounds * ROUND_BYTES);
    say(`${synced.itemCount} items, ${Math.round(synced.bytes / 1e6)} MB in ${synced.partCount} parts`);
    const reader = await stand.client('reader');
    const audit = await auditMaster(reader);
    expectNone('what the Master answers', audit.faults);
    if (audit.items.size !== synced.itemCount)
      throw new Error(`${audit.items.size} of ${synced.itemCount} items arrived`);
    const costBytes = await costOfOne(stand, worker, up, down);
    if (costBytes > MESSAGE_LIMIT_BYTES) throw new Error(`one message costs ${costBytes} bytes`);
    return {
      megabytes: Math.round(synced.bytes / 1e6),
      items: synced.itemCount,
      parts: synced.partCount,
      bytesOfOneMessage: costBytes,
    };
  } finally {
    worker.close();
    await Promise.all([up.close(), down.close()]);
    await stand.close();
  }
}

async function firstSync(
  stand: Stand,
  worker: FakeWorker,
  bytes: number,
): Promise<{ itemCount: number; partCount: number; bytes: number }> {
  const accountId = stand.accounts[0];
  if (accountId === undefined) throw new Error('the stand has no account');
  const startedAt = Date.now();
  let sentBytes = 0;
  let itemCount = 0;
  let part = 0;
  while (sentBytes < bytes) {
    const changes: WorkerReport[] = [];
    let batchBytes = 0;
    // Half a batch's limit in bytes: the link's limit is for the whole frame.
    while (changes.length < WORKER_BATCH_LIMIT_COUNT - 1 && batchBytes < 256 * 1024) {
      const topic = Math.floor(itemCount / ITEMS_A_TOPIC);
      if (itemCount % ITEMS_A_TOPIC === 0) changes.push(conversation(accountId, topic));
      const make = itemCount % 2 === 0 ? message : comment;
      const change = make(accountId, topic, itemCount, { text: `${itemCount} ${LONG_TEXT}` });
      batchBytes += Buffer.byteLength(JSON.stringify(change));
      changes.push(change);
      itemCount += 1;
    }
    part += 1;
    sentBytes += batchBytes;
    const sync = { id: 'first-sync', part, isLast: sentBytes >= bytes, startedAt };
    const answer = await worker.send(accountId, changes, { sync });
    if (!answer.ok) throw new Error(`part ${part} was refused: ${JSON.stringify(answer.error)}`);
  }
  return { itemCount, partCount: part, bytes: sentBytes };
}

/** The bytes of one new message on both hops, in an account of 1,000 items. */
async function costOfOne(stand: Stand, worker: FakeWorker, up: CountingProxy, down: CountingProxy): Promise<number> {
  const accountId = stand.accounts[1];
  if (accountId === undefined) throw new Error('the stand has no second account');
  for (let first = 0; first < FULL_ACCOUNT_COUNT; first += ITEMS_A_TOPIC) {
    const items = Array.from({ length: ITEMS_A_TOPIC }, (_, index) => message(accountId, first, first + index));
    await worker.send(accountId, [conversation(accountId, first), ...items]);
  }
  const client = await stand.client('counted', down.port);
  await until('the client to be up to date', () => client.replica.accounts().length === stand.accounts.length);
  up.resetCounts();
  down.resetCounts();
  const before = client.replica.position?.seq ?? 0;
  for (let index = 0; index < MESSAGE_COUNT; index++)
    await worker.send(accountId, [message(accountId, 0, 1_000_000 + index)]);
  await until('the messages to reach the client', () => (client.replica.position?.seq ?? 0) >= before + MESSAGE_COUNT);
  return Math.round((up.upBytes + up.downBytes + down.upBytes + down.downBytes) / MESSAGE_COUNT);
}
