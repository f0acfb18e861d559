import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, Seq, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import type { TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import fc from 'fast-check';

/** A world small enough that histories collide: few accounts, topics and ids, so that edits, repeats and orphans happen. */
export const ACCOUNTS = ['acc-a', 'acc-b'].map((id) => id as AccountId);
const TOPICS = ['t1', 't2'].map((id) => id as TopicId);
const BASE_AT = 1_700_000_000_000;
const BY = 'user-1' as UserId;

const accountArb = fc.constantFrom(...ACCOUNTS);
const topicIdArb = fc.constantFrom(...TOPICS);
const itemIdArb = fc.integer({ min: 1, max: 25 }).map((n) => `i${n}` as ItemId);
const atArb = fc.integer({ min: 0, max: 60 }).map((n) => BASE_AT + n * 1_000);

export const topicRefArb: fc.Arbitrary<TopicRef> = fc.record({
  accountId: accountArb,
  kind: fc.constantFrom('content' as const, 'conversation' as const),
  id: topicIdArb,
});

/** Optional keys are absent rather than undefined, as on the wire. */
const maybe = <T>(key: string, value: T | undefined): Record<string, T> =>
  value === undefined ? {} : { [key]: value };

const itemArb: fc.Arbitrary<Change> = fc
  .record({
    accountId: accountArb,
    kind: fc.constantFrom('comment' as const, 'message' as const),
    id: itemIdArb,
    topicId: topicIdArb,
    at: fc.option(atArb, { nil: undefined }),
    observedAt: atArb,
    direction: fc.option(fc.constantFrom('in' as const, 'out' as const), { nil: undefined }),
    state: fc.option(fc.constantFrom('visible' as const, 'recalled' as const), { nil: undefined, freq: 3 }),
    text: fc.option(fc.constantFrom('你好', 'hi 👋'), { nil: undefined }),
    replyToId: fc.option(itemIdArb, { nil: undefined }),
  })
  .map(({ accountId, kind, id, topicId, observedAt, ...rest }) => {
    const facts = {
      // One id belongs to one topic, as on a platform.
      id: `${id}-${topicId}` as ItemId,
      topicId,
      source: 'api',
      observedAt,
      ...maybe('at', rest.at),
      ...maybe('direction', rest.direction),
      ...maybe('state', rest.state),
      ...maybe('text', rest.text),
    };
    return kind === 'comment'
      ? {
          kind: 'comment.observed',
          accountId,
          facts: {
            kind,
            ...facts,
            ...maybe('replyToId', rest.replyToId && (`${rest.replyToId}-${topicId}` as ItemId)),
          },
        }
      : { kind: 'message.observed', accountId, facts: { kind, ...facts } };
  });

const topicArb: fc.Arbitrary<Change> = fc.record({ ref: topicRefArb, observedAt: atArb }).map(({ ref, observedAt }) => {
  const facts = { id: ref.id, title: `title ${observedAt}`, source: 'api', observedAt };
  return ref.kind === 'content'
    ? { kind: 'content.observed', accountId: ref.accountId, facts }
    : { kind: 'conversation.observed', accountId: ref.accountId, facts };
});

const readArb: fc.Arbitrary<Change> = fc
  .record({ topic: topicRefArb, upToSeq: fc.integer({ min: 0, max: 80 }) })
  .map(({ topic, upToSeq }) => ({
    kind: 'topic.read',
    accountId: topic.accountId,
    topic,
    upToSeq: upToSeq as Seq,
    at: BASE_AT,
    byUserId: BY,
  }));

const itemsReadArb: fc.Arbitrary<Change> = fc
  .record({ accountId: accountArb, itemKind: fc.constantFrom('comment' as const, 'message' as const), id: itemIdArb })
  .map(({ id, ...rest }) => ({
    kind: 'items.read',
    ...rest,
    ids: TOPICS.map((topicId) => `${id}-${topicId}` as ItemId),
    at: BASE_AT,
    byUserId: BY,
  }));

const replyArb: fc.Arbitrary<Change> = fc
  .record({ topic: topicRefArb, id: fc.integer({ min: 1, max: 6 }), step: fc.integer({ min: 0, max: 3 }) })
  .map(({ topic, id, step }) => {
    const base = { accountId: topic.accountId, replyId: `r${id}` as ReplyId, at: BASE_AT };
    if (step === 1) return { kind: 'reply.attempted', ...base };
    if (step === 2) return { kind: 'reply.unknown', ...base };
    if (step === 3) return { kind: 'reply.rejected', ...base, reason: 'tooFrequent' };
    const reply = { id: base.replyId, topic, text: '谢谢', byUserId: BY, key: `key-0000${id}`, requestedAt: BASE_AT };
    return { kind: 'reply.requested', accountId: topic.accountId, reply };
  });

const accountChangeArb: fc.Arbitrary<Change> = fc
  .record({ accountId: accountArb, what: fc.integer({ min: 0, max: 3 }) })
  .map(({ accountId, what }) => {
    if (what === 0) return { kind: 'account.removed', accountId };
    if (what === 1) return { kind: 'account.session', accountId, session: { kind: 'online', since: BASE_AT } };
    return { kind: 'account.added', accountId, platform: 'douyin', name: accountId, at: BASE_AT };
  });

/** One change of any kind; items are what most of a history is made of. */
export const changeArb: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: itemArb },
  { weight: 3, arbitrary: topicArb },
  { weight: 2, arbitrary: readArb },
  { weight: 2, arbitrary: itemsReadArb },
  { weight: 2, arbitrary: replyArb },
  { weight: 1, arbitrary: accountChangeArb },
);
