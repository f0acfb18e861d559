import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoggedRow } from '../log/change-log.ts';
import type { NoticeTables } from '../log/notice-tables.ts';
import { openMemoryDatabase } from '../log/open-database.ts';
import { NoticeBook } from './notice-book.ts';
import { runsOf } from './number-runs.ts';
import { Presence } from './presence.ts';
import { RecipientColumns } from './recipients.ts';
import { saveNotices } from './save-notices.ts';
import { readHistory } from './user-history.ts';
import { waitingBetween, waitingOf } from './user-stream.ts';

const USERS_COUNT = 700;
const userId = (n: number): UserId => `u-${n}` as UserId;
const messageId = (n: number): string => `m-${n}`;
/** Few, so that they are meant again and again. */
const someUsers = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 8 });

type Step =
  | { readonly kind: 'row'; readonly change: (n: number) => NoticeChange }
  /** A checkpoint; `cutAfter` = the process dies when so many parts of it are written. */
  | {
      readonly kind: 'save';
      readonly cutAfter: number | undefined;
      readonly meanwhile: readonly ((n: number) => NoticeChange)[];
    };

const sentTo =
  (users: readonly number[], held: readonly number[]) =>
  (n: number): NoticeChange => ({
    kind: 'notice.sent',
    notice: {
      messageId: messageId(n),
      type: 'system_notice',
      content: 'x',
      priority: 'low',
      target: { kind: 'all' },
      needConfirm: false,
      digest: 'd',
      senderId: userId(0),
    },
    recipients: {
      userIds: users.map(userId),
      usernames: users.map((user) => `name ${user}`),
      roles: 'o'.repeat(users.length),
      online: users.map((user) => String(user % 2)).join(''),
      held: users.flatMap((user, index) => (held.includes(user) ? [[index, 5_000 + n] as [number, number]] : [])),
    },
  });

/** The same with numbers for the users, as rows are written today. */
function numbered(older: NoticeChange): NoticeChange {
  const noOf = (id: UserId): number => Number(id.slice(2)) + 1;
  if (older.kind === 'notice.receipts') {
    const marks = older.marks.map(({ userIds = [], ...mark }) => ({ ...mark, userNos: userIds.map(noOf) }));
    return { ...older, marks };
  }
  if (older.kind !== 'notice.sent') return older;
  const { userIds = [], usernames = [], roles, online, held = [] } = older.recipients;
  const places = userIds
    .map((_, place) => place)
    .sort((a, b) => noOf(userIds[a] ?? userId(0)) - noOf(userIds[b] ?? userId(0)));
  const sorted = places.map((place) => userIds[place] ?? userId(0));
  const recipients = {
    // Rows of two ages: each number, and runs of them.
    ...(sorted.length % 2 === 0 ? { userNos: sorted.map(noOf) } : { userRuns: runsOf(sorted.map(noOf)) }),
    newcomers: sorted.map((id, at): [number, UserId, string] => [noOf(id), id, usernames[places[at] ?? 0] ?? '']),
    roles,
    online: places.map((place) => online[place]).join(''),
    held: held.map(([place, until]): [number, number] => [places.indexOf(place), until]),
  };
  return { ...older, recipients };
}

