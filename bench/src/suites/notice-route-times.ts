import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import { HttpTimer, type TimedRequest } from '../lib/http-timer.ts';
import { serverCpu } from '../lib/machine.ts';
import type { BenchUser, NoticeStand } from '../lib/notice-stand.ts';
import { noticeId } from '../lib/notice-swarm.ts';
import { type PeerProcess, startPeer } from '../lib/peer-process.ts';
import { processUse } from '../lib/process-use.ts';
import { percentile } from '../lib/statistics.ts';

export type RouteFigure = {
  readonly name: string;
  /** `file`: a whole file, however long it is; its first byte is another figure. */
  readonly kind: 'route' | 'file';
  /**
   * The same percentile of a server that does nothing, asked after each of the requests on the same core: what the machine
   * added to every answer meanwhile. NaN where it was not asked.
   */
  readonly bareP99Ms: number;
  /** Of the Master, a request; the kernel counts in 10 ms. NaN where it cannot be told. */
  readonly cpuMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
};

type Asked = {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: (round: number) => object;
  readonly isFile?: boolean;
};

const BASE = '/api/admin/notification';
const RECORDS = `${BASE}/admin-receive-records`;
const PUSHES = `${BASE}/push-records`;
/** Users whose notices are read and confirmed before, so that every state occurs. */
const READERS_COUNT = 300;
const CONFIRMERS_COUNT = 100;
const MARKED_COUNT = 50;
const WARM_UP_COUNT = 3;
/**
 * What writes is asked so many times as often: a checkpoint holds writes up once a second, and a few hundred of them fit between two
 * or all into one. A second of them meets it in its share.
 */
const WRITES_FACTOR = 10;
/** As long as a page of records. */
const BARE_BYTES = 12_000;

/**
 * Times every REST route of the hub, the lists with each of their filters, `rounds` requests each, one after the other; and
 * one of them beside the making of a file.
 */
export async function timeNoticeRoutes(stand: NoticeStand, rounds: number): Promise<readonly RouteFigure[]> {
  await markSome(stand);
  const bare = await BareServer.start();
  const timer = new HttpTimer();
  try {
    const figures: RouteFigure[] = [];
    for (const asked of routesOf(stand.users, await middleOf(stand))) {
      figures.push(...(await time(timer, stand, asked, asked.body ? rounds * WRITES_FACTOR : rounds, bare)));
    }
    figures.push(await timeBesideFile(timer, stand, rounds));
    return figures;
  } finally {
    await timer.close();
    await bare.close();
  }
}

/** Node's own server with bytes ready in memory, on the core of the Master. */
class BareServer {
  readonly #peer: PeerProcess;
  readonly #folder: ReturnType<typeof tempFolder>;

  private constructor(peer: PeerProcess, folder: ReturnType<typeof tempFolder>) {
    this.#peer = peer;
    this.#folder = folder;
  }

  static async start(): Promise<BareServer> {
    const folder = tempFolder('bench-bare');
    const file = join(folder.path, 'answer');
    writeFileSync(file, ' '.repeat(BARE_BYTES));
    return new BareServer(await startPeer('rest-node-http', serverCpu(), [file]), folder);
  }

  get request(): TimedRequest {
    return { url: `http://127.0.0.1:${this.#peer.port}/`, method: 'GET', headers: {} };
  }

  async close(): Promise<void> {
    await this.#peer.child.close();
    this.#folder.remove();
  }
}

