import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { Outbox } from '../outbox/outbox.ts';
import { ReplyJournal } from '../outbox/reply-journal.ts';
import { WorkerDatabase } from '../outbox/worker-database.ts';
import type { SendRequest } from '../platforms/platform-adapter.ts';
import { FakeSession } from '../testing/fake-session.ts';
import { ReplyRunner } from './reply-runner.ts';

const ACCOUNT = 'acc-1' as AccountId;
const request = (id: string): SendRequest => ({
  id: id as ReplyId,
  accountId: ACCOUNT,
  topic: { accountId: ACCOUNT, kind: 'content', id: 'w1' as TopicId },
  toItemId: 'c1' as ItemId,
  text: `text of ${id}`,
  requestedAt: 1,
});

function world(options: { isMasterThere?: boolean; gapMs?: number; hourLimitCount?: number } = {}) {
  const clock = new FakeClock();
  const db = new WorkerDatabase(':memory:');
  const outbox = new Outbox({ db, clock, limitBytes: 1e9 });
  const journal = new ReplyJournal({ db, clock });
  const session = new FakeSession();
  const told: WorkerReport[] = [];
  const oddities: string[] = [];
  const master = { isThere: options.isMasterThere ?? true };
  const take = (): void => {
    if (!master.isThere) return;
    for (let batch = outbox.oldest(ACCOUNT); batch; batch = outbox.oldest(ACCOUNT)) {
      told.push(...batch.payload.changes);
      outbox.acknowledged(batch.payload.batchId);
    }
  };
  outbox.onKept(() => queueMicrotask(take));
  const make = (): ReplyRunner =>
    new ReplyRunner({
      accountId: ACCOUNT,
      journal,
      outbox,
      pacing: {
        timeoutMs: 60_000,
        attemptAckMs: 5_000,
        gapMs: options.gapMs ?? 0,
        hourLimitCount: options.hourLimitCount ?? 100,
        checkDelaysMs: [1_000, 10_000],
        confirmDelaysMs: [60_000, 60_000],
      },
      oddities: { note: (kind) => oddities.push(kind) },
      clock,
      log: silentLogger,
      leaseToken: () => 1,
    });
  const kinds = (): string[] => told.map((report) => report.kind);
  return { clock, journal, session, told, oddities, kinds, master, take, make, runner: make() };
}

