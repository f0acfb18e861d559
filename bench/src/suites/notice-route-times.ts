import type { BenchUser, NoticeStand } from '../lib/notice-stand.ts';
import { noticeId } from '../lib/notice-swarm.ts';
import { percentile } from '../lib/statistics.ts';

export type RouteFigure = {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
};

type Asked = {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: (round: number) => object;
};

const BASE = '/api/admin/notification';
const RECORDS = `${BASE}/admin-receive-records`;
const PUSHES = `${BASE}/push-records`;
/** Users whose notices are read and confirmed before, so that every state occurs. */
const READERS_COUNT = 300;
const CONFIRMERS_COUNT = 100;
const MARKED_COUNT = 50;
const WARM_UP_COUNT = 3;

/** Times every REST route of the hub, the lists with each of their filters, `rounds` requests each. */
export async function timeNoticeRoutes(stand: NoticeStand, rounds: number): Promise<readonly RouteFigure[]> {
  await markSome(stand);
  const figures: RouteFigure[] = [];
  for (const asked of routesOf(stand)) figures.push(await time(stand, asked, rounds));
  return figures;
}

async function markSome({ users, admin }: NoticeStand): Promise<void> {
  const messageIds = Array.from({ length: MARKED_COUNT }, (_, index) => noticeId(index + 1));
  for (const { userId } of users.slice(0, READERS_COUNT)) {
    await admin.post(`${BASE}/batch-mark-read`, { message_ids: messageIds, user_id: userId });
  }
  for (const { userId } of users.slice(0, CONFIRMERS_COUNT)) {
    await admin.post(`${BASE}/mark-confirmed`, { message_id: noticeId(1), user_id: userId });
  }
}

function routesOf({ users }: NoticeStand): readonly Asked[] {
  const userId = users[1]?.userId ?? '';
  const day = new Date().toISOString().slice(0, 10);
  const get = (path: string, queries: readonly string[]): Asked[] =>
    queries.map((query) => ({ name: `GET ${path.split('/').at(-1)}${query}`, path: `${path}${query}` }));
  return [
    ...get('/api/admin/websocket/stats', ['']),
    ...get(PUSHES, [
      '',
      '?page_size=100',
      '?type=system_notice&target=all&status=sent',
      '?keyword=假期',
      '?keyword=没有这样的',
      `?start_date=${day}&end_date=${day}&sort_by=priority&sort_order=asc`,
    ]),
    ...get(RECORDS, [
      '',
      '?page=1000&page_size=100',
      `?user_id=${userId}`,
      '?username=bench-00',
      '?username=bench-0012',
      `?message_id=${noticeId(50)}`,
      `?message_id=${noticeId(50)}&is_received=true&username=bench-0`,
      '?is_online=false&page_size=100',
      '?is_received=true&sort_by=received_at',
      '?is_read=true&sort_by=read_at&sort_order=asc',
      '?is_confirmed=true',
      '?is_confirmed=false&is_read=true',
      '?delivery_status=pending&page=100&page_size=100',
      '?delivery_status=delivered&push_channel=offline',
      '?delivery_status=failed',
      '?push_channel=websocket',
      `?start_date=${day}&end_date=${day}`,
      `?start_date=${day}&is_received=true&username=bench-00`,
    ]),
    ...get(`${BASE}/messages/${noticeId(50)}/receive-status`, ['']),
    ...get(`${BASE}/messages/${noticeId(50)}/roster`, ['', '?only=confirmed', '?format=csv']),
    ...get(`${BASE}/admin-receive-stats`, ['', `?start_date=${day}&end_date=${day}`, '?page=50&page_size=100']),
    ...get(`${BASE}/online-users`, ['', '?page_size=100']),
    ...get(`${BASE}/user-summary`, ['', `?user_id=${userId}`]),
    ...get(`${BASE}/my-notices`, ['', '?limit=100']),
    ...get(`${BASE}/preferences`, ['']),
    ...get(`${BASE}/groups`, ['']),
    ...get(`${BASE}/templates`, ['']),
    ...writesOf(users),
  ];
}

function writesOf(users: readonly BenchUser[]): readonly Asked[] {
  const userId = users[1]?.userId ?? '';
  const mark = (name: string): Asked => ({
    name: `POST ${name}`,
    method: 'POST',
    path: `${BASE}/${name}`,
    body: (round) => ({ message_id: noticeId(60), user_id: users[400 + round]?.userId }),
  });
  return [
    mark('mark-read'),
    mark('mark-confirmed'),
    {
      name: 'POST batch-mark-read, 50 ids',
      method: 'POST',
      path: `${BASE}/batch-mark-read`,
      body: (round) => ({
        message_ids: Array.from({ length: MARKED_COUNT }, (_, index) => noticeId(index + 1)),
        user_id: users[500 + round]?.userId,
      }),
    },
    {
      name: 'POST notice to one user',
      method: 'POST',
      path: '/api/admin/system/notice',
      body: (round) => ({
        messageId: `one-${round}`,
        type: 'order_created',
        content: '给一个人',
        target: 'users',
        user_ids: [userId],
      }),
    },
    {
      name: 'POST notice/preview to all',
      method: 'POST',
      path: '/api/admin/system/notice/preview',
      body: () => ({ content: '给所有人', target: 'all' }),
    },
  ];
}

async function time({ admin }: NoticeStand, asked: Asked, rounds: number): Promise<RouteFigure> {
  const took: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds + WARM_UP_COUNT; round++) {
    const body = asked.body ? JSON.stringify(asked.body(round)) : undefined;
    const startedAt = performance.now();
    const response = await fetch(`${admin.baseUrl}${asked.path}`, {
      method: asked.method ?? 'GET',
      headers: { ...admin.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    if (round >= WARM_UP_COUNT) took.push(performance.now() - startedAt);
    if (!response.ok) throw new Error(`${asked.name} was answered ${response.status}: ${text}`);
    bytes = Buffer.byteLength(text);
  }
  return { name: asked.name, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99), bytes };
}
