import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import type { NoticePriority } from '@hiscrm/shared/model/notice.ts';
import type { NoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import * as fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { openMemoryDatabase } from '../log/open-database.ts';
import { BATCH_LIMITS } from './batch-size.ts';
import { Dispatcher } from './dispatcher.ts';
import { NoticeBook } from './notice-book.ts';
import { NOTICE_LIMITS } from './notice-limits.ts';
import type { NoticeLink } from './notice-link.ts';

type Frame = {
  readonly type: string;
  readonly messageId?: string;
  readonly offset?: number;
  readonly supersededBy?: string;
  readonly count?: number;
  readonly notices?: readonly { readonly messageId: string }[];
  readonly withdrawn?: readonly string[];
  readonly unreadCount?: number;
};

/** The texts of short WebSocket frames that stand one after the other. */
function framesIn(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1] ?? 0;
    const from = at + (short === 126 ? 4 : 2);
    at = from + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
    frames.push(JSON.parse(bytes.toString('utf8', from, at)));
  }
  return frames;
}

/** A connection that keeps what it was sent. */
class KeepingLink implements NoticeLink {
  readonly id: string;
  readonly format: NoticeLink['format'];
  readonly userId: UserId;
  readonly username = 'x';
  readonly address = '::1';
  readonly agent = 'x';
  readonly since = 0;
  readonly lastSeenAt = 0;
  readonly bufferedBytes = 0;
  readonly written: Buffer[] = [];

  constructor(id: string, userId: UserId, format: NoticeLink['format']) {
    this.id = id;
    this.userId = userId;
    this.format = format;
  }

  get frames(): readonly Frame[] {
    return this.written.flatMap(framesIn);
  }
  get noticeIds(): readonly string[] {
    return this.frames.flatMap((frame) => [
      ...(frame.notices?.map(({ messageId }) => messageId) ?? []),
      ...(frame.offset === undefined ? [] : [frame.messageId ?? '']),
    ]);
  }
  get withdrawnIds(): readonly string[] {
    return this.frames.flatMap(({ type, messageId, withdrawn }) =>
      type === 'notice_withdrawn' ? [messageId ?? ''] : (withdrawn ?? []),
    );
  }
  /** The badge that it shows. */
  get badge(): number | undefined {
    return this.frames
      .flatMap(({ type, count, unreadCount }) => (type === 'unread' ? count : unreadCount) ?? [])
      .at(-1);
  }

  write(frame: Buffer): void {
    this.written.push(frame);
  }
  flush(): void {
    // nothing is kept back
  }
  tooSlow(): void {
    throw new Error('nothing waits for this socket');
  }
}

const userId = (n: number): UserId => `u-${n}` as UserId;
/** One await, one turn of the dispatcher: its immediate was asked for before. */
const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A dispatcher over a book; rows are durable at once. */
function aStand() {
  const { notices: tables } = openMemoryDatabase({ clock: new FakeClock(), onDurable: () => undefined });
  const book = new NoticeBook({ tables, cachedNoticeCount: 1_000, cachedPageCount: 10, waitingPerUserCount: 0 });
  const dispatcher = new Dispatcher({
    limits: NOTICE_LIMITS,
    book,
    languageOf: () => 'default',
    onSent: () => undefined,
    lc: silentLogger,
  });
  let seq = 0;
  const take = (...changes: readonly NoticeChange[]): void => {
    const rows = changes.map((change) => ({ seq: ++seq as Seq, at: seq, change, text: '' }));
    dispatcher.publish(book.apply(rows));
  };
  let linkCount = 0;
  const join = (user: number, format: NoticeLink['format'] = 'plain'): KeepingLink => {
    const link = new KeepingLink(`c-${++linkCount}`, userId(user), format);
    dispatcher.seat(link);
    dispatcher.start(link, 0 as Seq, []);
    return link;
  };
  return { book, dispatcher, take, join };
}

const sent = (messageId: string, users: readonly number[], priority: NoticePriority = 'normal'): NoticeChange => ({
  kind: 'notice.sent',
  notice: {
    messageId,
    type: 'system_notice',
    content: 'x',
    priority,
    target: { kind: 'all' },
    needConfirm: false,
    digest: 'd',
    senderId: userId(0),
  },
  recipients: {
    userIds: users.map(userId),
    usernames: users.map(() => 'x'),
    roles: 'o'.repeat(users.length),
    online: '1'.repeat(users.length),
    held: [],
  },
});
const recalled = (messageId: string, supersededBy?: string): NoticeChange => ({
  kind: 'notice.recalled',
  messageId,
  byUserId: userId(0),
  ...(supersededBy !== undefined && { supersededBy }),
});
const read = (messageId: string, user: number): NoticeChange => ({
  kind: 'notice.receipts',
  devices: [],
  marks: [{ messageId, state: 'read', userIds: [userId(user)] }],
});

