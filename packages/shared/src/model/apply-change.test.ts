import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import { parserOf } from '../protocol/validate.ts';
import { applyChange, type Effect } from './apply-change.ts';
import type { Change } from './change.ts';
import { changeSchema } from './change.ts';
import type { AccountId, ItemId, Seq, TopicId, UserId } from './ids.ts';
import { MemoryView } from './memory-view.ts';
import type { ItemRecord } from './records.ts';
import { recount } from './recount.ts';
import { anyChanges, rowsOf } from './testing/any-rows.ts';
import type { TopicRef } from './topic-ref.ts';
import { isUnread } from './unread.ts';

const accountId = 'acc-1' as AccountId;
const added: Change = { kind: 'account.added', accountId, platform: 'douyin', name: 'shop', at: 1 };
const fold = (changes: readonly Change[]): { view: MemoryView; effects: readonly Effect[][] } => {
  const view = new MemoryView();
  return { view, effects: rowsOf([added, ...changes]).map((row) => [...applyChange(view, row)]) };
};
const provenance = { source: 'api', observedAt: 5 };
const comment = (id: string, more: object = {}): Change => ({
  kind: 'comment.observed',
  accountId,
  facts: { kind: 'comment', id: id as ItemId, topicId: 'w' as TopicId, at: 5, ...provenance, ...more },
});
const message = (id: string, more: object = {}): Change => ({
  kind: 'message.observed',
  accountId,
  facts: { kind: 'message', id: id as ItemId, topicId: 'c' as TopicId, at: 5, ...provenance, ...more },
});
const work: TopicRef = { accountId, kind: 'content', id: 'w' as TopicId };
const chat: TopicRef = { accountId, kind: 'conversation', id: 'c' as TopicId };
const read = (topic: TopicRef, upToSeq: number): Change => ({
  kind: 'topic.read',
  accountId,
  topic,
  upToSeq: upToSeq as Seq,
  at: 9,
  byUserId: 'usr-1' as UserId,
});
const unreadIds = (view: MemoryView): string[] =>
  [...view.items.values()].filter((item) => isUnreadIn(view, item)).map((item) => item.facts.id);
function isUnreadIn(view: MemoryView, item: ItemRecord): boolean {
  const topic = item.facts.kind === 'comment' ? work : chat;
  return isUnread(item, must(view.topic(topic), 'items make topics known').marks);
}

describe('generated changes', () => {
  test('they fit the schema, so that what is proved here holds for what a log can hold', () => {
    const parse = parserOf(changeSchema);
    fc.assert(fc.property(anyChanges(30), (changes) => changes.every((change) => parse(change).ok)));
  });

  test('equal rows give equal views', () => {
    fc.assert(
      fc.property(anyChanges(40), (changes) => {
        const [one, other] = [new MemoryView(), new MemoryView()];
        for (const row of rowsOf(changes)) applyChange(one, row);
        for (const row of rowsOf(changes)) applyChange(other, structuredClone(row));
        expect(other).toEqual(one);
      }),
    );
  });

  test('every item is in a topic that is listed, and every effect names what the view then holds', () => {
    fc.assert(
      fc.property(anyChanges(40), (changes) => {
        const view = new MemoryView();
        for (const row of rowsOf(changes)) {
          for (const effect of applyChange(view, row)) {
            if (effect.kind !== 'item') continue;
            expect(effect.topic.id).toBe(effect.after.facts.topicId);
            expect(view.topic(effect.topic)).toBeDefined();
          }
        }
        const { topics } = recount(view);
        const counted = [...topics.values()].reduce((sum, topic) => sum + topic.itemCount, 0);
        expect(counted).toBe(view.items.size);
      }),
    );
  });

  test('an operator’s marks never move back, whatever a platform says', () => {
    fc.assert(
      fc.property(anyChanges(40), (changes) => {
        const view = new MemoryView();
        for (const row of rowsOf(changes)) {
          for (const effect of applyChange(view, row)) {
            if (effect.kind === 'topic' && effect.before)
              expect(effect.after.marks.readUpToSeq).toBeGreaterThanOrEqual(effect.before.marks.readUpToSeq);
            if (effect.kind === 'item' && effect.before?.readAt !== undefined)
              expect(effect.after.readAt).toBe(effect.before.readAt);
          }
        }
      }),
    );
  });

  test('the same observation folded in again changes no item', () => {
    fc.assert(
      fc.property(anyChanges(30), (changes) => {
        const view = new MemoryView();
        for (const row of rowsOf(changes)) {
          applyChange(view, row);
          if (row.change.kind !== 'comment.observed' && row.change.kind !== 'message.observed') continue;
          expect(applyChange(view, row).filter((effect) => effect.kind === 'item')).toEqual([]);
        }
      }),
    );
  });
});

