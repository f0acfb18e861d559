import type { AccountId, ReplyId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, expect, test } from 'vitest';
import { addedAccount, askedReply, FakeChannel, hello, openFleetWorld } from './testing/fleet-world.ts';

const A = 'a' as AccountId;
let worlds: ReturnType<typeof openFleetWorld>[] = [];
const open = (...options: Parameters<typeof openFleetWorld>): ReturnType<typeof openFleetWorld> => {
  const world = openFleetWorld(...options);
  worlds.push(world);
  return world;
};
afterEach(async () => {
  for (const world of worlds) {
    expect(world.isFolded()).toBe(true);
    await world.close();
    await world.close();
  }
  expect(worlds[0]?.clock.pendingCount ?? 0).toBe(0);
  worlds = [];
});

test('[FL2] a Worker that registers is told its accounts under a logged lease; a later account is assigned at once', async () => {
  const { master, join, settle, lease } = open();
  master.commitNow([addedAccount('a')]);
  const { channel, registration } = await join('w1');
  expect(registration.assignments).toEqual([{ accountId: 'a', platform: 'douyin', name: 'a', leaseToken: 1 }]);
  expect(lease('a')).toEqual({ workerId: 'w1', token: 1 });
  expect(master.rows.map(({ change }) => change.kind)).toEqual(['account.added', 'worker.changed', 'account.leased']);
  expect(channel.log).toEqual([]);
  master.commitNow([addedAccount('b')]);
  await settle();
  expect(channel.log).toEqual(['master:account:assign b']);
});

test('[FL3] registering again keeps the lease; the late end of the old connection changes nothing', async () => {
  const { master, join, settle, fleet, lease } = open();
  master.commitNow([addedAccount('a')]);
  const old = await join('w1');
  const fresh = await join('w1');
  expect(old.channel.isClosed).toBe(true);
  fleet.disconnected(old.channel, 'w1' as WorkerId);
  await fleet.requestSync(A);
  await settle();
  expect(fresh.channel.log).toEqual(['master:sync a']);
  expect(lease('a')).toEqual({ workerId: 'w1', token: 1 });
  expect(() => fleet.heard(old.channel, 'w1' as WorkerId)).toThrow(/register first/);
});

test('[FL3] another key cannot take over the id of a connected Worker', async () => {
  const { fleet, join } = open();
  await join('w1');
  await expect(fleet.register(new FakeChannel('stolen'), hello('w1'))).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
});

test('[FL4] a Worker unheard for 30 s is off line and its accounts go to others under a higher token', async () => {
  const { master, join, pass, lease, session } = open();
  master.commitNow([addedAccount('a'), addedAccount('b')]);
  const one = await join('w1');
  const two = await join('w2');
  expect([lease('a')?.workerId, lease('b')?.workerId]).toEqual(['w1', 'w1']);
  await pass(25_000, [[two.channel, 'w2']]);
  expect(lease('a')?.workerId).toBe('w1');
  await pass(10_000, [[two.channel, 'w2']]);
  expect(lease('a')).toEqual({ workerId: 'w2', token: 2 });
  expect(two.channel.log).toEqual(['master:account:assign a', 'master:account:assign b']);
  expect(one.channel.isClosed).toBe(true);
  expect(master.store.workers().map(({ id, isOnline }) => [id, isOnline])).toEqual([
    ['w1', false],
    ['w2', true],
  ]);
  expect(session('a')).toBe('unassigned');
});

test('[FL5] without another Worker the lease stays with the one that is away, and screens see that nobody drives', async () => {
  const { master, join, pass, lease, session, fleet } = open();
  master.commitNow([addedAccount('a')]);
  const { channel } = await join('w1');
  master.commitNow([{ kind: 'account.session', accountId: A, session: { kind: 'online', since: 1 } }]);
  fleet.disconnected(channel, 'w1' as WorkerId);
  await pass(29_000);
  expect(session('a')).toBe('online');
  await pass(5_000);
  expect([lease('a'), session('a')]).toEqual([{ workerId: 'w1', token: 1 }, 'unassigned']);
  const back = await join('w1');
  expect(back.registration.assignments).toMatchObject([{ accountId: 'a', leaseToken: 1 }]);
});

