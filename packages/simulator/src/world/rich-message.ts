import type { JsonObject } from '../lib/encode-json.ts';
import type { Random } from '../lib/random.ts';
import type { MediaUrls } from '../serialise/media-url.ts';
import type { Person } from './comment.ts';
import type { Work } from './model.ts';
import { textContent } from './text-message.ts';

export type RichContext = { random: Random; media: MediaUrls; brand: Person; peer: Person; work: Work | undefined };

function sticker({ random, media }: RichContext): JsonObject {
  const key = random.hex(16);
  return {
    display_name: random.pick(['比心', '捂脸', '撒花', '抱抱']),
    emoji_type: 'lite_emoji',
    height: 240,
    width: 240,
    image_id: 0,
    image_type: 'webp',
    package_id: 0,
    show_notice: false,
    resource_type: 4,
    updateConversationTime: true,
    url: { height: 0, data_size: 0, uri: `emoji/${key}`, url_list: [media.avatar(key, '😊')], width: 0 },
    createdAt: 0,
    is_card: false,
    msgHint: '',
    aweType: 507,
  };
}

function image({ random, media }: RichContext): JsonObject {
  const key = random.hex(32);
  const urls = [media.image(key)];
  return {
    resource_url: {
      oid: `im-resource/${key}`,
      skey: random.hex(64),
      md5: random.hex(32),
      data_size: random.int(80_000, 900_000),
      origin_url_list: urls,
      large_url_list: urls,
      medium_url_list: urls,
      thumb_url_list: urls,
    },
    cover_height: 1440,
    cover_width: 1080,
    check_pics: [],
    md5: random.hex(32),
    from_gallery: 1,
    aweType: 2702,
  };
}

function sharedWork({ media, brand, work }: RichContext): JsonObject | undefined {
  if (!work) return undefined;
  return {
    itemId: work.awemeId,
    content_title: work.desc,
    content_name: brand.nickname,
    uid: brand.uid,
    secUID: brand.secUid,
    cover_url: { uri: `tos-cn-i-sample/${work.coverKey}`, url_list: [media.cover(work.coverKey, work.title)] },
    content_thumb: { uri: `100x100/${brand.avatarKey}`, url_list: [media.avatar(brand.avatarKey, brand.nickname)] },
    cover_width: 720,
    cover_height: 960,
    is_card: true,
    aweType: 800,
  };
}

function voice({ random }: RichContext): JsonObject {
  return {
    resource_url: { uri: `im-voice/${random.hex(32)}`, url_list: [] },
    duration: random.int(1, 30) * 1000,
    aweType: 0,
  };
}

/** Content of a message of a type, as the invented samples have it; a plain text for types that are not known here. */
export function contentOfType(type: number, text: string, context: RichContext): JsonObject {
  switch (type) {
    case 1:
      return { tips: text, aweType: 0, type: 1 };
    case 5:
      return sticker(context);
    case 8:
      return sharedWork(context) ?? textContent(text);
    case 17:
      return voice(context);
    case 27:
      return image(context);
    default:
      return textContent(text);
  }
}
