import type { AccountId, ItemId, Seq, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { expect, test } from 'vitest';
import { buildCommentRows, buildMessageRows, type Row } from './build-rows.ts';
import type { ShownReply } from './shown-replies.ts';

const DAY_MS = 24 * 60 * 60_000;
const NOON = new Date(2026, 2, 12, 12).getTime();

function comment(id: string, at: number, links: { parentId?: string; replyToId?: string } = {}): ItemRecord {
  return {
    accountId: 'a' as AccountId,
    arrivedSeq: at as Seq,
    arrivedAt: at,
    facts: {
      kind: 'comment',
      id: id as ItemId,
      topicId: 't' as TopicId,
      direction: 'in',
      text: id,
      state: 'visible',
      at: NOON + at,
      source: 'api',
      observedAt: 0,
      ...(links.parentId && { parentId: links.parentId as ItemId }),
      ...(links.replyToId && { replyToId: links.replyToId as ItemId }),
    },
  };
}

const outline = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => {
    if (row.kind === 'item') return `${'>'.repeat(row.depth)}${row.item.facts.id}${row.isOrphan ? '?' : ''}`;
    return row.kind === 'reply' ? `${'>'.repeat(row.depth)}reply:${row.reply.text}` : row.kind;
  });

const rowsOf = (items: readonly ItemRecord[], replies: readonly ShownReply[] = []): readonly Row[] =>
  buildCommentRows({ items, replies, firstUnreadId: undefined });

test('threads nest to any depth, and an answer to an answer is drawn (D46)', () => {
  const items = [
    comment('a', 1),
    comment('b', 2, { parentId: 'a' }),
    comment('c', 3, { parentId: 'a', replyToId: 'b' }),
    comment('d', 4, { parentId: 'a', replyToId: 'c' }),
    comment('e', 5),
  ];
  expect(outline(rowsOf(items))).toEqual(['a', '>b', '>>c', '>>>d', 'e']);
});

test('an answer whose target is not loaded is shown as an orphan; under its first-level comment when that is loaded', () => {
  const items = [
    comment('a', 1),
    comment('x', 2, { parentId: 'gone' }),
    comment('y', 3, { parentId: 'a', replyToId: 'gone' }),
  ];
  expect(outline(rowsOf(items))).toEqual(['x?', 'a', '>y?']);
});

test('a thread stands where its newest comment stands', () => {
  const items = [comment('old', 1), comment('mid', 2), comment('new', 3, { parentId: 'old' })];
  expect(outline(rowsOf(items))).toEqual(['mid', 'old', '>new']);
});

test('ids that point in a circle lose nothing', () => {
  const items = [
    comment('a', 1, { parentId: 'b' }),
    comment('b', 2, { parentId: 'a' }),
    comment('c', 3, { parentId: 'c' }),
  ];
  expect(new Set(outline(rowsOf(items)).map((line) => line.replace(/[>?]/g, '')))).toEqual(new Set(['a', 'b', 'c']));
});

test('a chain deeper than any stack is flattened', () => {
  const items = Array.from({ length: 20_000 }, (_, index) =>
    comment(`c${index}`, index, index > 0 ? { replyToId: `c${index - 1}` } : {}),
  );
  expect(rowsOf(items.slice(0, 2_000))).toHaveLength(2_000);
});

test('replies under way stand below what they answer, those to the work at the end', () => {
  const reply = (text: string, toItemId?: string): ShownReply => ({
    key: text,
    text,
    at: 0,
    state: { kind: 'sending' },
    ...(toItemId && { toItemId: toItemId as ItemId }),
  });
  const rows = rowsOf(
    [comment('a', 1), comment('b', 2)],
    [reply('to-a', 'a'), reply('to-work'), reply('to-gone', 'gone')],
  );
  expect(outline(rows)).toEqual(['a', '>reply:to-a', 'b', 'reply:to-work', 'reply:to-gone']);
});

test('messages get a heading a day and the divider before the first unread one', () => {
  const items = [comment('m1', 0), comment('m2', 1), comment('m3', DAY_MS)];
  const rows = buildMessageRows({ items, replies: [], firstUnreadId: 'm2' as ItemId });
  expect(outline(rows)).toEqual(['day', 'm1', 'unread', 'm2', 'day', 'm3']);
});

test('every row has its own key', () => {
  const items = [comment('m1', 0), comment('m2', DAY_MS), comment('m3', 2 * DAY_MS)];
  const keys = buildMessageRows({ items, replies: [], firstUnreadId: undefined }).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});
