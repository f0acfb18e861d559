import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { WORKER_BATCH_LIMIT_BYTES, WORKER_BATCH_LIMIT_COUNT } from '@hiscrm/shared/protocol/worker-link.ts';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { KnownIndex } from './known-index.ts';
import { Outbox } from './outbox.ts';
import { WorkerDatabase } from './worker-database.ts';

const ACCOUNT = 'acc-1' as AccountId;
const OTHER = 'acc-2' as AccountId;
const clock = new FakeClock();
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function comment(id: string, text = 'text'): WorkerReport {
  const facts = {
    kind: 'comment' as const,
    id: id as ItemId,
    topicId: 'w1' as TopicId,
    text,
    source: 'api',
    observedAt: 1,
  };
  return { kind: 'comment.observed', accountId: ACCOUNT, facts };
}

function open(options: { path?: string; limitBytes?: number } = {}): {
  db: WorkerDatabase;
  outbox: Outbox;
  known: KnownIndex;
} {
  const db = new WorkerDatabase(options.path ?? ':memory:');
  cleanups.push(() => db.close());
  return { db, outbox: new Outbox({ db, clock, limitBytes: options.limitBytes ?? 1e9 }), known: new KnownIndex(db) };
}

function tempFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'outbox-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'worker.sqlite');
}

const keep = (outbox: Outbox, reports: WorkerReport[], accountId = ACCOUNT): readonly string[] | 'full' =>
  outbox.keep({ accountId, leaseToken: 1, reports });

/** Acknowledges everything, oldest first, and answers what was in it. */
function takeAll(outbox: Outbox, accountId = ACCOUNT): WorkerReport[][] {
  const taken: WorkerReport[][] = [];
  for (let batch = outbox.oldest(accountId); batch; batch = outbox.oldest(accountId)) {
    taken.push(batch.payload.changes);
    outbox.acknowledged(batch.payload.batchId);
  }
  return taken;
}

test('[OB1] a crash in the middle of keeping leaves neither batch nor memory', () => {
  const { outbox, known } = open();
  const crash = (): void => {
    known.put(ACCOUNT, { kind: 'comment', id: 'c1', facts: { text: 'x' } });
    throw new Error('power cut');
  };
  expect(() => outbox.keep({ accountId: ACCOUNT, leaseToken: 1, reports: [comment('c1')] }, crash)).toThrow(
    'power cut',
  );
  expect(known.get(ACCOUNT, 'comment', 'c1')).toBeUndefined();
  expect(outbox.oldest(ACCOUNT)).toBeUndefined();
  expect(outbox.stats()).toMatchObject({ batchCount: 0, bytes: 0 });
});

test('[OB2] batches stay under both limits and keep the order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 1_300 }), (lengths) => {
      const { db, outbox } = open();
      const reports = lengths.map((length, index) => comment(`c${index}`, '字'.repeat(length % 6_000)));
      keep(outbox, reports);
      const batches = takeAll(outbox);
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(WORKER_BATCH_LIMIT_COUNT);
        expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(WORKER_BATCH_LIMIT_BYTES);
      }
      expect(batches.flat()).toEqual(reports);
      expect(outbox.stats()).toMatchObject({ batchCount: 0, bytes: 0 });
      db.close();
    }),
    { numRuns: 15 },
  );
});

test('[OB3] only the acknowledgement of its own name removes a batch', () => {
  const { outbox } = open();
  keep(outbox, [comment('c1')]);
  outbox.acknowledged('another');
  outbox.failed(outbox.oldest(ACCOUNT)?.payload.batchId ?? '', 'timeout');
  expect(outbox.oldest(ACCOUNT)).toMatchObject({ attemptCount: 1 });
  expect(takeAll(outbox)).toEqual([[comment('c1')]]);
});

test('[OB4] after a restart the same batches go again, oldest first, under their ids', () => {
  const path = tempFile();
  const before = open({ path });
  keep(before.outbox, [comment('c1')]);
  keep(before.outbox, [comment('c2')]);
  const id = before.outbox.oldest(ACCOUNT)?.payload.batchId;
  before.db.close();
  const { outbox } = open({ path });
  expect(outbox.oldest(ACCOUNT)?.payload.batchId).toBe(id);
  expect(outbox.stats().batchCount).toBe(2);
  keep(outbox, [comment('c3')]);
  expect(takeAll(outbox)).toEqual([[comment('c1')], [comment('c2')], [comment('c3')]]);
});

test('[OB5] a full outbox takes nothing but what is urgent, and takes again when there is room', () => {
  const { outbox } = open({ limitBytes: 500 });
  expect(keep(outbox, [comment('c1', 'x'.repeat(600))])).not.toBe('full');
  let isRun = false;
  const alongside = (): void => {
    isRun = true;
  };
  expect(outbox.keep({ accountId: ACCOUNT, leaseToken: 1, reports: [comment('c2')] }, alongside)).toBe('full');
  expect(isRun).toBe(false);
  expect(outbox.keep({ accountId: ACCOUNT, leaseToken: 1, reports: [comment('c3')], isUrgent: true })).toHaveLength(1);
  takeAll(outbox);
  expect(keep(outbox, [comment('c2')])).toHaveLength(1);
});

