import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { expect, onTestFinished, test } from 'vitest';
import { openNoticeWorld } from '../sockets/testing/notice-world.ts';
import type { OtherUsers, Person } from './user-directory.ts';

/** Users of another system that a test knows, or not. */
class FakeOthers implements OtherUsers {
  known: readonly Person[] | undefined;

  people(): readonly Person[] {
    if (this.known) return this.known;
    throw new ImError('DIRECTORY_ABSENT', { retryAfterMs: 1_000 });
  }
  find(id: UserId): Person | undefined {
    return this.known?.find((person) => person.id === id);
  }
  figures() {
    const state = this.known ? ('fresh' as const) : ('absent' as const);
    return { kind: 'mysql' as const, state, userCount: this.known?.length ?? 0, refusedRowCount: 0, failureCount: 0 };
  }
}

async function aWorld() {
  const others = new FakeOthers();
  const world = await openNoticeWorld({ users: ['ann'], others, socketLimits: { goneAfterMs: 1e12 } });
  onTestFinished(() => world.close());
  return { world, others };
}

const somebody = (id: string, role = 'sales'): Person => ({ id: id as UserId, username: id, role, grants: [] });
const refused = expect.objectContaining({ code: 'DIRECTORY_ABSENT' });

test('[NO32] while the others are not known, only what is for our own users goes out', async () => {
  const { world, others } = await aWorld();
  const ann = await world.connect('ann');
  for (const target of [{ kind: 'all' }, { kind: 'admins' }, { kind: 'role', role: 'sales' }] as const) {
    await expect(world.send({ target })).rejects.toThrow(refused);
  }
  await expect(world.send({ target: { kind: 'users', userIds: ['u-ann', '42'] as UserId[] } })).rejects.toThrow(
    refused,
  );
  expect(world.hub.figures().records.total).toBe(0);
  expect(world.hub.degradations()).toEqual([expect.stringContaining('cannot be read')]);
  await world.send({ messageId: 'm-own', target: { kind: 'users', userIds: ['u-ann' as UserId] } });
  await ann.until(({ messageIds }) => messageIds.includes('m-own'));
  others.known = [somebody('42'), somebody('u-ann')];
  expect(await world.send({ messageId: 'm-all' })).toMatchObject({ recipients: 2, online: 1, queued: 1 });
  expect(world.hub.degradations()).toEqual([]);
});

test('[NO32] a scheduled notice waits until its users are known, and keeps no other one waiting', async () => {
  const { world, others } = await aWorld();
  const sendAt = world.clock.now() + 1_000;
  await world.send({ messageId: 'm-all', sendAt });
  await world.send({ messageId: 'm-ann', sendAt, target: { kind: 'users', userIds: ['u-ann' as UserId] } });
  const status = (id: string): string | undefined => {
    world.clock.advance(1_000);
    return world.hub.book.shelf.byId(id)?.status;
  };
  await expect.poll(() => status('m-ann')).toBe('sent');
  expect(status('m-all')).toBe('scheduled');
  others.known = [somebody('42')];
  await expect.poll(() => status('m-all')).toBe('sent');
  expect(world.hub.book.mailboxes.get('42' as UserId)).toMatchObject({ unreadCount: 1, username: '42' });
});

test('[NO35] another system’s administrators are admins of a target, and read no account here', async () => {
  const { world, others } = await aWorld();
  others.known = [somebody('42', 'admin'), somebody('43')];
  const countOf = async (target: Parameters<typeof world.send>[0]) => (await world.send(target)).recipients;
  expect(await countOf({ target: { kind: 'admins' } })).toBe(1);
  expect(await countOf({ target: { kind: 'readers', accountId: 'a-1' as never } })).toBe(1);
  expect(world.hub.book.mailboxes.get('42' as UserId)?.totalCount).toBe(1);
});
