import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, TopicId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeRule } from '@hiscrm/shared/model/notice-preferences.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Publication } from '../ingest/committer.ts';
import { LogCommitter } from '../ingest/log-committer.ts';
import { silentLogger } from '../lib/logger.ts';
import { openMasterDatabase } from '../log/open-database.ts';
import { openStore } from '../store/open-store.ts';
import { InboxRules } from './inbox-rules.ts';
import { NOTICE_LIMITS } from './notice-limits.ts';
import { openNoticeHub } from './open-notice-hub.ts';
import type { Person } from './user-directory.ts';

const MINUTE_MS = 60_000;
const accountId = 'acc-1' as AccountId;
const workerId = 'w-1' as WorkerId;
const PEOPLE: readonly Person[] = [
  { id: 'u-root' as UserId, username: 'root', role: 'admin', grants: 'all' },
  { id: 'u-ann' as UserId, username: 'ann', role: 'operator', grants: [accountId] },
  { id: 'u-bob' as UserId, username: 'bob', role: 'operator', grants: [] },
];
const ALL_RULES: readonly NoticeRule[] = ['newComment', 'newMessage', 'loginExpired', 'workerDown', 'coverageGap'];

/** Log, store, hub and rules on one file, put together as `main` does it. */
async function open(path: string, clock: FakeClock) {
  const listeners: ((publication: Publication) => void)[] = [];
  const database = await openMasterDatabase({ path, clock, onDurable: (rows) => committer.onDurable(rows) });
  const store = await openStore({ ...database, clock });
  const publish = (publication: Publication): void => {
    for (const listener of listeners) listener(publication);
  };
  const committer = new LogCommitter({ log: database.log, store, publish });
  let ids = 0;
  const hub = await openNoticeHub({
    log: database.log,
    tables: database.notices,
    committer,
    directory: { own: () => PEOPLE, others: undefined },
    clock,
    limits: NOTICE_LIMITS,
    lc: silentLogger,
    newId: () => `id-${++ids}`,
    onSent: () => undefined,
  });
  const rules = new InboxRules({ hub, store, clock, lc: silentLogger });
  listeners.push((publication) => {
    hub.onPublication(publication);
    rules.onPublication(publication);
  });
  await rules.start(database.log);
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    rules.close();
    await hub.close();
    await store.close();
    await database.close();
  };
  onTestFinished(close);
  /** What a user was told, newest last, without what was taken back. */
  const told = (userId: string): readonly (readonly [string, string])[] =>
    hub
      .history(userId as UserId, undefined, 100)
      .items.filter(({ notice }) => notice.status === 'sent')
      .map(({ notice }) => [notice.notice.type, notice.notice.words?.en?.content ?? ''] as const)
      .reverse();
  return { hub, store, commit: (...changes: Change[]) => committer.commit(changes), told, close };
}

type World = Awaited<ReturnType<typeof open>>;

