import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { expect, test } from 'vitest';
import { WaitBoard, waitedMs } from './wait-board.ts';

const wait = (from: number, upTo: number) => ({ from: from as Seq, upTo: upTo as Seq, keptAt: from, sentAt: upTo });

test('a batch that is noted late is found among those that overtook it; rows in no batch are not', () => {
  const board = new WaitBoard(4);
  for (const [from, upTo] of [
    [0, 2],
    [2, 3],
    [9, 11],
    [12, 15],
    [5, 9],
  ] as const)
    board.note(wait(from, upTo));
  expect(board.count).toBe(4);
  const found = (seq: number) => board.of(seq as Seq)?.from;
  expect([2, 3, 4, 5, 6, 9, 10, 12, 13, 16].map(found)).toEqual([
    undefined,
    2,
    undefined,
    undefined,
    5,
    5,
    9,
    undefined,
    12,
    undefined,
  ]);
});

test('a clock that was put back makes no wait below zero', () => {
  expect(waitedMs({ keptAt: 5, sentAt: 12 })).toBe(7);
  expect(waitedMs({ keptAt: 12, sentAt: 5 })).toBe(0);
});
