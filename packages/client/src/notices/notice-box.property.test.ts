import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { ScriptedMaster } from '../testing/scripted-master.ts';
import { ScriptedNetwork } from '../testing/scripted-network.ts';
import { isWaiting } from './notice-box.ts';

type Step =
  | { readonly kind: 'send'; readonly priority: NoticePriority; readonly needConfirm: boolean }
  | { readonly kind: 'up' | 'down' | 'cut' | 'wait' | 'readAll' | 'older' | 'newHistory' }
  | { readonly kind: 'read' | 'confirm' | 'readElsewhere' | 'withdraw'; readonly index: number };

const stepArb: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      priority: fc.constantFrom<NoticePriority>('low', 'normal', 'urgent'),
      needConfirm: fc.boolean(),
    }),
  },
  { weight: 10, arbitrary: fc.record({ kind: fc.constantFrom('up' as const, 'down' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('read' as const, 'confirm', 'readElsewhere', 'withdraw'),
      index: fc.nat(20),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'wait', 'older') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('readAll' as const, 'newHistory') }) },
);

const DEADLINE_MS = 60_000;

class World {
  readonly clock = new FakeClock();
  readonly master = new ScriptedMaster({ now: () => this.clock.now() });
  readonly network = new ScriptedNetwork(this.master, { now: () => this.clock.now() });
  readonly client = createClient({
    openWire: this.network.openWire,
    identity: { name: 'test', version: '1' },
    clock: this.clock,
    newKey: () => `key-${this.clock.random()}`.replace('.', '_'),
  });
  /** How often each notice came into the list. */
  readonly arrivals = new Map<string, number>();
  #shown = new Set<string>();
  #sentCount = 0;
  #historyCount = 1;

  constructor() {
    this.client.subscribe('notices', () => this.#note());
    this.client.start();
  }

  take(step: Step): void {
    const { notices } = this.master;
    switch (step.kind) {
      case 'send':
        this.#sentCount += 1;
        notices.send({ messageId: `n-${this.#sentCount}`, priority: step.priority, needConfirm: step.needConfirm });
        return;
      case 'up':
        this.network.deliverUp();
        return;
      case 'down':
        this.network.deliverDown();
        return;
      case 'cut':
        this.network.cut();
        this.clock.advance(500);
        return;
      case 'wait':
        this.clock.advance(1_000);
        return;
      case 'older':
        this.client.loadOlderNotices();
        return;
      case 'readAll':
        void this.client.readNotices('all');
        return;
      case 'newHistory':
        this.network.cut();
        this.#historyCount += 1;
        this.master.restart(`epoch-${this.#historyCount}`);
        this.arrivals.clear();
        this.#shown.clear();
        return;
      default:
        this.#mark(step.kind, `n-${step.index}`);
    }
  }

  #mark(kind: 'read' | 'confirm' | 'readElsewhere' | 'withdraw', messageId: string): void {
    const { notices } = this.master;
    if (kind === 'withdraw') notices.withdraw(messageId);
    else if (kind === 'readElsewhere') notices.mark({ state: 'read', messageIds: [messageId] });
    else if (kind === 'read') void this.client.readNotices([messageId]);
    else void this.client.confirmNotice(messageId);
  }

  settle(): void {
    for (let round = 0; round < 20; round++) {
      this.network.settle();
      this.clock.advance(1_000);
    }
    this.network.settle();
  }

  #note(): void {
    const ids = new Set(this.client.notices().list.map(({ notice }) => notice.messageId));
    for (const id of ids) if (!this.#shown.has(id)) this.arrivals.set(id, (this.arrivals.get(id) ?? 0) + 1);
    this.#shown = ids;
  }
}

test('[PC20] whatever is cut, every notice is on the screen once, acknowledged, and in the state that the server has', {
  timeout: DEADLINE_MS,
}, () => {
  fc.assert(
    fc.property(fc.array(stepArb, { maxLength: 80 }), (steps) => {
      const world = new World();
      for (const step of steps) world.take(step);
      world.settle();
      const { list, unreadCount, waiting, load } = world.client.notices();
      const truth = world.master.notices.page({ limit: 200 }).notices;
      // A withdrawn notice that was never pushed is known from the history.
      expect(list.map(({ isLoaded: _, ...view }) => plain(view))).toEqual(truth.map(plain));
      expect(load).toBe('ready');
      expect(unreadCount).toBe(world.master.notices.unreadCount);
      expect(waiting.map(({ notice }) => notice.messageId).sort()).toEqual(
        truth
          .filter(isWaiting)
          .map(({ notice }) => notice.messageId)
          .sort(),
      );
      expect([...world.arrivals.values()].every((count) => count === 1)).toBe(true);
      for (const record of world.master.notices.records.values()) {
        if (!record.isWithdrawn) expect(record.deliveredAt).toBeDefined();
      }
      world.client.close();
    }),
    { numRuns: 300 },
  );
});

/** `offline` says how it came, and `sender` comes with the history only: neither is a state. */
const plain = (view: { readonly notice: object }): object => {
  const { sender: _, notice, ...states } = view as { readonly notice: object; readonly sender?: string };
  const { offline: __, ...frame } = notice as { readonly offline?: boolean };
  return { ...states, notice: frame };
};

test('[PC21] older pages join without doubles, and a read elsewhere reaches them', () => {
  const world = new World();
  for (let n = 1; n <= 130; n++) world.master.notices.send({ messageId: `old-${n}` });
  world.master.notices.mark({ state: 'delivered', messageIds: 'all' });
  world.settle();
  expect(world.client.notices()).toMatchObject({ unreadCount: 130, older: 'more' });
  expect(world.client.notices().list).toHaveLength(50);
  world.client.loadOlderNotices();
  world.client.loadOlderNotices();
  expect(world.client.notices().older).toBe('loading');
  world.settle();
  world.client.loadOlderNotices();
  world.settle();
  expect(world.client.notices().older).toBe('none');
  expect(world.client.notices().list).toHaveLength(130);
  world.master.notices.mark({ state: 'read', messageIds: ['old-1'] });
  world.settle();
  expect(world.client.notices().unreadCount).toBe(129);
  expect(world.client.notices().list.at(-1)?.readAt).toBeDefined();
  world.client.close();
});
