import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { AccountId, ReplyId, Seq, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ClientUp } from '@hiscrm/shared/protocol/client-link.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { expect, test } from 'vitest';
import { OUTBOX_LIMIT_COUNT, Outbox, RESEND_WITHIN_MS } from './outbox.ts';
import { type KeptReply, MemoryOutboxStore, type OutboxStore } from './outbox-store.ts';

const topic = { accountId: 'acc-1' as AccountId, kind: 'conversation', id: 't' as TopicId } as const;
type Command = Extract<ClientUp, { type: 'command' }>;

class Bench {
  readonly clock = new FakeClock();
  readonly sent: Command[] = [];
  readonly outbox: Outbox;
  #lastId = 0;
  #lastKey = 0;

  constructor(store: OutboxStore = new MemoryOutboxStore()) {
    this.outbox = new Outbox({
      clock: this.clock,
      send: (frame) => frame.type === 'command' && this.sent.push(frame),
      nextId: () => {
        this.#lastId += 1;
        return this.#lastId;
      },
      newKey: () => {
        this.#lastKey += 1;
        return `key-0000-${this.#lastKey}`;
      },
      store,
      changed: () => undefined,
    });
  }

  get last(): Command {
    const frame = this.sent.at(-1);
    if (!frame) throw new Error('nothing was sent');
    return frame;
  }
}

/** Lets promises that are already decided run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('[PC4] a command is repeated with the same key after every reconnect until it is answered', async () => {
  const bench = new Bench();
  const outcome = bench.outbox.run('requestSync', { accountId: topic.accountId });
  bench.outbox.onLive('u1');
  bench.outbox.onLive('u1');
  expect(new Set(bench.sent.map(({ key }) => key)).size).toBe(1);
  expect(bench.sent).toHaveLength(3);
  bench.outbox.onDone(bench.last.id, {});
  bench.outbox.onLive('u1');
  expect(bench.sent).toHaveLength(3);
  await expect(outcome).resolves.toEqual({ kind: 'done', value: {} });
});

test('[PC4] a refusal that asks for patience is repeated with the same key after the wait; others end at once', async () => {
  const bench = new Bench();
  const outcome = bench.outbox.run('requestSync', { accountId: topic.accountId });
  bench.outbox.onRefused(bench.last.id, toWireError('TOO_MANY', { retryAfterMs: 5_000 }));
  bench.clock.advance(4_999);
  expect(bench.sent).toHaveLength(1);
  bench.clock.advance(1);
  expect(bench.sent).toHaveLength(2);
  bench.outbox.onRefused(bench.last.id, toWireError('FORBIDDEN'));
  await expect(outcome).resolves.toMatchObject({ kind: 'refused', error: { code: 'FORBIDDEN' } });
  expect(bench.clock.pendingCount).toBe(0);
});

test('[PC5] a reply is pending until the replica stands behind its record', async () => {
  const bench = new Bench();
  bench.outbox.onLive('u1');
  void bench.outbox.run('sendReply', { topic, text: '好的' });
  expect(bench.outbox.pending).toMatchObject([{ text: '好的', state: { kind: 'sending' } }]);
  bench.outbox.onDone(bench.last.id, { seq: 9 as Seq, replyId: 'r1' as ReplyId });
  expect(bench.outbox.pending).toMatchObject([{ state: { kind: 'accepted', replyId: 'r1' } }]);
  bench.outbox.onPosition(8 as Seq);
  expect(bench.outbox.pending).toHaveLength(1);
  bench.outbox.onPosition(9 as Seq);
  expect(bench.outbox.pending).toEqual([]);
});

test('[PC5] a refused reply is no longer pending, and its writer is told why', async () => {
  const bench = new Bench();
  const outcome = bench.outbox.run('sendReply', { topic, text: '好的', expectSeq: 3 as Seq });
  bench.outbox.onRefused(bench.last.id, toWireError('STALE_VIEW', { unseenCount: 2 }));
  await expect(outcome).resolves.toMatchObject({ kind: 'refused', error: { details: { unseenCount: 2 } } });
  expect(bench.outbox.pending).toEqual([]);
});

test('[PC6] an unconfirmed reply survives a reload and is sent on with its key, once, for the same user', async () => {
  const store = new MemoryOutboxStore();
  const first = new Bench(store);
  first.outbox.onLive('u1');
  void first.outbox.run('sendReply', { topic, text: '好的' });
  await turn();
  const other = new Bench(store);
  other.outbox.onLive('u2');
  await turn();
  expect(other.sent).toEqual([]);
  const second = new Bench(store);
  second.outbox.onLive('u1');
  second.outbox.onLive('u1');
  await turn();
  expect(second.sent.map(({ key }) => key)).toEqual([first.last.key]);
  second.outbox.onDone(second.last.id, { seq: 4 as Seq, replyId: 'r1' as ReplyId });
  await turn();
  await expect(store.load()).resolves.toEqual([]);
});

test('[PC6] one that is too old is not sent without asking, and one that is refused stays visible', async () => {
  const store = new MemoryOutboxStore();
  const bench = new Bench(store);
  const kept = (key: string, ageMs: number): KeptReply => ({
    key,
    userId: 'u1',
    params: { topic, text: key },
    createdAt: bench.clock.now() - ageMs,
  });
  await store.keep(kept('key-old-1', RESEND_WITHIN_MS + 1));
  await store.keep(kept('key-new-1', 1_000));
  bench.outbox.onLive('u1');
  await turn();
  expect(bench.sent.map(({ key }) => key)).toEqual(['key-new-1']);
  bench.outbox.onRefused(bench.last.id, toWireError('TOPIC_NOT_FOUND'));
  await turn();
  expect(bench.outbox.pending.map(({ key, state }) => [key, state.kind])).toEqual([
    ['key-old-1', 'expired'],
    ['key-new-1', 'refused'],
  ]);
});

test('[PC6] storage that fails does not stop a reply', async () => {
  const broken: OutboxStore = {
    load: () => Promise.reject(new Error('no storage')),
    keep: () => Promise.reject(new Error('no storage')),
    drop: () => Promise.reject(new Error('no storage')),
    close: () => undefined,
  };
  const bench = new Bench(broken);
  bench.outbox.onLive('u1');
  const outcome = bench.outbox.run('sendReply', { topic, text: '好的' });
  bench.outbox.onDone(bench.last.id, { seq: 1 as Seq, replyId: 'r1' as ReplyId });
  await expect(outcome).resolves.toMatchObject({ kind: 'done' });
  await turn();
  expect(bench.outbox.storageFaultCount).toBeGreaterThan(0);
});

test('[PC4] beyond the limit nothing is sent, and closing ends all that waits', async () => {
  const bench = new Bench();
  const outcomes = Array.from({ length: OUTBOX_LIMIT_COUNT + 1 }, () =>
    bench.outbox.run('requestSync', { accountId: topic.accountId }),
  );
  await expect(outcomes.at(-1)).resolves.toEqual({ kind: 'gone', why: 'full' });
  bench.outbox.close();
  bench.outbox.close();
  await expect(outcomes[0]).resolves.toEqual({ kind: 'gone', why: 'closed' });
  await expect(bench.outbox.run('requestSync', { accountId: topic.accountId })).resolves.toEqual({
    kind: 'gone',
    why: 'closed',
  });
});
