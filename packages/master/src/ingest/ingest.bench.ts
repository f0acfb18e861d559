/**
 * How many items a second become durable, folded in and published through `Ingest`, how long the event loop is held up
 * meanwhile, and how long a restart takes afterwards. Run by node: `ingest.bench.ts [itemCount] [batchCount]`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, TopicId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { ChangesPayload } from '@hiscrm/shared/protocol/worker-link.ts';
import { SyncBoard } from '../fleet/sync-board.ts';
import { type MasterDatabase, openMasterDatabase } from '../log/open-database.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { Ingest } from './ingest.ts';
import { LogCommitter } from './log-committer.ts';

const DEFAULT_ITEM_COUNT = 100_000;
const DEFAULT_BATCH_COUNT = 500;
const ACCOUNT_COUNT = 20;
const TOPICS_OF_ACCOUNT = 100;
/** The rate of the promise, with room. */
const PACED_PER_SECOND = 12_000;
/** Batches on their way at once: some Workers that sync together. */
const IN_FLIGHT_COUNT = 4;
const SINGLES_COUNT = 300;

const itemCount = Number(process.argv[2] ?? DEFAULT_ITEM_COUNT);
const batchCount = Number(process.argv[3] ?? DEFAULT_BATCH_COUNT);

const workerId = 'w-1' as WorkerId;
const accountOf = (no: number): AccountId => `acc-${no % ACCOUNT_COUNT}` as AccountId;

function message(accountId: AccountId, no: number): WorkerReport {
  const at = 1_770_000_000_000 + no * 1_000;
  return {
    kind: 'message.observed',
    accountId,
    facts: {
      kind: 'message',
      id: String(7_123_456_789_000_000_000n + BigInt(no)) as ItemId,
      topicId: `conversation-${no % TOPICS_OF_ACCOUNT}` as TopicId,
      author: { id: `user-${no % 5_000}`, name: '一位客户' },
      direction: 'in',
      type: 'text',
      text: `第${no}条消息：请问什么时候发货？我想要红色的，谢谢！`,
      at,
      rawTime: String(at),
      source: 'api',
      observedAt: at + 500,
    },
  };
}

type Rooms = { readonly database: MasterDatabase; readonly store: Store; readonly ingest: Ingest };

async function open(path: string): Promise<Rooms> {
  const database = await openMasterDatabase({
    path,
    clock: systemClock,
    onDurable: (rows) => committer.onDurable(rows),
  });
  const store = await openStore({ ...database, clock: systemClock });
  const committer = new LogCommitter({ log: database.log, store, publish: () => undefined });
  const ingest = new Ingest({ store, committer, syncBoard: new SyncBoard(), clock: systemClock });
  if (store.head() === 0)
    for (let no = 0; no < ACCOUNT_COUNT; no += 1) {
      const accountId = accountOf(no);
      await committer.commit([
        { kind: 'account.added', accountId, platform: 'douyin', name: `shop ${no}`, at: 1 },
        { kind: 'account.leased', accountId, workerId, token: 1 },
      ]);
    }
  return { database, store, ingest };
}

async function close({ database, store }: Rooms): Promise<void> {
  await store.close();
  await database.close();
}

function batch(no: number, size: number): ChangesPayload {
  const accountId = accountOf(no);
  const changes = Array.from({ length: size }, (_, index) => message(accountId, no * size + index));
  return { accountId, leaseToken: 1, batchId: String(no), changes };
}

/** Many batches: as fast as they are taken, or at a rate. */
async function fill(rooms: Rooms, first: number, count: number, itemsPerSecond = Number.POSITIVE_INFINITY) {
  const texts = Array.from({ length: count }, (_, no) => JSON.stringify(batch(first + no, batchCount)));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const startedAt = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let no = next++; no < count; no = next++) {
      const dueInMs = startedAt + (no * batchCount * 1_000) / itemsPerSecond - performance.now();
      await new Promise((resolve) => (dueInMs > 0 ? setTimeout(resolve, dueInMs) : setImmediate(resolve)));
      await rooms.ingest.accept(workerId, JSON.parse(texts[no] ?? '') as ChangesPayload); // made above
    }
  };
  delay.enable();
  await Promise.all(Array.from({ length: IN_FLIGHT_COUNT }, lane));
  delay.disable();
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    itemsPerSecond: Math.round((count * batchCount) / seconds),
    loopP50Ms: delay.percentile(50) / 1e6,
    loopP99Ms: delay.percentile(99) / 1e6,
    loopMaxMs: delay.max / 1e6,
  };
}

/** One message at a time, from the batch's arrival to its acknowledgement. */
async function single(rooms: Rooms, fromNo: number) {
  const took: number[] = [];
  for (let no = 0; no < SINGLES_COUNT; no += 1) {
    const startedAt = performance.now();
    await rooms.ingest.accept(workerId, batch(fromNo + no, 1));
    took.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  took.sort((a, b) => a - b);
  return { p50Ms: took[SINGLES_COUNT >> 1], p99Ms: took[Math.floor(SINGLES_COUNT * 0.99)] };
}

const place = mkdtempSync(join(tmpdir(), 'hiscrm-bench-'));
try {
  const path = join(place, 'hiscrm.db');
  const rooms = await open(path);
  const count = Math.ceil(itemCount / batchCount);
  console.log('flat out', await fill(rooms, 0, count));
  console.log('paced', await fill(rooms, count, Math.ceil(count / 2), PACED_PER_SECOND));
  console.log('single', await single(rooms, itemCount * 2));
  const closingAt = performance.now();
  await close(rooms);
  console.log('close', { ms: Math.round(performance.now() - closingAt), fileMiB: statSync(path).size >> 20 });
  const openingAt = performance.now();
  const again = await open(path);
  const unread = again.store.accounts().reduce((sum, { summary }) => sum + summary.unreadMessages, 0);
  console.log('restart', {
    ms: Math.round(performance.now() - openingAt),
    unread,
    rssMiB: process.memoryUsage().rss >> 20,
  });
  await close(again);
} finally {
  rmSync(place, { recursive: true });
}
