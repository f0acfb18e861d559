import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { ScriptedMaster } from '../testing/scripted-master.ts';
import { ScriptedNetwork } from '../testing/scripted-network.ts';
import { ACK_AT_ONCE_COUNT, ACK_LATEST_MS, ACK_LIMIT_COUNT, ACK_QUIET_MS, DeliveryAcks } from './delivery-acks.ts';

function setUp() {
  const clock = new FakeClock();
  const sent: { readonly at: number; readonly messageIds: readonly string[] }[] = [];
  const acks = new DeliveryAcks({ clock, send: (messageIds) => sent.push({ at: clock.now(), messageIds }) });
  return { clock, sent, acks };
}

const idsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `n-${n}`);

test('[NO59] acknowledgements wait for half a second without another notice, and not longer than two', () => {
  const { clock, sent, acks } = setUp();
  const startedAt = clock.now();
  acks.add(['a']);
  clock.advance(ACK_QUIET_MS - 1);
  acks.add([]);
  expect(sent).toEqual([]);
  clock.advance(1);
  expect(sent).toEqual([{ at: startedAt + ACK_QUIET_MS, messageIds: ['a'] }]);

  const streamAt = clock.now();
  for (let n = 0; n < 12; n++) {
    acks.add([`s-${n}`]);
    clock.advance(ACK_QUIET_MS - 100);
  }
  expect(sent[1]).toEqual({ at: streamAt + ACK_LATEST_MS, messageIds: ['s-0', 's-1', 's-2', 's-3', 's-4'] });
});

test('[NO59] many wait for nothing, and go in commands of a limited size', () => {
  const { clock, sent, acks } = setUp();
  acks.add(idsOf(ACK_AT_ONCE_COUNT - 1));
  expect(sent).toEqual([]);
  acks.add(idsOf(ACK_AT_ONCE_COUNT));
  expect(sent.map(({ messageIds }) => messageIds)).toEqual([idsOf(ACK_AT_ONCE_COUNT)]);
  acks.add(idsOf(2 * ACK_LIMIT_COUNT + 1));
  expect(sent.slice(1).map(({ messageIds }) => messageIds.length)).toEqual([ACK_LIMIT_COUNT, ACK_LIMIT_COUNT, 1]);
  expect(clock.pendingCount).toBe(0);
});

test('what is forgotten is not sent, and leaves no timer', () => {
  const { clock, sent, acks } = setUp();
  acks.add(['a']);
  acks.forget();
  acks.forget();
  expect(clock.pendingCount).toBe(0);
  clock.advance(ACK_LATEST_MS);
  expect(sent).toEqual([]);
});

test('[NO59] each notice is acknowledged once, in the order in which it came, and never later than the longest wait', () => {
  const count = fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(ACK_AT_ONCE_COUNT) });
  const stepArb = fc.record({ count, waitMs: fc.nat(ACK_QUIET_MS + 100) });
  fc.assert(
    fc.property(fc.array(stepArb, { maxLength: 40 }), (steps) => {
      const { clock, sent, acks } = setUp();
      const addedAt = new Map<string, number>();
      for (const { count, waitMs } of steps) {
        const messageIds = Array.from({ length: count }, (_, n) => `n-${addedAt.size + n}`);
        for (const messageId of messageIds) addedAt.set(messageId, clock.now());
        acks.add(messageIds);
        clock.advance(waitMs);
      }
      clock.advance(ACK_LATEST_MS);
      expect(sent.flatMap(({ messageIds }) => messageIds)).toEqual([...addedAt.keys()]);
      for (const { at, messageIds } of sent) {
        for (const messageId of messageIds)
          expect(at - (addedAt.get(messageId) ?? 0)).toBeLessThanOrEqual(ACK_LATEST_MS);
      }
      expect(clock.pendingCount).toBe(0);
    }),
  );
});

/** A client of a scripted Master, and how many acknowledgements the Master has taken. */
function aClient() {
  const clock = new FakeClock();
  const master = new ScriptedMaster({ now: () => clock.now() });
  const network = new ScriptedNetwork(master, { now: () => clock.now() });
  const open = () => {
    const client = createClient({ openWire: network.openWire, identity: { name: 'test', version: '1' }, clock });
    client.start();
    network.settle();
    return client;
  };
  const deliveredCount = (): number =>
    [...master.notices.records.values()].filter(({ deliveredAt }) => deliveredAt !== undefined).length;
  return { clock, master, network, open, deliveredCount };
}

test('[NO59] a client that closes before it acknowledged gets the notice again, and shows it once', () => {
  const { clock, master, network, open, deliveredCount } = aClient();
  const first = open();
  master.notices.send({ messageId: 'a' });
  network.settle();
  expect(first.notices().list).toHaveLength(1);
  first.close();
  expect(clock.pendingCount).toBe(0);
  const second = open();
  expect(deliveredCount()).toBe(0);
  expect(second.notices().list.map(({ notice }) => notice.messageId)).toEqual(['a']);
  clock.advance(ACK_QUIET_MS);
  network.settle();
  expect(deliveredCount()).toBe(1);
  second.close();
});

test('[NO59] what waits outlives a cut; reading and confirming do not wait', () => {
  const { clock, master, network, open, deliveredCount } = aClient();
  const client = open();
  for (const messageId of ['a', 'b', 'c']) master.notices.send({ messageId });
  network.settle();
  void client.readNotices(['a']);
  void client.confirmNotice('b');
  network.settle();
  expect(deliveredCount()).toBe(2);
  network.cut();
  clock.advance(ACK_LATEST_MS);
  network.settle();
  expect(deliveredCount()).toBe(3);
  expect(client.notices().list).toHaveLength(3);
  client.close();
  expect(clock.pendingCount).toBe(0);
});
