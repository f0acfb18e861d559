/**
 * P10: every hop of one message, with times. What the store holds is answered from the store; when something happened, by
 * whom and on whose word, from the log. Nothing here holds the text of a message.
 */
import type { Change, LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord, ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import { type ItemKind, type TopicRef, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { findRows, placeAt, type ReadableLog } from './find-rows.ts';
import type { PushBoard } from './push-board.ts';
import type { ShownBoard } from './shown-board.ts';
import { type WaitBoard, waitedMs } from './wait-board.ts';

/** What a trace asks the store. */
export interface TraceStore {
  head(): Seq;
  accounts(): readonly { readonly record: AccountRecord }[];
  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined;
  reply(id: ReplyId): ReplyRecord | undefined;
}

export type HopName =
  | 'written'
  | 'observed'
  | 'kept'
  | 'logged'
  | 'pushed'
  | 'shown'
  | 'changed'
  | 'read'
  | 'answered'
  | 'requested'
  | 'attempted'
  | 'sent'
  | 'rejected'
  | 'unknown';

/** One thing that happened on a message's way. */
export type Hop = {
  readonly name: HopName;
  /** Ms UTC, by the clock of whoever says so. */
  readonly at: number;
  /** Its place in the log, for what is in the log. */
  readonly seq?: Seq;
  /** Whose word it is, and what there is to know beside the time: ids and names, never text. */
  readonly by: 'platform' | 'worker' | 'master' | 'user';
  readonly note?: string;
};

export type Trace = {
  readonly kind: 'comment' | 'message' | 'reply';
  readonly id: string;
  readonly accountId: AccountId;
  readonly topicId: string;
  /** Its state now: the item's, or the reply's. */
  readonly state: string;
  /** By place in the log, then by time. */
  readonly hops: readonly Hop[];
  /** False when rows were trimmed, or are too many to look through: some hops may be missing. */
  readonly isComplete: boolean;
};

type Parts = {
  readonly store: TraceStore;
  readonly log: ReadableLog;
  readonly pushes: PushBoard;
  readonly waits: WaitBoard;
  readonly shown: ShownBoard;
};

/** Every item and reply that has this id; empty when nothing has. One id may name a thing on several accounts. */
export async function traceOf(parts: Parts, id: string): Promise<readonly Trace[]> {
  const { store } = parts;
  const traces: Trace[] = [];
  for (const { record } of store.accounts()) {
    for (const kind of ['comment', 'message'] as const) {
      const item = store.item(record.id, kind, id as ItemId); // whatever was asked for: unknown ids are not found
      if (item) traces.push(await traceItem(parts, item));
    }
  }
  const reply = store.reply(id as ReplyId); // likewise
  if (reply) traces.push(await traceReply(parts, reply));
  return traces;
}

async function traceItem(parts: Parts, item: ItemRecord): Promise<Trace> {
  const { accountId, facts, arrivedSeq, arrivedAt } = item;
  const topic: TopicRef = { accountId, kind: topicKindOf(facts.kind), id: facts.topicId };
  const before = (arrivedSeq - 1) as Seq; // the place before a place
  const found = await findRows(parts.log, {
    after: before,
    upTo: parts.store.head(),
    isWanted: ({ change }) => isAbout(change, item, topic),
  });
  const first = found.rows[0];
  const hops: Hop[] = [{ name: 'written', at: facts.at, by: 'platform', ...noteOf(facts.rawTime) }];
  if (first && 'facts' in first.change && first.seq === arrivedSeq) hops.push(observed(first));
  hops.push(...keptHop(parts, arrivedSeq));
  hops.push({ name: 'logged', at: arrivedAt, seq: arrivedSeq, by: 'master' }, ...pushedHop(parts, arrivedSeq));
  hops.push(...shownHop(parts, arrivedSeq, accountId));
  let isReadKnown = false;
  for (const row of found.rows) {
    if (row.seq === arrivedSeq) continue;
    const isTopicRead = row.change.kind === 'topic.read';
    if (isTopicRead && (isReadKnown || !passes(row.change, arrivedSeq))) continue;
    isReadKnown ||= isTopicRead || row.change.kind === 'items.read';
    hops.push(...hopsOfRow(row, item));
  }
  if (item.isAnswered && !hops.some(({ name }) => name === 'answered')) {
    hops.push({
      name: 'answered',
      at: facts.observedAt,
      by: 'platform',
      note: 'by the account itself, on some device',
    });
  }
  return {
    kind: facts.kind,
    id: facts.id,
    accountId,
    topicId: facts.topicId,
    state: facts.state,
    hops,
    isComplete: found.isComplete,
  };
}

const passes = (change: Change, seq: Seq): boolean => change.kind === 'topic.read' && change.upToSeq >= seq;

function isAbout(change: Change, item: ItemRecord, topic: TopicRef): boolean {
  if (!('accountId' in change) || change.accountId !== item.accountId) return false;
  const { id, kind } = item.facts;
  switch (change.kind) {
    case 'comment.observed':
    case 'message.observed':
      return change.facts.kind === kind && change.facts.id === id;
    case 'topic.read':
      return change.topic.kind === topic.kind && change.topic.id === topic.id;
    case 'items.read':
      return change.itemKind === kind && change.ids.includes(id);
    case 'reply.requested':
      return change.reply.topic.kind === topic.kind && change.reply.toItemId === id;
    default:
      return false;
  }
}

function hopsOfRow(row: LoggedChange, item: ItemRecord): readonly Hop[] {
  const { seq, change } = row;
  switch (change.kind) {
    case 'comment.observed':
    case 'message.observed':
      return [{ name: 'changed', at: row.at, seq, by: 'worker', note: `seen in ${change.facts.source}` }];
    case 'topic.read':
    case 'items.read':
      return [{ name: 'read', at: change.at, seq, by: 'user', note: change.byUserId }];
    case 'reply.requested':
      return change.reply.toItemId === item.facts.id
        ? [{ name: 'answered', at: row.at, seq, by: 'user', note: `reply ${change.reply.id}` }]
        : [];
    default:
      return [];
  }
}

function observed(row: LoggedChange): Hop {
  const facts = 'facts' in row.change ? row.change.facts : undefined;
  return {
    name: 'observed',
    at: facts?.observedAt ?? row.at,
    by: 'worker',
    ...noteOf(facts && `seen in ${facts.source}`),
  };
}

async function traceReply(parts: Parts, reply: ReplyRecord): Promise<Trace> {
  const { id, accountId, topic, requestedAt, byUserId, state } = reply;
  const found = await findRows(parts.log, {
    after: await placeAt(parts.log, { at: requestedAt, head: parts.store.head() }),
    upTo: parts.store.head(),
    isWanted: ({ change }) => replyIdOf(change) === id,
  });
  const hops: Hop[] = [];
  const requested = found.rows.find(({ change }) => change.kind === 'reply.requested');
  hops.push({ name: 'requested', at: requestedAt, ...seqOf(requested), by: 'user', note: byUserId });
  if (requested) hops.push(...pushedHop(parts, requested.seq));
  for (const row of found.rows) hops.push(...outcomeHop(row));
  const isShown = hops.some(({ name }) => name === state.kind);
  if (!isShown && 'at' in state) hops.push({ name: state.kind, at: state.at, by: 'worker' });
  return { kind: 'reply', id, accountId, topicId: topic.id, state: state.kind, hops, isComplete: found.isComplete };
}

function replyIdOf(change: Change): string | undefined {
  if (change.kind === 'reply.requested') return change.reply.id;
  return 'replyId' in change ? change.replyId : undefined;
}

function outcomeHop({ seq, change }: LoggedChange): readonly Hop[] {
  switch (change.kind) {
    case 'reply.attempted':
      return [{ name: 'attempted', at: change.at, seq, by: 'worker' }];
    case 'reply.unknown':
      return [{ name: 'unknown', at: change.at, seq, by: 'worker' }];
    case 'reply.sent':
      return [
        { name: 'sent', at: change.at, seq, by: byOf(change), ...noteOf(change.itemId && `item ${change.itemId}`) },
      ];
    case 'reply.rejected':
      return [{ name: 'rejected', at: change.at, seq, by: byOf(change), note: change.reason }];
    default:
      return [];
  }
}

const byOf = (outcome: { readonly settledBy?: 'page' | 'person' }): Hop['by'] =>
  outcome.settledBy === 'person' ? 'user' : 'worker';

function keptHop({ waits }: Parts, seq: Seq): readonly Hop[] {
  const wait = waits.of(seq);
  const note = wait && `waited ${waitedMs(wait)} ms in the outbox`;
  return wait ? [{ name: 'kept', at: wait.keptAt, by: 'worker', ...noteOf(note) }] : [];
}

function shownHop({ shown }: Parts, seq: Seq, accountId: AccountId): readonly Hop[] {
  const first = shown.firstOf(seq, accountId);
  const note = first && `${first.userId}, the first of ${first.userCount} user(s)`;
  return first ? [{ name: 'shown', at: first.at, by: 'user', ...noteOf(note) }] : [];
}

function pushedHop({ pushes }: Parts, seq: Seq): readonly Hop[] {
  const push = pushes.of(seq);
  return push ? [{ name: 'pushed', at: push.endedAt, by: 'master', note: `${push.subscriberCount} client(s)` }] : [];
}

const noteOf = (note: string | undefined): { readonly note?: string } => (note === undefined ? {} : { note });
const seqOf = (row: LoggedChange | undefined): { readonly seq?: Seq } => (row ? { seq: row.seq } : {});
