import { expect, onTestFinished, test } from 'vitest';
import { openNoticeWorld } from '../sockets/testing/notice-world.ts';

async function aWorld(options: Parameters<typeof openNoticeWorld>[0] = {}) {
  const world = await openNoticeWorld(options);
  onTestFinished(() => world.close());
  return world;
}

test('[NO14] before a list is read the tables get what is new, and nothing is written when there is nothing', async () => {
  const { hub, send } = await aWorld();
  await send({ messageId: 'm-1' });
  expect(hub.figures().unsavedCount).toBe(2);
  const saving = hub.catchUp();
  expect(hub.figures().unsavedCount).toBe(2); // not on disk yet
  await saving;
  expect(hub.figures().unsavedCount).toBe(0);
  const savedUpTo = hub.tables.stateSeq();
  await hub.change({ kind: 'notice.groupChanged', group: 'night', userIds: [] });
  await hub.catchUp();
  expect(hub.book.head()).toBeGreaterThan(savedUpTo);
  expect(hub.tables.stateSeq()).toBe(savedUpTo);
});
