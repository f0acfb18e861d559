import * as fc from 'fast-check';
import type { Change, LoggedChange } from '../change.ts';
import type { CommentFacts, MessageFacts } from '../facts.ts';
import type { AccountId, ItemId, ReplyId, Seq, TopicId, UserId, WorkerId } from '../ids.ts';
import type { TopicRef } from '../topic-ref.ts';

/** Small pools of names and times, so that changes meet: edits, repeats, moves, answers before questions, removals. */
const accountId = fc.constantFrom('acc-1' as AccountId, 'acc-2' as AccountId);
const topicId = fc.constantFrom('t1' as TopicId, 't2' as TopicId, '😀' as TopicId);
const itemId = fc.constantFrom(...['1', '2', '3', '4', '\uff21', '😀'].map((id) => id as ItemId));
const replyId = fc.constantFrom('rep-1' as ReplyId, 'rep-2' as ReplyId);
const userId = fc.constantFrom('usr-1' as UserId, 'usr-2' as UserId);
const workerId = fc.constantFrom('w-1' as WorkerId, 'w-2' as WorkerId);
const time = fc.integer({ min: 1, max: 12 });
const text = fc.constantFrom('', 'hi', '客户😀', `${'x'.repeat(79)}😀`, 'y'.repeat(200));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

/** Absent fields are left out, as they are on the wire. */
const object = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K] | undefined> }): fc.Arbitrary<T> =>
  fc
    .record(shape as Record<string, fc.Arbitrary<unknown>>)
    .map((value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T);

const topicRef: fc.Arbitrary<TopicRef> = object<TopicRef>({
  accountId,
  kind: fc.constantFrom('content', 'conversation'),
  id: topicId,
});

const itemShape = {
  id: itemId,
  topicId,
  direction: maybe(fc.constantFrom('in' as const, 'in' as const, 'out' as const)),
  text: maybe(text),
  at: maybe(time),
  state: maybe(fc.constantFrom('visible' as const, 'visible' as const, 'deleted' as const, 'recalled' as const)),
  author: maybe(object<{ id: string; name?: string }>({ id: fc.constant('p1'), name: maybe(text) })),
  source: fc.constant('api'),
  observedAt: time,
};
const commentFacts = object<CommentFacts>({
  ...itemShape,
  kind: fc.constant('comment'),
  parentId: maybe(itemId),
  replyToId: maybe(itemId),
  likeCount: maybe(time),
});
const messageFacts = object<MessageFacts>({
  ...itemShape,
  kind: fc.constant('message'),
  type: maybe(fc.constantFrom('text' as const, 'image' as const, 'system' as const)),
});

const kinds: Readonly<Record<string, readonly [weight: number, change: fc.Arbitrary<Change>]>> = {
  comment: [8, fc.record({ kind: fc.constant('comment.observed' as const), accountId, facts: commentFacts })],
  message: [8, fc.record({ kind: fc.constant('message.observed' as const), accountId, facts: messageFacts })],
  content: [
    2,
    fc.record({
      kind: fc.constant('content.observed' as const),
      accountId,
      facts: object({
        id: topicId,
        publishedAt: maybe(time),
        title: maybe(text),
        source: fc.constant('api'),
        observedAt: time,
      }),
    }),
  ],
  conversation: [
    2,
    fc.record({
      kind: fc.constant('conversation.observed' as const),
      accountId,
      facts: object({
        id: topicId,
        createdAt: maybe(time),
        title: maybe(text),
        source: fc.constant('api'),
        observedAt: time,
      }),
    }),
  ],
  topicRead: [
    3,
    fc
      .record({ topic: topicRef, upToSeq: fc.nat(40), at: time, byUserId: userId })
      .map(({ topic, upToSeq, at, byUserId }) => ({
        kind: 'topic.read' as const,
        accountId: topic.accountId,
        topic,
        upToSeq: upToSeq as Seq,
        at,
        byUserId,
      })),
  ],
  topicMarked: [
    1,
    object<Omit<Change & { kind: 'topic.marked' }, 'kind' | 'accountId'>>({
      topic: topicRef,
      isPinned: maybe(fc.boolean()),
      isMuted: maybe(fc.boolean()),
      isHidden: maybe(fc.boolean()),
      at: time,
      byUserId: userId,
    }).map((change) => ({ kind: 'topic.marked' as const, accountId: change.topic.accountId, ...change })),
  ],
  itemsRead: [
    2,
    fc.record({
      kind: fc.constant('items.read' as const),
      accountId,
      itemKind: fc.constantFrom('comment' as const, 'message' as const),
      ids: fc.uniqueArray(itemId, { minLength: 1, maxLength: 3 }),
      at: time,
      byUserId: userId,
    }),
  ],
  added: [
    2,
    fc.record({
      kind: fc.constant('account.added' as const),
      accountId,
      platform: fc.constant('douyin'),
      name: fc.constant('shop'),
      at: time,
    }),
  ],
  removed: [1, fc.record({ kind: fc.constant('account.removed' as const), accountId })],
  changed: [
    1,
    object<Change & { kind: 'account.changed' }>({
      kind: fc.constant('account.changed'),
      accountId,
      name: maybe(fc.constant('other')),
      isPaused: maybe(fc.boolean()),
      byUserId: maybe(userId),
    }),
  ],
  leased: [
    1,
    fc.record({
      kind: fc.constant('account.leased' as const),
      accountId,
      workerId: fc.option<WorkerId, null>(workerId, { nil: null }),
      token: time,
    }),
  ],
  requested: [
    2,
    fc
      .record({
        id: replyId,
        topic: topicRef,
        text: fc.constant('thanks'),
        byUserId: userId,
        key: fc.constantFrom('key-00001', 'key-00002'),
        requestedAt: time,
      })
      .map((reply) => ({ kind: 'reply.requested' as const, accountId: reply.topic.accountId, reply })),
  ],
  outcome: [
    3,
    fc.oneof(
      fc.record({ kind: fc.constant('reply.attempted' as const), accountId, replyId, at: time }),
      fc.record({ kind: fc.constant('reply.sent' as const), accountId, replyId, at: time }),
      fc.record({
        kind: fc.constant('reply.rejected' as const),
        accountId,
        replyId,
        at: time,
        reason: fc.constant('tooFrequent' as const),
      }),
      fc.record({ kind: fc.constant('reply.unknown' as const), accountId, replyId, at: time }),
    ),
  ],
  worker: [
    1,
    fc.record({
      kind: fc.constant('worker.changed' as const),
      workerId,
      name: fc.constant('box'),
      isOnline: fc.boolean(),
      platforms: fc.constant<string[]>(['douyin']),
      maxAccounts: fc.nat(10),
      at: time,
    }),
  ],
};

export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  ...Object.values(kinds).map(([weight, arbitrary]) => ({ weight, arbitrary })),
);

/** The changes as a log would hold them. */
export const rowsOf = (changes: readonly Change[]): readonly LoggedChange[] =>
  changes.map((change, index) => ({ seq: (index + 1) as Seq, at: 100 + index, change }));

/** Changes of which the first make both accounts known. */
export const anyChanges = (maxLength: number): fc.Arbitrary<readonly Change[]> =>
  fc
    .array(anyChange, { maxLength, size: 'max' })
    .map((changes) => [
      { kind: 'account.added', accountId: 'acc-1' as AccountId, platform: 'douyin', name: 'shop', at: 1 },
      { kind: 'account.added', accountId: 'acc-2' as AccountId, platform: 'douyin', name: 'shop', at: 1 },
      ...changes,
    ]);
