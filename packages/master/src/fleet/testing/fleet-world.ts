import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { same } from '@hiscrm/shared/lib/same.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, TopicId, UserId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { ReplyState } from '@hiscrm/shared/model/reply.ts';
import type { PlainAnswer } from '@hiscrm/shared/protocol/worker-link.ts';
import { MemoryMaster } from '../../hub/testing/memory-master.ts';
import { silentLogger } from '../../lib/logger.ts';
import { Fleet } from '../fleet.ts';
import { FLEET_LIMITS } from '../fleet-limits.ts';
import type { RegisterPayload } from '../member.ts';
import type { DownMessage, WorkerChannel } from '../worker-channel.ts';

/** A connected Worker that keeps what it is sent and answers as the test says. For tests only. */
export class FakeChannel implements WorkerChannel {
  readonly keyName: string;
  readonly sent: DownMessage[] = [];
  answer: PlainAnswer | 'silent' = { ok: true };
  isClosed = false;

  constructor(keyName = 'key-1') {
    this.keyName = keyName;
  }
  async request(message: DownMessage): Promise<PlainAnswer | 'silent'> {
    this.sent.push(message);
    return this.isClosed ? 'silent' : this.answer;
  }
  close(): void {
    this.isClosed = true;
  }
  /** What was sent, shortly: type and account or reply. */
  get log(): string[] {
    return this.sent.map(({ type, payload }) => `${type} ${'reply' in payload ? payload.reply.id : payload.accountId}`);
  }
}

export const hello = (id: string, about: Partial<RegisterPayload> = {}): RegisterPayload => ({
  protocol: 1,
  workerId: id as WorkerId,
  name: id,
  version: '1',
  platforms: ['douyin'],
  maxAccounts: 10,
  ...about,
});

export const addedAccount = (id: string, platform = 'douyin'): Change => ({
  kind: 'account.added',
  accountId: id as AccountId,
  platform,
  name: id,
  at: 1,
});

export const askedReply = (id: string, accountId: string, requestedAt: number, toItemId?: string): Change => ({
  kind: 'reply.requested',
  accountId: accountId as AccountId,
  reply: {
    id: id as ReplyId,
    topic: { accountId: accountId as AccountId, kind: 'content', id: 't' as TopicId },
    text: '谢谢 🙏',
    byUserId: 'u' as UserId,
    key: `key-${id}-0000`,
    requestedAt,
    ...(toItemId !== undefined && { toItemId: toItemId as ItemId }),
  },
});

/** A fleet over a log in memory; `settle` lets everything under way end. */
export function openFleetWorld(before?: { master: MemoryMaster; clock: FakeClock }) {
  const clock = before?.clock ?? new FakeClock();
  const master = before?.master ?? new MemoryMaster({ now: () => clock.now() });
  const fleet = new Fleet({ store: master.store, committer: master, clock, limits: FLEET_LIMITS, lc: silentLogger });
  const listener = (publication: Parameters<Fleet['onPublication']>[0]): void => fleet.onPublication(publication);
  master.listeners.push(listener);
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 60; n++) await Promise.resolve();
  };
  return {
    clock,
    master,
    fleet,
    settle,
    lease: (id: string) => master.store.account(id as AccountId)?.lease,
    session: (id: string) => master.store.account(id as AccountId)?.session.kind,
    reply: (id: string): ReplyState['kind'] | undefined => master.store.reply(id as ReplyId)?.state.kind,
    join: async (id: string, about: Partial<RegisterPayload> = {}, channel = new FakeChannel()) => {
      const registration = await fleet.register(channel, hello(id, about));
      return { channel, registration };
    },
    /** Time passes while these Workers keep beating. */
    pass: async (byMs: number, alive: readonly [FakeChannel, string][] = []) => {
      for (let left = byMs; left > 0; left -= 5_000) {
        for (const [channel, id] of alive) fleet.heard(channel, id as WorkerId);
        clock.advance(Math.min(left, 5_000));
        await settle();
      }
    },
    isFolded: () => same([...master.rebuilt().accounts], [...master.view.accounts]),
    close: async () => {
      master.listeners.splice(master.listeners.indexOf(listener), 1);
      await fleet.close();
    },
  };
}
