import type { AccountId, ItemId, Seq, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRead } from './plan-read.ts';

const item = (arrivedSeq: number): ItemRecord => ({
  accountId: 'a' as AccountId,
  arrivedSeq: arrivedSeq as Seq,
  arrivedAt: 0,
  facts: {
    kind: 'message',
    id: `m${arrivedSeq}` as ItemId,
    topicId: 't' as TopicId,
    direction: 'in',
    text: '',
    state: 'visible',
    at: 0,
    source: 'api',
    observedAt: 0,
  },
});
const ids = (...seqs: readonly number[]): ReadonlySet<ItemId> => new Set(seqs.map((seq) => `m${seq}` as ItemId));

test('[PC8] the mark moves over what was seen, and stops before what was not', () => {
  const unread = [item(3), item(5), item(9)];
  expect(planRead({ unread, seenIds: ids(3, 5), unreadCount: 3 })).toEqual({ kind: 'upTo', seq: 5 });
  expect(planRead({ unread, seenIds: ids(3, 5, 9), unreadCount: 3 })).toEqual({ kind: 'upTo', seq: 9 });
});

test('[PC8] what was seen beyond a gap is marked one by one', () => {
  expect(planRead({ unread: [item(3), item(5)], seenIds: ids(5), unreadCount: 2 })).toEqual({
    kind: 'items',
    ids: ['m5'],
  });
});

test('[PC8] while older unread items are not loaded, the mark stays', () => {
  expect(planRead({ unread: [item(5)], seenIds: ids(5), unreadCount: 4 })).toEqual({ kind: 'items', ids: ['m5'] });
});

test('[PC8] nothing seen, nothing marked', () => {
  expect(planRead({ unread: [item(5)], seenIds: ids(), unreadCount: 1 })).toBeUndefined();
  expect(planRead({ unread: [], seenIds: ids(5), unreadCount: 0 })).toBeUndefined();
});

test('[PC8] no plan ever marks an unseen item', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 50 })),
      fc.integer({ min: 0, max: 3 }),
      (seqs, seen, hiddenCount) => {
        const unread = seqs.map(item);
        const seenIds = ids(...seen);
        const plan = planRead({ unread, seenIds, unreadCount: unread.length + hiddenCount });
        if (plan?.kind === 'upTo') {
          expect(hiddenCount).toBe(0);
          for (const { arrivedSeq, facts } of unread)
            if (arrivedSeq <= plan.seq) expect(seenIds.has(facts.id)).toBe(true);
        } else for (const id of plan?.ids ?? []) expect(seenIds.has(id)).toBe(true);
      },
    ),
  );
});
