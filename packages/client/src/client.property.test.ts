import { randomInt } from 'node:crypto';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { type TopicKind, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { comparePlaces, placeOf } from './replica/item-order.ts';
import { ACCOUNTS, changeArb, topicRefArb } from './testing/random-history.ts';
import { ScriptedMaster } from './testing/scripted-master.ts';
import { ScriptedNetwork } from './testing/scripted-network.ts';

type Step =
  | { readonly kind: 'commit'; readonly changes: readonly Change[] }
  | { readonly kind: 'up' | 'down' | 'cut' | 'lose' | 'newHistory' | 'wait' }
  | { readonly kind: 'open' | 'close' | 'older' | 'list'; readonly ref: TopicRef };

const stepArb: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      changes: fc.array(changeArb, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('up' as const, 'down' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('open' as const, 'open', 'close', 'older', 'list'),
      ref: topicRefArb,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'lose', 'newHistory', 'wait') }) },
);

const { CLIENT_FUZZ_RUNS, CLIENT_FUZZ_SEED } = process.env;
/** Some 7 ms each; `CLIENT_FUZZ_RUNS` asks for more. */
const RUN_COUNT = Number(CLIENT_FUZZ_RUNS ?? 300);
/** The suite runs the same histories every time; a run that asks for more draws others, or those of `CLIENT_FUZZ_SEED`. */
const SUITE_SEED = 20_261_121;
const SEED = Number(CLIENT_FUZZ_SEED ?? (CLIENT_FUZZ_RUNS === undefined ? SUITE_SEED : randomInt(2 ** 31)));
const DEADLINE_MS = 20_000 + RUN_COUNT * 50;

const KINDS: readonly TopicKind[] = ['content', 'conversation'];
const ADDED: readonly Change[] = ACCOUNTS.map((accountId) => ({
  kind: 'account.added',
  accountId,
  platform: 'douyin',
  name: accountId,
  at: 1,
}));

class World {
  readonly clock = new FakeClock();
  readonly master = new ScriptedMaster({ now: () => this.clock.now(), pageLimitCount: 4 });
  readonly network = new ScriptedNetwork(this.master, { now: () => this.clock.now(), keptRowCount: 25 });
  readonly client: Client = createClient({
    openWire: this.network.openWire,
    identity: { name: 'test', version: '1' },
    clock: this.clock,
    newKey: () => `key-${this.master.head}-${this.clock.random()}`.replace('.', '_'),
  });
  readonly holds = new Map<string, (() => void)[]>();
  historyCount = 1;

  constructor() {
    this.master.commit(ADDED);
    this.client.start();
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'commit':
        this.master.commit(step.changes);
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
      case 'lose':
        this.network.dropDown('changes');
        return;
      case 'newHistory':
        this.historyCount += 1;
        this.network.cut();
        this.master.restart(`epoch-${this.historyCount}`);
        this.master.commit(ADDED);
        return;
      case 'wait':
        this.clock.advance(1_000);
        return;
      case 'open':
        this.holds.set(topicKey(step.ref), [
          ...(this.holds.get(topicKey(step.ref)) ?? []),
          this.client.openTopic(step.ref),
        ]);
        return;
      case 'close':
        this.holds.get(topicKey(step.ref))?.pop()?.();
        return;
      case 'older':
        this.client.replica.loadOlder(step.ref);
        return;
      case 'list':
        this.client.loadTopics(step.ref.accountId, step.ref.kind);
    }
  }

  /** Everything arrives: frames under way, reconnects, repairs, and one more change that uncovers a lost frame. */
  settle(): void {
    for (let round = 0; round < 40; round++) {
      this.network.settle();
      if (round === 1 || round === 20)
        this.master.commit([
          {
            kind: 'worker.changed',
            workerId: 'w' as never,
            name: 'w',
            isOnline: true,
            platforms: [],
            maxAccounts: 1,
            at: round,
          },
        ]);
      this.clock.advance(1_000);
    }
    this.network.settle();
  }
}

function expectTruth({ master, client }: World): void {
  const { replica } = client;
  expect(client.connection().kind).toBe('live');
  expect(replica.position).toEqual({ epoch: master.epoch, seq: master.head });
  const truth = [...master.view.accounts.values()].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  expect(replica.accounts()).toEqual(truth.map((record) => ({ record, summary: master.accountSummary(record.id) })));
  for (const accountId of ACCOUNTS) for (const kind of KINDS) expectList(master, client, accountId, kind);
  for (const id of ['t1', 't2']) {
    for (const accountId of ACCOUNTS)
      for (const kind of KINDS) expectWindow(master, client, { accountId, kind, id: id as TopicRef['id'] });
  }
}