test('[NO61] a withdrawal goes out in turns, to everybody once, with the badge in the same write', async () => {
  const { take, join, dispatcher } = aStand();
  const users = Array.from({ length: BATCH_LIMITS.mostCount + 500 }, (_, n) => n);
  const links = users.map((user) => join(user, user % 2 === 0 ? 'plain' : 'native'));
  take(sent('a', users), sent('b', users));
  while (links.some(({ noticeIds }) => noticeIds.length < 2)) await aTurn();
  for (const { written } of links) written.length = 0;
  take(recalled('a', 'b'));
  expect(links.every(({ written }) => written.length === 0)).toBe(true);
  expect(dispatcher.figures().untoldCount).toBe(links.length);
  let toldCount = 0;
  for (let turnCount = 1; toldCount < links.length; turnCount++) {
    await aTurn();
    const told = links.filter(({ written }) => written.length > 0);
    expect(told.length - toldCount).toBeLessThanOrEqual(BATCH_LIMITS.mostCount);
    expect(told.length).toBeGreaterThan(toldCount);
    // One buffer for each format and turn, however many get it.
    expect(new Set(told.flatMap(({ written }) => written)).size).toBeLessThanOrEqual(2 * turnCount);
    if (turnCount === 1) expect(told.length).toBeLessThan(links.length);
    toldCount = told.length;
  }
  await aTurn();
  expect(links[0]?.frames).toEqual([
    { type: 'notice_withdrawn', messageId: 'a', supersededBy: 'b' },
    { type: 'unread', count: 1 },
  ]);
  expect(links[1]?.frames).toEqual([{ type: 'notices', notices: [], withdrawn: ['a'], unreadCount: 1 }]);
  expect(links.every(({ format, frames }) => frames.length === (format === 'plain' ? 2 : 1))).toBe(true);
});

test('[NO61] what is taken back while it waits for its turn is never sent; who comes meanwhile is told nothing', async () => {
  const { take, join, dispatcher } = aStand();
  const ann = join(1, 'native');
  const greeted = new KeepingLink('c-greeted', userId(1), 'native');
  dispatcher.seat(greeted);
  take(sent('a', [1]));
  take(recalled('a'));
  dispatcher.start(greeted, 0 as Seq, []);
  const late = join(1, 'native');
  for (let n = 0; n < 3; n++) await aTurn();
  expect(ann.noticeIds).toEqual([]);
  expect(ann.withdrawnIds).toEqual(['a']);
  for (const link of [greeted, late]) expect([link.noticeIds, link.withdrawnIds]).toEqual([[], []]);
});

test('[NO61] more than a hundred withdrawals do not wait for one connection, and a close tells nobody', async () => {
  const { take, join, dispatcher } = aStand();
  const ann = join(1);
  const ids = Array.from({ length: 150 }, (_, n) => `n-${n}`);
  take(...ids.map((id) => sent(id, [1])));
  await aTurn();
  for (const id of ids) take(recalled(id));
  expect(ann.withdrawnIds).toEqual(ids.slice(0, 100));
  dispatcher.close();
  dispatcher.close();
  await aTurn();
  expect(ann.withdrawnIds).toHaveLength(100);
});

test('[NO61] what was read elsewhere is said by a count of its own, whatever goes out with it', async () => {
  const { take, join } = aStand();
  const ann = join(1, 'native');
  take(sent('a', [1]), sent('b', [1]));
  await aTurn();
  ann.written.length = 0;
  take(read('a', 1), sent('c', [1]), recalled('b'));
  await aTurn();
  expect(ann.frames).toMatchObject([
    { notices: [{ messageId: 'c' }], withdrawn: ['b'], unreadCount: 1 },
    { notices: [], withdrawn: [], unreadCount: 1 },
  ]);
});

type Step =
  | { readonly do: 'turn' }
  | { readonly do: 'send'; readonly users: readonly number[]; readonly priority: NoticePriority }
  | { readonly do: 'recall'; readonly back: number }
  | { readonly do: 'read'; readonly back: number; readonly user: number }
  | { readonly do: 'join'; readonly user: number; readonly format: NoticeLink['format'] }
  | { readonly do: 'leave'; readonly index: number };
const user = fc.nat(3);
const stepArb: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      users: fc.uniqueArray(user, { minLength: 1 }),
      priority: fc.constantFrom<NoticePriority>('low', 'normal', 'urgent'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('recall' as const), back: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), back: fc.nat(3), user }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      user,
      format: fc.constantFrom<NoticeLink['format']>('plain', 'native'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), index: fc.nat(9) }) },
);

type Seen = { readonly link: KeepingLink; readonly toTell: Set<string>; isHere: boolean };

