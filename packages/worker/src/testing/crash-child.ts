/**
 * A Worker's reply path in a process that a test kills at a chosen step. Arguments: database, file of deliveries, step. The
 * platform is a file: what stands in it was delivered.
 */
import { appendFileSync } from 'node:fs';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { ReplyRunner } from '../accounts/reply-runner.ts';
import { silentLogger } from '../lib/logger.ts';
import { Outbox } from '../outbox/outbox.ts';
import { ReplyJournal } from '../outbox/reply-journal.ts';
import { WorkerDatabase } from '../outbox/worker-database.ts';
import type { SendRequest } from '../platforms/platform-adapter.ts';
import { FakeSession } from './fake-session.ts';

const [path = '', deliveries = '', step = 'none', requestText = '{}'] = process.argv.slice(2);
const request = JSON.parse(requestText) as SendRequest; // given by the test
const db = new WorkerDatabase(path);
const outbox = new Outbox({ db, clock: systemClock, limitBytes: 1e9 });
const journal = new ReplyJournal({ db, clock: systemClock });
const die = (at: string): void => {
  if (at === step) process.kill(process.pid, 'SIGKILL');
};

const session = new FakeSession();
session.onOpen = async () => die('opened');
session.onClick = async (_op, { text }) => {
  die('beforeDelivery');
  appendFileSync(deliveries, `${text}\n`, { flush: true });
  die('afterDelivery');
  return { kind: 'sent' };
};
const runner = new ReplyRunner({
  accountId: request.accountId,
  journal,
  outbox,
  pacing: {
    timeoutMs: 5_000,
    attemptAckMs: 5_000,
    gapMs: 0,
    hourLimitCount: 100,
    checkDelaysMs: [],
    confirmDelaysMs: [],
  },
  oddities: { note: () => undefined },
  clock: systemClock,
  log: silentLogger,
  leaseToken: () => 1,
});
// The Master's side: it has every batch on its disk at once.
outbox.onKept(() =>
  queueMicrotask(() => {
    for (let batch = outbox.oldest(request.accountId); batch; batch = outbox.oldest(request.accountId)) {
      const kinds = batch.payload.changes.map((change) => change.kind);
      if (kinds.includes('reply.attempted')) die('attemptKept');
      process.stdout.write(`${JSON.stringify(batch.payload.changes)}\n`);
      outbox.acknowledged(batch.payload.batchId);
      if (kinds.includes('reply.attempted')) die('attemptAcknowledged');
      if (kinds.includes('reply.sent')) die('outcomeTold');
    }
  }),
);
runner.recover();
runner.resume(session);
runner.offer(request);
die('queued');
const look = setInterval(() => {
  const entry = journal.get(request.id);
  if (entry?.step !== 'settled' || outbox.stats().batchCount > 0) return;
  clearInterval(look);
  process.stdout.write(`settled ${entry.outcome?.kind}\n`);
}, 5);
