import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { AccountId, UserId } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { Hub, type Round } from './hub.ts';
import { HUB_LIMITS } from './hub-limits.ts';
import { MemoryMaster } from './testing/memory-master.ts';
import { RecordingClient } from './testing/recording-client.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('rounds join without a gap, whoever was sent rows early, and say since when their first row waited', async () => {
  const clock = new FakeClock();
  const master = new MemoryMaster({ now: () => clock.now() });
  const rounds: Round[] = [];
  const limits = { ...HUB_LIMITS, sliceCount: 1 };
  const onRound = (round: Round): void => void rounds.push(round);
  const hub = new Hub({ log: master, store: master.store, clock, limits, lc: silentLogger, onRound });
  master.listeners.push((publication) => hub.publish(publication));
  const add = (id: string): void => {
    master.commitNow([{ kind: 'account.added', accountId: id as AccountId, platform: 'douyin', name: 'n', at: 1 }]);
  };
  const user = { userId: 'u-1' as UserId, username: 'ann', role: 'operator', grants: 'all' } as const;
  const [early] = [0, 1, 2].map(() => hub.subscribe({ principal: user, sink: new RecordingClient() }));
  const startedAt = clock.now();
  add('a');
  early?.flush();
  clock.advance(5);
  add('b');
  await turn();
  clock.advance(7);
  add('c'); // while the round is being written
  for (let left = 20; left > 0; left--) await turn();
  hub.close();
  expect(rounds.map(({ from, upTo, loggedAt }) => [from, upTo, loggedAt - startedAt])).toEqual([
    [0, 2, 0],
    [2, 3, 12],
  ]);
  expect(rounds.map(({ subscriberCount, endedAt }) => [subscriberCount, endedAt - startedAt])).toEqual([
    [3, 12],
    [3, 12],
  ]);
});
