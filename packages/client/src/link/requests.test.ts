import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { AccountId, Seq } from '@hiscrm/shared/model/ids.ts';
import type { ClientUp } from '@hiscrm/shared/protocol/client-link.ts';
import { toWireError } from '@hiscrm/shared/protocol/errors.ts';
import { expect, test } from 'vitest';
import { QUERY_DEADLINE_MS, Requests } from './requests.ts';

function setUp() {
  const clock = new FakeClock();
  const sent: ClientUp[] = [];
  const ends: unknown[] = [];
  const requests = new Requests({ clock, send: (frame) => sent.push(frame) });
  const cancel = requests.query('topics', { accountId: 'a' as AccountId, kind: 'content', limit: 20 }, (outcome) =>
    ends.push(outcome),
  );
  const [first] = sent;
  if (first?.type !== 'query') throw new Error('a query was sent');
  return { clock, sent, ends, requests, cancel, id: first.id };
}

test('[PC22] a question that came too soon after too many others is asked again, and answered once', () => {
  const { clock, sent, ends, requests, id } = setUp();
  expect(requests.refuse(id, toWireError('TOO_MANY', { retryAfterMs: 3_000 }))).toBe(true);
  clock.advance(2_999);
  expect(sent).toHaveLength(1);
  clock.advance(1);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
  const result = { topics: [] };
  requests.answer(id, 5 as Seq, result);
  expect(ends).toEqual([{ kind: 'done', value: { asOf: 5, result } }]);
  clock.advance(QUERY_DEADLINE_MS);
  expect(sent).toHaveLength(2);
  expect(clock.pendingCount).toBe(0);
});

test('[PC22] it is asked with growing pauses, and ends with its deadline at the latest', () => {
  const { clock, sent, ends, requests, id } = setUp();
  for (let n = 0; n < 300 && ends.length === 0; n++) {
    requests.refuse(id, toWireError('TOO_MANY', { retryAfterMs: 10 }));
    clock.advance(QUERY_DEADLINE_MS / 300);
  }
  clock.advance(QUERY_DEADLINE_MS);
  expect(ends).toEqual([{ kind: 'gone', why: 'timedOut' }]);
  expect(sent.length).toBeLessThan(10);
  expect(clock.pendingCount).toBe(0);
});

test('[PC22] a reconnect asks at once, and not a second time; who does not want to know any more is not asked for', () => {
  const { clock, sent, ends, requests, id, cancel } = setUp();
  requests.refuse(id, toWireError('TOO_MANY', { retryAfterMs: 1_000 }));
  requests.repeatAll();
  expect(sent).toHaveLength(2);
  clock.advance(5_000);
  expect(sent).toHaveLength(2);
  requests.refuse(id, toWireError('TOO_MANY', { retryAfterMs: 1_000 }));
  cancel();
  clock.advance(QUERY_DEADLINE_MS);
  expect([sent.length, ends.length, clock.pendingCount]).toEqual([2, 0, 0]);
});

test('other refusals end a question', () => {
  const { ends, requests, id } = setUp();
  const error = toWireError('NOT_FOUND');
  expect(requests.refuse(id, error)).toBe(true);
  expect(ends).toEqual([{ kind: 'refused', error }]);
  expect(requests.refuse(id, error)).toBe(false);
});
