import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import { useEffect, useState } from 'react';
import { useAttention } from '../../hooks/use-attention.ts';

/** Something that came less than this before Enter was not seen when the answer was written. */
const NOTICED_AFTER_MS = 500;

/** The newest arrival that the writer can have seen: it was on the screen of an attentive person for a moment. */
export function useSeenSeq(topic: TopicView | undefined): Seq | undefined {
  const isAttentive = useAttention();
  const arrived = topic?.record.marks.lastArrivedSeq;
  const [seen, setSeen] = useState<Seq>();
  useEffect(() => {
    if (arrived === undefined || !isAttentive) return;
    const timer = setTimeout(() => setSeen(arrived), NOTICED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [arrived, isAttentive]);
  return seen ?? arrived;
}