test('[NO61] whatever is sent, read and taken back, nobody gets a notice after its withdrawal, nor anything twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArb, { maxLength: 40 }), async (steps) => {
      const { book, dispatcher, take, join } = aStand();
      const seen: Seen[] = [];
      const notices: { readonly id: string; readonly users: readonly number[]; isGone: boolean }[] = [];
      for (const step of steps) {
        if (step.do === 'turn') await aTurn();
        else if (step.do === 'send') {
          const id = `n-${notices.length}`;
          notices.push({ id, users: step.users, isGone: false });
          take(sent(id, step.users, step.priority));
        } else if (step.do === 'recall') {
          const notice = notices.at(-1 - step.back);
          if (!notice || notice.isGone) continue;
          notice.isGone = true;
          take(recalled(notice.id));
          for (const { link, toTell, isHere } of seen) {
            if (isHere && notice.users.some((n) => userId(n) === link.userId)) toTell.add(notice.id);
          }
        } else if (step.do === 'read') {
          const notice = notices.at(-1 - step.back);
          if (notice) take(read(notice.id, step.user));
        } else if (step.do === 'join')
          seen.push({ link: join(step.user, step.format), toTell: new Set(), isHere: true });
        else {
          const one = seen[step.index];
          if (!one) continue;
          one.isHere = false;
          dispatcher.leave(one.link);
        }
      }
      for (let n = 0; n < 3; n++) await aTurn();
      for (const { link, toTell, isHere } of seen) expectRight(link, toTell, isHere ? book : undefined);
    }),
    { numRuns: 300 },
  );
});

function expectRight(link: KeepingLink, toTell: ReadonlySet<string>, book: NoticeBook | undefined): void {
  const { noticeIds, withdrawnIds, frames } = link;
  expect(new Set(noticeIds).size).toBe(noticeIds.length);
  expect(new Set(withdrawnIds).size).toBe(withdrawnIds.length);
  const gone = new Set<string>();
  for (const { type, messageId, offset, notices, withdrawn } of frames) {
    for (const id of [...(notices ?? []).map((notice) => notice.messageId), ...(offset ? [messageId ?? ''] : [])]) {
      expect(gone.has(id)).toBe(false);
    }
    for (const id of type === 'notice_withdrawn' ? [messageId ?? ''] : (withdrawn ?? [])) gone.add(id);
  }
  if (!book) return;
  expect([...gone].sort()).toEqual([...toTell].sort());
  expect(link.badge).toBe(book.mailboxes.get(link.userId)?.unreadCount ?? 0);
}

test('[NO65] who waits for an urgent notice has its turn as soon as that is settled', async () => {
  const { dispatcher, take, join } = aStand();
  const link = join(1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  expect(dispatcher.lanes.reserve(3, 1)).toBe(true);
  take(sent('low', [1], 'low'));
  await vi.advanceTimersByTimeAsync(5);
  expect(link.noticeIds).toEqual([]);
  dispatcher.release(3, 1);
  await vi.advanceTimersByTimeAsync(1);
  expect(link.noticeIds).toEqual(['low']);
});

test('[NO66] a notice to one comes with the next turn while one to everybody goes out; who gets both gets them in order', async () => {
  const { take, join } = aStand();
  const users = Array.from({ length: BATCH_LIMITS.startCount * 4 }, (_, n) => n);
  const links = users.map((user) => join(user));
  const last = links.at(-1);
  const before = links.at(-2);
  take(sent('all', users));
  take(sent('one', [users.length - 1]));
  await aTurn();
  expect(last?.noticeIds).toEqual(['all', 'one']);
  expect(before?.noticeIds).toEqual([]);
  while (links.some(({ noticeIds }) => noticeIds.length === 0)) await aTurn();
  expect(links.filter(({ noticeIds }) => noticeIds.length > 1)).toEqual([last]);
});

test('[NO66] what was held for one is released as soon, while a notice to everybody goes out', async () => {
  const { dispatcher, take, join } = aStand();
  const users = Array.from({ length: BATCH_LIMITS.startCount * 4 }, (_, n) => n);
  const last = users.map((user) => join(user)).at(-1);
  take(sent('first', users));
  while (dispatcher.lanes.queuedCount > 0) await aTurn();
  const mine = sent('mine', [users.length - 1]);
  if (mine.kind !== 'notice.sent' || !last) throw new Error('there are users, and this is a notice');
  take({ ...mine, recipients: { ...mine.recipients, held: [[0, 1_000]] } });
  await aTurn();
  expect(last.noticeIds).toEqual(['first']);
  take(sent('all', users));
  take({ kind: 'notice.released', users: [{ userId: last.userId, messageIds: ['mine'] }] });
  await aTurn();
  expect(last.noticeIds).toEqual(['first', 'all', 'mine']);
});
