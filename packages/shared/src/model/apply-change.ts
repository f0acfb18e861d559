/**
 * The fold: store = fold(log), on the Master, on disk and in the browser, by this function and no other (P3).
 * It reads no clock and no randomness; equal views and equal rows give equal views. It never throws on a row that the
 * schema accepts: what cannot apply (facts of an account that is gone) changes nothing.
 */
import { unreachable } from '../lib/must.ts';
import type { ChangeOf, LoggedChange } from './change.ts';
import type { ItemFacts } from './facts.ts';
import { type ItemId, START } from './ids.ts';
import { mergeFacts } from './merge-facts.ts';
import type { AccountRecord, ItemRecord, TopicMarks, TopicRecord } from './records.ts';
import { nextReplyState, type ReplyOutcome, type ReplyRecord } from './reply.ts';
import { type TopicRef, topicKindOf } from './topic-ref.ts';
import type { View } from './view.ts';

/** What one row did to the view, for those who keep counters beside it. */
export type Effect =
  | { readonly kind: 'account'; readonly before: AccountRecord | undefined; readonly after: AccountRecord }
  | { readonly kind: 'accountRemoved'; readonly before: AccountRecord }
  | { readonly kind: 'topic'; readonly before: TopicRecord | undefined; readonly after: TopicRecord }
  | {
      readonly kind: 'item';
      readonly topic: TopicRef;
      readonly before: ItemRecord | undefined;
      readonly after: ItemRecord;
    }
  | { readonly kind: 'reply'; readonly after: ReplyRecord }
  | { readonly kind: 'worker'; readonly id: string };

const NEW_MARKS: TopicMarks = { readUpToSeq: START, answeredAt: 0, lastArrivedSeq: START };

/** Applies one row, in log order, and says what it did. */
export function applyChange(view: View, row: LoggedChange): readonly Effect[] {
  const { change } = row;
  switch (change.kind) {
    case 'account.added':
      return addAccount(view, change);
    case 'account.removed':
      return removeAccount(view, change);
    case 'account.changed':
      return changeAccount(view, change.accountId, {
        ...(change.name !== undefined && { name: change.name }),
        ...(change.isPaused !== undefined && { isPaused: change.isPaused }),
      });
    case 'account.profile':
      return applyProfile(view, change);
    case 'account.session':
      return changeAccount(view, change.accountId, { session: change.session });
    case 'account.leased':
      return applyLease(view, change);
    case 'account.synced':
      return changeAccount(view, change.accountId, { lastSyncAt: change.at });
    case 'content.observed':
    case 'conversation.observed':
      return observeTopic(view, change);
    case 'comment.observed':
    case 'message.observed':
      return observeItem(view, row, change.facts);
    case 'topic.read':
      return readTopic(view, change);
    case 'topic.marked':
      return markTopic(view, change);
    case 'items.read':
      return readItems(view, change);
    case 'reply.requested':
      return requestReply(view, change);
    case 'reply.attempted':
    case 'reply.sent':
    case 'reply.rejected':
    case 'reply.unknown':
      return moveReply(view, change);
    case 'worker.changed':
      return changeWorker(view, change);
    case 'notice.sent':
    case 'notice.scheduled':
    case 'notice.released':
    case 'notice.recalled':
    case 'notice.expired':
    case 'notice.receipts':
    case 'notice.allRead':
    case 'notice.preferencesChanged':
    case 'notice.groupChanged':
    case 'notice.templateChanged':
      return []; // the inbox has no part in notices
    default:
      return unreachable(change);
  }
}

function addAccount(view: View, change: ChangeOf<'account.added'>): readonly Effect[] {
  if (view.account(change.accountId)) return [];
  const after: AccountRecord = {
    id: change.accountId,
    platform: change.platform,
    name: change.name,
    isPaused: false,
    createdAt: change.at,
    session: { kind: 'unassigned', since: change.at },
    ...(change.byUserId && { createdBy: change.byUserId }),
  };
  view.putAccount(after);
  return [{ kind: 'account', before: undefined, after }];
}

function removeAccount(view: View, change: ChangeOf<'account.removed'>): readonly Effect[] {
  const before = view.account(change.accountId);
  if (!before) return [];
  view.removeAccount(change.accountId);
  return [{ kind: 'accountRemoved', before }];
}

