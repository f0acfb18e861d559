/** A Master's HTTP surface over a real store and real users in memory. Used by tests only. */
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, Seq, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { Role } from '@hiscrm/shared/model/visibility.ts';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { Auth } from '../../auth/auth.ts';
import { SyncBoard } from '../../fleet/sync-board.ts';
import { silentLogger } from '../../lib/logger.ts';
import { AuthTables } from '../../log/auth-tables.ts';
import type { LoggedRow } from '../../log/change-log.ts';
import { type MasterDatabase, openMemoryDatabase } from '../../log/open-database.ts';
import type { NoticeHub } from '../../notices/notice-hub.ts';
import { NOTICE_LIMITS } from '../../notices/notice-limits.ts';
import { openNoticeHub } from '../../notices/open-notice-hub.ts';
import { Health } from '../../ops/health.ts';
import { Metrics } from '../../ops/metrics.ts';
import { PushBoard } from '../../ops/push-board.ts';
import { ShownBoard } from '../../ops/shown-board.ts';
import { traceOf } from '../../ops/trace.ts';
import { WaitBoard } from '../../ops/wait-board.ts';
import { openStore } from '../../store/open-store.ts';
import { createHttpSurface } from '../http-surface.ts';
import { makeV1 } from './make-v1.ts';

export const CONTROL_TOKEN = 'control-token-of-the-test';
const PASSWORD = 'correct horse';
const IDLE_LOOP = { delay: () => ({ p50Ms: 0, p99Ms: 0, maxMs: 0 }) };

/** What happened inside that must not have: bugs are logged as errors. */
export type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>;

/** A notification hub over the world's log; `settle` folds what was appended into the store. */
async function openNotices(core: {
  readonly database: MasterDatabase;
  readonly auth: Auth;
  readonly clock: FakeClock;
  readonly settle: () => void;
}) {
  const commit = async (changes: readonly Change[]): Promise<readonly LoggedRow[]> => {
    const rows = await core.database.log.append(changes);
    core.settle();
    notices.onPublication({ rows, topics: [], accounts: [] });
    return rows;
  };
  let ids = 0;
  const notices: NoticeHub = await openNoticeHub({
    log: core.database.log,
    tables: core.database.notices,
    committer: { commit },
    directory: { own: () => core.auth.users() },
    clock: core.clock,
    limits: NOTICE_LIMITS,
    lc: silentLogger,
    newId: () => `notice-${++ids}`,
    onSent: () => undefined,
  });
  return { commit, notices };
}

