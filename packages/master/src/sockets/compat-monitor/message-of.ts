import type { ItemRecord, TopicMarks } from '@hiscrm/shared/model/records.ts';
import { isUnread } from '@hiscrm/shared/model/unread.ts';
import { contentOf, wireTypeOf } from './words-of-media.ts';

/** How existing clients know their own side. */
export const OWN_NAME = '客服';
export const OWN_ID = 'monitor_client';
const UNNAMED_PERSON = '未知用户';

export type Message = Readonly<Record<string, unknown>>;

/** A comment or message as an existing client draws it. `ownAvatarUrl` is the account's. */
export function messageOf(item: ItemRecord, marks: TopicMarks, ownAvatarUrl: string | undefined): Message {
  const { facts } = item;
  const isOwn = facts.direction === 'out';
  const [media] = facts.media ?? [];
  return {
    id: facts.id,
    channelId: item.accountId,
    topicId: facts.topicId,
    fromName: isOwn ? OWN_NAME : facts.author?.name || UNNAMED_PERSON,
    fromId: isOwn ? OWN_ID : (facts.author?.id ?? ''),
    authorAvatar: (isOwn ? ownAvatarUrl : facts.author?.avatarUrl) ?? null,
    content: contentOf(facts),
    type: wireTypeOf(facts),
    messageCategory: facts.kind === 'comment' ? 'comment' : 'private',
    timestamp: facts.at,
    serverTimestamp: item.arrivedAt,
    replyToContent: null,
    isRead: !isUnread(item, marks),
    ...(media && {
      mediaUrl: media.url ?? null,
      thumbnailUrl: media.thumbnailUrl ?? null,
      images: (facts.media ?? []).flatMap(({ kind, url }) => (kind === 'image' && url ? [url] : [])),
    }),
    ...(media?.kind === 'file' && {
      fileUrl: media.url ?? null,
      fileName: media.title ?? '',
      fileSize: media.sizeBytes ?? 0,
    }),
    ...(facts.kind === 'comment'
      ? {
          replyToId: facts.replyToId ?? facts.parentId ?? null,
          direction: isOwn ? 'outgoing' : 'incoming',
          isAuthorReply: isOwn,
        }
      : { replyToId: null, direction: isOwn ? 'outbound' : 'inbound', recipientId: '', recipientName: '' }),
  };
}
