import { type Deferred, deferred } from '@hiscrm/shared/lib/deferred.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { Seq } from '@hiscrm/shared/model/ids.ts';
import type { NoticeChange } from '@hiscrm/shared/model/notice-change.ts';
import { expect, test } from 'vitest';
import type { LoggedRow } from '../log/change-log.ts';
import { ANSWERED_TOGETHER_COUNT } from './answer-line.ts';
import { GROUP_LIMIT_COUNT, PENDING_LIMIT_COUNT, ReceiptDesk } from './receipt-desk.ts';

type Receipts = Extract<NoticeChange, { kind: 'notice.receipts' }>;
const phone = { connectionId: 'c-1', address: '::1', agent: 'phone' };
const place = 7 as Seq;

/** A desk, and the commits that it asked for: each is durable, or fails, when the test says so. */
function makeDesk() {
  const rows: Receipts[] = [];
  const commits: Deferred<readonly LoggedRow[]>[] = [];
  const asked: (() => void)[] = [];
  const commit = (changes: readonly Change[]): Promise<readonly LoggedRow[]> => {
    rows.push(...changes.filter((change) => change.kind === 'notice.receipts'));
    const durable = deferred<readonly LoggedRow[]>();
    commits.push(durable);
    asked.shift()?.();
    return durable.promise;
  };
  /** The next commit, once it was asked for. */
  const next = async (index: number): Promise<Deferred<readonly LoggedRow[]>> => {
    if (commits.length <= index) await new Promise<void>((resolve) => asked.push(resolve));
    const found = commits[index];
    if (!found) throw new Error(`there is no commit ${index}`);
    return found;
  };
  const desk = new ReceiptDesk({ committer: { commit }, newestDeviceNo: 4 });
  const noteUpTo = (mark: Parameters<ReceiptDesk['noteUpTo']>[0]): Promise<void> =>
    new Promise((resolve, reject) => desk.noteUpTo(mark, { resolve, reject }));
  return { desk, noteUpTo, rows, next };
}

test('[NO60] what is acknowledged in one turn is one row; what comes during its commit is the next one', async () => {
  const { desk, noteUpTo, rows, next } = makeDesk();
  const first = [
    noteUpTo({ userNo: 1, place, count: 3, device: phone }),
    noteUpTo({ userNo: 2, place, count: 2 }),
    desk.note({ userNo: 1, messageIds: ['m'], state: 'read', device: phone }),
  ];
  const commit = await next(0);
  const later = desk.note({ userNo: 3, messageIds: ['m'], state: 'read' });
  expect(desk.pendingCount).toBe(1);
  commit.resolve([]);
  await Promise.all(first);
  (await next(1)).resolve([]);
  await later;
  expect(rows).toEqual([
    {
      kind: 'notice.receipts',
      devices: [{ ...phone, no: 5 }],
      marks: [{ messageId: 'm', state: 'read', userNos: [1], from: [5] }],
      upTo: [{ place, userNos: [1, 2], from: [5, 0] }],
    },
    { kind: 'notice.receipts', devices: [], marks: [{ messageId: 'm', state: 'read', userNos: [3], from: [0] }] },
  ]);
});

test('[NO60] many records are more than one row, each folded in by itself', async () => {
  const { noteUpTo, rows, next } = makeDesk();
  const count = GROUP_LIMIT_COUNT - 1;
  const noted = [1, 2, 3].map((userNo) => noteUpTo({ userNo, place, count }));
  for (const index of [0, 1]) (await next(index)).resolve([]);
  await Promise.all(noted);
  expect(rows.map(({ upTo }) => upTo?.[0]?.userNos)).toEqual([[1, 2], [3]]);
});

test('[NO60] a commit that fails is told to its own, and the device is named with what comes next', async () => {
  const { noteUpTo, rows, next } = makeDesk();
  const lost = noteUpTo({ userNo: 1, place, count: 1, device: phone });
  (await next(0)).reject(new Error('the disk is full'));
  await expect(lost).rejects.toThrow('the disk is full');
  const again = noteUpTo({ userNo: 1, place, count: 1, device: phone });
  (await next(1)).resolve([]);
  await again;
  expect(rows.map(({ devices }) => devices)).toEqual([[{ ...phone, no: 5 }], [{ ...phone, no: 5 }]]);
});

test('[NO60] there is a limit to what waits, and closing takes all of it into the log', async () => {
  const { desk, noteUpTo, rows, next } = makeDesk();
  const messageIds = Array.from({ length: PENDING_LIMIT_COUNT }, (_, n) => `m-${n}`);
  const most = desk.note({ userNo: 1, messageIds, state: 'delivered' });
  await expect(noteUpTo({ userNo: 2, place, count: 1 })).rejects.toMatchObject({ code: 'OVERLOADED' });
  const commit = next(0);
  const closing = desk.close();
  (await commit).resolve([]);
  await Promise.all([most, closing, desk.close()]);
  expect(rows[0]?.marks).toHaveLength(PENDING_LIMIT_COUNT);
});

test('[NO60] thousands who acknowledged together are answered in several turns', async () => {
  const { noteUpTo, next } = makeDesk();
  let answeredCount = 0;
  const noted = Array.from({ length: 8 * ANSWERED_TOGETHER_COUNT }, (_, userNo) =>
    noteUpTo({ userNo, place, count: 1 }).then(() => answeredCount++),
  );
  (await next(0)).resolve([]);
  await noted[0];
  await Promise.resolve(); // for those of the same turn
  expect(answeredCount).toBeLessThan(noted.length / 2);
  await Promise.all(noted);
});
