import type { JsonObject } from '../lib/encode-json.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Work } from '../world/model.ts';
import { logId, type Stamp } from './envelope.ts';
import type { MediaUrls } from './media-url.ts';
import { awemeObject, itemObject, pickerItem } from './work.ts';

/** A: `GET /janus/douyin/creator/pc/work_list`. */
export function workListBody(
  account: AccountWorld,
  page: { works: readonly Work[]; cursor: number; hasMore: boolean; total: number },
  media: MediaUrls,
  stamp: Stamp,
): JsonObject {
  return {
    status_code: 0,
    aweme_list: page.works.map((work) => awemeObject(work, account.brand, media)),
    items: page.works.map((work) => itemObject(work, account.brand, media)),
    has_more: page.hasMore,
    max_cursor: page.cursor,
    min_cursor: 0,
    total: page.total,
    activity_list: [],
    can_modify: true,
    creator_self_tags_response: { status_code: 0 },
    extra: { logid: logId(stamp), now: stamp.nowMs },
  };
}

/** A2: `GET /web/api/creator/item/list`. */
export function itemListBody(
  account: AccountWorld,
  page: { works: readonly Work[]; cursor: number; hasMore: boolean },
  media: MediaUrls,
  stamp: Stamp,
): JsonObject {
  return {
    status_code: 0,
    status_msg: '',
    items: page.works.map((work) => itemObject(work, account.brand, media)),
    has_more: page.hasMore,
    max_cursor: page.cursor,
    extra: { now: stamp.nowMs },
  };
}

/** B: `GET /aweme/v1/creator/item/list/`. */
export function pickerListBody(
  account: AccountWorld,
  page: { works: readonly Work[]; cursor: string; hasMore: boolean; total: number },
  encrypt: (awemeId: string) => string,
  media: MediaUrls,
  stamp: Stamp,
): JsonObject {
  return {
    cursor: page.cursor,
    extra: { now: stamp.nowMs },
    has_more: page.hasMore,
    item_info_list: page.works.map((work) => pickerItem(work, account.brand, encrypt(work.awemeId), media)),
    status_code: 0,
    status_msg: '',
    total_count: page.total,
  };
}
