import type { JsonObject } from '../lib/encode-json.ts';
import type { Random } from '../lib/random.ts';

/** What a serialiser needs besides the thing itself. */
export type Stamp = { nowMs: number; random: Random };

/** `20260312100000` + 18 hex digits: time in China, as the platform's log ids begin. */
export function logId(stamp: Stamp): string {
  const china = new Date(stamp.nowMs + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14);
  return `${china}${stamp.random.hex(18).toUpperCase()}`;
}

/** A refusal: HTTP 200 with a code. */
export function errorBody(code: number, message: string, stamp: Stamp): JsonObject {
  return { status_code: code, status_msg: message, extra: { now: stamp.nowMs, logid: logId(stamp) } };
}

/** What creator.douyin.com answers without a session. */
export function loginExpiredCreator(stamp: Stamp): JsonObject {
  return errorBody(8, '用户未登录', stamp);
}

/** What www.douyin.com answers without a session. */
export function loginExpiredWww(stamp: Stamp): JsonObject {
  return {
    status_code: 2483,
    status_msg: '请先登录',
    not_login_module: { guide_login_tip_exist: true },
    aweme_list: null,
    comments: null,
    has_more: 0,
    cursor: 0,
    extra: { now: stamp.nowMs },
    log_pb: { impr_id: logId(stamp) },
  };
}

/** A "successful" body that asks for a human check. */
export function verifyRequired(stamp: Stamp): JsonObject {
  return {
    status_code: 0,
    status_msg: '',
    verify_ticket: stamp.random.hex(40),
    comments: null,
    has_more: 0,
    cursor: 0,
    extra: { now: stamp.nowMs },
  };
}

/** The page that stands in the way of everything until a person solved it. */
export const CAPTCHA_HTML =
  '<!DOCTYPE html><html><head><meta charset="utf-8"><title>验证码中间页</title></head><body><div id="captcha_container"></div></body></html>\n';