test('a first sighting is filled so that nobody has to guess', () => {
  const { view } = fold([
    { ...comment('1'), facts: { kind: 'comment', id: '1' as ItemId, topicId: work.id, ...provenance } } as Change,
  ]);
  expect(view.item(accountId, 'comment', '1' as ItemId)).toEqual({
    accountId,
    facts: {
      kind: 'comment',
      id: '1',
      topicId: 'w',
      direction: 'in',
      text: '',
      state: 'visible',
      at: 5,
      ...provenance,
    },
    arrivedSeq: 2,
    arrivedAt: 101,
  });
});

test('an edit keeps the place of arrival', () => {
  const { view } = fold([comment('1'), comment('2'), comment('1', { text: 'edited', observedAt: 6 })]);
  expect(view.item(accountId, 'comment', '1' as ItemId)).toMatchObject({ arrivedSeq: 2, facts: { text: 'edited' } });
  expect(view.topic(work)?.marks.lastArrivedSeq).toBe(3);
});

test('a read mark covers what arrived up to it, and a later arrival is unread', () => {
  const { view } = fold([comment('1'), comment('2'), read(work, 2), comment('3')]);
  expect(unreadIds(view)).toEqual(['2', '3']);
});

test('an own message answers what was written before it, not what comes after', () => {
  const { view } = fold([message('1', { at: 5 }), message('2', { at: 8 }), message('3', { at: 6, direction: 'out' })]);
  expect(unreadIds(view)).toEqual(['2']);
});

test('an own comment answers the comment it replies to, also one that is seen later', () => {
  const own = (id: string, parentId: string): Change => comment(id, { direction: 'out', parentId });
  const { view } = fold([comment('1'), own('2', '1'), own('3', '4'), comment('4'), comment('5')]);
  expect(unreadIds(view)).toEqual(['5']);
});

test('a deleted own message answers nothing', () => {
  const { view } = fold([message('1'), message('2', { at: 6, direction: 'out', state: 'recalled' })]);
  expect(unreadIds(view)).toEqual(['1']);
});

test('system lines, own items and deleted ones are not unread', () => {
  const { view } = fold([
    message('1', { type: 'system' }),
    comment('2', { direction: 'out' }),
    comment('3', { state: 'deleted' }),
  ]);
  expect(unreadIds(view)).toEqual([]);
});

test('items that were read one by one stay read through edits', () => {
  const { view } = fold([
    comment('1'),
    { kind: 'items.read', accountId, itemKind: 'comment', ids: ['1' as ItemId], at: 9, byUserId: 'usr-1' as UserId },
    comment('1', { text: 'edited', observedAt: 6 }),
  ]);
  expect(unreadIds(view)).toEqual([]);
});

test('facts of an account that is gone change nothing', () => {
  const { view, effects } = fold([comment('1'), { kind: 'account.removed', accountId }, comment('2'), message('3')]);
  expect(effects.slice(-2)).toEqual([[], []]);
  expect([view.accounts.size, view.topics.size, view.items.size]).toEqual([0, 0, 0]);
});

test('an older lease does not take an account back', () => {
  const lease = (token: number): Change => ({ kind: 'account.leased', accountId, workerId: null, token });
  const { view } = fold([lease(3), lease(2)]);
  expect(view.account(accountId)?.lease?.token).toBe(3);
});
