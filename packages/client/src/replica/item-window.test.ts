import type { AccountId, ItemId, Seq, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { expect, test } from 'vitest';
import { placeOf } from './item-order.ts';
import { ItemWindow } from './item-window.ts';

function message(id: string, at: number): ItemRecord {
  return {
    accountId: 'acc-a' as AccountId,
    facts: {
      kind: 'message',
      id: id as ItemId,
      topicId: 't1' as TopicId,
      source: 'api',
      observedAt: at,
      at,
      direction: 'in',
      state: 'visible',
      text: '',
    },
    arrivedSeq: 1 as Seq,
    arrivedAt: at,
  };
}

const idsOf = (window: ItemWindow): readonly string[] => window.items.map(({ facts }) => facts.id);

test('before its first page a window keeps nothing', () => {
  const window = new ItemWindow();
  window.put(message('early', 1));
  expect(window.isEmpty).toBe(true);
  window.addOlder([message('c', 3), message('b', 2)], placeOf(message('b', 2)));
  expect(idsOf(window)).toEqual(['b', 'c']);
});

test('an empty first page is the whole topic: what comes after it is kept', () => {
  const window = new ItemWindow();
  window.addOlder([], undefined);
  window.put(message('a', 1));
  expect(idsOf(window)).toEqual(['a']);
});

test('an item below the floor is not kept, and one that moves there is let go', () => {
  const window = new ItemWindow();
  window.addOlder([message('c', 3), message('b', 2)], placeOf(message('b', 2)));
  window.put(message('a', 1));
  window.put(message('c', 1));
  expect(idsOf(window)).toEqual(['b']);
});
