import type { TopicView } from '@hiscrm/shared/protocol/queries.ts';
import type { Translate } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';
import { shortCount } from '../../lib/count-text.ts';
import type { Locale } from '../../lib/time-text.ts';

/** The figures that platforms give for a work, in the order in which they are shown and offered for sorting. */
const STAT_KEYS: Readonly<Record<string, TextKey>> = {
  playCount: 'stat.playCount',
  viewCount: 'stat.viewCount',
  likeCount: 'stat.likeCount',
  commentCount: 'stat.commentCount',
  shareCount: 'stat.shareCount',
  favoriteCount: 'stat.favoriteCount',
  collectCount: 'stat.collectCount',
  downloadCount: 'stat.downloadCount',
  forwardCount: 'stat.forwardCount',
  danmakuCount: 'stat.danmakuCount',
  dislikeCount: 'stat.dislikeCount',
  subscribeCount: 'stat.subscribeCount',
  unsubscribeCount: 'stat.unsubscribeCount',
  homepageVisitCount: 'stat.homepageVisitCount',
  coverShow: 'stat.coverShow',
  likeRate: 'stat.likeRate',
  commentRate: 'stat.commentRate',
  shareRate: 'stat.shareRate',
  favoriteRate: 'stat.favoriteRate',
  dislikeRate: 'stat.dislikeRate',
  subscribeRate: 'stat.subscribeRate',
  unsubscribeRate: 'stat.unsubscribeRate',
  completionRate: 'stat.completionRate',
  completionRate5s: 'stat.completionRate5s',
  bounceRate2s: 'stat.bounceRate2s',
  avgViewSecond: 'stat.avgViewSecond',
  avgViewProportion: 'stat.avgViewProportion',
  fanViewProportion: 'stat.fanViewProportion',
};

export const WORK_ORDERS: readonly string[] = ['publishedAt', 'unread', 'items', ...Object.keys(STAT_KEYS)];

export function statWord(key: string, t: Translate): string {
  if (key === 'publishedAt') return t('works.byPublished');
  if (key === 'unread') return t('works.byUnread');
  if (key === 'items') return t('works.byItems');
  const known = STAT_KEYS[key];
  return known ? t(known) : key;
}

/** Fractions become per cent, seconds keep one decimal, counts are shortened. */
export function statText(key: string, value: number, locale: Locale): string {
  if (/Rate|Proportion/.test(key))
    return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  if (key.endsWith('Second')) return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value)}s`;
  return shortCount(value, locale);
}

/** The figures that a work has, known ones first. */
export function statsOf({ record }: TopicView): readonly (readonly [string, number])[] {
  const stats = record.kind === 'content' ? (record.facts?.stats ?? {}) : {};
  const known = Object.keys(STAT_KEYS).flatMap((key) => {
    const value = stats[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return [...known, ...Object.entries(stats).filter(([key]) => !(key in STAT_KEYS))];
}

/** Largest first; a work without the figure comes last, and equal ones keep their order. */
export function orderWorks(works: readonly TopicView[], order: string): readonly TopicView[] {
  const figureOf = ({ record, summary }: TopicView): number => {
    if (record.kind !== 'content') return -1;
    if (order === 'unread') return summary.unreadCount;
    if (order === 'items') return summary.itemCount;
    if (order === 'publishedAt') return record.facts?.publishedAt ?? -1;
    return record.facts?.stats?.[order] ?? -1;
  };
  return works.toSorted((a, b) => figureOf(b) - figureOf(a));
}
