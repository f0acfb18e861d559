/** A notification hub behind real sockets, over a database in memory or a file. For tests only. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { assert } from '@hiscrm/shared/lib/must.ts';
import type { Seq, UserId } from '@hiscrm/shared/model/ids.ts';
import { WebSocket } from 'ws';
import type { Publication } from '../../ingest/committer.ts';
import { LogCommitter } from '../../ingest/log-committer.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { LoggedRow } from '../../log/change-log.ts';
import { openMasterDatabase, openMemoryDatabase } from '../../log/open-database.ts';
import type { NoticeHub } from '../../notices/notice-hub.ts';
import { NOTICE_LIMITS, type NoticeLimits } from '../../notices/notice-limits.ts';
import { openNoticeHub } from '../../notices/open-notice-hub.ts';
import type { SendRequest } from '../../notices/send-notice.ts';
import type { OtherUsers, Person } from '../../notices/user-directory.ts';
import { NoticeServer } from '../notice-server.ts';
import { NOTICE_SOCKET_LIMITS, type NoticeSocketLimits } from '../notice-socket-limits.ts';
import { FakeAuthenticator } from './fake-authenticator.ts';

export const ADMIN = 'u-admin' as UserId;
/** A notice to everybody, but for what a test says. */
export const aNotice = (patch: Partial<SendRequest> = {}): SendRequest => ({
  type: 'system_notice',
  title: '通知',
  content: '今晚维护 😀',
  priority: 'normal',
  target: { kind: 'all' },
  needConfirm: false,
  ...patch,
});

export async function openNoticeWorld(
  options: {
    readonly users?: readonly string[];
    readonly limits?: Partial<NoticeLimits>;
    readonly socketLimits?: Partial<NoticeSocketLimits>;
    readonly path?: string;
    readonly others?: OtherUsers;
    readonly trustProxy?: boolean;
  } = {},
) {
  const core = await openCore(options);
  const { clock, database, committer, authenticator, people, addUser, hub, newId } = core;
  const server = new NoticeServer({
    hub,
    authenticator,
    clock,
    limits: { ...NOTICE_SOCKET_LIMITS, ...options.socketLimits },
    lc: silentLogger,
    newId,
    allowedOrigins: [],
    trustProxy: options.trustProxy ?? false,
  });
  const httpServer = createServer();
  httpServer.on('upgrade', (request, stream, head) => server.upgrade(request, stream, head));
  const port = await new Promise<number>((resolve) => {
    httpServer.listen(0, '127.0.0.1', () => resolve((httpServer.address() as AddressInfo).port)); // a TCP server has a port
  });
  const clients: NoticeClient[] = [];
  return {
    clock,
    database,
    committer,
    authenticator,
    people,
    addUser,
    hub,
    server,
    port,
    /** Connects and resumes; the client acknowledges nothing by itself. */
    async connect(name: string, offset = 0): Promise<NoticeClient> {
      const client = new NoticeClient(`ws://127.0.0.1:${port}/ws?token=${name}`);
      clients.push(client);
      await client.next('connected');
      client.send({ type: 'resume', offset });
      await client.next('ack_result');
      return client;
    },
    send: (patch: Partial<SendRequest> = {}) => hub.sender.send(aNotice(patch), ADMIN),
    async close(): Promise<void> {
      for (const client of clients) client.ws.terminate();
      await server.close();
      await hub.close();
      committer.close();
      await database.close();
      await new Promise((resolve) => httpServer.close(resolve));
    },
  };
}

/** The hub over its log and tables, with users to log in. */
async function openCore(options: {
  readonly users?: readonly string[];
  readonly limits?: Partial<NoticeLimits>;
  readonly path?: string;
  readonly others?: OtherUsers;
}) {
  const clock = new FakeClock();
  const onDurable = (rows: readonly LoggedRow[]): void => committer.onDurable(rows);
  const database = options.path
    ? await openMasterDatabase({ path: options.path, clock, onDurable })
    : openMemoryDatabase({ clock, onDurable });
  const listeners: ((publication: Publication) => void)[] = [];
  const committer = new LogCommitter({
    log: database.log,
    store: { apply: () => ({ topics: [], accounts: [] }) },
    publish: (publication) => {
      for (const listener of listeners) listener(publication);
    },
  });
  const authenticator = new FakeAuthenticator();
  const people: Person[] = [];
  const addUser = (name: string, role: 'admin' | 'operator' = 'operator'): void => {
    authenticator.login(name, role);
    people.push({ id: `u-${name}` as UserId, username: name, role, grants: 'all' });
  };
  for (const name of options.users ?? ['ann', 'bob']) addUser(name);
  let ids = 0;
  const newId = (): string => `id-${clock.now()}-${++ids}`;
  const hub: NoticeHub = await openNoticeHub({
    log: database.log,
    tables: database.notices,
    committer,
    directory: { own: () => [...people], others: options.others },
    clock,
    limits: { ...NOTICE_LIMITS, ...options.limits },
    lc: silentLogger,
    newId,
    onSent: () => undefined,
  });
  listeners.push((publication) => hub.onPublication(publication));
  return { clock, database, committer, authenticator, people, addUser, hub, newId };
}

export type NoticeWorld = Awaited<ReturnType<typeof openNoticeWorld>>;

export type SeenFrame = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A notice client as an outsider would write it: keeps every frame. */
export class NoticeClient {
  readonly ws: WebSocket;
  readonly frames: SeenFrame[] = [];
  readonly closed: Promise<number>;
  #waiting: (() => void)[] = [];
  #read = 0;

  constructor(url: string) {
    this.ws = new WebSocket(url);
    this.closed = new Promise((resolve) => this.ws.once('close', (code) => resolve(code)));
    this.ws.on('error', () => undefined); // `closed` tells
    this.ws.on('message', (data: Buffer) => {
      const frame: unknown = JSON.parse(data.toString());
      assert(typeof frame === 'object' && frame !== null && 'type' in frame, 'a frame has a type');
      this.frames.push(frame as SeenFrame); // just checked
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** The notices seen so far, in order. */
  get notices(): readonly SeenFrame[] {
    return this.frames.filter(({ messageId, offset }) => messageId !== undefined && offset !== undefined);
  }
  get messageIds(): readonly unknown[] {
    return this.notices.map(({ messageId }) => messageId);
  }
  get lastOffset(): Seq {
    return Number(this.notices.at(-1)?.offset ?? 0) as Seq;
  }
  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }
  /** The next frame of this type after those asked for before. */
  async next(type: string): Promise<SeenFrame> {
    for (;;) {
      while (this.#read < this.frames.length) {
        const frame = this.frames[this.#read++];
        if (frame?.type === type) return frame;
      }
      await this.#more();
    }
  }
  /** Waits until a condition on what was seen holds. */
  async until(condition: (client: NoticeClient) => boolean): Promise<void> {
    while (!condition(this)) await this.#more();
  }
  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
