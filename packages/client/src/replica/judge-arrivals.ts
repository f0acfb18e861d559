import type { LoggedChange } from '@hiscrm/shared/model/change.ts';
import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import { type TopicKey, topicKey, topicKindOf } from '@hiscrm/shared/model/topic-ref.ts';
import type { DownOf } from '@hiscrm/shared/protocol/client-link.ts';
import type { LoadedView } from './loaded-view.ts';
import type { OpenTopic } from './open-topic.ts';

/**
 * What the items of one frame that a window does not hold are: `arrivals`, or `elsewhere` (items below the floor that
 * changed), or `unsure` (a mixture, or counters that cannot be compared).
 */
export type Verdict = 'arrivals' | 'elsewhere' | 'unsure';

/** The topic of an item row. */
export function topicOfItemRow({ change }: LoggedChange): TopicKey | undefined {
  if (change.kind !== 'comment.observed' && change.kind !== 'message.observed') return undefined;
  const { kind, topicId } = change.facts;
  return topicKey({ accountId: change.accountId, kind: topicKindOf(kind), id: topicId });
}

/** The item of an item row. */
export function itemOfRow({ change }: LoggedChange): ItemId | undefined {
  return change.kind === 'comment.observed' || change.kind === 'message.observed' ? change.facts.id : undefined;
}

/**
 * A row about an item that an incomplete window does not hold is either its first sighting or a change of something older
 * than the window, and does not say which. The topic's item count does: it grows by exactly the first sightings of the frame.
 */
export function judgeArrivals(view: LoadedView, open: OpenTopic, frame: DownOf<'changes'>): Verdict {
  if (open.window.isComplete) return 'arrivals';
  const key = topicKey(open.ref);
  const known = view.topics.get(key);
  const unknownIds = new Set<ItemId>();
  let arrivedWithPageCount = 0;
  for (const row of frame.rows) {
    const id = itemOfRow(row);
    if (id === undefined || topicOfItemRow(row) !== key) continue;
    const held = open.window.get(id);
    if (held?.arrivedSeq === row.seq) arrivedWithPageCount += row.seq > view.aheadOf(key) ? 1 : 0;
    else if (!held && row.seq > open.asOf) {
      if (row.seq <= view.aheadOf(key)) return 'unsure';
      unknownIds.add(id);
    }
  }
  if (unknownIds.size === 0) return 'arrivals';
  if (open.isCatchingUp || !known) return 'unsure';
  const counted = frame.topics.find(({ topic }) => topicKey(topic) === key)?.itemCount ?? known.summary.itemCount;
  const arrivedCount = counted - known.summary.itemCount - arrivedWithPageCount;
  if (arrivedCount === unknownIds.size) return 'arrivals';
  return arrivedCount === 0 ? 'elsewhere' : 'unsure';
}
