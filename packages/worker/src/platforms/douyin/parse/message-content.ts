/**
 * What a direct message holds, by its `type` and its `content`. Everything that is a message is kept: what cannot be shown
 * is `unsupported` and stays visible as such.
 */
import type { Media, MessageType } from '@hiscrm/shared/model/facts.ts';
import { countOf, filledOf, firstUrlOf, idOf, numberOf, present, recordOf, shortOf, textOf } from './fields.ts';
import { type JsonRecord, parseLossless } from './lossless-json.ts';

export type MessageContent =
  | { readonly kind: 'message'; readonly type: MessageType; readonly text: string; readonly media?: readonly Media[] }
  /** A command or a property of the conversation, such as a read receipt. */
  | { readonly kind: 'command' };

/** A greeting that the platform itself writes after a mutual follow. */
const GREETING_AWE_TYPE = 701;
const FORWARD_AWE_TYPE = 13_600;

/** `content` is JSON text in the page state and an object in the chat page's props. */
export function parseMessageContent(type: number | undefined, content: unknown): MessageContent {
  if (type !== undefined && ((type >= 50_001 && type <= 50_015) || type === 70_001 || type === 70_002))
    return { kind: 'command' };
  const fields = recordOf(typeof content === 'string' ? parseLossless(content) : content);
  if (!fields) return unsupported('');
  const awe = numberOf(fields.aweType);
  if (awe === FORWARD_AWE_TYPE) return withMedia('card', '', { kind: 'card', title: shortOf(fields.title) });
  switch (type) {
    case 7:
      return { kind: 'message', type: awe === GREETING_AWE_TYPE ? 'system' : 'text', text: textOf(fields.text) ?? '' };
    case 1:
      return { kind: 'message', type: 'system', text: textOf(fields.tips) ?? textOf(fields.text) ?? '' };
    case 5:
      return withMedia('sticker', '', sticker(fields));
    case 27:
    case 2:
      return withMedia('image', '', image(fields));
    case 30:
      return withMedia('video', '', video(fields));
    case 17:
      return withMedia('audio', '', audio(fields));
    case 8:
    case 77:
      return withMedia('share', '', work(fields));
    case 16:
    case 75:
    case 105:
      return withMedia('shareComment', '', sharedComment(fields));
    case 25:
      return withMedia('card', '', person(fields));
    case 26:
      return withMedia('link', '', link(fields));
    case 6:
      return withMedia('file', '', { kind: 'file', title: shortOf(fields.name), sizeBytes: countOf(fields.data_size) });
    case 10:
      return withMedia('card', '', { kind: 'card', title: shortOf(fields.title) ?? shortOf(fields.name) });
    default:
      return unsupported(textOf(fields.tips) ?? textOf(fields.text) ?? '');
  }
}

type MediaFields = { [K in keyof Media]: Media[K] | undefined };

const unsupported = (text: string): MessageContent => ({ kind: 'message', type: 'unsupported', text });

function withMedia(type: MessageType, text: string, fields: MediaFields): MessageContent {
  return { kind: 'message', type, text, media: [present<Media>(fields)] };
}

function sticker(fields: JsonRecord): MediaFields {
  return {
    kind: 'sticker',
    url: firstUrlOf(fields.url),
    title: shortOf(fields.display_name),
    widthPx: countOf(fields.width),
    heightPx: countOf(fields.height),
  };
}

/** The address lists may be missing: the blob is then encrypted and only the phone can show it. */
function image(fields: JsonRecord): MediaFields {
  const resource = recordOf(fields.resource_url);
  return {
    kind: 'image',
    url:
      firstUrlOf(resource?.origin_url_list) ?? firstUrlOf(resource?.large_url_list) ?? firstUrlOf(resource?.url_list),
    thumbnailUrl: firstUrlOf(resource?.thumb_url_list) ?? firstUrlOf(resource?.medium_url_list),
    widthPx: countOf(fields.cover_width),
    heightPx: countOf(fields.cover_height),
    sizeBytes: countOf(resource?.data_size),
  };
}

function video(fields: JsonRecord): MediaFields {
  return {
    kind: 'video',
    thumbnailUrl: firstUrlOf(recordOf(fields.poster)?.url_list),
    widthPx: countOf(fields.width),
    heightPx: countOf(fields.height),
  };
}

function audio(fields: JsonRecord): MediaFields {
  return { kind: 'audio', url: firstUrlOf(fields.resource_url), durationMs: countOf(fields.duration) };
}

function work(fields: JsonRecord): MediaFields {
  return {
    kind: 'work',
    title: shortOf(fields.content_title),
    thumbnailUrl: firstUrlOf(fields.cover_url),
    refId: idOf(fields.itemId),
  };
}

function sharedComment(fields: JsonRecord): MediaFields {
  return {
    kind: 'comment',
    title: shortOf(fields.comment_user_name),
    text: filledOf(fields.comment),
    thumbnailUrl: firstUrlOf(fields.cover_url),
    refId: idOf(fields.comment_id) ?? idOf(fields.itemId),
  };
}

function person(fields: JsonRecord): MediaFields {
  return {
    kind: 'card',
    title: shortOf(fields.name),
    thumbnailUrl: firstUrlOf(fields.avatar),
    refId: idOf(fields.uid),
  };
}

function link(fields: JsonRecord): MediaFields {
  return {
    kind: 'link',
    title: shortOf(fields.title),
    text: filledOf(fields.desc),
    url: firstUrlOf(fields.link_url),
    thumbnailUrl: firstUrlOf(fields.cover_url),
  };
}