/** When the notice in the middle of those to everybody was sent: half of their records are older. */
async function middleOf({ admin }: NoticeStand): Promise<string> {
  const answer = await admin.get(`${RECORDS}?message_id=${noticeId(MARKED_COUNT)}&page_size=1`);
  const { items } = (answer as { readonly data: { readonly items: readonly { readonly created_at: string }[] } }).data; // the route's schema
  return must(items[0], 'a notice to everybody has records').created_at;
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

function routesOf(users: readonly BenchUser[], middle: string): readonly Asked[] {
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
      '?sort_by=received_at&page=100&page_size=100',
      '?username=bench-00&sort_by=read_at',
      '?is_read=true&sort_by=read_at&sort_order=asc',
      '?is_confirmed=true',
      '?is_confirmed=false&is_read=true',
      '?delivery_status=pending&page=100&page_size=100',
      '?delivery_status=delivered&push_channel=offline',
      '?delivery_status=failed',
      '?push_channel=websocket',
      `?start_date=${day}&end_date=${day}`,
      `?start_date=${day}&is_received=true&username=bench-00`,
      `?start_date=${middle}&is_received=false`,
      `?end_date=${middle}&username=bench-00&page=20&page_size=100`,
    ]),
    ...get(`${BASE}/messages/${noticeId(50)}/receive-status`, ['']),
    ...get(`${BASE}/messages/${noticeId(50)}/roster`, ['', '?page=100&page_size=100', '?only=confirmed', '?only=all']),
    ...['csv', 'json'].map((format) => rosterFile(format)),
    ...get(`${BASE}/admin-receive-stats`, [
      '',
      `?start_date=${day}&end_date=${day}`,
      `?start_date=${middle}&page_size=100`,
      '?page=50&page_size=100',
    ]),
    ...get(`${BASE}/online-users`, ['', '?page_size=100']),
    ...get(`${BASE}/user-summary`, ['', `?user_id=${userId}`]),
    ...get(`${BASE}/my-notices`, ['', '?limit=100']),
    ...get(`${BASE}/preferences`, ['']),
    ...get(`${BASE}/groups`, ['']),
    ...get(`${BASE}/templates`, ['']),
    ...writesOf(users),
  ];
}

const rosterFile = (format: string): Asked => ({
  name: `GET roster/export?format=${format}`,
  path: `${BASE}/messages/${noticeId(50)}/roster/export?format=${format}`,
  isFile: true,
});

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

async function time(
  timer: HttpTimer,
  stand: NoticeStand,
  asked: Asked,
  rounds: number,
  bare: BareServer,
): Promise<readonly RouteFigure[]> {
  const requests = Array.from({ length: rounds + WARM_UP_COUNT }, (_, round) => requestOf(stand, asked, round));
  const { pid } = stand.master;
  await timer.each(requests.slice(0, WARM_UP_COUNT), bare.request);
  const usedBeforeUs = processUse(pid).cpuUs;
  const { answers, betweenMs } = await timer.each(requests.slice(WARM_UP_COUNT), bare.request);
  const cpuMs = (processUse(pid).cpuUs - usedBeforeUs) / 1_000 / rounds;
  const bareP99Ms = percentile(betweenMs, 0.99);
  const last = answers.map(({ lastByteMs }) => lastByteMs);
  const bytes = answers.at(-1)?.bytes ?? 0;
  if (!asked.isFile) return [figureOf(asked.name, last, bytes, { cpuMs, bareP99Ms })];
  const first = answers.map(({ firstByteMs }) => firstByteMs);
  return [
    figureOf(`${asked.name}, first byte`, first, bytes, { bareP99Ms }),
    figureOf(`${asked.name}, whole file`, last, bytes, { kind: 'file', cpuMs, bareP99Ms }),
  ];
}

const figureOf = (
  name: string,
  took: readonly number[],
  bytes: number,
  more: Partial<Pick<RouteFigure, 'kind' | 'cpuMs' | 'bareP99Ms'>> = {},
): RouteFigure => ({
  name,
  kind: 'route',
  cpuMs: Number.NaN,
  bareP99Ms: Number.NaN,
  p50Ms: percentile(took, 0.5),
  p99Ms: percentile(took, 0.99),
  bytes,
  ...more,
});

function requestOf({ admin }: NoticeStand, asked: Asked, round: number): TimedRequest {
  const body = asked.body ? JSON.stringify(asked.body(round)) : undefined;
  return {
    url: `${admin.baseUrl}${asked.path}`,
    method: asked.method ?? 'GET',
    headers: { ...admin.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body,
  };
}

/** A small route, asked again and again while files are made. */
async function timeBesideFile(timer: HttpTimer, stand: NoticeStand, rounds: number): Promise<RouteFigure> {
  const small: Asked = {
    name: 'GET receive-status while a file is made',
    path: `${BASE}/messages/${noticeId(50)}/receive-status`,
  };
  const file = requestOf(stand, rosterFile('json'), 0);
  const answers = await timer.beside(requestOf(stand, small, 0), file, rounds);
  return figureOf(
    small.name,
    answers.map(({ lastByteMs }) => lastByteMs),
    answers.at(-1)?.bytes ?? 0,
  );
}
