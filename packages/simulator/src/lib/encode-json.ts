import type { Random } from './random.ts';

/** What a serialiser may return. A bigint is written as an unquoted integer, which `JSON.parse` would round. */
export type JsonValue = null | boolean | number | string | bigint | JsonValue[] | JsonObject;
/** An object body; `undefined` fields are left out. */
export type JsonObject = { [key: string]: JsonValue | undefined };

export type EncodeOptions = {
  /** With it: keys in random order and unknown extra fields. Without it: plain. */
  noise?: Random | undefined;
  /** Writes id strings of 16–19 digits without quotes. */
  isUnquotingIds?: boolean | undefined;
};

/** Maps keyed by ids or by numbers: an unknown field in them would be an entry, not noise. */
const MAPS = new Set(['userInfoFromServerMap', 'noticeUnreadCountMap', 'ext', 'emojiMap', 'property']);
const ID_KEY = /(^|_)(id|cid|uid|nid|userid)$/;
const LONG_ID = /^[1-9]\d{15,18}$/;
const EXTRA_NAMES = [
  'ab_bucket',
  'is_x_flag',
  'risk_hint',
  'exp_info',
  'biz_tag',
  'sort_score',
  'cell_room',
  'origin_tab',
];
/** Often enough that no page of a list is without unknown fields, rare enough that bodies stay readable. */
const EXTRA_CHANCE = 0.4;

function extraValue(noise: Random): JsonValue {
  switch (noise.int(0, 4)) {
    case 0:
      return null;
    case 1:
      return noise.int(0, 99);
    case 2:
      return noise.hex(6);
    case 3:
      return [];
    default:
      return { v: noise.int(0, 9) };
  }
}

function encodeObject(value: JsonObject, options: EncodeOptions, isMap: boolean): string {
  let entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const { noise } = options;
  if (noise && !isMap) {
    if (noise.chance(EXTRA_CHANCE)) entries.push([`${noise.pick(EXTRA_NAMES)}_${noise.hex(3)}`, extraValue(noise)]);
    entries = noise.shuffle(entries);
  }
  const parts = entries.map(([key, item]) => `${JSON.stringify(key)}:${encodeValue(item ?? null, options, key)}`);
  return `{${parts.join(',')}}`;
}

function encodeValue(value: JsonValue, options: EncodeOptions, key: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') {
    const isUnquoted = options.isUnquotingIds === true && ID_KEY.test(key) && LONG_ID.test(value);
    return isUnquoted ? value : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => encodeValue(item, options, '')).join(',')}]`;
  if (value !== null && typeof value === 'object') return encodeObject(value, options, MAPS.has(key));
  return JSON.stringify(value);
}

/** JSON text of a body, optionally as untidy as the platform's. */
export function encodeJson(value: JsonObject, options: EncodeOptions = {}): string {
  return encodeValue(value, options, '');
}
