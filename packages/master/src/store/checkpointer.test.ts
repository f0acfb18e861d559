import { type Deferred, deferred } from '@hiscrm/shared/lib/deferred.ts';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { expect, test } from 'vitest';
import { Checkpointer } from './checkpointer.ts';

test('what changed during a checkpoint goes to disk even when nothing changes after it', async () => {
  const clock = new FakeClock();
  const saves: Deferred<void>[] = [];
  const save = (): Promise<void> => {
    const one = deferred<void>();
    saves.push(one);
    return one.promise;
  };
  const checkpointer = new Checkpointer({ clock, policy: { everyCount: 10, everyMs: 1_000 }, save });
  checkpointer.note(10);
  clock.advance(0);
  expect(saves).toHaveLength(1);
  checkpointer.note(10);
  clock.advance(0);
  expect(saves).toHaveLength(1);
  saves[0]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  expect(saves).toHaveLength(2);
  saves[1]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5_000);
  expect(saves).toHaveLength(2);
  checkpointer.stop();
});
