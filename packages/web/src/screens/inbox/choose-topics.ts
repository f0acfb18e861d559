import { activityAt } from '@hiscrm/client/replica/topic-activity.ts';
import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { TopicOrder } from '../../store/preferences.ts';

export type TopicChoice = {
  readonly search: string;
  readonly onlyUnread: boolean;
  readonly order: TopicOrder;
  /** Works without any comment belong to the works tab alone. */
  readonly onlyWithItems: boolean;
};

/** The topics of one tab, in the chosen order. `topics` come newest activity first, and equal ones stay so. */
export function chooseTopics(topics: readonly TopicView[], choice: TopicChoice): readonly TopicView[] {
  const search = choice.search.trim().toLowerCase();
  const chosen = topics.filter(
    (topic) =>
      (!choice.onlyUnread || topic.summary.unreadCount > 0) &&
      (!choice.onlyWithItems || topic.summary.itemCount > 0) &&
      (search === '' || textOf(topic).includes(search)),
  );
  if (choice.order === 'newest') return chosen;
  return chosen.sort(
    (a, b) => Math.sign(b.summary.unreadCount) - Math.sign(a.summary.unreadCount) || activityAt(b) - activityAt(a),
  );
}

function textOf({ record, summary }: TopicView): string {
  const facts = record.facts;
  const named = [facts?.title, summary.last?.text, summary.last?.authorName];
  if (record.kind === 'content') named.push(record.facts?.description);
  else named.push(record.facts?.peer?.name);
  return named.join('\n').toLowerCase();
}
