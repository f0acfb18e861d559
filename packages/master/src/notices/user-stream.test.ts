import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openMemoryDatabase } from '../log/open-database.ts';
import { Mailbox } from './mailbox.ts';
import { ReceiveRecords } from './receive-records.ts';
import { delivered, freshFlags, isPending } from './record-flags.ts';
import { keepShown, newestFirst, waitingBetween, waitingOf } from './user-stream.ts';

const NOTICES_COUNT = 30;
const USERS = Uint32Array.of(3, 1_500, 70_000); // more than the index of newest records begins with
const someNumbers = fc.uniqueArray(fc.nat(NOTICES_COUNT - 1));

/** Each notice is a row of its own, for all three users; the `read`-th are delivered, the `held`-th were held once. */
function recordsOf(read: readonly number[], held: readonly number[]): ReceiveRecords {
  const { notices } = openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined });
  const records = new ReceiveRecords(notices, 1);
  for (let n = 0; n < NOTICES_COUNT; n++) {
    const first = records.make({
      noticeNo: n + 1,
      place: n + 1,
      at: 1,
      userNos: USERS,
      flags: new Uint8Array(USERS.length).fill(freshFlags(true)),
      roles: new Uint8Array(USERS.length),
      held: new Map(held.includes(n) ? [[1, 5]] : []),
    });
    if (read.includes(n)) records.mark(first + 1, delivered(records.flags(first + 1)), { at: 2 });
  }
  held.forEach((n, index) => {
    records.release(n * USERS.length + 1, { place: (100 + index) as Seq, heldUntil: 0, at: 3 });
  });
  return records;
}

test.each([
  { name: 'as they were made', hasHeld: false },
  { name: 'where something was held', hasHeld: true },
])('[NO64] what waits between two places is found, $name', ({ hasHeld }) => {
  const place = fc.integer({ min: 0, max: 100 + NOTICES_COUNT });
  fc.assert(
    fc.property(someNumbers, hasHeld ? someNumbers : fc.constant([]), place, place, (read, held, a, b) => {
      const records = recordsOf(read, held);
      const mailbox = new Mailbox({ no: 1_500, userId: 'u' as UserId, username: 'u', onlineMs: 0 });
      if (hasHeld) keepShown(records, mailbox);
      const own = Array.from({ length: NOTICES_COUNT }, (_, n) => n * USERS.length + 1);
      const stream = own.sort((x, y) => records.place(x) - records.place(y));
      const pending = stream.filter((recordNo) => isPending(records.flags(recordNo)));
      mailbox.waitingCount = pending.length;
      mailbox.newestPlace = records.place(stream.at(-1) ?? 0);
      const [above, upTo] = [Math.min(a, b) as Seq, Math.max(a, b) as Seq];
      const expected = pending.filter((recordNo) => records.place(recordNo) > above && records.place(recordNo) <= upTo);
      expect(waitingBetween(records, mailbox, above, upTo)).toEqual(expected);
      expect(waitingOf(records, mailbox)).toEqual(pending);
      const seen: number[] = [];
      expect(newestFirst(records, mailbox, (recordNo) => seen.push(recordNo) > 0)).toBe(false);
      expect(seen.reverse()).toEqual(stream);
    }),
  );
});