/** Everybody wants everything, one account was read a moment ago, its Worker is there. */
async function setUp() {
  const clock = new FakeClock();
  const folder = mkdtempSync(join(tmpdir(), 'hiscrm-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'hiscrm.db');
  const world = await open(path, clock);
  for (const { id: userId } of PEOPLE) {
    const rules = Object.fromEntries(ALL_RULES.map((rule) => [rule, true]));
    await world.hub.change({ kind: 'notice.preferencesChanged', userId, preferences: { rules } });
  }
  const now = clock.now();
  await world.commit(
    { kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: now },
    worker(true, now),
    session('online', now),
    { kind: 'account.synced', accountId, at: now },
  );
  return { clock, world, again: () => open(path, clock) };
}

const worker = (isOnline: boolean, at: number): Change => ({
  kind: 'worker.changed',
  workerId,
  name: 'desk',
  isOnline,
  platforms: ['douyin'],
  maxAccounts: 10,
  at,
});
const session = (
  kind: 'online' | 'starting' | 'loginRequired' | 'challenge' | 'unassigned',
  since: number,
): Change => ({
  kind: 'account.session',
  accountId,
  session: { kind, since } satisfies Session,
});
const comment = (id: string, at: number): Change => ({
  kind: 'comment.observed',
  accountId,
  facts: {
    kind: 'comment',
    id: id as ItemId,
    topicId: 'work' as TopicId,
    direction: 'in',
    text: 'hi',
    at,
    source: 'api',
    observedAt: at,
  },
});

const untilTold = (world: World, userId: string, expected: readonly (readonly [string, string])[]) =>
  vi.waitFor(() => expect(world.told(userId)).toEqual(expected));

test('[NO41] new items of a minute are one notice for those who may see the account, and replace the count before', async () => {
  const { clock, world } = await setUp();
  const before = clock.now() - 11 * MINUTE_MS;
  await world.commit(comment('1', clock.now()), comment('2', clock.now()), comment('old', before));
  clock.advance(MINUTE_MS);
  await untilTold(world, 'u-ann', [['comment_received', '2 new comments, 3 unread in all']]);
  await world.commit(comment('3', clock.now()));
  clock.advance(MINUTE_MS);
  await untilTold(world, 'u-ann', [['comment_received', '1 new comment, 4 unread in all']]);
  expect(world.told('u-root')).toEqual(world.told('u-ann'));
  expect(world.told('u-bob')).toEqual([]);
});

test('[NO41] a user who switched a rule off is not told', async () => {
  const { clock, world } = await setUp();
  const userId = 'u-ann' as UserId;
  await world.hub.change({
    kind: 'notice.preferencesChanged',
    userId,
    preferences: { rules: { newComment: false, loginExpired: false } },
  });
  await world.commit(comment('1', clock.now()), session('loginRequired', clock.now()));
  clock.advance(MINUTE_MS);
  await untilTold(world, 'u-root', [
    ['login_expired', 'The login has expired; log in again'],
    ['comment_received', '1 new comment, 1 unread in all'],
  ]);
  expect(world.told('u-ann')).toEqual([]);
});

test('[NO42] a lost login is told once an outage, also when a restarted Worker finds it', async () => {
  const { clock, world } = await setUp();
  await world.commit(session('unassigned', clock.now()));
  await world.commit(session('starting', clock.now()));
  await world.commit(session('loginRequired', clock.now()));
  await world.commit(session('starting', clock.now()));
  await world.commit(session('loginRequired', clock.now() + 1));
  const once = ['login_expired', 'The login has expired; log in again'] as const;
  await untilTold(world, 'u-ann', [once]);
  clock.advance(MINUTE_MS);
  await world.commit(session('online', clock.now()), { kind: 'account.synced', accountId, at: clock.now() });
  await world.commit(session('challenge', clock.now()));
  await untilTold(world, 'u-ann', [once, ['account_challenge', 'The platform asks for a human check']]);
});

test('[NO42] an account that was never read waits for its first login in silence', async () => {
  const { clock, world } = await setUp();
  const second = 'acc-2' as AccountId;
  await world.commit(
    { kind: 'account.added', accountId: second, platform: 'douyin', name: 'new', at: clock.now() },
    { kind: 'account.session', accountId: second, session: { kind: 'loginRequired', since: clock.now() } },
  );
  await world.commit(session('loginRequired', clock.now()));
  await untilTold(world, 'u-root', [['login_expired', 'The login has expired; log in again']]);
});

test('[NO43] a Worker that stays away is told to administrators, one that comes back at once is not', async () => {
  const { clock, world } = await setUp();
  await world.commit(worker(false, clock.now()));
  clock.advance(10_000);
  await world.commit(worker(true, clock.now()));
  clock.advance(10_000);
  await world.commit(worker(false, clock.now()));
  clock.advance(29_000);
  expect(world.told('u-root')).toEqual([]);
  clock.advance(1_000);
  await untilTold(world, 'u-root', [['worker_down', 'The Worker is off line; its accounts are not read']]);
  expect(world.told('u-ann')).toEqual([]);
});

test('[NO44] an account unread for ten minutes has a gap, told once when it is read again', async () => {
  const { clock, world } = await setUp();
  await world.commit(session('unassigned', clock.now()));
  clock.advance(25 * MINUTE_MS);
  await world.commit(session('online', clock.now()));
  await world.commit({ kind: 'account.synced', accountId, at: clock.now() });
  clock.advance(9 * MINUTE_MS);
  await world.commit({ kind: 'account.synced', accountId, at: clock.now() });
  await world.commit(session('loginRequired', clock.now()));
  await untilTold(world, 'u-ann', [
    ['coverage_gap', 'The account was not read for 25 minutes; it is being caught up'],
    ['login_expired', 'The login has expired; log in again'],
  ]);
});

test('[NO44] syncs that fail while the account is on line are a gap too', async () => {
  const { clock, world } = await setUp();
  clock.advance(12 * MINUTE_MS);
  await world.commit({ kind: 'account.synced', accountId, at: clock.now() });
  await untilTold(world, 'u-ann', [['coverage_gap', 'The account was not read for 12 minutes; it is being caught up']]);
});

test('[NO45] what a killed Master had not told yet, the next one tells, and it repeats nothing', async () => {
  const { clock, world, again } = await setUp();
  clock.advance(20 * MINUTE_MS);
  await world.commit(session('online', clock.now()));
  const gap = ['coverage_gap', 'The account was not read for 20 minutes; it is being caught up'] as const;
  await untilTold(world, 'u-root', [gap]);
  await world.commit(comment('1', clock.now()), comment('2', clock.now()), worker(false, clock.now()));
  await world.close();
  const second = await again();
  await second.commit(comment('3', clock.now()));
  clock.advance(MINUTE_MS);
  const expected = [
    gap,
    ['worker_down', 'The Worker is off line; its accounts are not read'],
    ['comment_received', '3 new comments, 3 unread in all'],
  ] as const;
  await untilTold(second, 'u-root', expected);
  await second.close();
  const third = await again();
  clock.advance(2 * MINUTE_MS);
  await third.commit(comment('4', clock.now()));
  clock.advance(MINUTE_MS);
  await untilTold(third, 'u-root', [...expected.slice(0, 2), ['comment_received', '1 new comment, 4 unread in all']]);
});

test('[NO45] an outage that is over is not told again after a restart', async () => {
  const { clock, world, again } = await setUp();
  await world.commit(session('loginRequired', clock.now()));
  const once = [['login_expired', 'The login has expired; log in again']] as const;
  await untilTold(world, 'u-ann', once);
  clock.advance(30_000);
  await world.commit(session('online', clock.now()), { kind: 'account.synced', accountId, at: clock.now() });
  await world.close();
  const second = await again();
  await second.commit(session('challenge', clock.now()));
  await untilTold(second, 'u-ann', [...once, ['account_challenge', 'The platform asks for a human check']]);
});
