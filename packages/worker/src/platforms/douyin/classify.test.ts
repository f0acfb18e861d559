import { expect, test } from 'vitest';
import { sampleText } from '../../testing/samples.ts';
import { classify, messageRejectionOf, rejectionOf } from './classify.ts';

const kindOf = (text: string, status = 200): string => classify({ status, text, kind: 'read' }).kind;

test('[AD6] what the samples mean', () => {
  const expected: Record<string, string> = {
    'comment_list_www.json': 'ok',
    'login_expired_creator.json': 'loginExpired',
    'login_expired_www.json': 'loginExpired',
    'verify_required.json': 'challenge',
    'bad_html_200.html': 'challenge',
    'bad_empty.txt': 'transient',
    'bad_blocked.txt': 'transient',
    'bad_truncated.json.txt': 'transient',
    'error_generic.json': 'refused',
    'error_reply_too_frequent.json': 'refused',
    'error_reply_private_work.json': 'refused',
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, kindOf(sampleText(name))]))).toEqual(expected);
});

test('[AD6] code 8 is a lost login only with its words', () => {
  expect(kindOf('{"status_code":8,"status_msg":"用户未登录"}')).toBe('loginExpired');
  expect(kindOf('{"status_code":8,"status_msg":"操作过于频繁，请稍后再试"}')).toBe('refused');
  expect(rejectionOf(8, '操作过于频繁，请稍后再试')).toBe('tooFrequent');
});

test('[AD6] HTTP errors and ordinary HTML pass, whatever the body', () => {
  for (const status of [401, 403, 429, 500, 502]) expect(kindOf('{"status_code":0}', status)).toBe('transient');
  expect(kindOf('<html><body>Bad Gateway</body></html>', 502)).toBe('transient');
});

test('refusals in our words', () => {
  expect(rejectionOf(15421, '私密作品无法评论')).toBe('topicPrivate');
  expect(rejectionOf(2190, '作品审核中')).toBe('topicInReview');
  expect(rejectionOf(15422, '作者已关闭评论功能')).toBe('repliesDisabled');
  expect(rejectionOf(15430, '该评论已被删除')).toBe('targetNotFound');
  expect(rejectionOf(99, '不知道')).toBe('other');
  expect(messageRejectionOf('消息包含敏感内容，发送失败')).toBe('contentRefused');
  expect(messageRejectionOf('发送失败：对方不是你的好友，无法发送')).toBe('peerRefuses');
  expect(messageRejectionOf('发送失败：对方未回复前消息数量已达限制')).toBe('quotaExceeded');
});