/** Lets everything that needs no timer run. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

test('[RJ1] a reply goes through all its steps, and the attempt is told before anything is sent', async () => {
  const { runner, session, journal, kinds } = world();
  session.onClick = async () => {
    expect(kinds()).toEqual(['reply.attempted']);
    expect(journal.get('r1' as ReplyId)?.step).toBe('attempted');
    return { kind: 'sent', itemId: 'new' as ItemId };
  };
  runner.offer(request('r1'));
  expect(journal.get('r1' as ReplyId)?.step).toBe('queued');
  runner.resume(session);
  await settle();
  expect(kinds()).toEqual(['reply.attempted', 'reply.sent']);
  expect(journal.get('r1' as ReplyId)).toMatchObject({
    step: 'settled',
    outcome: { kind: 'reply.sent', itemId: 'new' },
  });
});

test('[RJ2] without the Master\u2019s word in time nothing is sent', async () => {
  const { runner, session, clock, master, kinds, take } = world({ isMasterThere: false });
  runner.resume(session);
  runner.offer(request('r1'));
  await settle();
  clock.advance(5_000);
  await settle();
  expect(session.delivered).toEqual([]);
  master.isThere = true;
  take();
  expect(kinds()).toEqual(['reply.attempted', 'reply.rejected']);
});

test('[RJ4] an error before the attempt is tried again, one after it is unknown', async () => {
  const { runner, session, kinds } = world();
  let openCount = 0;
  session.onOpen = async () => {
    openCount += 1;
    if (openCount === 1) throw new Error('the page did not open');
  };
  session.onClick = async () => {
    throw new Error('the page crashed');
  };
  runner.resume(session);
  runner.offer(request('r1'));
  await settle();
  expect(openCount).toBe(2);
  expect(session.delivered).toHaveLength(1);
  expect(kinds()).toEqual(['reply.attempted', 'reply.unknown']);
});

test('[RJ5] an unknown reply is looked for at its times, found once, and never sent again', async () => {
  const { runner, session, clock, kinds, told } = world();
  session.onClick = async () => ({ kind: 'unknown', detail: 'no answer' });
  runner.resume(session);
  runner.offer(request('r1'));
  await settle();
  clock.advance(1_000);
  await settle();
  expect(session.echoCount).toBe(1);
  session.echo = { kind: 'found', itemId: 'echo' as ItemId };
  clock.advance(10_000);
  await settle();
  expect(kinds()).toEqual(['reply.attempted', 'reply.unknown', 'reply.sent']);
  expect(told.at(-1)).toMatchObject({ settledBy: 'page', itemId: 'echo' });
  clock.advance(100_000);
  await settle();
  expect(session.echoCount).toBe(2);
  expect(session.delivered).toHaveLength(1);
});

test('[RJ5] what is never found stays unknown', async () => {
  const { runner, session, clock, kinds } = world();
  session.onClick = async () => ({ kind: 'unknown', detail: 'no answer' });
  runner.resume(session);
  runner.offer(request('r1'));
  for (let turn = 0; turn < 5; turn += 1) {
    await settle();
    clock.advance(20_000);
  }
  expect(session.echoCount).toBe(2);
  expect(kinds()).toEqual(['reply.attempted', 'reply.unknown']);
});

test('[RJ6] an offered reply that has an outcome has it told again', async () => {
  const { runner, session, make, kinds } = world();
  runner.resume(session);
  runner.offer(request('r1'));
  runner.offer(request('r1'));
  await settle();
  const later = make();
  later.resume(session);
  later.offer(request('r1'));
  await settle();
  expect(session.delivered).toHaveLength(1);
  expect(kinds()).toEqual(['reply.attempted', 'reply.sent', 'reply.sent']);
});

test('[RJ7] replies wait for the gap and for the hour', async () => {
  const { runner, session, clock } = world({ gapMs: 10_000, hourLimitCount: 2 });
  runner.resume(session);
  for (const id of ['r1', 'r2', 'r3']) runner.offer(request(id));
  await settle();
  expect(session.delivered).toHaveLength(1);
  clock.advance(10_000);
  await settle();
  expect(session.delivered).toHaveLength(2);
  clock.advance(60_000);
  await settle();
  expect(session.delivered).toHaveLength(2);
  clock.advance(3_600_000);
  await settle();
  expect(session.delivered).toEqual(['text of r1', 'text of r2', 'text of r3']);
});

test('[RJ8] while the account cannot act its replies wait', async () => {
  const { runner, session, kinds } = world();
  runner.offer(request('r1'));
  runner.resume(session);
  runner.pause();
  runner.offer(request('r2'));
  await settle();
  expect(session.delivered).toEqual([]);
  expect(kinds()).toEqual([]);
  runner.resume(session);
  await settle();
  expect(session.delivered).toEqual(['text of r1', 'text of r2']);
});

test('[RJ9] only replies that the last register answer or a later offer names are attempted', async () => {
  const { runner, session, kinds } = world();
  let register: () => void = () => undefined;
  session.onOpen = async () => register();
  for (const id of ['r1', 'r2', 'r3']) runner.offer(request(id));
  // The link was lost and came back: the Master has given up on two of them, one while its page was being opened.
  register = () => runner.keepOnly(new Set(['r3' as ReplyId]));
  runner.resume(session);
  await settle();
  expect(session.delivered).toEqual(['text of r3']);
  expect(kinds()).toEqual(['reply.attempted', 'reply.sent']);
  register = () => undefined;
  runner.offer(request('r2'));
  await settle();
  expect(session.delivered).toEqual(['text of r3', 'text of r2']);
});

test('[RJ9] a reply that was attempted is not let go of', async () => {
  const { runner, session, kinds } = world();
  session.onClick = async () => {
    runner.keepOnly(new Set());
    return { kind: 'sent' };
  };
  runner.resume(session);
  runner.offer(request('r1'));
  await settle();
  expect(kinds()).toEqual(['reply.attempted', 'reply.sent']);
});

test('[RJ3] [RJ5] a reply attempted under a lost lease is not sent under the next one, but looked for', async () => {
  const { runner, session, journal, clock, make, kinds } = world();
  session.onClick = (op) =>
    new Promise((_, reject) => op.signal.addEventListener('abort', () => reject(op.signal.reason)));
  runner.resume(session);
  runner.offer(request('r1'));
  await settle();
  await runner.close();
  expect(journal.get('r1' as ReplyId)).toMatchObject({ step: 'settled', outcome: { kind: 'reply.unknown' } });
  const again = make();
  again.recover();
  again.keepOnly(new Set());
  again.resume(session);
  again.offer(request('r1'));
  session.echo = { kind: 'found', itemId: 'echo' as ItemId };
  await settle();
  clock.advance(1_000);
  await settle();
  expect(session.delivered).toEqual(['text of r1']);
  expect(kinds()).toEqual(['reply.attempted', 'reply.unknown', 'reply.unknown', 'reply.sent']);
});

test('[RJ10] a reply that the platform took and never shows stays sent and is counted; one that is seen is looked for once', async () => {
  const { runner, session, clock, kinds, oddities } = world();
  runner.resume(session);
  runner.offer(request('r1'));
  await settle();
  for (let turn = 0; turn < 4; turn += 1) {
    clock.advance(60_000);
    await settle();
  }
  expect(session.echoCount).toBe(2);
  expect(oddities).toEqual(['replyVanished']);
  session.echo = { kind: 'found', itemId: 'echo' as ItemId };
  runner.offer(request('r2'));
  await settle();
  for (let turn = 0; turn < 4; turn += 1) {
    clock.advance(60_000);
    await settle();
  }
  expect(session.echoCount).toBe(3);
  expect(oddities).toEqual(['replyVanished']);
  expect(kinds()).toEqual(['reply.attempted', 'reply.sent', 'reply.attempted', 'reply.sent']);
});

/** Step at which the process is killed → deliveries and outcome after the restart that follows. */
test.each<[string, number, string]>([
  ['queued', 1, 'reply.sent'],
  ['opened', 1, 'reply.sent'],
  ['attemptKept', 0, 'reply.rejected'],
  ['attemptAcknowledged', 0, 'reply.rejected'],
  ['beforeDelivery', 0, 'reply.unknown'],
  ['afterDelivery', 1, 'reply.unknown'],
  ['outcomeTold', 1, 'reply.sent'],
])('[RJ3] killed at %s: %i deliveries, %s', (step, deliveredCount, outcome) => {
  const child = fileURLToPath(new URL('../testing/crash-child.ts', import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), 'crash-'));
  const deliveries = join(directory, 'deliveries');
  const run = (at: string) =>
    spawnSync(
      process.execPath,
      ['--no-warnings', child, join(directory, 'db'), deliveries, at, JSON.stringify(request('r1'))],
      {
        encoding: 'utf8',
      },
    );
  expect(run(step).signal).toBe('SIGKILL');
  expect(run('none').stdout.trim().split('\n').at(-1)).toBe(`settled ${outcome}`);
  const lines = existsSync(deliveries) ? readFileSync(deliveries, 'utf8').trim().split('\n') : [];
  expect(lines).toHaveLength(deliveredCount);
  rmSync(directory, { recursive: true });
});
