import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { UserId } from '@hiscrm/shared/model/ids.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { LogFields } from '../lib/logger.ts';
import { silentLogger } from '../lib/logger.ts';
import { CachedDirectory } from '../notices/user-directory.ts';
import type { DirectoryRow, DirectorySource } from './directory-source.ts';
import { ExternalDirectory } from './external-directory.ts';

/** A database that answers when a test says so. */
class FakeSource implements DirectorySource {
  readonly kind = 'postgresql';
  readonly reads: {
    readonly answer: (rows: readonly DirectoryRow[]) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  signal: AbortSignal | undefined;

  read({ signal }: { readonly signal: AbortSignal }): Promise<readonly DirectoryRow[]> {
    this.signal = signal;
    return new Promise((answer, fail) => this.reads.push({ answer, fail }));
  }
  /** Settles the newest read, and lets what follows from it happen. */
  async settle(outcome: readonly DirectoryRow[] | Error): Promise<void> {
    const read = must(this.reads.at(-1), 'a read is under way');
    if (outcome instanceof Error) read.fail(outcome);
    else read.answer(outcome);
    await settled();
  }
}

const settled = (): Promise<void> => new Promise(setImmediate);
const row = (id: unknown, patch: DirectoryRow = {}): DirectoryRow => ({
  id,
  username: `user ${id}`,
  role: 'sales',
  ...patch,
});
const idsOf = (people: readonly { readonly id: UserId }[]): string[] => people.map(({ id }) => id);
const AWAY = new Error('connect ECONNREFUSED');

function aDirectory(options: { readonly limitCount?: number } = {}) {
  const clock = new FakeClock();
  const source = new FakeSource();
  const lines: (readonly [LogFields, string])[] = [];
  const lc = { ...silentLogger, warn: (fields: LogFields, text: string) => void lines.push([fields, text]) };
  const directory = new ExternalDirectory({ source, ttlMs: 60_000, clock, lc, ...options });
  onTestFinished(() => directory.close());
  return { clock, source, lines, directory };
}

test('[NO32] before the first good read nobody is told: a retryable error, with the time of the next attempt', async () => {
  const { clock, source, directory } = aDirectory();
  expect(directory.figures()).toMatchObject({ state: 'loading', userCount: 0 });
  expect(() => directory.people()).toThrow(expect.objectContaining({ code: 'DIRECTORY_ABSENT' }));
  await source.settle(AWAY);
  expect(directory.figures()).toMatchObject({ state: 'absent', lastError: 'connect ECONNREFUSED', failureCount: 1 });
  expect(() => directory.people()).toThrow(expect.objectContaining({ details: { retryAfterMs: expect.any(Number) } }));
  clock.advance(1_000);
  await source.settle([row(1), row(2)]);
  expect(idsOf(directory.people())).toEqual(['1', '2']);
  expect(directory.figures()).toEqual({
    kind: 'postgresql',
    state: 'fresh',
    userCount: 2,
    refusedRowCount: 0,
    failureCount: 1,
    lastReadAt: clock.now(),
  });
});

test('[NO33] a list is read again after its time, and the last good one serves while the database is away', async () => {
  const { clock, source, lines, directory } = aDirectory();
  await source.settle([row(1)]);
  const readAt = clock.now();
  clock.advance(59_999);
  expect(source.reads).toHaveLength(1);
  clock.advance(1);
  expect(source.reads).toHaveLength(2);
  await source.settle(AWAY);
  expect(directory.figures()).toMatchObject({ state: 'stale', userCount: 1, lastReadAt: readAt });
  expect(idsOf(directory.people())).toEqual(['1']);
  clock.advance(1_000);
  await source.settle(AWAY);
  expect(lines.map(([, text]) => text)).toEqual(['the user directory cannot be read']);
  clock.advance(2_000);
  await source.settle([row(2)]);
  expect(directory.figures()).toMatchObject({ state: 'fresh', userCount: 1, failureCount: 2 });
  expect(idsOf(directory.people())).toEqual(['2']);
});

test('the delay after failures grows to a minute, and a good read ends it', async () => {
  const { clock, source } = aDirectory();
  const delays: number[] = [];
  for (let n = 0; n < 10; n++) {
    await source.settle(AWAY);
    const from = clock.now();
    while (source.reads.length === n + 1) clock.advance(100);
    delays.push(clock.now() - from);
  }
  expect(delays[0]).toBeLessThanOrEqual(1_000);
  expect(delays.at(-1)).toBeGreaterThan(30_000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(60_100);
});

test('a read that is not answered ends after its time and is told to stop', async () => {
  const { clock, source, directory } = aDirectory();
  clock.advance(20_000);
  expect(source.signal?.aborted).toBe(true);
  await settled();
  expect(directory.figures()).toMatchObject({ state: 'absent', lastError: 'no answer in time' });
});

test('[NO34] rows that do not fit are counted and named, the others serve', async () => {
  const { source, lines, directory } = aDirectory();
  await source.settle([
    row('a-1', { username: ' 小王 ', role: null }),
    row('a b'),
    row(1.5),
    row(2 ** 53),
    row(null),
    row('a-2', { username: '' }),
    row('a-3', { username: 'x'.repeat(101) }),
    row('a-1'),
    row('a-4', { role: { a: 1 } }),
    row(9_007_199_254_740_993n),
  ]);
  expect(directory.people()).toEqual([
    { id: 'a-1', username: '小王', role: '', grants: [] },
    { id: '9007199254740993', username: 'user 9007199254740993', role: 'sales', grants: [] },
  ]);
  expect(directory.figures()).toMatchObject({ state: 'fresh', userCount: 2, refusedRowCount: 8 });
  expect(lines).toHaveLength(1);
  const { refused } = must(lines[0], 'a line')[0] as { refused: readonly object[] };
  expect(refused).toHaveLength(8);
  expect(refused[0]).toEqual({ rowNo: 2, id: 'a b', reason: expect.stringContaining('characters') });
  expect(refused[6]).toEqual({ rowNo: 8, id: 'a-1', reason: 'the id is there twice' });
});

test('[NO34] a query whose rows are no users at all, or too many of them, is a failed read', async () => {
  const { clock, source, directory } = aDirectory({ limitCount: 3 });
  await source.settle([{ uid: 1, name: 'ann' }]);
  expect(directory.figures()).toMatchObject({
    state: 'absent',
    lastError: 'none of 1 rows fits: there is no column id',
  });
  clock.advance(1_000);
  await source.settle([1, 2, 3, 4].map((id) => row(id)));
  expect(directory.figures()).toMatchObject({ state: 'absent', lastError: 'there are more than 3 rows' });
  clock.advance(2_000);
  await source.settle([]);
  expect(directory.figures()).toMatchObject({ state: 'fresh', userCount: 0 });
});

test('closing ends a read and leaves no timer; twice is fine', async () => {
  const { clock, source, directory } = aDirectory();
  await Promise.all([directory.close(), directory.close()]);
  expect(source.signal?.aborted).toBe(true);
  expect(clock.pendingCount).toBe(0);
});

test('[NO35] our own users come first and win; they are found while the others are not known', async () => {
  const { clock, source, directory: others } = aDirectory();
  const ours = ['u-ann', '7'].map((id) => ({ id: id as UserId, username: id, role: 'admin', grants: [] }));
  const directory = new CachedDirectory({ directory: { own: () => ours, others }, now: () => clock.now() });
  const absent = expect.objectContaining({ code: 'DIRECTORY_ABSENT' });
  expect(idsOf(directory.own())).toEqual(['u-ann', '7']);
  expect(idsOf(directory.some(['7' as UserId]))).toEqual(['7']);
  expect(() => directory.some(['7', '8'] as UserId[])).toThrow(absent);
  expect(() => directory.all()).toThrow(absent);
  expect(directory.nameOf('8' as UserId)).toBeUndefined();
  await source.settle([row(7), row(8)]);
  expect(idsOf(directory.all())).toEqual(['u-ann', '7', '8']);
  expect(directory.some(['8', '7', 'nobody', '8'] as UserId[])).toMatchObject([
    { id: '8' },
    { id: '7', role: 'admin' },
  ]);
  expect(directory.nameOf('8' as UserId)).toBe('user 8');
  expect(directory.figures()).toMatchObject({ ownCount: 2, userCount: 2, totalCount: 3 });
});