function changeAccount(view: View, id: AccountRecord['id'], patch: Partial<AccountRecord>): readonly Effect[] {
  const before = view.account(id);
  if (!before) return [];
  const after: AccountRecord = { ...before, ...patch };
  view.putAccount(after);
  return [{ kind: 'account', before, after }];
}

function applyProfile(view: View, change: ChangeOf<'account.profile'>): readonly Effect[] {
  const known = view.account(change.accountId)?.profile;
  return changeAccount(view, change.accountId, { profile: known ? mergeFacts(known, change.facts) : change.facts });
}

function applyLease(view: View, change: ChangeOf<'account.leased'>): readonly Effect[] {
  const lease = view.account(change.accountId)?.lease;
  if (lease && lease.token > change.token) return [];
  return changeAccount(view, change.accountId, { lease: { workerId: change.workerId, token: change.token } });
}

function observeTopic(view: View, change: ChangeOf<'content.observed' | 'conversation.observed'>): readonly Effect[] {
  if (!view.account(change.accountId)) return [];
  const kind = change.kind === 'content.observed' ? 'content' : 'conversation';
  const ref: TopicRef = { accountId: change.accountId, kind, id: change.facts.id };
  const before = view.topic(ref);
  const marks = before?.marks ?? NEW_MARKS;
  const facts = before?.facts ? mergeFacts<typeof change.facts>(before.facts, change.facts) : change.facts;
  const after = { ...ref, facts, marks } as TopicRecord; // kind and facts come from the same change kind
  view.putTopic(after);
  return [{ kind: 'topic', before, after }];
}

function observeItem(view: View, row: LoggedChange, facts: ItemFacts): readonly Effect[] {
  const accountId = 'accountId' in row.change ? row.change.accountId : undefined;
  if (!accountId || !view.account(accountId)) return [];
  const topic: TopicRef = { accountId, kind: topicKindOf(facts.kind), id: facts.topicId };
  const before = view.item(accountId, facts.kind, facts.id);
  if (before) {
    const merged = mergeFacts<ItemFacts>(before.facts, facts);
    if (merged === before.facts) return [];
    const after = { ...before, facts: merged } as ItemRecord; // a merge keeps what was filled
    const home: TopicRef = { ...topic, id: merged.topicId };
    view.putItem(after);
    return [{ kind: 'item', topic: home, before, after }, ...settle(view, home), ...afterOwnItem(view, home, after)];
  }
  const after = newItem(view, row, topic, facts);
  view.putItem(after);
  return [{ kind: 'item', topic, before, after }, ...arrive(view, topic, after), ...afterOwnItem(view, topic, after)];
}

/**
 * Facts of a first sighting, so that no reader has to guess: inbound, visible, written when it was observed. The same object
 * when nothing is missing: items come by the hundred thousand, and nobody changes facts.
 */
export function fillGaps(facts: ItemFacts): ItemRecord['facts'] {
  if (isFilled(facts)) return facts;
  return { direction: 'in', text: '', state: 'visible', at: facts.observedAt, ...facts } as ItemRecord['facts']; // filled here
}

const isFilled = (facts: ItemFacts): facts is ItemRecord['facts'] =>
  facts.direction !== undefined && facts.text !== undefined && facts.state !== undefined && facts.at !== undefined;

function newItem(view: View, row: LoggedChange, topic: TopicRef, facts: ItemFacts): ItemRecord {
  return {
    accountId: topic.accountId,
    facts: fillGaps(facts),
    arrivedSeq: row.seq,
    arrivedAt: row.at,
    ...(facts.kind === 'comment' && view.hasEarlyAnswer(topic, facts.id) && { isAnswered: true }),
  };
}

/** An item that moved to a topic nobody has seen yet makes it known, so that every item is in a listed topic. */
function settle(view: View, ref: TopicRef): readonly Effect[] {
  return view.topic(ref) ? [] : changeMarks(view, ref, {});
}

function arrive(view: View, ref: TopicRef, item: ItemRecord): readonly Effect[] {
  const isHidden = view.topic(ref)?.marks.isHidden;
  return changeMarks(view, ref, { lastArrivedSeq: item.arrivedSeq, ...(isHidden && { isHidden: false }) });
}

