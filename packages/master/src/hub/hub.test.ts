import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, Epoch, Seq, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import pino from 'pino';
import { expect, test } from 'vitest';
import { Hub } from './hub.ts';
import { HUB_LIMITS, type HubLimits } from './hub-limits.ts';
import { MemoryMaster } from './testing/memory-master.ts';
import { RecordingClient } from './testing/recording-client.ts';
import { runResumeFuzz } from './testing/resume-fuzz.ts';

const A = 'acc-a' as AccountId;
const B = 'acc-b' as AccountId;

const person = (grants: Principal['grants']): Principal => ({
  userId: 'u-1' as UserId,
  username: 'ann',
  role: 'operator',
  grants,
});
const added = (accountId: AccountId): Change => ({
  kind: 'account.added',
  accountId,
  platform: 'douyin',
  name: 'n',
  at: 1,
});
const seen = (accountId: AccountId, id: string, title = '标题 😀'): Change => ({
  kind: 'content.observed',
  accountId,
  facts: { id: id as TopicId, title, source: 'api', observedAt: 1 },
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function aHub(limits: Partial<HubLimits> = {}) {
  const clock = new FakeClock();
  const master = new MemoryMaster();
  const lc = pino({ level: 'silent' });
  const hub = new Hub({ log: master, store: master.store, clock, limits: { ...HUB_LIMITS, ...limits }, lc });
  master.listeners.push((publication) => hub.publish(publication));
  return { clock, master, hub };
}

const typesOf = (client: RecordingClient): string[] => client.frames.map(({ type }) => type);

test('[HB1] a client gets a snapshot, then every row in order, each turn in one frame', async () => {
  const { master, hub } = aHub();
  master.commitNow([added(A)]);
  const client = new RecordingClient();
  hub.subscribe({ principal: person('all'), sink: client });
  expect(typesOf(client)).toEqual(['snapshot']);
  master.commitNow([seen(A, '1')]);
  master.commitNow([seen(A, '2'), seen(A, '3')]);
  expect(client.frames).toHaveLength(1);
  await turn();
  expect(typesOf(client)).toEqual(['snapshot', 'changes']);
  expect(client.rows).toEqual(master.rows.slice(1).map(({ seq, at, change }) => ({ seq, at, change })));
  expect(must(client.frames[1], 'there')).toMatchObject({ from: 1, upTo: 4, accounts: [{ contentCount: 3 }] });
  hub.close();
});

test('[HB2] what one client is sent early, everybody else gets once, in the same order', async () => {
  const { master, hub } = aHub();
  master.commitNow([added(A)]);
  const first = new RecordingClient();
  const second = new RecordingClient();
  const held = hub.subscribe({ principal: person('all'), sink: first });
  hub.subscribe({ principal: person('all'), sink: second });
  master.commitNow([seen(A, '1')]);
  expect(held.flush()).toBe(2);
  expect([first.at, second.at]).toEqual([2, 1]);
  master.commitNow([seen(A, '2')]);
  await turn();
  expect([first.at, second.at]).toEqual([3, 3]);
  expect(second.rows).toEqual(first.rows);
  hub.close();
});

test('[HB3] rows and counters of other accounts are left out, the place still moves', async () => {
  const { master, hub } = aHub();
  master.commitNow([added(A), added(B)]);
  const client = new RecordingClient();
  hub.subscribe({ principal: person(new Set([A])), sink: client });
  expect(client.frames[0]).toMatchObject({ accounts: [{ record: { id: A } }] });
  master.commitNow([seen(B, '1')]);
  await turn();
  expect(client.frames[1]).toEqual({ type: 'changes', from: 2, upTo: 3, rows: [], topics: [], accounts: [] });
  hub.close();
});

test('[HB4] a resume from memory or from the log gives exactly what was missed, and then live', async () => {
  for (const tailChars of [HUB_LIMITS.tailChars, 1]) {
    const { master, hub } = aHub({ tailChars, pageCount: 2 });
    let readCount = 0;
    master.readDelay = () => readCount++ % 3;
    master.commitNow([added(A)]);
    for (let n = 0; n < 9; n++) {
      master.commitNow([seen(A, String(n))]);
      await turn();
    }
    const client = new RecordingClient();
    client.at = 3 as Seq;
    client.base = 3 as Seq;
    hub.subscribe({ principal: person('all'), sink: client, resume: { epoch: master.epoch, seq: client.at } });
    master.commitNow([seen(A, 'live')]);
    for (let n = 0; client.at < master.head() && n < 50; n++) await turn();
    expect(client.rows.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(client.resets).toEqual([]);
    expect(readCount > 0).toBe(tailChars === 1);
    expect(hub.figures().catchingUpCount).toBe(0);
    hub.close();
  }
});

test('[HB5] another epoch, a place ahead of the log and a trimmed place each start again from a snapshot', async () => {
  const { master, hub } = aHub({ tailChars: 1 });
  master.commitNow([added(A), seen(A, '1'), seen(A, '2')]);
  await turn();
  await master.trimTo(2 as Seq);
  const resumes = [
    { epoch: 'other' as Epoch, seq: 3 as Seq, reason: 'otherEpoch' },
    { epoch: master.epoch, seq: 9 as Seq, reason: 'otherEpoch' },
    { epoch: master.epoch, seq: 1 as Seq, reason: 'tooOld' },
  ];
  for (const { reason, ...resume } of resumes) {
    const client = new RecordingClient();
    client.at = resume.seq;
    hub.subscribe({ principal: person('all'), sink: client, resume });
    await turn();
    expect(client.resets).toEqual([reason]);
    expect(client.at).toBe(3);
  }
  hub.close();
});

test('[HB6] who missed more rows than are worth replaying starts from a snapshot', () => {
  const { master, hub } = aHub({ catchUpCount: 2 });
  master.commitNow([added(A), seen(A, '1'), seen(A, '2'), seen(A, '3')]);
  const client = new RecordingClient();
  client.at = 1 as Seq;
  hub.subscribe({ principal: person('all'), sink: client, resume: { epoch: master.epoch, seq: client.at } });
  expect(client.resets).toEqual(['tooOld']);
  hub.close();
});

test('[HB7] a socket that does not drain is closed as too slow, and nobody waits for it', async () => {
  const { master, hub } = aHub({ slowConsumerBytes: 1_500 });
  master.commitNow([added(A)]);
  const slow = new RecordingClient();
  const other = new RecordingClient();
  slow.isSlow = true;
  hub.subscribe({ principal: person('all'), sink: slow });
  hub.subscribe({ principal: person('all'), sink: other });
  for (let n = 0; n < 20; n++) {
    master.commitNow([seen(A, String(n), 'x'.repeat(200))]);
    await turn();
  }
  expect(slow.isClosedAsSlow).toBe(true);
  expect(other.at).toBe(master.head());
  expect(hub.figures()).toMatchObject({ subscriberCount: 1, slowCloseCount: 1 });
  hub.close();
});

test('[HB8] catching up waits for the socket; who never catches up starts again or is closed', async () => {
  const { master, hub, clock } = aHub({ tailChars: 1, pageCount: 1, catchUpWaitingBytes: 100, catchUpMs: 1_000 });
  master.commitNow([added(A), ...Array.from({ length: 9 }, (_, n) => seen(A, String(n)))]);
  await turn();
  const stuck = new RecordingClient();
  stuck.isSlow = true;
  hub.subscribe({ principal: person('all'), sink: stuck, resume: { epoch: master.epoch, seq: 0 as Seq } });
  for (let n = 0; n < 20; n++) await turn();
  expect(stuck.at).toBeLessThan(master.head());
  clock.advance(1_000);
  expect(stuck.isClosedAsSlow).toBe(true);

  master.readDelay = () => 1_000_000;
  const late = new RecordingClient();
  hub.subscribe({ principal: person('all'), sink: late, resume: { epoch: master.epoch, seq: 0 as Seq } });
  clock.advance(1_000);
  expect(late.resets).toEqual(['tooSlow']);
  expect(late.at).toBe(master.head());
  expect(clock.pendingCount).toBe(0);
  hub.close();
});

test('[HB9] other grants start again from a snapshot with what may be seen from then on', async () => {
  const { master, hub } = aHub();
  master.commitNow([added(A), added(B)]);
  const client = new RecordingClient();
  const held = hub.subscribe({ principal: person('all'), sink: client });
  master.commitNow([seen(A, '1')]);
  held.changePrincipal(person(new Set([B])));
  await turn();
  expect(client.resets).toEqual(['grantsChanged']);
  expect(client.frames.at(-1)).toMatchObject({ type: 'snapshot', accounts: [{ record: { id: B } }] });
  held.changePrincipal(person(new Set([B])));
  expect(client.resets).toHaveLength(1);
  hub.close();
});

test('[HB10] a large round is cut into slices and a publication in its middle reaches everybody once', async () => {
  const { master, hub } = aHub({ sliceCount: 3 });
  master.commitNow([added(A)]);
  const clients = Array.from({ length: 10 }, () => new RecordingClient());
  for (const sink of clients) hub.subscribe({ principal: person('all'), sink });
  master.commitNow([seen(A, '1')]);
  await turn();
  expect(clients.filter(({ at }) => at === 2).length).toBe(3);
  master.commitNow([seen(A, '2')]);
  for (let n = 0; n < 20; n++) await turn();
  for (const client of clients) expect(client.rows.map(({ seq }) => seq)).toEqual([2, 3]);
  hub.close();
});

test('[HB11] rows larger than a frame go in several frames that join', async () => {
  const { master, hub } = aHub({ frameChars: 500 });
  const client = new RecordingClient();
  hub.subscribe({ principal: person('all'), sink: client });
  master.commitNow([added(A), ...Array.from({ length: 8 }, (_, n) => seen(A, String(n), 'y'.repeat(150)))]);
  await turn();
  expect(client.frames.filter(({ type }) => type === 'changes').length).toBeGreaterThan(3);
  expect(client.rows).toHaveLength(9);
  expect(client.frames.at(-1)).toMatchObject({ accounts: [{ contentCount: 8 }] });
  hub.close();
});

test('[HB13] who sees the same is sent the same bytes, encoded once', async () => {
  const { master, hub } = aHub();
  master.commitNow([added(A)]);
  const [one, two, narrow] = [new RecordingClient(), new RecordingClient(), new RecordingClient()];
  hub.subscribe({ principal: person('all'), sink: one });
  hub.subscribe({ principal: person('all'), sink: two });
  hub.subscribe({ principal: person(new Set([A])), sink: narrow });
  master.commitNow([seen(A, '1')]);
  await turn();
  expect(two.bytes[0]).toBe(one.bytes[0]);
  expect(two.bytes[1]).toBe(one.bytes[1]);
  expect(narrow.bytes[1]).not.toBe(one.bytes[1]);
  hub.close();
});

test.each([8_360_926, 3_467_175, 42, 7])(
  '[HB12] seed %i: cut and resumed at random, nobody has a hole',
  async (seed) => {
    const report = await runResumeFuzz({ seed, resumeCount: 120 });
    expect(report.resumeCount).toBe(120);
  },
);

test('[HB12] the fuzz goes everywhere', async () => {
  const report = await runResumeFuzz({ seed: 1, resumeCount: 300 });
  expect(report.resetCounts.tooOld).toBeGreaterThan(0);
  expect(report.resetCounts.grantsChanged).toBeGreaterThan(0);
  expect(report.slowCloseCount).toBeGreaterThan(0);
});
