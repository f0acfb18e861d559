/**
 * The one rule of the red dot: inbound, still to be seen, arrived after the topic's read mark, and not answered since.
 * Everything that counts unread items, on the server, on disk or on a screen, counts by this function (P5).
 */
import type { ItemRecord, TopicMarks } from './records.ts';

export function isUnread(item: ItemRecord, marks: TopicMarks): boolean {
  const { facts } = item;
  if (facts.direction !== 'in' || facts.state !== 'visible') return false;
  if (item.readAt !== undefined || item.isAnswered) return false;
  if (item.arrivedSeq <= marks.readUpToSeq) return false;
  if (facts.kind === 'comment') return true;
  return facts.type !== 'system' && facts.at > marks.answeredAt;
}