/** Some notice that was sent before: `back` notices ago. */
const earlier = (n: number, back: number): string => messageId(Math.max(0, n - 1 - back));
const everybody = Array.from({ length: USERS_COUNT }, (_, n) => n);
const change: fc.Arbitrary<(n: number) => NoticeChange> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(someUsers, someUsers).map(([users, held]) => sentTo(users, held)) },
  { weight: 2, arbitrary: someUsers.map((held) => sentTo(everybody, held)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(someUsers, fc.nat(6), fc.constantFrom('delivered' as const, 'read' as const, 'confirmed' as const))
      .map(([users, back, state]) => (n: number) => ({
        kind: 'notice.receipts' as const,
        devices: [{ no: n + 1, connectionId: `c-${n}`, address: '::1', agent: 'x' }],
        marks: [{ messageId: earlier(n, back), state, userIds: users.map(userId), from: users.map(() => n + 1) }],
      })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(someUsers, fc.nat(6)).map(([users, back]) => (n: number) => ({
      kind: 'notice.receipts' as const,
      devices: [{ no: n + 1, connectionId: `c-${n}`, address: '::1', agent: 'x' }],
      marks: [],
      upTo: [
        { place: Math.max(0, n - back) as Seq, userNos: users.map((user) => user + 1), from: users.map(() => n + 1) },
      ],
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(someUsers, fc.nat(8), fc.boolean()).map(([users, back, isDigest]) => (n: number) => ({
      kind: 'notice.released' as const,
      users: users.map((user) => ({
        userId: userId(user),
        messageIds: [earlier(n, back), earlier(n, back + 1)].slice(0, n > 1 ? 2 : 1),
        ...(isDigest && { isDigest: true as const }),
      })),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(9).map((back) => (n: number) => ({
      kind: 'notice.recalled' as const,
      messageId: earlier(n, back),
      byUserId: userId(1),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(9).map((back) => (n: number) => ({
      kind: 'notice.expired' as const,
      marks: [{ messageId: earlier(n, back) }],
      why: 'age' as const,
    })),
  },
  {
    weight: 2,
    arbitrary: fc.nat(9).map((user) => (n: number) => ({
      kind: 'notice.allRead' as const,
      userId: userId(user),
      upToSeq: (n + 1) as Seq,
    })),
  },
);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('row' as const), change }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('save' as const),
        cutAfter: fc.option(fc.nat(6), { nil: undefined }),
        meanwhile: fc.array(change, { maxLength: 4 }),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
);

const bookOn = (tables: NoticeTables): NoticeBook =>
  new NoticeBook({ tables, cachedNoticeCount: 3, cachedPageCount: 1, waitingPerUserCount: 0 });

/** The tables of a process that dies after so many writes, if at all; rows come between any two of them. */
function busy(tables: NoticeTables, cutAfter: number | undefined, takeRow: () => void): NoticeTables {
  let leftCount = cutAfter ?? Number.POSITIVE_INFINITY;
  return new Proxy(tables, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'save')
        return async (batch: Parameters<NoticeTables['save']>[0]) => {
          takeRow();
          if (leftCount-- <= 0) throw new Error('the process died');
          await target.save(batch);
        };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What was released together shares a place: it is shown together, in any order. */
function tiesSorted({ records }: NoticeBook, recordNos: readonly number[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  let place = -1;
  for (const recordNo of recordNos) {
    if (records.place(recordNo) === place) groups.at(-1)?.push(recordNo);
    else groups.push([recordNo]);
    place = records.place(recordNo);
  }
  return groups.map((group) => group.sort((a, b) => a - b));
}

const byNo = (a: { readonly no: number }, b: { readonly no: number }): number => a.no - b.no;

/** Everything that users and lists can see. `isOffline` tells processes apart and is left out. */
function seen(book: NoticeBook): unknown {
  const { records } = book;
  const view = (recordNo: number) => {
    const { flags, ...record } = records.view(recordNo);
    return { ...record, flags: flags & ~1 };
  };
  return {
    records: Array.from({ length: records.count }, (_, recordNo) => view(recordNo)),
    totals: book.totals.counts(),
    devices: Array.from({ length: 40 }, (_, no) => book.devices.get(no + 1)),
    users: [...book.mailboxes.values()].sort(byNo).map((mailbox) => ({
      userId: mailbox.userId,
      no: mailbox.no,
      unreadCount: mailbox.unreadCount,
      counts: mailbox.counts.counts(),
      newestPlace: mailbox.newestPlace,
      waiting: tiesSorted(book, waitingOf(records, mailbox)),
      waitingCount: mailbox.waitingCount,
      held: [...mailbox.held].sort((a, b) => a - b),
      history: tiesSorted(
        book,
        readHistory({ book, mailbox }, Number.MAX_SAFE_INTEGER as Seq, 1_000)
          .items.map(({ record }) => record.recordNo)
          .reverse(),
      ),
    })),
    notices: Array.from({ length: 40 }, (_, n) => {
      const notice = book.shelf.byId(messageId(n));
      return notice && [notice.status, notice.counts.counts(), notice.records];
    }),
    waitingCount: book.waitingCount,
  };
}

test('[NO29] whatever checkpoints are taken or cut short, a start finds what the rows say', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (list, areNumbered) => {
      const whole = bookOn(openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined }).notices);
      const tables = openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined }).notices;
      const rows: LoggedRow[] = [];
      const reopen = (): NoticeBook => {
        const opened = bookOn(tables);
        opened.apply(rows);
        return opened;
      };
      let book = reopen();
      const take = (change: (n: number) => NoticeChange): void => {
        const n = rows.length;
        const next = {
          seq: (n + 1) as Seq,
          at: 1_000 + n,
          change: areNumbered ? numbered(change(n)) : change(n),
          text: '',
        };
        rows.push(next);
        whole.apply([next]);
        book.apply([next]);
      };
      for (const step of list) {
        if (step.kind === 'row') take(step.change);
        else {
          const meanwhile = [...step.meanwhile];
          const saving = saveNotices(
            book,
            busy(tables, step.cutAfter, () => {
              const change = meanwhile.shift();
              if (change) take(change);
            }),
            200,
          );
          if (step.cutAfter === undefined) await saving;
          else {
            await saving.catch(() => undefined);
            book = reopen();
          }
        }
      }
      expect(seen(book)).toEqual(seen(whole));
      expect(seen(reopen())).toEqual(seen(whole));
    }),
    { numRuns: 150 },
  );
});

test('[NO29] what was held once is found at its place after a start, also when it is all that the user has', async () => {
  const tables = openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined }).notices;
  const book = bookOn(tables);
  const rows: LoggedRow[] = [];
  const take = (of: NoticeBook, change: NoticeChange): void => {
    rows.push({ seq: (rows.length + 1) as Seq, at: 1_000 + rows.length, change, text: '' });
    of.apply(rows.slice(-1));
  };
  take(book, sentTo([4], [4])(0));
  take(book, { kind: 'notice.released', users: [{ userId: userId(4), messageIds: [messageId(0)] }] });
  await saveNotices(book, tables, 200);
  const again = bookOn(tables);
  const ann = again.mailboxes.get(userId(4));
  if (!ann) throw new Error('she was written');
  expect(waitingBetween(again.records, ann, 1 as Seq, 2 as Seq)).toEqual([0]);
  expect(waitingBetween(again.records, ann, 0 as Seq, 1 as Seq)).toEqual([]);
  expect(seen(again)).toEqual(seen(book));
});

test('[NO58] a user has one number for ever: also when a commit fails, when the name changes, and beside older rows', async () => {
  const tables = openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined }).notices;
  const book = bookOn(tables);
  const presence = new Presence();
  const columns = new RecipientColumns({ book, presence });
  const [ann, bob, cat] = ['ann', 'bob', 'cat'].map((username, n) => ({
    id: userId(n),
    username,
    role: 'viewer',
    grants: 'all' as const,
  }));
  if (!ann || !bob || !cat) throw new Error('three were made');
  const { notice } = sentTo([], [])(0) as Extract<NoticeChange, { kind: 'notice.sent' }>; // made by it
  const rows: LoggedRow[] = [];
  const commit = (people: readonly (typeof ann)[]): void => {
    const { recipients } = columns.make({ ...notice, messageId: `n-${rows.length}` }, people, 0);
    const change = { kind: 'notice.sent', notice: { ...notice, messageId: `n-${rows.length}` }, recipients } as const;
    const row = { seq: (rows.length + 1) as Seq, at: 1, change, text: '' };
    rows.push(row);
    book.apply([row]);
  };
  columns.make(notice, [bob], 0); // never committed
  commit([ann]);
  rows.push({ seq: 2 as Seq, at: 1, change: sentTo([2], [])(1), text: '' });
  book.apply(rows.slice(-1));
  commit([cat, bob, ann]);
  commit([{ ...bob, username: 'robert' }]);
  const numbers = [ann, bob, cat].map(({ id }) => book.mailboxes.get(id)?.no);
  expect(new Set(numbers).size).toBe(3);
  expect(numbers[1]).toBe(1);
  expect(book.mailboxes.get(bob.id)).toMatchObject({ username: 'robert', unreadCount: 2 });
  const again = bookOn(tables);
  again.apply(rows);
  expect(seen(again)).toEqual(seen(book));
});
