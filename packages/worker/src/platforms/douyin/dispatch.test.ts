import { expect, test } from 'vitest';
import { routeOf } from './dispatch.ts';

const bases = { creator: 'http://127.0.0.1:4001', www: 'http://127.0.0.1:4002' };
const route = (method: string, url: string) => routeOf(method, new URL(url), bases);
const READ = `${bases.creator}/web/api/third_party/aweme/api/comment/read/aweme/v1/web/comment/list`;

test('[AD2] method, origin and exact path name an answer; a trailing slash and the query do not matter', () => {
  expect(route('GET', `${READ}/select/?aweme_id=1&msToken=x`)).toBe('comments');
  expect(route('GET', `${READ}/select?aweme_id=1`)).toBe('comments');
  expect(route('GET', `${READ}/reply/?comment_id=1`)).toBe('replies');
  expect(route('GET', `${bases.creator}/aweme/v1/creator/comment/list/`)).toBe('commentsV1');
  expect(route('GET', `${bases.creator}/aweme/v1/creator/comment/reply/list/`)).toBe('repliesV1');
  expect(route('GET', `${bases.www}/aweme/v1/web/comment/list/`)).toBe('wwwComments');
  expect(route('GET', `${bases.www}/aweme/v1/web/comment/list/reply/`)).toBe('wwwReplies');
});

test('[AD2] a reading of answers is no write, and other origins are nobody', () => {
  expect(route('POST', `${bases.creator}/aweme/v1/creator/comment/reply/`)).toBe('write');
  expect(route('POST', `${bases.www}/aweme/v1/web/comment/publish`)).toBe('write');
  expect(route('POST', `${READ}/reply/`)).toBeUndefined();
  expect(route('POST', `${bases.creator}/aweme/v1/creator/comment/reply/list/`)).toBeUndefined();
  expect(route('GET', `${bases.creator}/aweme/v1/creator/comment/reply/`)).toBeUndefined();
  expect(route('GET', 'http://127.0.0.1:4003/janus/douyin/creator/pc/work_list')).toBeUndefined();
  expect(route('GET', `${bases.www}/janus/douyin/creator/pc/work_list`)).toBeUndefined();
});
