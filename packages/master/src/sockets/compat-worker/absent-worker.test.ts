import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { AccountId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { openCompatWorld } from '../compat/testing/compat-world.ts';
import type { ClientVersion } from '../compat/testing/peer.ts';

let world: Awaited<ReturnType<typeof openCompatWorld>>;
afterEach(async () => {
  await world.close();
  expect(world.bugs).toEqual([]);
});

/** Time passes in steps, between which the Master does its work; these Workers keep beating. */
async function pass(
  clock: FakeClock,
  byMs: number,
  alive: readonly { heartbeat(): Promise<unknown> }[] = [],
): Promise<void> {
  for (let left = byMs; left > 0; left -= 5_000) {
    for (const worker of alive) await worker.heartbeat();
    clock.advance(Math.min(left, 5_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each<ClientVersion>(['4.6', '4.8'])('socket.io-client %s', (version) => {
  test('[row 10][D3] a Worker that is gone for 30 s is off line and its accounts are assigned to another', async () => {
    const clock = new FakeClock({ now: Date.now() });
    world = await openCompatWorld({ clock });
    const accountId = await world.addAccount();
    const gone = await world.worker('w1', { version });
    const other = await world.worker('w2', { version });
    gone.close();
    await pass(clock, 40_000, [other]);
    await expect.poll(() => world.store.account(accountId)?.lease?.workerId).toBe('w2');
    // It may have come between two heartbeats.
    await expect
      .poll(() => other.peer.heard.map(({ payload }) => payload))
      .toContainEqual(
        expect.objectContaining({ type: 'master:task:assign', payload: expect.objectContaining({ id: accountId }) }),
      );
    expect(world.store.workers().find(({ id }) => id === 'w1')?.isOnline).toBe(false);
  });
});

test('[D10] a reply whose result never comes is unknown, and is not given to anybody again', async () => {
  const clock = new FakeClock({ now: Date.now() });
  world = await openCompatWorld({ clock });
  const { accountId, worker } = await world.golden();
  const peer = await world.monitor();
  peer.emit('monitor:reply', { channelId: accountId, topicId: 'S1', messageCategory: 'private', content: '在' });
  const { reply_id } = await worker.peer.next('master:reply:request');
  const stateOf = (): string | undefined => world.store.reply(reply_id as ReplyId)?.state.kind;
  await pass(clock, 4 * 60_000, [worker]);
  expect(stateOf()).toBe('attempted');
  await pass(clock, 65_000, [worker]);
  await expect.poll(stateOf).toBe('unknown');
  const requests = (): number => worker.peer.names().filter((name) => name === 'master:reply:request').length;
  await worker.start();
  expect(requests()).toBe(1);
  // The page knows better: a late result settles it.
  worker.peer.emit('worker:reply:result', { reply_id, status: 'success', platform_reply_id: 'M5' });
  await expect.poll(stateOf).toBe('sent');
});

test('[D13] the late end of an old socket does not put the Worker off line', async () => {
  world = await openCompatWorld();
  const { accountId, worker } = await world.golden();
  const fresh = await world.worker('w1');
  worker.close();
  await fresh.heartbeat();
  const peer = await world.monitor();
  peer.emit('monitor:reply', {
    channelId: accountId as AccountId,
    topicId: 'S1',
    messageCategory: 'private',
    content: '在',
  });
  expect(await fresh.peer.next('master:reply:request')).toMatchObject({ account_id: accountId });
});

test('[D24] a snapshot of 8 MB is taken in, and again at no change of the log', async () => {
  world = await openCompatWorld();
  const accountId = await world.addAccount();
  const worker = await world.worker();
  const now = Date.now();
  const messages = Array.from({ length: 7_000 }, (_, n) => ({
    messageId: `m${n}`,
    conversationId: `c${n % 200}`,
    senderId: `c${n % 200}`,
    senderName: '客户',
    content: `消息 ${n}`,
    direction: 'inbound',
    createdAt: now - n * 1_000,
    rawData: { padding: 'x'.repeat(1_000) },
  }));
  expect(JSON.stringify(messages).length).toBeGreaterThan(8_000_000);
  expect(await worker.sync(accountId, { messages })).toMatchObject({ success: true, stats: { totalMessages: 7_000 } });
  const seq = world.store.head();
  expect(await worker.sync(accountId, { messages })).toMatchObject({ success: true });
  expect(world.store.head()).toBe(seq);
});
