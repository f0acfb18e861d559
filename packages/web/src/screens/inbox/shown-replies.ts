import type { PendingReply } from '@hiscrm/client/outbox/outbox.ts';
import type { ItemId, ReplyId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord, ReplyState } from '@hiscrm/shared/model/reply.ts';
import { type TopicRef, topicKey } from '@hiscrm/shared/model/topic-ref.ts';

/** A reply as it is shown: one that only this browser knows, or one of the log. */
export type ShownReply = {
  /** The idempotency key: a reply keeps its place when it moves from this browser into the log. */
  readonly key: string;
  readonly replyId?: ReplyId;
  readonly toItemId?: ItemId;
  readonly text: string;
  readonly at: number;
  readonly state: ReplyState | PendingReply['state'];
};

/** A sent reply without a known item is taken for the same text of ours within this time. */
const ECHO_WITHIN_MS = 10 * 60_000;

/**
 * The replies that the pane shows beside the items: those under way, and those with a sad or uncertain end. A sent one is
 * shown until its item is there, so that the text never disappears in between.
 */
export function shownReplies(options: {
  readonly topic: TopicRef;
  readonly pending: readonly PendingReply[];
  readonly records: readonly ReplyRecord[];
  readonly items: readonly ItemRecord[];
  /** Refused ones that this person has put away. */
  readonly hiddenKeys: ReadonlySet<string>;
}): readonly ShownReply[] {
  const { records, items, hiddenKeys } = options;
  const logged = new Set(records.map(({ key }) => key));
  const here = topicKey(options.topic);
  const ids = new Set(items.map(({ facts }) => facts.id));
  const fromLog = records
    .filter((record) => !hiddenKeys.has(record.key) && !isEchoed(record, items, ids))
    .map(({ id, key, text, toItemId, requestedAt, state }) => ({
      key,
      replyId: id,
      text,
      at: requestedAt,
      state,
      ...(toItemId && { toItemId }),
    }));
  const fromHere = options.pending
    .filter(({ key, topic }) => topicKey(topic) === here && !logged.has(key))
    .map(({ key, text, toItemId, createdAt, state }) => ({
      key,
      text,
      at: createdAt,
      state,
      ...(toItemId && { toItemId }),
    }));
  return [...fromLog, ...fromHere].sort((a, b) => a.at - b.at);
}

function isEchoed(
  { state, text, requestedAt }: ReplyRecord,
  items: readonly ItemRecord[],
  ids: ReadonlySet<ItemId>,
): boolean {
  if (state.kind !== 'sent') return false;
  if (state.itemId !== undefined) return ids.has(state.itemId);
  return items.some(
    ({ facts }) =>
      facts.direction === 'out' && facts.text === text && Math.abs(facts.at - requestedAt) <= ECHO_WITHIN_MS,
  );
}