function expectList(master: ScriptedMaster, client: Client, accountId: TopicRef['accountId'], kind: TopicKind): void {
  const { phase, topics } = client.replica.list(accountId, kind);
  if (phase.kind === 'idle') return;
  expect(phase.kind).toBe('ready');
  const truth = [...master.view.topics.values()].filter((t) => t.accountId === accountId && t.kind === kind);
  expect(topics.map(({ record }) => record.id).sort()).toEqual(truth.map(({ id }) => id).sort());
  for (const { record, summary } of topics) {
    const { marks: _, ...shown } = record;
    const { marks: __, ...true_ } = master.view.topic(record) ?? record;
    expect(shown).toEqual(true_);
    expect(summary).toEqual(master.topicSummary(record));
  }
}

function expectWindow(master: ScriptedMaster, client: Client, ref: TopicRef): void {
  const window = client.replica.window(ref);
  const record = master.view.topic(ref);
  if (window?.phase.kind !== 'ready') return;
  const truth = [...master.itemsOf(ref)].reverse();
  const [oldest] = window.items;
  const covered =
    oldest && window.hasOlder ? truth.filter((item) => comparePlaces(placeOf(item), placeOf(oldest)) >= 0) : truth;
  // An answer below the floor to a comment above it would be older than what it answers: only this generator does that.
  const shown = window.hasOlder
    ? (items: readonly ItemRecord[]) => items.map(withoutAnswer)
    : (items: readonly ItemRecord[]) => items;
  expect(shown(window.items)).toEqual(shown(covered));
  expect(client.replica.topic(ref)?.record).toEqual(record);
  if (!record || window.hasOlder) return;
  const unreadCount = window.items.filter((item) => isUnread(item, record.marks)).length;
  expect(unreadCount).toBe(client.replica.topic(ref)?.summary.unreadCount);
}

function withoutAnswer({ isAnswered: _, ...item }: ItemRecord): ItemRecord {
  return item;
}

function expectTruthAfter(steps: readonly Step[]): void {
  const world = new World();
  for (const step of steps) world.take(step);
  world.settle();
  expectTruth(world);
  world.client.close();
  expect(world.clock.pendingCount).toBe(0);
}

test(
  `[PC1] after quiet, whatever is loaded equals the truth, over cuts, losses, resumes and resets (seed ${SEED})`,
  () => {
    fc.assert(fc.property(fc.array(stepArb, { minLength: 20, maxLength: 150, size: 'max' }), expectTruthAfter), {
      numRuns: RUN_COUNT,
      seed: SEED,
    });
  },
  DEADLINE_MS,
);

const BASE_AT = 1_700_000_000_000;

function messageSeen(id: string, observedAtMs: number, atMs?: number): Step {
  const facts = {
    kind: 'message' as const,
    id: `${id}-t2` as ItemId,
    topicId: 't2' as TopicId,
    source: 'api' as const,
    observedAt: BASE_AT + observedAtMs,
    ...(atMs !== undefined && { at: BASE_AT + atMs }),
  };
  return { kind: 'commit', changes: [{ kind: 'message.observed', accountId: 'acc-a' as AccountId, facts }] };
}

test('[PC1] what arrives below the floor while a window is rebuilt leaves no gap in it', () => {
  const up: Step = { kind: 'up' };
  const down: Step = { kind: 'down' };
  const ref = { accountId: 'acc-a', kind: 'conversation', id: 't2' } as TopicRef;
  expectTruthAfter([
    messageSeen('i1', 1_000),
    messageSeen('i3', 0),
    { kind: 'open', ref },
    ...[up, messageSeen('i4', 0), up, down, up, down],
    ...[messageSeen('i2', 0, 0), up, messageSeen('i15', 1_000, 0), up, up, up, up],
    // A stale sighting of an item below the floor, at a place above it: the window is rebuilt.
    messageSeen('i15', 0, 1_000),
    // A first sighting below the floor, before the first page of the rebuilt window.
    messageSeen('i10', 0),
  ]);
});
