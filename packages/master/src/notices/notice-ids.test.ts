import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openMemoryDatabase } from '../log/open-database.ts';
import { NoticeBook } from './notice-book.ts';
import { NoticeIds } from './notice-ids.ts';

const NOTICES_COUNT = 4;
const USERS = ['u-1', 'u-2', 'u-3'] as UserId[];

/** Each notice is for all users. */
function aBook(): NoticeBook {
  const { notices: tables } = openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined });
  const book = new NoticeBook({ tables, cachedNoticeCount: 10, cachedPageCount: 1, waitingPerUserCount: 0 });
  const rows = Array.from({ length: NOTICES_COUNT }, (_, n) => ({
    seq: (n + 1) as Seq,
    at: 1,
    text: '',
    change: {
      kind: 'notice.sent' as const,
      notice: {
        messageId: `m-${n}`,
        type: 'system_notice',
        content: 'x',
        priority: 'normal' as const,
        target: { kind: 'all' as const },
        needConfirm: false,
        digest: 'd',
        senderId: 'u-0' as UserId,
      },
      recipients: {
        userIds: USERS,
        usernames: USERS,
        roles: 'o'.repeat(USERS.length),
        online: '0'.repeat(USERS.length),
        held: [],
      },
    },
  }));
  book.apply(rows);
  return book;
}

test('[NO60] who acknowledges is told the notices of his own records, whoever was told before', () => {
  const book = aBook();
  const ids = new NoticeIds(book);
  const recordNos = fc.array(fc.nat(NOTICES_COUNT * USERS.length - 1), { maxLength: 3 });
  fc.assert(
    fc.property(recordNos, (asked) => {
      const expected = asked.map((recordNo) => `m-${Math.floor(recordNo / USERS.length)}`);
      expect(ids.of(asked)).toEqual(expected);
    }),
  );
  expect(ids.of([0, 3])).toBe(ids.of([1, 4])); // another user's, made once
});
