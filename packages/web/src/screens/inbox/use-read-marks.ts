import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { ItemRecord } from '@hiscrm/shared/model/records.ts';
import { itemKindOf, type TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useEffect, useRef } from 'react';
import { useClient } from '../../hooks/client-context.tsx';
import { useAttention } from '../../hooks/use-attention.ts';
import { planRead } from './plan-read.ts';

/** An item counts as seen when it stood on the screen for so long: scrolling past is not reading. */
const SEEN_AFTER_MS = 700;

/** Marks as read what stood on the screen of an attentive operator long enough. */
export function useReadMarks(options: {
  readonly topicRef: TopicRef;
  readonly topic: TopicView | undefined;
  readonly items: readonly ItemRecord[];
  /** The items on the screen at this moment. */
  readonly visibleIds: readonly ItemId[];
  readonly mayMark: boolean;
}): void {
  const { topicRef, topic, items, visibleIds, mayMark } = options;
  const client = useClient();
  const isAttentive = useAttention();
  const seenIds = useRef(new Set<ItemId>());
  const latest = useRef({ topic, items });
  latest.current = { topic, items };
  const { accountId, kind, id } = topicRef;
  const visible = visibleIds.join('\n');

  useEffect(() => {
    if (!mayMark || !isAttentive || visible === '') return;
    const timer = setTimeout(() => {
      const now = latest.current;
      if (!now.topic) return;
      for (const itemId of visible.split('\n')) seenIds.current.add(itemId as ItemId); // joined from ids above
      const { marks } = now.topic.record;
      const unread = now.items.filter((item) => isUnread(item, marks));
      const plan = planRead({ unread, seenIds: seenIds.current, unreadCount: now.topic.summary.unreadCount });
      seenIds.current.clear();
      if (plan?.kind === 'upTo') void client.run('markRead', { topic: { accountId, kind, id }, upToSeq: plan.seq });
      else if (plan) void client.run('markItemsRead', { accountId, itemKind: itemKindOf(kind), ids: [...plan.ids] });
    }, SEEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, mayMark, isAttentive, visible, accountId, kind, id]);
}