test('[FL6] paused accounts are revoked and not driven; removal revokes', async () => {
  const { master, join, settle, session, fleet } = open();
  master.commitNow([addedAccount('a'), addedAccount('b')]);
  const { channel } = await join('w1');
  master.commitNow([{ kind: 'account.changed', accountId: A, isPaused: true }]);
  await settle();
  expect([channel.log, session('a')]).toEqual([['master:account:revoke a'], 'paused']);
  await expect(fleet.startLogin(A)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_DRIVEN' });
  master.commitNow([{ kind: 'account.changed', accountId: A, isPaused: false }]);
  await settle();
  expect(channel.log[1]).toBe('master:account:assign a');
  master.commitNow([{ kind: 'account.removed', accountId: 'b' as AccountId }]);
  await settle();
  expect(channel.log[2]).toBe('master:account:revoke b');
});

test('[FL6] a Worker that may hold fewer accounts lets go of the rest', async () => {
  const { master, join, lease } = open();
  master.commitNow([addedAccount('a'), addedAccount('b')]);
  await join('w1');
  const { registration } = await join('w1', { maxAccounts: 1 });
  expect(registration.assignments.map(({ accountId }) => accountId)).toEqual(['a']);
  expect(lease('b')).toEqual({ workerId: null, token: 2 });
});

test('[FL7] what a heartbeat lists wrongly is revoked, what it misses for long is assigned again', async () => {
  const { master, join, settle, fleet, clock } = open();
  master.commitNow([addedAccount('a')]);
  const { channel } = await join('w1');
  const beat = (accounts: { accountId: AccountId; leaseToken: number }[]): void =>
    fleet.heartbeat(channel, { workerId: 'w1' as WorkerId, memoryBytes: 1, outboxCount: 0, accounts });
  beat([{ accountId: 'x' as AccountId, leaseToken: 3 }]);
  await settle();
  expect(channel.log).toEqual(['master:account:revoke x']);
  clock.advance(20_000);
  beat([]);
  await settle();
  expect(channel.log[1]).toBe('master:account:assign a');
  beat([{ accountId: A, leaseToken: 1 }]);
  await settle();
  expect(channel.log).toHaveLength(2);
});

test('[FL8] a restarted Master waits for the Workers it knew before it moves their accounts', async () => {
  const first = open();
  first.master.commitNow([addedAccount('a')]);
  await first.join('w1');
  await first.close();
  const second = open(first);
  const other = await second.join('w2');
  expect(second.lease('a')?.workerId).toBe('w1');
  expect(other.registration.assignments).toEqual([]);
  await second.pass(35_000, [[other.channel, 'w2']]);
  expect(second.lease('a')).toEqual({ workerId: 'w2', token: 2 });
});

test('[FL9] a reply goes to the driving Worker with what its target looks like, and again when it registers again', async () => {
  const { master, join, settle, clock, reply } = open();
  master.commitNow([
    addedAccount('a'),
    {
      kind: 'comment.observed',
      accountId: A,
      facts: {
        kind: 'comment',
        id: 'c1' as never,
        topicId: 't' as never,
        text: '多少钱',
        at: 5,
        author: { id: 'p1', name: '小王' },
        source: 'api',
        observedAt: 5,
      },
    },
  ]);
  const { channel } = await join('w1');
  master.commitNow([askedReply('r1', 'a', clock.now(), 'c1')]);
  await settle();
  expect(channel.sent).toMatchObject([
    {
      type: 'master:reply',
      payload: {
        leaseToken: 1,
        reply: { id: 'r1', target: { authorId: 'p1', authorName: '小王', text: '多少钱', at: 5 } },
      },
    },
  ]);
  const again = await join('w1');
  expect(again.registration.replies.map((payload) => payload.reply.id)).toEqual(['r1']);
  const outcome = { accountId: A, replyId: 'r1' as ReplyId, at: clock.now() };
  master.commitNow([{ kind: 'reply.attempted', ...outcome }]);
  expect((await join('w1')).registration.replies).toEqual([]);
  master.commitNow([{ kind: 'reply.sent', ...outcome }]);
  expect(reply('r1')).toBe('sent');
});

test('[FL9] a reply that the Worker did not take is sent again with its next heartbeat', async () => {
  const { master, join, settle, clock, fleet } = open();
  master.commitNow([addedAccount('a')]);
  const { channel } = await join('w1');
  channel.answer = 'silent';
  master.commitNow([askedReply('r1', 'a', clock.now())]);
  await settle();
  channel.answer = { ok: true };
  for (let n = 0; n < 3; n++) {
    const accounts = [{ accountId: A, leaseToken: 1 }];
    fleet.heartbeat(channel, { workerId: 'w1' as WorkerId, memoryBytes: 1, outboxCount: 0, accounts });
    await settle();
  }
  expect(channel.log).toEqual(['master:reply r1', 'master:reply r1']);
});

test('[FL10] a reply nobody was given waits for a Worker, and is rejected as not driven when none comes', async () => {
  const { master, join, pass, clock, reply } = open();
  master.commitNow([addedAccount('a'), askedReply('r1', 'a', clock.now())]);
  await pass(14 * 60_000);
  expect(reply('r1')).toBe('requested');
  const late = askedReply('r2', 'a', clock.now());
  master.commitNow([late]);
  await pass(2 * 60_000);
  expect([reply('r1'), reply('r2')]).toEqual(['rejected', 'requested']);
  const { registration } = await join('w1');
  expect(registration.replies.map((payload) => payload.reply.id)).toEqual(['r2']);
});

test('[FL11] no reply is ever given to two Workers: what one may have is unknown when the account moves', async () => {
  const { master, join, pass, settle, clock, reply, lease } = open();
  master.commitNow([addedAccount('a')]);
  await join('w1');
  const two = await join('w2');
  master.commitNow([askedReply('given', 'a', clock.now()), askedReply('tried', 'a', clock.now())]);
  await settle();
  master.commitNow([{ kind: 'reply.attempted', accountId: A, replyId: 'tried' as ReplyId, at: clock.now() }]);
  await pass(35_000, [[two.channel, 'w2']]);
  expect(lease('a')?.workerId).toBe('w2');
  expect([reply('given'), reply('tried')]).toEqual(['unknown', 'unknown']);
  expect(two.channel.log.filter((line) => line.startsWith('master:reply'))).toEqual([]);
  master.commitNow([askedReply('fresh', 'a', clock.now())]);
  await settle();
  expect(two.channel.log.at(-1)).toBe('master:reply fresh');
});

test('[FL11] after a restart nobody remembers what was given, so a held account’s reply counts as given', async () => {
  const first = open();
  first.master.commitNow([addedAccount('a')]);
  await first.join('w1');
  first.master.commitNow([askedReply('r1', 'a', first.clock.now())]);
  await first.settle();
  await first.close();
  first.clock.advance(1_000);
  const second = open(first);
  const two = await second.join('w2');
  await second.pass(35_000, [[two.channel, 'w2']]);
  expect(second.reply('r1')).toBe('unknown');
});

test('[FL12] a reply whose Worker stays away is unknown after ten minutes', async () => {
  const { master, join, pass, settle, clock, reply, fleet } = open();
  master.commitNow([addedAccount('a')]);
  const { channel } = await join('w1');
  master.commitNow([askedReply('given', 'a', clock.now()), askedReply('tried', 'a', clock.now())]);
  await settle();
  master.commitNow([{ kind: 'reply.attempted', accountId: A, replyId: 'tried' as ReplyId, at: clock.now() }]);
  fleet.disconnected(channel, 'w1' as WorkerId);
  await pass(9 * 60_000);
  expect([reply('given'), reply('tried')]).toEqual(['requested', 'attempted']);
  await pass(2 * 60_000);
  expect([reply('given'), reply('tried')]).toEqual(['requested', 'unknown']);
  await pass(5 * 60_000);
  expect(reply('given')).toBe('unknown');
});

test('[FL13] a sync or a login nobody can do is refused; the Worker’s own refusal is passed on', async () => {
  const { master, join, fleet } = open();
  master.commitNow([addedAccount('a')]);
  await expect(fleet.requestSync(A)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_DRIVEN' });
  const { channel } = await join('w1');
  channel.answer = { ok: false, error: { code: 'OVERLOADED', message: 'm', retry: 'later' } };
  await expect(fleet.startLogin(A)).rejects.toMatchObject({ code: 'OVERLOADED' });
  channel.answer = 'silent';
  await expect(fleet.startLogin(A)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_DRIVEN' });
});
