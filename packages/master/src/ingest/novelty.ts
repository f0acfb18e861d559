import { unreachable } from '@hiscrm/shared/lib/must.ts';
import { same } from '@hiscrm/shared/lib/same.ts';
import { fillGaps } from '@hiscrm/shared/model/apply-change.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { ContentFacts, ConversationFacts, ItemFacts, ProfileFacts } from '@hiscrm/shared/model/facts.ts';
import type { AccountId, ItemId, ReplyId, Seq } from '@hiscrm/shared/model/ids.ts';
import { mergeFacts } from '@hiscrm/shared/model/merge-facts.ts';
import type { AccountRecord, ItemRecord, TopicRecord } from '@hiscrm/shared/model/records.ts';
import { nextReplyState, type ReplyOutcome, type ReplyRecord, type ReplyState } from '@hiscrm/shared/model/reply.ts';
import type { Session } from '@hiscrm/shared/model/session.ts';
import { type ItemKind, itemKey, type TopicKind, type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';

/** What ingest asks the store. */
export interface KnownRecords {
  head(): Seq;
  /** Runs synchronous questions together: those that reach to disk then cost a fraction. */
  inOneRead<T>(run: () => T): T;
  account(id: AccountId): AccountRecord | undefined;
  topicRecord(ref: TopicRef): TopicRecord | undefined;
  item(accountId: AccountId, kind: ItemKind, id: ItemId): ItemRecord | undefined;
  reply(id: ReplyId): ReplyRecord | undefined;
}

/** What will be known about one thing once a report is in the log. */
export type Knowledge =
  | { readonly kind: 'profile'; readonly facts: ProfileFacts }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'content'; readonly facts: ContentFacts }
  | { readonly kind: 'conversation'; readonly facts: ConversationFacts }
  | { readonly kind: 'item'; readonly facts: ItemFacts }
  | { readonly kind: 'reply'; readonly state: ReplyState };

/** One text for the thing that a report is about. */
export function subjectOf(report: WorkerReport): string {
  switch (report.kind) {
    case 'account.profile':
    case 'account.session':
      return `${report.kind}:${report.accountId}`;
    case 'content.observed':
      return topicKey(topicOf(report.accountId, 'content', report.facts));
    case 'conversation.observed':
      return topicKey(topicOf(report.accountId, 'conversation', report.facts));
    case 'comment.observed':
    case 'message.observed':
      return itemKey(report.accountId, report.facts.kind, report.facts.id);
    case 'reply.attempted':
    case 'reply.sent':
    case 'reply.rejected':
    case 'reply.unknown':
      return `reply:${report.replyId}`;
    default:
      return unreachable(report);
  }
}

const topicOf = (accountId: AccountId, kind: TopicKind, facts: { readonly id: TopicRef['id'] }): TopicRef => ({
  accountId,
  kind,
  id: facts.id,
});

/**
 * What will be known after the report, or undefined when it adds nothing to `pending` (what is on its way to the log) or,
 * without that, to what is stored. The rules are the fold's: what it would not store is not logged.
 */
export function learn(
  store: KnownRecords,
  report: WorkerReport,
  pending: Knowledge | undefined,
): Knowledge | undefined {
  switch (report.kind) {
    case 'account.profile': {
      const known = pending?.kind === 'profile' ? pending.facts : store.account(report.accountId)?.profile;
      const facts = merge(known, report.facts);
      return facts && { kind: 'profile', facts };
    }
    case 'account.session': {
      const known = pending?.kind === 'session' ? pending.session : store.account(report.accountId)?.session;
      return same(known, report.session) ? undefined : { kind: 'session', session: report.session };
    }
    case 'content.observed': {
      const stored = store.topicRecord(topicOf(report.accountId, 'content', report.facts));
      const known = pending?.kind === 'content' ? pending.facts : stored?.kind === 'content' ? stored.facts : undefined;
      const facts = merge<ContentFacts>(known, report.facts);
      return facts && { kind: 'content', facts };
    }
    case 'conversation.observed': {
      const stored = store.topicRecord(topicOf(report.accountId, 'conversation', report.facts));
      const ofStored = stored?.kind === 'conversation' ? stored.facts : undefined;
      const facts = merge<ConversationFacts>(pending?.kind === 'conversation' ? pending.facts : ofStored, report.facts);
      return facts && { kind: 'conversation', facts };
    }
    case 'comment.observed':
    case 'message.observed':
      return learnItem(store, report.accountId, report.facts, pending);
    case 'reply.attempted':
    case 'reply.sent':
    case 'reply.rejected':
    case 'reply.unknown':
      return learnReply(store, report, pending);
    default:
      return unreachable(report);
  }
}

function learnItem(
  store: KnownRecords,
  accountId: AccountId,
  seen: ItemFacts,
  pending: Knowledge | undefined,
): Knowledge | undefined {
  const known = pending?.kind === 'item' ? pending.facts : store.item(accountId, seen.kind, seen.id)?.facts;
  if (!known) return { kind: 'item', facts: fillGaps(seen) };
  const facts = merge<ItemFacts>(known, seen);
  return facts && { kind: 'item', facts };
}

/** An outcome of a reply that nobody asked for moves nothing. */
function learnReply(store: KnownRecords, outcome: ReplyOutcome, pending: Knowledge | undefined): Knowledge | undefined {
  const reply = store.reply(outcome.replyId);
  if (!reply || reply.accountId !== outcome.accountId) return undefined;
  const known = pending?.kind === 'reply' ? pending.state : reply.state;
  const state = nextReplyState(known, outcome);
  return state === known ? undefined : { kind: 'reply', state };
}

/** The merged facts, or undefined when what was seen adds nothing. */
function merge<F extends ProfileFacts | ContentFacts | ConversationFacts | ItemFacts>(
  known: F | undefined,
  seen: F,
): F | undefined {
  if (!known) return seen;
  const merged = mergeFacts<F>(known, seen);
  return merged === known ? undefined : merged;
}
