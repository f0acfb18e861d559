import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { CommentFacts, ContentFacts } from '@hiscrm/shared/model/facts.ts';
import type { AccountId, ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import { KnownIndex } from '../outbox/known-index.ts';
import { Outbox } from '../outbox/outbox.ts';
import { WorkerDatabase } from '../outbox/worker-database.ts';
import type { Fact } from '../platforms/fact.ts';
import { DataManager } from './data-manager.ts';

const ACCOUNT = 'acc-1' as AccountId;
const WORK = 'w1' as TopicId;

function world(options: { limitBytes?: number } = {}) {
  const clock = new FakeClock();
  const db = new WorkerDatabase(':memory:');
  const outbox = new Outbox({ db, clock, limitBytes: options.limitBytes ?? 1e9 });
  const oddities: string[] = [];
  const make = (): DataManager =>
    new DataManager({
      accountId: ACCOUNT,
      known: new KnownIndex(db),
      outbox,
      clock,
      oddities: { note: (kind) => oddities.push(kind) },
      leaseToken: () => 3,
    });
  const told = (): WorkerReport[] => {
    const all: WorkerReport[] = [];
    for (let batch = outbox.oldest(ACCOUNT); batch; batch = outbox.oldest(ACCOUNT)) {
      all.push(...batch.payload.changes);
      outbox.acknowledged(batch.payload.batchId);
    }
    return all;
  };
  return { clock, outbox, oddities, make, told, data: make() };
}

const comment = (id: string, facts: Partial<CommentFacts> = {}): Fact => ({
  kind: 'comment',
  facts: {
    kind: 'comment',
    id: id as ItemId,
    topicId: WORK,
    text: id,
    state: 'visible',
    source: 'api',
    observedAt: 1_000,
    ...facts,
  },
});
const work = (facts: Partial<ContentFacts> = {}): Fact => ({
  kind: 'content',
  facts: { id: WORK, source: 'api', observedAt: 1_000, ...facts },
});

test('[DM1] the same again tells nothing, also after a restart', () => {
  const { data, make, told } = world();
  data.observe([work({ title: 'a' }), comment('c1')]);
  expect(told()).toHaveLength(2);
  data.observe([work({ title: 'a', observedAt: 2_000 }), comment('c1', { observedAt: 2_000 })]);
  make().observe([comment('c1', { observedAt: 3_000, source: 'notice' })]);
  expect(told()).toEqual([]);
  make().observe([comment('c1', { text: 'edited', observedAt: 4_000 })]);
  expect(told()).toMatchObject([{ kind: 'comment.observed', facts: { id: 'c1', text: 'edited' } }]);
});

test('[DM1] one answer that shows a thing twice tells it once', () => {
  const { data, told } = world();
  data.observe([comment('c1'), comment('c1')]);
  expect(told()).toHaveLength(1);
});

test('[DM2] a notice without counts changes no count', () => {
  const { data, told } = world();
  data.observe([comment('c1', { likeCount: 4, replyCount: 2 })]);
  told();
  data.observe([comment('c1', { source: 'notice', observedAt: 2_000 })]);
  expect(told()).toEqual([]);
  expect(data.known('comment', 'c1')).toMatchObject({ likeCount: 4, replyCount: 2 });
});

test('[DM3] a parent is told before its answers, a topic before its items', () => {
  const { data, told } = world();
  data.observe([comment('answer', { parentId: 'parent' as ItemId }), comment('parent'), work()]);
  expect(told().map((report) => ('facts' in report && 'id' in report.facts ? report.facts.id : ''))).toEqual([
    WORK,
    'parent',
    'answer',
  ]);
});

test('[DM4] a weak source fills gaps only', () => {
  const { data, told } = world();
  const weak: Fact = {
    kind: 'content',
    gapsOnly: ['publishedAt'],
    facts: { id: WORK, publishedAt: 5_000, source: 'apiOld', observedAt: 3_000 },
  };
  data.observe([work({ title: 'a' }), weak]);
  expect(data.known('content', WORK)).toMatchObject({ publishedAt: 5_000 });
  data.observe([work({ publishedAt: 7_000, observedAt: 4_000 })]);
  told();
  data.observe([{ ...weak, facts: { ...weak.facts, observedAt: 9_000 } }]);
  expect(told()).toEqual([]);
  expect(data.known('content', WORK)).toMatchObject({ publishedAt: 7_000 });
});

test('[DM5] another signature is no change until the old one is about to expire', () => {
  const { data, told } = world();
  data.observe([work({ coverUrl: 'https://p.test/a.jpg?sign=1' })]);
  told();
  data.observe([work({ coverUrl: 'https://p.test/a.jpg?sign=2', observedAt: 2_000 })]);
  expect(told()).toEqual([]);
  data.observe([work({ coverUrl: 'https://p.test/b.jpg?sign=2', observedAt: 3_000 })]);
  expect(told()).toHaveLength(1);
  data.observe([work({ coverUrl: 'https://p.test/b.jpg?sign=9', observedAt: 3_000 + 13 * 3_600_000 })]);
  expect(told()).toHaveLength(1);
});

test('[DM6] two complete walks without it make a comment deleted, a sight makes it visible again', () => {
  const { data, clock, told } = world();
  data.observe([comment('c1'), comment('c2')]);
  told();
  const walk = (...seen: string[]): void =>
    void data.walked({ topicId: WORK, seenIds: new Set(seen), startedAt: clock.now() });
  walk('c1');
  expect(told()).toEqual([]);
  walk('c1', 'c2');
  walk('c1');
  expect(told()).toEqual([]);
  walk('c1');
  expect(told()).toMatchObject([{ facts: { id: 'c2', state: 'deleted' } }]);
  walk('c1');
  expect(told()).toEqual([]);
  data.observe([comment('c2', { observedAt: clock.now() + 1 })]);
  expect(told()).toMatchObject([{ facts: { id: 'c2', state: 'visible' } }]);
});

test('[DM6] two complete walks without it make a work deleted, unless only a notice ever spoke of it', () => {
  const { data, clock, told } = world();
  const noticed = { kind: 'content' as const, facts: { ...work().facts, id: 'elsewhere', source: 'notice' } };
  data.observe([work(), noticed as ReturnType<typeof work>]);
  told();
  for (let turn = 0; turn < 3; turn += 1) data.walkedWorks({ seenIds: new Set(), startedAt: clock.now() });
  expect(told()).toMatchObject([{ kind: 'content.observed', facts: { id: WORK, state: 'deleted' } }]);
  data.observe([work({ state: 'public', observedAt: clock.now() + 1 })]);
  expect(told()).toMatchObject([{ facts: { id: WORK, state: 'public' } }]);
});

test('[DM6] what arrived while the walk was under way is not missing', () => {
  const { data, clock, told } = world();
  const startedAt = clock.now();
  data.observe([comment('new', { observedAt: startedAt + 5 })]);
  told();
  for (let turn = 0; turn < 3; turn += 1) data.walked({ topicId: WORK, seenIds: new Set(), startedAt });
  expect(told()).toEqual([]);
});

test('[DM8] a fact that does not fit is counted, the others are told', () => {
  const { data, oddities, told } = world();
  data.observe([comment('c1', { text: 'x'.repeat(30_000) }), comment('c2')]);
  expect(told()).toMatchObject([{ facts: { id: 'c2' } }]);
  expect(oddities).toEqual(['refusedFact:comment']);
});

test('[OB5] what a full outbox did not take is told when there is room', () => {
  const { data, outbox, told } = world({ limitBytes: 100 });
  expect(data.observe([comment('c1')])).toBe('kept');
  expect(outbox.isFull).toBe(true);
  expect(data.observe([comment('c2')])).toBe('full');
  expect(data.known('comment', 'c2')).toBeUndefined();
  told();
  expect(data.observe([comment('c2')])).toBe('kept');
  expect(told()).toHaveLength(1);
});

test('[OB11] a sync numbers its parts, and only a complete one ends', () => {
  const { data, outbox } = world();
  const marks = (): unknown[] => {
    const all: unknown[] = [];
    for (let batch = outbox.oldest(ACCOUNT); batch; batch = outbox.oldest(ACCOUNT)) {
      all.push(batch.payload.sync && [batch.payload.sync.id, batch.payload.sync.part, batch.payload.sync.isLast]);
      outbox.acknowledged(batch.payload.batchId);
    }
    return all;
  };
  data.beginSync('s1');
  data.observe([comment('c1')]);
  data.observe([comment('c2')]);
  data.endSync(true);
  expect(marks()).toEqual([
    ['s1', 1, false],
    ['s1', 2, false],
    ['s1', 3, true],
  ]);
  data.beginSync('s2');
  data.observe([comment('c3')]);
  data.endSync(false);
  data.observe([comment('c4')]);
  expect(marks()).toEqual([['s2', 1, false], undefined]);
});
