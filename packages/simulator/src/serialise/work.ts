import type { JsonObject } from '../lib/encode-json.ts';
import { hash32 } from '../lib/random.ts';
import type { Person } from '../world/comment.ts';
import type { Work } from '../world/model.ts';
import type { MediaUrls } from './media-url.ts';
import { picture } from './user.ts';

function cover(work: Work, media: MediaUrls): JsonObject {
  return picture(`tos-cn-i-sample/${work.coverKey}`, media.cover(work.coverKey, work.title || work.desc), 720, 960);
}

function textExtra(work: Work): JsonObject[] {
  return work.hashtags.map((tag) => {
    const start = work.desc.indexOf(`#${tag}`);
    return {
      start,
      end: start + tag.length + 1,
      type: 1,
      hashtag_name: tag,
      hashtag_id: `7043746${String(hash32(tag)).padStart(12, '0')}`,
    };
  });
}

function awemeStatus(work: Work): JsonObject {
  const { flags } = work;
  return {
    is_delete: flags.isDeleted,
    is_private: flags.isPrivate,
    in_reviewing: flags.isInReview,
    is_prohibited: flags.isProhibited,
    allow_comment: flags.isCommentAllowed && !flags.isInReview,
    allow_share: true,
    part_see: 0,
    private_status: flags.isPrivate ? 1 : 0,
    reviewed: flags.isInReview ? 0 : 1,
  };
}

function video(work: Work, media: MediaUrls): JsonObject {
  return {
    cover: cover(work, media),
    origin_cover: cover(work, media),
    play_addr: picture(`v0200fg1${work.coverKey.slice(0, 24)}`, media.video(work.coverKey), 1080, 1920),
    width: 1080,
    height: 1920,
    duration: work.durationMs,
  };
}

/** One entry of `aweme_list` (surface A). */
export function awemeObject(work: Work, brand: Person, media: MediaUrls): JsonObject {
  const isImages = work.kind === 'images';
  const createdSec = Math.floor(work.createdMs / 1000);
  return {
    aweme_id: work.awemeId,
    item_id: work.awemeId,
    group_id: work.awemeId,
    aweme_type: isImages ? 68 : 0,
    media_type: isImages ? 2 : 4,
    type: isImages ? 2 : 1,
    item_title: work.title,
    caption: work.desc,
    desc: work.desc,
    create_time: createdSec,
    public_time: createdSec,
    author_user_id: brand.uid,
    author: {
      uid: brand.uid,
      nickname: brand.nickname,
      avatar_thumb: picture(`100x100/${brand.avatarKey}`, media.avatar(brand.avatarKey, brand.nickname), 720, 720),
    },
    Cover: cover(work, media),
    duration: work.durationMs,
    video: video(work, media),
    images: isImages
      ? work.imageKeys.map((key) => picture(`tos-cn-i-sample/${key}`, media.image(key), 1080, 1440))
      : null,
    cha_list: work.hashtags.length > 0 ? work.hashtags.map((tag) => ({ cha_name: tag })) : null,
    text_extra: textExtra(work),
    statistics: {
      aweme_id: work.awemeId,
      collect_count: work.stats.collect,
      comment_count: work.comments.count,
      digg_count: work.stats.digg,
      forward_count: 0,
      live_watch_count: 0,
      play_count: work.stats.play,
      share_count: work.stats.share,
    },
    status: awemeStatus(work),
    status_value: 143,
    share_url: `https://www.iesdouyin.com/share/video/${work.awemeId}/?region=CN&from_ssr=1`,
    creator_item_setting: { charge_comment_audit: false },
    danmaku_control: { enable_danmaku: true },
    is_charge_series: false,
    is_live_replay: false,
    is_slides: false,
    is_story: 0,
    forward_id: '',
    rate: 12,
  };
}

function rate(part: number, whole: number): string {
  return whole === 0 ? '0' : (part / whole).toFixed(4);
}

function itemMetrics(work: Work): JsonObject {
  const { play, digg, share, collect } = work.stats;
  return {
    view_count: String(play),
    like_count: String(digg),
    comment_count: String(work.comments.count),
    share_count: String(share),
    favorite_count: String(collect),
    danmaku_count: '0',
    dislike_count: '1',
    download_count: '2',
    subscribe_count: '3',
    unsubscribe_count: '0',
    like_rate: rate(digg, play),
    comment_rate: rate(work.comments.count, play),
    share_rate: rate(share, play),
    favorite_rate: rate(collect, play),
    subscribe_rate: rate(3, play),
    unsubscribe_rate: '0',
    dislike_rate: rate(1, play),
    avg_view_second: '8.4213',
    avg_view_proportion: '0.3081',
    bounce_rate_2s: '0.3377',
    completion_rate: '0.1204',
    completion_rate_5s: '0.4618',
    cover_show: String(play * 2),
    fan_view_proportion: '0.1832',
    homepage_visit_count: '41',
  };
}

/** One entry of `items` (surfaces A and A2): ids as unquoted integers, metrics as strings, time as a string of seconds. */
export function itemObject(work: Work, brand: Person, media: MediaUrls): JsonObject {
  return {
    id: BigInt(work.awemeId),
    user_id: BigInt(brand.uid),
    item_title: work.title,
    description: work.desc,
    create_time: String(Math.floor(work.createdMs / 1000)),
    type: work.kind === 'images' ? 2 : 1,
    cover: { uri: `tos-cn-i-sample/${work.coverKey}`, url_list: [media.cover(work.coverKey, work.title || work.desc)] },
    video_info: { duration: work.durationMs },
    metrics: itemMetrics(work),
  };
}

/** `发布于2026年03月12日 08:30`, China time. */
function publishedText(createdMs: number): string {
  const china = new Date(createdMs + 8 * 3_600_000).toISOString();
  return `发布于${china.slice(0, 4)}年${china.slice(5, 7)}月${china.slice(8, 10)}日 ${china.slice(11, 16)}`;
}

/** One entry of `item_info_list` (surface B): the encrypted id beside the plain one. */
export function pickerItem(work: Work, brand: Person, encryptedId: string, media: MediaUrls): JsonObject {
  return {
    anchor_user_id: brand.uid,
    comment_count: work.comments.count,
    cover_image_url: media.cover(work.coverKey, work.title || work.desc),
    create_time: publishedText(work.createdMs),
    creator_item_setting: { charge_comment_audit: false },
    duration: work.durationMs,
    item_id: encryptedId,
    item_id_plain: work.awemeId,
    item_link: `https://www.iesdouyin.com/share/video/${work.awemeId}/?region=CN`,
    media_type: work.kind === 'images' ? 2 : 4,
    title: work.desc || work.title,
  };
}
