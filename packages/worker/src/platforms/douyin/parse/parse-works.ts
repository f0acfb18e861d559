/** Shapes A and A2: the works list, as `aweme_list` (the work) and `items` (its figures), joined by id. */
import type { ContentFacts } from '@hiscrm/shared/model/facts.ts';
import type { TopicId } from '@hiscrm/shared/model/ids.ts';
import type { FactOf } from '../../fact.ts';
import {
  countOf,
  filledOf,
  firstUrlOf,
  flagOf,
  idOf,
  numberOf,
  present,
  recordOf,
  recordsOf,
  shortOf,
  textOf,
  urlOf,
} from './fields.ts';
import type { ListPage } from './list-page.ts';
import { pageOf } from './list-page.ts';
import type { JsonRecord } from './lossless-json.ts';
import type { ParseContext } from './parse-context.ts';
import { idTimeOf, timeOf } from './times.ts';

/** The platform's figure → ours. */
const STATISTICS = {
  playCount: 'play_count',
  likeCount: 'digg_count',
  commentCount: 'comment_count',
  shareCount: 'share_count',
  collectCount: 'collect_count',
  forwardCount: 'forward_count',
} as const;
const METRICS = {
  playCount: 'view_count',
  likeCount: 'like_count',
  commentCount: 'comment_count',
  shareCount: 'share_count',
  collectCount: 'favorite_count',
  danmakuCount: 'danmaku_count',
  dislikeCount: 'dislike_count',
  downloadCount: 'download_count',
  subscribeCount: 'subscribe_count',
  unsubscribeCount: 'unsubscribe_count',
  likeRate: 'like_rate',
  commentRate: 'comment_rate',
  shareRate: 'share_rate',
  collectRate: 'favorite_rate',
  subscribeRate: 'subscribe_rate',
  unsubscribeRate: 'unsubscribe_rate',
  dislikeRate: 'dislike_rate',
  avgViewSeconds: 'avg_view_second',
  avgViewProportion: 'avg_view_proportion',
  bounceRate2s: 'bounce_rate_2s',
  completionRate: 'completion_rate',
  completionRate5s: 'completion_rate_5s',
  coverShowCount: 'cover_show',
  fanViewProportion: 'fan_view_proportion',
  homepageVisitCount: 'homepage_visit_count',
} as const;

export function parseWorks(body: unknown, context: ParseContext): ListPage<FactOf<'content'>> {
  const answer = recordOf(body);
  const works = new Map<string, ContentFacts>();
  for (const aweme of recordsOf(answer?.aweme_list)) {
    const facts = parseAweme(aweme, { observedAt: context.observedAt, source: 'api' });
    if (facts) works.set(facts.id, facts);
  }
  for (const item of recordsOf(answer?.items)) {
    const facts = parseItem(item, context);
    if (facts)
      works.set(facts.id, {
        ...facts,
        ...works.get(facts.id),
        ...present({ stats: mergedStats(works.get(facts.id), facts) }),
      });
  }
  return pageOf(
    answer,
    [...works.values()].map((facts) => ({ kind: 'content', facts })),
    answer?.max_cursor,
  );
}

/** A work as lists and notices show it. Undefined without an id. */
export function parseAweme(
  aweme: JsonRecord,
  provenance: { observedAt: number; source: string },
): ContentFacts | undefined {
  const id = idOf(aweme.aweme_id) ?? idOf(aweme.item_id);
  if (id === undefined) return undefined;
  const video = recordOf(aweme.video);
  const status = recordOf(aweme.status);
  return present<ContentFacts>({
    id: id as TopicId, // a platform id is a topic's id
    type: typeOf(aweme),
    title: filledOf(aweme.item_title) ?? filledOf(aweme.desc) ?? filledOf(aweme.caption),
    description: filledOf(aweme.desc) ?? filledOf(aweme.caption),
    coverUrl: firstUrlOf(aweme.Cover) ?? firstUrlOf(video?.cover) ?? firstUrlOf(recordsOf(aweme.images)[0]),
    url: urlOf(aweme.share_url),
    publishedAt: timeOf(aweme.create_time) ?? idTimeOf(id),
    rawTime: rawOf(aweme.create_time),
    durationMs: countOf(aweme.duration) ?? countOf(video?.duration),
    state: status && stateOf(status),
    allowComment: flagOf(status?.allow_comment),
    stats: figuresOf(recordOf(aweme.statistics), STATISTICS),
    ...provenance,
  });
}

function parseItem(item: JsonRecord, context: ParseContext): ContentFacts | undefined {
  const id = idOf(item.id) ?? idOf(item.item_id);
  if (id === undefined) return undefined;
  return present<ContentFacts>({
    id: id as TopicId, // a platform id is a topic's id
    title: filledOf(item.item_title) ?? filledOf(item.description),
    description: filledOf(item.description),
    coverUrl: firstUrlOf(item.cover),
    publishedAt: timeOf(item.create_time) ?? idTimeOf(id),
    rawTime: rawOf(item.create_time),
    durationMs: countOf(recordOf(item.video_info)?.duration),
    stats: figuresOf(recordOf(item.metrics), METRICS),
    source: 'api',
    observedAt: context.observedAt,
  });
}

function mergedStats(work: ContentFacts | undefined, item: ContentFacts): ContentFacts['stats'] {
  return work?.stats || item.stats ? { ...item.stats, ...work?.stats } : undefined;
}

function figuresOf(source: JsonRecord | undefined, names: Readonly<Record<string, string>>): ContentFacts['stats'] {
  const figures: Record<string, number> = {};
  for (const [ours, theirs] of Object.entries(names)) {
    const value = numberOf(source?.[theirs]);
    if (value !== undefined) figures[ours] = value;
  }
  return Object.keys(figures).length > 0 ? figures : undefined;
}

/** `aweme_type` 68 and `media_type` 2 are image sets, 101 and 4 in `aweme_type` live cards. */
function typeOf(aweme: JsonRecord): ContentFacts['type'] {
  const awemeType = numberOf(aweme.aweme_type);
  const mediaType = numberOf(aweme.media_type);
  if (awemeType === 68 || mediaType === 2) return 'images';
  if (awemeType === 101 || awemeType === 4) return 'live';
  if (awemeType === 0 || mediaType === 4) return 'video';
  return awemeType === undefined && mediaType === undefined ? undefined : 'other';
}

/** The gravest flag decides. */
function stateOf(status: JsonRecord): ContentFacts['state'] {
  if (flagOf(status.is_delete)) return 'deleted';
  if (flagOf(status.is_prohibited)) return 'prohibited';
  if (flagOf(status.in_reviewing)) return 'reviewing';
  if (flagOf(status.is_private) || numberOf(status.private_status) === 1) return 'private';
  if (numberOf(status.private_status) === 2) return 'friends';
  return flagOf(status.is_delete) === false || flagOf(status.is_private) === false ? 'public' : undefined;
}

const rawOf = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : shortOf(textOf(value));