export async function startHttpWorld(options: { readonly webDir?: string } = {}) {
  const clock = new FakeClock();
  const pending: LoggedRow[] = [];
  const database = openMemoryDatabase({ clock, onDurable: (rows) => void pending.push(...rows) });
  const store = await openStore({ log: database.log, state: database.state, clock: systemClock });
  const tables = new AuthTables(':memory:');
  const auth = new Auth({ tables, clock, logger: silentLogger });
  const health = new Health();
  const bugs: unknown[] = [];
  const syncRequests: AccountId[] = [];
  const metrics = new Metrics();
  const settle = (): void => void store.apply(pending.splice(0));
  const { commit, notices } = await openNotices({ database, auth, clock, settle });
  const surface = await createHttpSurface({
    store,
    auth,
    board: new SyncBoard(),
    metrics,
    health,
    logger: { ...silentLogger, error: (fields) => void bugs.push(fields) },
    clock,
    version: '0.0.0-test',
    controlToken: CONTROL_TOKEN,
    webDir: options.webDir ?? '/nonexistent',
    v1: makeV1({ store, commit, auth, notices, clock }),
    isAnonymousServed: false,
    trustProxy: false,
    allowedOrigins: ['https://crm.example'],
    mediaOrigins: [],
    requestSync: async (_principal, accountId) => void syncRequests.push(accountId),
    notices: { hub: notices, eventLoop: IDLE_LOOP, badFrameCount: () => 0, now: () => clock.now() },
    trace: (id) => traceOf({ store, log: database.log, ...emptyBoards(store.head()) }, id),
    socketFigures: () => ({ connectionCount: 0 }),
  });
  const url = await surface.listen({ port: 0, host: '127.0.0.1' });
  return {
    auth,
    clock,
    url,
    /** Over a real socket: only there are kept bytes served. */
    async fetch(path: string, token: string, headers: Record<string, string> = {}): Promise<Response> {
      return fetch(`${url}${path}`, { headers: { ...headers, authorization: `Bearer ${token}` } });
    },
    store,
    notices,
    health,
    bugs,
    syncRequests,
    surface,
    metrics,
    /** What the router holds, one row a method. */
    get routes(): readonly { readonly method: string; readonly url: string }[] {
      return surface.routes;
    },
    async commit(changes: readonly Change[]): Promise<Seq> {
      await commit(changes);
      return store.head();
    },
    /** A user with a session; answers the token. */
    async login(username: string, role: Role, grants: 'all' | readonly AccountId[] = 'all'): Promise<string> {
      await auth.addUser({ username, password: PASSWORD, role, grants }, 'test');
      return (await auth.login({ username, password: PASSWORD, address: '127.0.0.1' })).token;
    },
    request(request: InjectOptions, token?: string): Promise<LightMyRequestResponse> {
      const headers = { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
      return surface.app.inject({ ...request, headers });
    },
    get(url: string, token?: string): Promise<LightMyRequestResponse> {
      return this.request({ method: 'GET', url }, token);
    },
    async close(): Promise<void> {
      await surface.close();
      await notices.close();
      auth.close();
      tables.close();
      await store.close();
      await database.close();
    },
  };
}

const provenance = { source: 'api' };
const accountId = (id: string): AccountId => id as AccountId;

/** An account with `conversationCount` conversations of `messageCount` messages and `workCount` works of `commentCount` comments. */
export function sampleChanges(
  id: string,
  counts: { conversationCount: number; messageCount: number; workCount: number; commentCount: number },
): Change[] {
  const account = accountId(id);
  const at = 1_773_000_000_000;
  const changes: Change[] = [
    { kind: 'account.added', accountId: account, platform: 'douyin', name: `品牌 ${id}`, at },
    {
      kind: 'account.profile',
      accountId: account,
      facts: { platformUserId: `7${id}`, nickname: `昵称 ${id} 🎉`, followerCount: 7, ...provenance, observedAt: at },
    },
  ];
  for (let c = 0; c < counts.conversationCount; c++) {
    const topicId = `conv-${id}-${c}` as TopicId;
    const peer = { id: `peer-${c}`, name: `顾客${c}`, avatarUrl: `https://p3.example/avatar/${c}.jpeg` };
    changes.push({
      kind: 'conversation.observed',
      accountId: account,
      facts: { id: topicId, type: 'private', peer, ...provenance, observedAt: at },
    });
    for (let m = 0; m < counts.messageCount; m++) {
      changes.push({
        kind: 'message.observed',
        accountId: account,
        facts: {
          kind: 'message',
          id: `msg-${id}-${c}-${m}` as ItemId,
          topicId,
          type: 'text',
          text: `你好，请问什么时候发货？第 ${m} 条`,
          direction: m % 5 === 4 ? 'out' : 'in',
          ...(m % 5 !== 4 && { author: peer }),
          at: at + m * 60_000 + c * 7_000,
          ...provenance,
          observedAt: at,
        },
      });
    }
  }
  for (let w = 0; w < counts.workCount; w++) changes.push(...workChanges(account, id, w, counts.commentCount, at));
  return changes;
}

function workChanges(account: AccountId, id: string, w: number, commentCount: number, at: number): Change[] {
  const topicId = `work-${id}-${w}` as TopicId;
  const changes: Change[] = [
    {
      kind: 'content.observed',
      accountId: account,
      facts: {
        id: topicId,
        type: w % 2 === 0 ? 'video' : 'images',
        title: `作品 ${w}`,
        publishedAt: at - w * 3_600_000,
        stats: { likeCount: 10 + w, viewCount: 1_000, commentCount },
        ...provenance,
        observedAt: at,
      },
    },
  ];
  for (let m = 0; m < commentCount; m++) {
    changes.push({
      kind: 'comment.observed',
      accountId: account,
      facts: {
        kind: 'comment',
        id: `com-${id}-${w}-${m}` as ItemId,
        topicId,
        text: `评论 ${m}`,
        author: { id: `fan-${m}`, name: `粉丝${m}` },
        direction: 'in',
        at: at + m * 30_000 + w * 11_000,
        ...(m % 3 === 2 && { parentId: `com-${id}-${w}-${m - 1}` as ItemId }),
        ...provenance,
        observedAt: at,
      },
    });
  }
  return changes;
}

const emptyBoards = (floor: Seq) => ({
  pushes: new PushBoard(),
  waits: new WaitBoard(),
  shown: new ShownBoard({ floor }),
});
