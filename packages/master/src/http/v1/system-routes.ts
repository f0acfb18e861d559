import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { accountJson } from '../../words/account-words.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { platformId } from './reply-target.ts';
import { accountOf, id, idParams, ok, v1Route, visibleAccounts, who } from './v1-route.ts';
import { workerJson } from './worker-routes.ts';

const DATA_TYPES = ['comments', 'contents', 'conversations', 'messages', 'notifications'];
const typeParams = Type.Object({ dataType: id });

/** Whether it is up, what it does, and what the deployed system shows to whoever debugs it. */
export function addSystemRoutes(app: App, deps: HttpDeps): void {
  const { clock } = deps;
  app.get('/health', v1Route('open', 'Whether the process answers.'), () => ({ status: 'ok', timestamp: clock.now() }));
  app.get('/api/v1/status', v1Route('viewer', 'What runs and how much is known.'), (request) => {
    const { connectionCount = 0, subscriberCount = 0 } = deps.socketFigures();
    const workers = deps.v1.workerStatus();
    const isOnline = workers.filter((worker) => worker.isOnline).length;
    const accounts = visibleAccounts(deps.store, who(request));
    const waiting = accounts.filter(({ record }) => !record.isPaused && !record.lease?.workerId).length;
    return ok({
      version: deps.version,
      uptime: Math.floor(process.uptime()),
      workers: {
        total: deps.store.workers().length,
        online: isOnline,
        offline: deps.store.workers().length - isOnline,
      },
      scheduling: { totalAccounts: accounts.length, unassignedAccounts: waiting },
      clients: { connected: connectionCount, subscribed: subscriberCount },
      notifications: { queue: { size: 0 }, broadcaster: { clients: connectionCount } },
      dataStore: dataStats(deps, request),
      dataSync: { epoch: deps.store.epoch, seq: deps.store.head() },
    });
  });
  addDebugRoutes(app, deps);
  addPersistenceRoutes(app, deps);
}

/** `/api/debug`: for administrators, whatever the environment says. */
function addDebugRoutes(app: App, deps: HttpDeps): void {
  const { store, v1 } = deps;
  app.get('/api/debug/browser-status', v1Route('admin', 'The Workers of this machine, which drive the browsers.'), () =>
    ok(
      v1.desk.configs().map(({ workerId, deployment }) => {
        const { local, member } = v1.desk.process(workerId);
        const accounts = member?.accountCount ?? 0;
        return { worker_id: workerId, deployment, state: local?.state.kind ?? null, accounts };
      }),
    ),
  );
  app.get(
    '/api/debug/accounts/:id',
    v1Route('admin', 'One account with its state.', { params: idParams }),
    (request) => {
      const account = accountOf(store, who(request), paramOf(request));
      const { session, lease, lastSyncAt } = account;
      return ok({
        ...accountJson(account),
        // The picture of a login code is shown where somebody scans it.
        session: { kind: session.kind, since: session.since },
        lease: lease ?? null,
        last_sync_at: lastSyncAt ?? null,
        summary: store.accountSummary(account.id) ?? null,
      });
    },
  );
  app.get(
    '/api/debug/messages/:id',
    v1Route('admin', 'One message or comment, as stored.', { params: idParams }),
    (request) => {
      for (const { record } of visibleAccounts(store, who(request))) {
        for (const [kind, prefix] of [
          ['message', 'msg'],
          ['comment', 'comm'],
        ] as const) {
          const item = store.item(record.id, kind, platformId(paramOf(request), prefix, record.id) as ItemId); // looked up
          if (item) return ok(item);
        }
      }
      throw new LegacyError('ITEM_NOT_FOUND', 'Message not found');
    },
  );
  app.get('/api/debug/workers', v1Route('admin', 'The Workers.'), () =>
    ok(store.workers().map((worker) => workerJson(deps, worker))),
  );
  app.get('/api/debug/workers/:id', v1Route('admin', 'One Worker.', { params: idParams }), (request) => {
    const worker = store.workers().find((one) => one.id === paramOf(request));
    if (!worker) throw new LegacyError('NOT_FOUND', 'Worker not found');
    return ok(workerJson(deps, worker));
  });
}

/** `/api/debug/persistence`: everything is on disk before it is seen; there is no cache that could lose anything. */
function addPersistenceRoutes(app: App, deps: HttpDeps): void {
  const { v1 } = deps;
  const base = '/api/debug/persistence';
  app.get(`${base}/stats`, v1Route('admin', 'How far the state on disk is.'), () =>
    ok({ ...v1.storeFigures(), seq: deps.store.head(), epoch: deps.store.epoch }),
  );
  app.post(`${base}/persist`, v1Route('admin', 'Writes the state to disk now.'), async () => {
    await v1.checkpoint();
    return ok({ seq: deps.store.head(), persistedAt: deps.clock.now() });
  });
  app.post(`${base}/reload`, v1Route('admin', 'Not supported.'), () => {
    throw new LegacyError(
      'NOT_SUPPORTED',
      'There is nothing to reload: memory is what the log says (hiscrm verify checks it)',
    );
  });
  app.post(`${base}/cleanup/:dataType`, v1Route('admin', 'Not supported.', { params: typeParams }), (request) => {
    const { dataType } = request.params as Static<typeof typeParams>; // checked by the schema
    if (!DATA_TYPES.includes(dataType)) {
      throw new LegacyError('BAD_REQUEST', `Invalid data type: must be one of ${DATA_TYPES.join(', ')}`);
    }
    throw new LegacyError(
      'NOT_SUPPORTED',
      `No ${dataType} are deleted by age: remove the account to remove what was collected`,
    );
  });
  app.get(`${base}/cache-stats`, v1Route('admin', 'How much is known.'), (request) => ok(dataStats(deps, request)));
}

function dataStats({ store, clock }: HttpDeps, request: FastifyRequest): object {
  const accounts = visibleAccounts(store, who(request));
  const sum = (name: 'commentCount' | 'contentCount' | 'conversationCount' | 'messageCount'): number =>
    accounts.reduce((total, { summary }) => total + summary[name], 0);
  return {
    totalAccounts: accounts.length,
    totalComments: sum('commentCount'),
    totalContents: sum('contentCount'),
    totalConversations: sum('conversationCount'),
    totalMessages: sum('messageCount'),
    lastUpdate: clock.now(),
  };
}

const paramOf = (request: FastifyRequest): string => (request.params as Static<typeof idParams>).id; // checked by the schema
