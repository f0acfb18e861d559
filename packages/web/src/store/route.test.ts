import { expect, test } from 'vitest';
import { formatRoute, HOME, parseRoute, type Route } from './route.ts';

test('an address and what it shows are two forms of the same', () => {
  const route = { screen: 'inbox', accountId: 'acc-1', tab: 'messages', topicId: '1/2#作 %' } as Route;
  expect(parseRoute(formatRoute(route))).toEqual(route);
  expect(parseRoute(formatRoute({ screen: 'admin' }))).toEqual({ screen: 'admin' });
});

test.each(['', '#', '#/nowhere', '#/inbox', '#/inbox/%E4'])('%s is the inbox', (hash) => {
  expect(parseRoute(hash)).toEqual(HOME);
});