/** An own message answers what the peer wrote before it; an own comment answers the one it replies to. */
function afterOwnItem(view: View, ref: TopicRef, item: ItemRecord): readonly Effect[] {
  const { facts } = item;
  if (facts.direction !== 'out' || facts.state !== 'visible') return [];
  if (facts.kind === 'message') {
    const answeredAt = view.topic(ref)?.marks.answeredAt ?? 0;
    return facts.at > answeredAt ? changeMarks(view, ref, { answeredAt: facts.at }) : [];
  }
  const answeredId = facts.replyToId ?? facts.parentId;
  return answeredId ? answerComment(view, ref, answeredId) : [];
}

function answerComment(view: View, topic: TopicRef, id: ItemId): readonly Effect[] {
  const before = view.item(topic.accountId, 'comment', id);
  if (!before) {
    view.noteEarlyAnswer(topic, id);
    return [];
  }
  if (before.isAnswered) return [];
  const after: ItemRecord = { ...before, isAnswered: true };
  view.putItem(after);
  return [{ kind: 'item', topic: { ...topic, id: after.facts.topicId }, before, after }];
}

/** Changes the marks, making the topic known when only its items have been seen. */
function changeMarks(view: View, ref: TopicRef, patch: Partial<TopicMarks>): readonly Effect[] {
  const before = view.topic(ref);
  const after: TopicRecord = before
    ? { ...before, marks: { ...before.marks, ...patch } }
    : { ...ref, marks: { ...NEW_MARKS, ...patch } };
  view.putTopic(after);
  return [{ kind: 'topic', before, after }];
}

function readTopic(view: View, change: ChangeOf<'topic.read'>): readonly Effect[] {
  const before = view.topic(change.topic);
  if (!before || before.marks.readUpToSeq >= change.upToSeq) return [];
  return changeMarks(view, change.topic, { readUpToSeq: change.upToSeq });
}

/** Marks of a topic that is not known wait for nobody: they change nothing. */
function markTopic(view: View, change: ChangeOf<'topic.marked'>): readonly Effect[] {
  if (!view.topic(change.topic)) return [];
  const { isPinned, isMuted, isHidden } = change;
  return changeMarks(view, change.topic, {
    ...(isPinned !== undefined && { isPinned }),
    ...(isMuted !== undefined && { isMuted }),
    ...(isHidden !== undefined && { isHidden }),
  });
}

function readItems(view: View, change: ChangeOf<'items.read'>): readonly Effect[] {
  const effects: Effect[] = [];
  for (const id of change.ids) {
    const before = view.item(change.accountId, change.itemKind, id);
    if (!before || before.readAt !== undefined) continue;
    const after: ItemRecord = { ...before, readAt: change.at };
    view.putItem(after);
    const topic: TopicRef = {
      accountId: change.accountId,
      kind: topicKindOf(change.itemKind),
      id: after.facts.topicId,
    };
    effects.push({ kind: 'item', topic, before, after });
  }
  return effects;
}

function requestReply(view: View, change: ChangeOf<'reply.requested'>): readonly Effect[] {
  if (!view.account(change.accountId) || view.reply(change.reply.id)) return [];
  const after: ReplyRecord = { ...change.reply, accountId: change.accountId, state: { kind: 'requested' } };
  view.putReply(after);
  return [{ kind: 'reply', after }];
}

function moveReply(view: View, outcome: ReplyOutcome): readonly Effect[] {
  const before = view.reply(outcome.replyId);
  if (!before || before.accountId !== outcome.accountId) return [];
  const state = nextReplyState(before.state, outcome);
  if (state === before.state) return [];
  const after: ReplyRecord = { ...before, state };
  view.putReply(after);
  return [{ kind: 'reply', after }];
}

function changeWorker(view: View, change: ChangeOf<'worker.changed'>): readonly Effect[] {
  view.putWorker({
    id: change.workerId,
    name: change.name,
    isOnline: change.isOnline,
    platforms: change.platforms,
    maxAccounts: change.maxAccounts,
    changedAt: change.at,
    ...(change.version !== undefined && { version: change.version }),
  });
  return [{ kind: 'worker', id: change.workerId }];
}
