import { lookUp } from '@hiscrm/shared/lib/look-up.ts';
import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type {
  CommentFacts,
  ItemState,
  Media,
  MediaKind,
  MessageFacts,
  MessageType,
} from '@hiscrm/shared/model/facts.ts';
import type { ItemId, TopicId } from '@hiscrm/shared/model/ids.ts';
import {
  countOf,
  type Fields,
  fieldsOf,
  flagOf,
  idOf,
  nameOf,
  platformIdOf,
  present,
  textOf,
  timeOf,
  urlOf,
} from '../../words/foreign-values.ts';
import { isOutbound } from './conversation-ids.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import { personOf } from './topic-reports.ts';

/** Where comments go whose work the platform left out: they are listed, and move once the work is named. */
export const UNKNOWN_WORK = 'unknown-work' as TopicId; // no platform's id looks so

const MESSAGE_TYPES: Readonly<Record<string, MessageType>> = {
  text: 'text',
  image: 'image',
  video: 'video',
  audio: 'audio',
  file: 'file',
  link: 'link',
  card: 'card',
};
const MEDIA_KINDS: Readonly<Record<string, MediaKind>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  file: 'file',
  link: 'link',
  card: 'card',
};
const MEDIA_LIMIT_COUNT = 50;

/** A comment or an answer to one. The account's own are outbound. */
export function commentReport(fields: Fields, context: SnapshotContext): WorkerReport | undefined {
  const id = platformIdOf(fields, 'commentId', `comm_${context.accountId}_`);
  if (id === undefined) return undefined;
  const authorId = idOf(fields.authorId);
  const isOwn =
    fields.isAuthorReply === true ||
    isOutbound(fields) ||
    (authorId !== undefined && context.selfIds.includes(authorId));
  const parentId = idOf(fields.parentCommentId);
  const facts = present<CommentFacts>({
    kind: 'comment',
    id: id as ItemId, // a platform id is an item's id
    topicId: (idOf(fields.contentId) ?? UNKNOWN_WORK) as TopicId, // a platform id is a topic's id
    author: personOf(fields.authorId, fields.authorName, fields.authorAvatar),
    direction: isOwn ? 'out' : 'in',
    text: textOf(fields.content) ?? '',
    media: imagesOf(fields.images),
    at: timeOf(fields.createdAt),
    rawTime: undefined,
    state: fields.status === 'deleted' ? 'deleted' : undefined,
    aliases: undefined,
    parentId: parentId as ItemId | undefined, // a platform id is an item's id
    replyToId: undefined,
    likeCount: countOf(fields.likeCount),
    replyCount: countOf(fields.replyCount),
    isPinned: flagOf(fields.isPinned),
    ipLabel: undefined,
    source: context.source,
    observedAt: context.observedAt,
  });
  return { kind: 'comment.observed', accountId: context.accountId, facts };
}

/** A direct message. Its read state is the operators', not the Worker's. */
export function messageReport(fields: Fields, context: SnapshotContext): WorkerReport | undefined {
  const id = platformIdOf(fields, 'messageId', `msg_${context.accountId}_`);
  const topicId = context.conversations.ofMessage(fields);
  if (id === undefined || topicId === undefined) return undefined;
  const type = lookUp(MESSAGE_TYPES, fields.type) ?? lookUp(MESSAGE_TYPES, fields.messageType);
  const senderId = idOf(fields.senderId);
  const isOwn =
    isOutbound(fields) ||
    (fields.direction === undefined && senderId !== undefined && context.selfIds.includes(senderId));
  const facts = present<MessageFacts>({
    kind: 'message',
    id: id as ItemId, // a platform id is an item's id
    topicId,
    author: personOf(fields.senderId, fields.senderName, fields.senderAvatar),
    direction: isOwn ? 'out' : 'in',
    text: textOf(fields.content) ?? '',
    media: mediaOf(fields, type),
    at: timeOf(fields.createdAt),
    rawTime: undefined,
    state: stateOf(fields),
    aliases: undefined,
    type: type ?? 'text',
    clientMessageId: undefined,
    source: context.source,
    observedAt: context.observedAt,
  });
  return { kind: 'message.observed', accountId: context.accountId, facts };
}

function stateOf(fields: Fields): ItemState | undefined {
  if (fields.isRecalled === true) return 'recalled';
  return fields.status === 'deleted' ? 'deleted' : undefined;
}

function mediaOf(fields: Fields, type: MessageType | undefined): Media[] | undefined {
  const kind = lookUp(MEDIA_KINDS, type);
  if (kind === undefined) return undefined;
  return [
    present<Media>({
      kind,
      url: urlOf(fields.mediaUrl) ?? urlOf(fields.fileUrl),
      thumbnailUrl: urlOf(fields.thumbnailUrl),
      title: nameOf(fields.fileName),
      text: undefined,
      widthPx: undefined,
      heightPx: undefined,
      durationMs: undefined,
      sizeBytes: countOf(fields.fileSize),
      refId: undefined,
    }),
  ];
}

/** Pictures of a comment: addresses, or objects that hold one or several of the same picture. */
function imagesOf(value: unknown): Media[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const media = value.flatMap((image): Media[] => {
    const url = urlOf(image) ?? urlOf(addressIn(fieldsOf(image)));
    return url === undefined ? [] : [{ kind: 'image', url }];
  });
  return media.length > 0 ? media.slice(0, MEDIA_LIMIT_COUNT) : undefined;
}

function addressIn(image: Fields | undefined): unknown {
  if (!image) return undefined;
  const list = image.url_list ?? image.urlList ?? fieldsOf(image.origin_url)?.url_list;
  return image.url ?? (Array.isArray(list) ? list[0] : undefined);
}
