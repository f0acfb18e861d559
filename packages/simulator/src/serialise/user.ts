import type { JsonObject } from '../lib/encode-json.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Person } from '../world/comment.ts';
import { logId, type Stamp } from './envelope.ts';
import type { MediaUrls } from './media-url.ts';

/** A picture object of the platform. */
export function picture(uri: string, url: string, width: number, height: number): JsonObject {
  return { uri, url_list: [url], width, height };
}

function avatar(person: Person, media: MediaUrls, size: string): JsonObject {
  return picture(`${size}/${person.avatarKey}`, media.avatar(person.avatarKey, person.nickname), 720, 720);
}

/** The `user` of a comment. */
export function userObject(person: Person, media: MediaUrls): JsonObject {
  return {
    uid: person.uid,
    sec_uid: person.secUid,
    nickname: person.nickname,
    short_id: person.shortId,
    unique_id: person.uniqueId,
    gender: person.gender,
    signature: person.signature,
    avatar_thumb: avatar(person, media, '100x100'),
    follow_status: person.followStatus,
    follower_status: person.followerStatus,
    is_block: false,
    is_ban: false,
    user_canceled: false,
    status: 1,
    secret: 0,
    custom_verify: '',
    enterprise_verify_reason: '',
  };
}

/** The fuller `user` of profiles and notices. */
export function userDetail(person: Person, media: MediaUrls): JsonObject {
  return {
    ...userObject(person, media),
    avatar_larger: avatar(person, media, '1080x1080'),
    follower_count: person.followerCount,
    is_verified: true,
    verification_type: 1,
    region: 'CN',
  };
}

/** K: `GET /web/api/media/user/info/`. */
export function accountInfo(account: AccountWorld, media: MediaUrls, stamp: Stamp): JsonObject {
  return {
    status_code: 0,
    status_msg: '',
    user: {
      ...userDetail(account.brand, media),
      following_count: account.brandStats.following,
      aweme_count: account.works().filter((work) => !work.flags.isDeleted).length,
      total_favorited: account.brandStats.favorited,
    },
    extra: { now: stamp.nowMs, logid: logId(stamp) },
  };
}

/** I: `/aweme/v1/creator/im/user_detail/`. `user_id` is the sec_uid; no field is called sec_uid. */
export function imUserDetail(people: readonly Person[], media: MediaUrls, stamp: Stamp): JsonObject {
  return {
    status_code: 0,
    status_msg: '',
    user_list: people.map((person) => ({
      user_id: person.secUid,
      user: {
        SecretUseId: person.secUid,
        ShortId: person.shortId === '' ? person.uniqueId : person.shortId,
        nickname: person.nickname,
        signature: person.signature,
        avatar_thumb: {
          uri: `100x100/${person.avatarKey}`,
          url_list: [media.avatar(person.avatarKey, person.nickname)],
        },
      },
    })),
    extra: { now: stamp.nowMs },
  };
}