test('[OB6] a failure is counted for its batch alone', () => {
  const { outbox, db } = open();
  keep(outbox, [comment('c1')]);
  keep(outbox, [comment('d1')], OTHER);
  outbox.failed(outbox.oldest(ACCOUNT)?.payload.batchId ?? '', 'OVERLOADED');
  expect(outbox.oldest(ACCOUNT)?.attemptCount).toBe(1);
  expect(outbox.oldest(OTHER)?.attemptCount).toBe(0);
  expect(db.sql.prepare('SELECT last_error FROM batch WHERE account_id = ?').get(ACCOUNT)).toEqual({
    last_error: 'OVERLOADED',
  });
});

test('[OB7] a bad change is singled out; everything else arrives in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 39 }), (count, badAt) => {
      const { db, outbox } = open();
      const reports = Array.from({ length: count }, (_, index) => comment(`c${index}`));
      keep(outbox, reports);
      keep(outbox, [comment('later')]);
      const bad = reports[badAt];
      const arrived: WorkerReport[] = [];
      for (let batch = outbox.oldest(ACCOUNT); batch; batch = outbox.oldest(ACCOUNT)) {
        const { batchId, changes } = batch.payload;
        if (bad && changes.some((change) => JSON.stringify(change) === JSON.stringify(bad)))
          outbox.refused(batchId, 'BAD_REQUEST');
        else {
          arrived.push(...changes);
          outbox.acknowledged(batchId);
        }
      }
      expect(arrived).toEqual([...reports.filter((report) => report !== bad), comment('later')]);
      expect(outbox.stats()).toMatchObject({ batchCount: 0, bytes: 0, deadCount: bad ? 1 : 0 });
      db.close();
    }),
  );
});

test('[OB12] a batch says when it was kept, however often it is tried; so do the halves of a refused one', () => {
  const path = tempFile();
  const before = open({ path });
  const keptAt = clock.now();
  keep(before.outbox, [comment('c1'), comment('c2')]);
  before.db.close();
  clock.advance(60_000);
  const { outbox } = open({ path });
  const keptAts: (number | undefined)[] = [];
  for (let batch = outbox.oldest(ACCOUNT); batch; batch = outbox.oldest(ACCOUNT)) {
    const { batchId, changes } = batch.payload;
    keptAts.push(batch.payload.keptAt);
    if (changes.length > 1) outbox.refused(batchId, 'BAD_REQUEST');
    else outbox.acknowledged(batchId);
  }
  expect(keptAts).toEqual([keptAt, keptAt, keptAt]);
});

test('[OB8] a lost lease takes the waiting batches and the memory of the account, and no other', () => {
  const { outbox, known } = open();
  outbox.keep({ accountId: ACCOUNT, leaseToken: 1, reports: [comment('c1')] }, () =>
    known.put(ACCOUNT, { kind: 'comment', id: 'c1', facts: {} }),
  );
  keep(outbox, [comment('d1')], OTHER);
  expect(outbox.discardAccount(ACCOUNT, () => known.forget(ACCOUNT))).toBe(1);
  expect(known.get(ACCOUNT, 'comment', 'c1')).toBeUndefined();
  expect(outbox.accounts()).toEqual([OTHER]);
});

test('[OB9] a newer lease takes over what waits', () => {
  const { outbox } = open();
  keep(outbox, [comment('c1')]);
  outbox.restamp(ACCOUNT, 4);
  expect(outbox.oldest(ACCOUNT)?.payload.leaseToken).toBe(4);
  outbox.restamp(ACCOUNT, 2);
  expect(outbox.oldest(ACCOUNT)?.payload.leaseToken).toBe(4);
});

test('whoever waits for an acknowledgement hears of it, of a lost lease, and of an abort', async () => {
  const { outbox } = open();
  const [first, second, third] = [
    keep(outbox, [comment('1')]),
    keep(outbox, [comment('2')]),
    keep(outbox, [comment('3')]),
  ].map((ids) => String(ids[0]));
  const control = new AbortController();
  const ends = [first, second].map((id) => outbox.untilAcknowledged(String(id), control.signal));
  const aborted = outbox.untilAcknowledged(String(third), control.signal);
  outbox.acknowledged(String(first));
  control.abort(new Error('over'));
  await expect(aborted).rejects.toThrow('over');
  await expect(ends[0]).resolves.toBe('acknowledged');
  await expect(ends[1]).rejects.toThrow('over');
  const gone = outbox.untilAcknowledged(String(second), new AbortController().signal);
  outbox.discardAccount(ACCOUNT);
  await expect(gone).resolves.toBe('gone');
});
