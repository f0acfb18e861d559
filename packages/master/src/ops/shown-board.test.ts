import type { AccountId, Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { Grants, Principal } from '@hiscrm/shared/model/visibility.ts';
import { expect, test } from 'vitest';
import { ShownBoard } from './shown-board.ts';

const A = 'a' as AccountId;
const B = 'b' as AccountId;
const user = (id: string, grants: Grants = 'all'): Principal => ({
  userId: id as UserId,
  username: id,
  role: 'operator',
  grants,
});
const seq = (value: number): Seq => value as Seq;
const note = (board: ShownBoard, principal: Principal, upTo: number, at: number): boolean =>
  board.note({ principal, upTo: seq(upTo), at });

test('the first of those who may see the account is named, and nobody else', () => {
  const board = new ShownBoard({ floor: seq(10) });
  expect(note(board, user('early', new Set([B])), 20, 100)).toBe(true);
  note(board, user('late'), 20, 300);
  note(board, user('first', new Set([A])), 15, 200);
  expect(board.firstOf(seq(12), A)).toEqual({ userId: 'first', at: 200, userCount: 2 });
  expect(board.firstOf(seq(16), A)).toEqual({ userId: 'late', at: 300, userCount: 1 });
  expect(board.firstOf(seq(12), B)).toEqual({ userId: 'early', at: 100, userCount: 2 });
  expect(board.firstOf(seq(10), A)).toBeUndefined(); // may have been shown before the process began
  expect(board.firstOf(seq(21), A)).toBeUndefined();
});

test('a report that says nothing new is not kept, and the first one stands', () => {
  const board = new ShownBoard({ floor: seq(0) });
  note(board, user('u'), 5, 100);
  expect([note(board, user('u'), 5, 50), note(board, user('u'), 3, 50)]).toEqual([false, false]);
  expect(board.firstOf(seq(3), A)?.at).toBe(100);
});

test('with other grants nothing is claimed of what was drawn before', () => {
  const board = new ShownBoard({ floor: seq(0) });
  note(board, user('u', new Set([B])), 5, 100);
  note(board, user('u', new Set([A, B])), 6, 200);
  expect(board.firstOf(seq(5), A)).toBeUndefined();
  expect(board.firstOf(seq(6), A)?.at).toBe(200);
});

test('a user who floods takes his own room only, and users above the limit push out who was silent longest', () => {
  const board = new ShownBoard({ floor: seq(0), userLimitCount: 2, reportLimitCount: 3 });
  note(board, user('calm'), 1, 1);
  for (let place = 1; place <= 100; place++) note(board, user('flood'), place, place);
  expect(board.firstOf(seq(1), A)).toEqual({ userId: 'calm', at: 1, userCount: 1 });
  expect(board.firstOf(seq(97), A)).toBeUndefined();
  expect(board.firstOf(seq(98), A)?.at).toBe(98);
  note(board, user('calm'), 100, 200);
  note(board, user('third'), 101, 300);
  expect(board.userCount).toBe(2);
  expect(board.firstOf(seq(99), A)).toEqual({ userId: 'calm', at: 200, userCount: 2 });
  expect(board.firstOf(seq(101), A)).toEqual({ userId: 'third', at: 300, userCount: 1 });
});
