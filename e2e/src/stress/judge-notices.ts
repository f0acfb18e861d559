import type { RestApi } from '../harness/rest-api.ts';
import { until } from '../harness/until.ts';
import type { NoticeScreen } from './notice-screen.ts';
import type { NoticeWriter } from './notice-writer.ts';
import { expectNone } from './stress-run.ts';

const PAGE_COUNT = 100;
const SEEN_DEADLINE_MS = 30_000;

/** One receive record, as the route gives it. */
type RecordView = {
  readonly message_id: string;
  readonly is_received: boolean;
  readonly is_read: boolean;
  readonly is_confirmed: boolean;
  readonly delivery_status: string;
};

export type NoticeVerdict = {
  readonly noticeCount: number;
  readonly recordCount: number;
  readonly unreadCount: number;
};

/**
 * Holds screens, receive records and counters against what was accepted, while nobody sends. Throws on the first kind of
 * fault.
 */
export async function judgeNotices(
  admin: RestApi,
  writer: NoticeWriter,
  screens: readonly NoticeScreen[],
): Promise<NoticeVerdict> {
  let recordCount = 0;
  let unreadSum = 0;
  for (const screen of screens) {
    await screen.settled();
    const wanted = new Set(writer.accepted.filter(({ userIds }) => userIds.includes(screen.userId)).map(idOf));
    await until(
      `${screen.userId} to see all ${wanted.size} notices`,
      () => [...wanted].every((id) => screen.shownCounts().has(id)),
      { deadlineMs: SEEN_DEADLINE_MS },
    ).catch(() => undefined); // said below, with the ids
    expectNone(`what ${screen.userId} was sent`, screen.faults);
    expectNone(`the screen of ${screen.userId}`, screenFaults(wanted, screen));
    const records = await until(
      `the records of ${screen.userId}`,
      async () => {
        const found = await recordsOf(admin, screen.userId);
        return found.every(({ is_received }) => is_received) ? found : undefined;
      },
      { deadlineMs: SEEN_DEADLINE_MS },
    );
    expectNone(`the records of ${screen.userId}`, recordFaults(wanted, records, screen));
    const unreadCount = records.filter(({ is_read }) => !is_read).length;
    await until(`the badge of ${screen.userId} to show ${unreadCount}`, () => screen.unreadCount() === unreadCount);
    expectNone(`the summary of ${screen.userId}`, await summaryFaults(admin, screen.userId, records, unreadCount));
    recordCount += records.length;
    unreadSum += unreadCount;
  }
  return { noticeCount: writer.accepted.length, recordCount, unreadCount: unreadSum };
}

const idOf = ({ messageId }: { readonly messageId: string }): string => messageId;

function screenFaults(wanted: ReadonlySet<string>, screen: NoticeScreen): string[] {
  const shown = screen.shownCounts();
  return [
    ...[...wanted].filter((id) => !shown.has(id)).map((id) => `${id} was accepted and never shown`),
    ...[...shown].filter(([id]) => !wanted.has(id)).map(([id]) => `${id} was shown and is not for this user`),
    ...[...shown].filter(([, count]) => count !== 1).map(([id, count]) => `${id} is on the screen ${count} times`),
  ];
}

function recordFaults(wanted: ReadonlySet<string>, records: readonly RecordView[], screen: NoticeScreen): string[] {
  const byId = new Map(records.map((record) => [record.message_id, record]));
  return [
    ...(byId.size === records.length ? [] : [`${records.length} records of ${byId.size} notices`]),
    ...[...byId.keys()].filter((id) => !wanted.has(id)).map((id) => `a record of ${id}, which nobody accepted`),
    ...[...wanted].filter((id) => !byId.has(id)).map((id) => `no record of ${id}`),
    ...records.filter((record) => record.delivery_status !== 'delivered').map((record) => JSON.stringify(record)),
    ...[...screen.marks.read].filter((id) => byId.get(id)?.is_read !== true).map((id) => `${id} was read and is not`),
    ...[...screen.marks.confirmed]
      .filter((id) => byId.get(id)?.is_confirmed !== true)
      .map((id) => `${id} was confirmed and is not`),
  ];
}

async function summaryFaults(
  admin: RestApi,
  userId: string,
  records: readonly RecordView[],
  unreadCount: number,
): Promise<string[]> {
  const answer = await admin.get(`/api/admin/notification/user-summary?user_id=${userId}`);
  const { data } = answer as { readonly data: { readonly unread_count: number; readonly total_count: number } }; // its schema
  if (data.unread_count === unreadCount && data.total_count === records.length) return [];
  return [`${JSON.stringify(data)}; the records say ${unreadCount} unread of ${records.length}`];
}

async function recordsOf(admin: RestApi, userId: string): Promise<readonly RecordView[]> {
  const records: RecordView[] = [];
  for (let page = 1; ; page++) {
    const query = `user_id=${userId}&page=${page}&page_size=${PAGE_COUNT}&sort_order=asc`;
    const answer = await admin.get(`/api/admin/notification/admin-receive-records?${query}`);
    const { data } = answer as { readonly data: { readonly total: number; readonly items: readonly RecordView[] } }; // its schema
    records.push(...data.items);
    if (data.items.length < PAGE_COUNT) {
      if (records.length !== data.total) throw new Error(`${records.length} records listed of ${data.total}`);
      return records;
    }
  }
}
