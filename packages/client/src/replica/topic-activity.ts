import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';

/** When something last happened in a topic: its newest item, else the day it was published or begun, else 0. */
export function activityAt({ record, summary }: TopicView): number {
  if (summary.last) return summary.last.at;
  return (record.kind === 'content' ? record.facts?.publishedAt : record.facts?.createdAt) ?? 0;
}
