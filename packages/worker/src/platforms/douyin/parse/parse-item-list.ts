/** Shape B: the work picker's list. The only place that ties a work's encrypted id to its plain one. */
import type { ContentFacts } from '@hiscrm/shared/model/facts.ts';
import type { TopicId } from '@hiscrm/shared/model/ids.ts';
import type { FactOf } from '../../fact.ts';
import {
  aliasesOf,
  countOf,
  filledOf,
  idOf,
  numberOf,
  present,
  recordOf,
  recordsOf,
  shortOf,
  urlOf,
} from './fields.ts';
import { type ListPage, pageOf } from './list-page.ts';
import type { ParseContext } from './parse-context.ts';
import { idTimeOf, timeOf } from './times.ts';

export function parseItemList(body: unknown, context: ParseContext): ListPage<FactOf<'content'>> {
  const answer = recordOf(body);
  const facts = recordsOf(answer?.item_info_list).flatMap((item): FactOf<'content'>[] => {
    const id = idOf(item.item_id_plain);
    if (id === undefined) return [];
    const commentCount = countOf(item.comment_count);
    return [
      {
        kind: 'content',
        // The time is worked out from the id, or is a text to the minute; other lists have it to the second.
        gapsOnly: ['publishedAt', 'rawTime', 'coverUrl', 'url', 'title'],
        facts: present<ContentFacts>({
          id: id as TopicId, // a platform id is a topic's id
          type: numberOf(item.media_type) === 2 ? 'images' : numberOf(item.media_type) === 4 ? 'video' : undefined,
          title: filledOf(item.title),
          coverUrl: urlOf(item.cover_image_url),
          url: urlOf(item.item_link),
          publishedAt: idTimeOf(id) ?? timeOf(item.create_time),
          rawTime: shortOf(item.create_time),
          durationMs: countOf(item.duration),
          stats: commentCount === undefined ? undefined : { commentCount },
          aliases: aliasesOf(id, idOf(item.item_id)),
          source: 'apiOld',
          observedAt: context.observedAt,
        }),
      },
    ];
  });
  return pageOf(answer, facts, answer?.cursor);
}
