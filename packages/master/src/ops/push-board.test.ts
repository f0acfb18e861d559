import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import { PushBoard } from './push-board.ts';

test('a row is found in the round it went out in, as long as that is remembered', () => {
  const board = new PushBoard(3);
  const rounds = [5, 6, 9, 12, 13, 20, 21, 22];
  let from = 4;
  for (const upTo of rounds) {
    board.note({ from: from as Seq, upTo: upTo as Seq, loggedAt: 0, endedAt: upTo * 10, subscriberCount: upTo });
    from = upTo;
  }
  expect(board.count).toBe(3);
  expect(board.of(13 as Seq)).toBeUndefined();
  expect(board.of(14 as Seq)?.endedAt).toBe(200);
  expect(board.of(21 as Seq)?.endedAt).toBe(210);
  expect(board.of(22 as Seq)?.subscriberCount).toBe(22);
  expect(board.of(23 as Seq)).toBeUndefined();

  const wide = new PushBoard(3);
  wide.note({ from: 0 as Seq, upTo: 7 as Seq, loggedAt: 0, endedAt: 1, subscriberCount: 0 });
  expect([1, 4, 7].map((seq) => wide.of(seq as Seq)?.endedAt)).toEqual([1, 1, 1]);
  expect(wide.of(0 as Seq)).toBeUndefined();
});
