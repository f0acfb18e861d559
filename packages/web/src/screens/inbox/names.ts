import type { AccountRecord, ItemRecord, TopicRecord } from '@hiscrm/shared/model/records.ts';
import type { Preview } from '@hiscrm/shared/model/summary.ts';
import type { Translate } from '../../i18n/use-text.ts';
import type { TextKey } from '../../i18n/zh-cn.ts';

/** What an account is called: the operator's own name for it. */
export const accountName = ({ name, profile }: AccountRecord): string => name || profile?.nickname || '';

/** What a topic is called: the work's title or the peer's name. */
export function topicName(record: TopicRecord, t: Translate): string {
  if (record.kind === 'content')
    return record.facts?.title || record.facts?.description || t('topic.untitledWork', { id: record.id });
  return record.facts?.title || record.facts?.peer?.name || t('topic.unnamedPeer', { id: record.id });
}

/** The words for what has no text of its own. */
const TYPE_WORDS: Readonly<Record<string, TextKey>> = {
  image: 'media.image',
  sticker: 'media.sticker',
  video: 'media.video',
  audio: 'media.audio',
  file: 'media.file',
  link: 'media.link',
  card: 'media.card',
  share: 'media.work',
  work: 'media.work',
  shareComment: 'media.comment',
  comment: 'media.comment',
  unsupported: 'media.unsupported',
};

export function mediaWord(kind: string, t: Translate): string {
  return t(TYPE_WORDS[kind] ?? 'media.unsupported');
}

/** One line that stands for the newest item of a list row. */
export function previewText(preview: Preview, t: Translate): string {
  if (preview.state === 'recalled') return t('item.recalled');
  if (preview.state === 'deleted') return t('item.deleted');
  const isBare = preview.type === 'text' || preview.type === 'comment' || preview.type === 'system';
  const text = isBare ? preview.text : `[${mediaWord(preview.type, t)}] ${preview.text}`.trim();
  if (preview.direction === 'out') return t('preview.own', { text });
  return preview.type === 'comment' && preview.authorName ? `${preview.authorName}: ${text}` : text;
}

/** Who wrote an item. */
export function authorName(
  item: ItemRecord,
  where: { readonly account?: AccountRecord | undefined; readonly topic?: TopicRecord | undefined },
  t: Translate,
): string {
  const { account, topic } = where;
  if (item.facts.direction === 'out') return account?.profile?.nickname ?? account?.name ?? t('item.us');
  const { author } = item.facts;
  const peer = topic?.kind === 'conversation' ? topic.facts?.peer : undefined;
  const isPeer = peer !== undefined && (author === undefined || author.id === peer.id);
  return author?.name ?? (isPeer ? peer.name : undefined) ?? t('item.somebody');
}

/** The picture of who wrote an item. */
export function authorAvatar(
  item: ItemRecord,
  account: AccountRecord,
  topic: TopicRecord | undefined,
): string | undefined {
  if (item.facts.direction === 'out') return item.facts.author?.avatarUrl ?? account.profile?.avatarUrl;
  const peer = topic?.kind === 'conversation' ? topic.facts?.peer : undefined;
  return item.facts.author?.avatarUrl ?? peer?.avatarUrl;
}
