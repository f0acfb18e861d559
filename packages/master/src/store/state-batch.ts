import type { Seq } from '@hiscrm/shared/model/ids.ts';
import { topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import { scopeOf } from '../log/state-statements.ts';
import type { StoredReply } from '../log/state-tables.ts';
import type { ItemRow, ReplyRow, StateBatch, SweepRow, TopicRow } from '../log/writer-protocol.ts';
import type { PlacedItem } from './item-book.ts';
import { isShownReply, type StateView } from './state-view.ts';
import type { TopicEntry } from './topic-shelf.ts';

/** Records made into rows between two yields: some tenths of a millisecond. */
const SLICE_COUNT = 64;

/**
 * Takes everything that changed since the last batch out of the view, as rows of the state tables, in steps; most items go
 * to `stage` on the way. Nothing may be folded before the last step.
 */
export function* takeBatch(
  view: StateView,
  headOf: () => Seq,
  stage: (items: readonly ItemRow[]) => void,
): Generator<void, StateBatch> {
  const stateSeq = headOf(); // of the first step, which may come later than the call
  const changed = view.takeChanged();
  const topics: TopicRow[] = [];
  for (const entry of changed.topics) {
    topics.push(topicRow(entry));
    if (topics.length % SLICE_COUNT === 0) yield;
  }
  let items: ItemRow[] = [];
  for (const item of view.items.takeChanged()) {
    items.push(itemRow(view, item));
    if (items.length < SLICE_COUNT) continue;
    stage(items);
    items = [];
    yield;
  }
  return {
    stateSeq,
    removedAccountNos: changed.removedAccountNos,
    accounts: [...changed.accounts].map(({ no, record, version }) => [no, record.id, version, JSON.stringify(record)]),
    topics,
    items,
    sweeps: [...changed.markedTopics].map(sweepRow),
    replies: [...view.replies.takeChanged()].map(replyRow),
    earlyAnswers: changed.earlyAnswers,
    workers: [...changed.workers].map((id) => [id, JSON.stringify(view.worker(id))]),
  };
}

function topicRow(entry: TopicEntry): TopicRow {
  const last = entry.last ? JSON.stringify(entry.last) : null;
  const { kind, id } = entry.ref;
  return [entry.no, entry.accountNo, kind, id, entry.itemCount, last, JSON.stringify(entry.record)];
}

function itemRow(view: StateView, { accountNo, record }: PlacedItem): ItemRow {
  const { id, kind, topicId, at } = record.facts;
  const topic = view.topicEntry({ accountId: record.accountId, kind: topicKindOf(kind), id: topicId });
  const unread = topic?.unread.has(id) ? 1 : 0;
  return [scopeOf(accountNo, kind), id, topic?.no ?? 0, at, record.arrivedSeq, unread, JSON.stringify(record)];
}

/** Works have no answer time: only what arrived up to the mark is swept. */
const sweepRow = ({ no, ref, record: { marks } }: TopicEntry): SweepRow => [
  no,
  marks.readUpToSeq,
  ref.kind === 'conversation' ? marks.answeredAt : -1,
];

const replyRow = ({ accountNo, record }: StoredReply): ReplyRow => [
  record.id,
  accountNo,
  record.byUserId,
  record.key,
  isShownReply(record) ? 1 : 0,
  JSON.stringify(record),
];
