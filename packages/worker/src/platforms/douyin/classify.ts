/**
 * What an answer means, decided on the endpoint, the code and the message together: code 8 is "not logged in" on a list and
 * "try later" on a reply, and HTTP is 200 in both. Table: docs/platforms/douyin.md, "Errors".
 */
import type { Rejection } from '@hiscrm/shared/model/reply.ts';
import { flagOf, numberOf, recordOf, shortOf } from './parse/fields.ts';
import { parseLossless } from './parse/lossless-json.ts';

export type Verdict =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'loginExpired'; readonly detail: string }
  | { readonly kind: 'challenge'; readonly detail: string }
  /** The edge refused or something broke on the way: back off and read again later. */
  | { readonly kind: 'transient'; readonly detail: string }
  /** A code that nobody has described; told with its message, never swallowed. */
  | { readonly kind: 'refused'; readonly code: number; readonly detail: string; readonly body: unknown };

export type AnswerKind = 'read' | 'write';

const LOGIN_WORDS = /未登录|请先登录|登录已过期|重新登录/;
const CHALLENGE_WORDS = /验证码中间页|身份验证|安全验证|环境异常/;
const LOGIN_CODES: ReadonlySet<number> = new Set([2483, 10008]);

export function classify(answer: { status: number; text: string; kind: AnswerKind }): Verdict {
  const { status, text } = answer;
  if (/^\s*</.test(text))
    return CHALLENGE_WORDS.test(text)
      ? { kind: 'challenge', detail: `HTTP ${status}: a page asks for a human check` }
      : transient(`HTTP ${status}: HTML`);
  if (status >= 400) return transient(`HTTP ${status}`);
  if (text.trim() === '') return transient(`HTTP ${status}: empty`);
  const body = parseLossless(text);
  const fields = recordOf(body);
  if (!fields) return transient(text.trim() === 'blocked' ? 'blocked' : `HTTP ${status}: not JSON`);
  const code = numberOf(fields.status_code) ?? 0;
  const message = shortOf(fields.status_msg) ?? '';
  if ('verify_ticket' in fields || CHALLENGE_WORDS.test(message))
    return { kind: 'challenge', detail: `code ${code}: a human check is asked for` };
  const guide = flagOf(recordOf(fields.not_login_module)?.guide_login_tip_exist);
  if (LOGIN_CODES.has(code) || guide || (code === 8 && LOGIN_WORDS.test(message)))
    return { kind: 'loginExpired', detail: `code ${code}` };
  return code === 0 ? { kind: 'ok', body } : { kind: 'refused', code, detail: `${code}: ${message}`, body };
}

const transient = (detail: string): Verdict => ({ kind: 'transient', detail });

/** The platform's refusal of a comment, in our words. */
export function rejectionOf(code: number, message: string): Rejection {
  if (code === 15421) return 'topicPrivate';
  if (code === 2190) return 'topicInReview';
  if (code === 8 || /频繁|稍后再试|稍后重试/.test(message)) return 'tooFrequent';
  if (/关闭评论|不允许评论|评论功能/.test(message)) return 'repliesDisabled';
  if (/已被删除|不存在/.test(message)) return 'targetNotFound';
  if (/敏感|违规|违反/.test(message)) return 'contentRefused';
  return 'other';
}

/** The platform's refusal of a direct message, from the words it shows. */
export function messageRejectionOf(words: string): Rejection {
  if (/敏感|违规|违反|审核/.test(words)) return 'contentRefused';
  if (/上限|频繁|限制|touch limit/.test(words)) return 'quotaExceeded';
  if (/好友|关注|拉黑|拒收|not friends/.test(words)) return 'peerRefuses';
  return 'other';
}
