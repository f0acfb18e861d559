import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf, timeOf, urlOf } from '../../words/foreign-values.ts';
import { ConversationIds } from './conversation-ids.ts';

test('a moment is the same in seconds, milliseconds, microseconds and as text', () => {
  const at = fc.integer({ min: 1_000_000_000, max: 4_000_000_000 });
  fc.assert(
    fc.property(at, (s) => {
      const ms = s * 1_000;
      for (const value of [s, ms, ms * 1_000, String(s), String(ms), new Date(ms).toISOString()])
        expect(timeOf(value)).toBe(ms);
    }),
  );
  expect(timeOf('2023年11月5日 09:07')).toBe(new Date(2023, 10, 5, 9, 7).getTime());
  for (const nothing of [0, '', null, undefined, Number.NaN, -5, 'gestern', {}])
    expect(timeOf(nothing)).toBeUndefined();
});

test('an id survives unchanged or is none', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const id = idOf(value);
      if (id !== undefined) expect([value, String(value)]).toContain(id);
    }),
  );
  expect(idOf('7300000000000000001')).toBe('7300000000000000001');
  for (const nothing of ['undefined', '0', 0, 'unknown', '', 2 ** 60, '\ud800', null])
    expect(idOf(nothing)).toBeUndefined();
});

test('only web addresses are addresses', () => {
  for (const bad of ['file:///etc/passwd', 'javascript:alert(1)', 'data:image/png;base64,xx', '//x', 7])
    expect(urlOf(bad)).toBeUndefined();
  expect(urlOf('https://p3.example/a.jpeg')).toBe('https://p3.example/a.jpeg');
});

test('[D15] both ends of a composite id lead to one conversation, in either order and from either side', () => {
  const user = fc.integer({ min: 1, max: 10 ** 9 }).map(String);
  fc.assert(
    fc.property(user, user, fc.boolean(), fc.boolean(), fc.boolean(), (self, peer, isSwapped, knowsSelf, isOut) => {
      fc.pre(self !== peer);
      const conversations = [{ conversationId: peer, userId: peer }];
      const ids = new ConversationIds({ conversations, selfIds: knowsSelf ? [self] : [] });
      const conversationId = isSwapped ? `0:1:${peer}:${self}` : `0:1:${self}:${peer}`;
      const [senderId, recipientId] = isOut ? [self, peer] : [peer, self];
      const fields = { conversationId, senderId, recipientId, direction: isOut ? 'outbound' : 'inbound' };
      expect(ids.ofMessage(fields)).toBe(peer);
      expect(ids.ofMessage({ ...fields, conversationId: undefined })).toBe(peer);
    }),
  );
  const ids = new ConversationIds({ conversations: [], selfIds: [] });
  expect(ids.ofMessage({ conversationId: 'plain', senderId: 'x' })).toBe('plain');
  expect(ids.ofMessage({ conversationId: '0:1:1:2' })).toBe('0:1:1:2');
  expect(ids.ofMessage({})).toBeUndefined();
});
