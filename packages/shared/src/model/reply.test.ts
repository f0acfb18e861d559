import { expect, test } from 'vitest';
import type { AccountId, ReplyId } from './ids.ts';
import { nextReplyState, REPLY_TABLE, type ReplyOutcome, type ReplyState } from './reply.ts';

const base = { accountId: 'acc-1' as AccountId, replyId: 'rep-1' as ReplyId, at: 9 };
const outcomes: Record<ReplyOutcome['kind'], ReplyOutcome> = {
  'reply.attempted': { kind: 'reply.attempted', ...base },
  'reply.sent': { kind: 'reply.sent', ...base },
  'reply.rejected': { kind: 'reply.rejected', ...base, reason: 'tooFrequent' },
  'reply.unknown': { kind: 'reply.unknown', ...base },
};
const states: Record<ReplyState['kind'], ReplyState> = {
  requested: { kind: 'requested' },
  attempted: { kind: 'attempted', at: 1 },
  sent: { kind: 'sent', at: 1 },
  rejected: { kind: 'rejected', at: 1, reason: 'other' },
  unknown: { kind: 'unknown', at: 1 },
};
const cells = Object.values(states).flatMap((state) => Object.values(outcomes).map((outcome) => ({ state, outcome })));

test.each(cells)('$state.kind after $outcome.kind is what the table says', ({ state, outcome }) => {
  const cell = REPLY_TABLE[state.kind][outcome.kind];
  const next = nextReplyState(state, outcome);
  if (cell === 'same') expect(next).toBe(state);
  else expect(next).toMatchObject({ kind: cell, at: 9 });
});

test('nothing leads back to a state from which a machine would send', () => {
  for (const { state, outcome } of cells) {
    const next = nextReplyState(state, outcome);
    if (state.kind !== 'requested') expect(next.kind).not.toBe('requested');
    if (state.kind === 'sent') expect(next).toBe(state);
    if (state.kind !== 'requested' && state.kind !== 'attempted') expect(next.kind).not.toBe('attempted');
  }
});

test('what the platform said and who settled it are kept', () => {
  const rejected: ReplyOutcome = {
    kind: 'reply.rejected',
    ...base,
    reason: 'other',
    detail: 'code 7',
    settledBy: 'person',
  };
  expect(nextReplyState(states.unknown, rejected)).toEqual({
    kind: 'rejected',
    at: 9,
    reason: 'other',
    detail: 'code 7',
    settledBy: 'person',
  });
});
