import { expect, test } from 'vitest';
import type { AccountId, ItemId, Seq, TopicId } from './ids.ts';
import { comparePreviews, previewOf } from './preview.ts';
import type { ItemRecord } from './records.ts';

const record = (text: string): ItemRecord => ({
  accountId: 'acc-1' as AccountId,
  facts: {
    kind: 'message',
    type: 'text',
    id: '1' as ItemId,
    topicId: 'c' as TopicId,
    direction: 'in',
    state: 'visible',
    text,
    at: 3,
    source: 'api',
    observedAt: 3,
  },
  arrivedSeq: 1 as Seq,
  arrivedAt: 3,
});

test('a long text is cut to 80 units, not through an emoji', () => {
  expect(previewOf(record('x'.repeat(100))).text).toBe('x'.repeat(80));
  expect(previewOf(record(`${'x'.repeat(79)}😀tail`)).text).toBe('x'.repeat(79));
  expect(previewOf(record(`${'x'.repeat(78)}😀tail`)).text).toBe(`${'x'.repeat(78)}😀`);
});

test('the newer is the later one, then the one with the higher id, then the message', () => {
  const one = previewOf(record(''));
  expect(comparePreviews({ ...one, at: 4 }, one)).toBeGreaterThan(0);
  expect(comparePreviews({ ...one, itemId: '2' as ItemId }, one)).toBeGreaterThan(0);
  expect(comparePreviews(one, { ...one, type: 'comment' })).toBeGreaterThan(0);
  expect(comparePreviews(one, one)).toBe(0);
});
