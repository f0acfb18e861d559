import type { AccountId, ItemId, ReplyId, Seq, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord, ReplyState } from '@hiscrm/shared/model/reply.ts';
import { expect, test } from 'vitest';
import { shownReplies } from './shown-replies.ts';

const topic = { accountId: 'a' as AccountId, kind: 'conversation', id: 't' as TopicId } as const;
const record = (state: ReplyState): ReplyRecord => ({
  id: 'r1' as ReplyId,
  accountId: topic.accountId,
  topic,
  text: '好的',
  byUserId: 'u' as UserId,
  key: 'key-1',
  requestedAt: 1_000,
  state,
});
const own = (id: string, text: string): ItemRecord => ({
  accountId: topic.accountId,
  arrivedSeq: 9 as Seq,
  arrivedAt: 0,
  facts: {
    kind: 'message',
    id: id as ItemId,
    topicId: topic.id,
    direction: 'out',
    text,
    state: 'visible',
    at: 2_000,
    source: 'api',
    observedAt: 0,
  },
});
const pending = { key: 'key-1', topic, text: '好的', createdAt: 1_000, state: { kind: 'sending' } } as const;
const none = { topic, pending: [], records: [], items: [], hiddenKeys: new Set<string>() };
const states = (shown: ReturnType<typeof shownReplies>): readonly string[] => shown.map(({ state }) => state.kind);

test('[PC7] a reply is shown once: from this browser, then from the log', () => {
  expect(states(shownReplies({ ...none, pending: [pending] }))).toEqual(['sending']);
  expect(states(shownReplies({ ...none, pending: [pending], records: [record({ kind: 'requested' })] }))).toEqual([
    'requested',
  ]);
});

test('[PC7] a sent reply is shown until its item is there', () => {
  const sent = record({ kind: 'sent', at: 2_000, itemId: 'm1' as ItemId });
  expect(states(shownReplies({ ...none, records: [sent] }))).toEqual(['sent']);
  expect(shownReplies({ ...none, records: [sent], items: [own('m1', '好的')] })).toEqual([]);
});

test('[PC7] a sent reply without a known item is recognised by its text', () => {
  const sent = record({ kind: 'sent', at: 2_000 });
  expect(states(shownReplies({ ...none, records: [sent], items: [own('m1', '别的')] }))).toEqual(['sent']);
  expect(shownReplies({ ...none, records: [sent], items: [own('m1', '好的')] })).toEqual([]);
});

test('[PC7] unknown and rejected replies stay until a person puts them away', () => {
  const unknown = record({ kind: 'unknown', at: 2_000 });
  expect(states(shownReplies({ ...none, records: [unknown], items: [own('m1', '好的')] }))).toEqual(['unknown']);
  const rejected = record({ kind: 'rejected', at: 2_000, reason: 'tooFrequent' });
  expect(states(shownReplies({ ...none, records: [rejected] }))).toEqual(['rejected']);
  expect(shownReplies({ ...none, records: [rejected], hiddenKeys: new Set(['key-1']) })).toEqual([]);
});

test('[PC7] replies of other topics are not shown', () => {
  expect(shownReplies({ ...none, pending: [{ ...pending, topic: { ...topic, id: 'u' as TopicId } }] })).toEqual([]);
});
