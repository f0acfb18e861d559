import type { WorkerRecord } from '@hiscrm/shared/model/records.ts';
import { mayRead } from '@hiscrm/shared/model/visibility.ts';
import Type, { type Static } from 'typebox';
import { platformAccountIdOf, toSeconds } from '../../words/account-words.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { idParams, ok, shortText, v1Route, who } from './v1-route.ts';

const listQuery = Type.Object({ status: Type.Optional(shortText) });

/** `/api/v1/workers`: every Worker that ever registered, the one that changed last first. */
export function addWorkerRoutes(app: App, deps: HttpDeps): void {
  const { store } = deps;
  app.get('/api/v1/workers', v1Route('viewer', 'The Workers.', { querystring: listQuery }), (request) => {
    const { status } = request.query as Static<typeof listQuery>; // checked by the schema
    const rows = [...store.workers()]
      .sort((a, b) => b.changedAt - a.changedAt)
      .map((worker) => workerJson(deps, worker));
    return ok(rows.filter((row) => (status ?? row.status) === row.status));
  });
  app.get(
    '/api/v1/workers/:id',
    v1Route('viewer', 'One Worker, with those of its accounts that you may see.', { params: idParams }),
    (request) => {
      const { id } = request.params as Static<typeof idParams>; // checked by the schema
      const worker = store.workers().find((one) => one.id === id);
      if (!worker) throw new LegacyError('NOT_FOUND', 'Worker not found');
      const accounts = store
        .accounts()
        .filter(({ record }) => record.lease?.workerId === id && mayRead(who(request), record.id))
        .map(({ record }) => ({
          id: record.id,
          platform: record.platform,
          account_name: record.name,
          account_id: platformAccountIdOf(record),
          status: record.isPaused ? 'paused' : 'active',
        }));
      return ok({ ...workerJson(deps, worker), accounts });
    },
  );
}

/** Times are epoch seconds. */
export function workerJson({ store, v1 }: HttpDeps, worker: WorkerRecord) {
  const status = v1.workerStatus().find(({ id }) => id === worker.id);
  const place = v1.placeOf(worker.id);
  const { length: accountCount } = store.accounts().filter(({ record }) => record.lease?.workerId === worker.id);
  return {
    id: worker.id,
    host: place?.host ?? '',
    port: place?.port ?? 0,
    status: worker.isOnline ? 'online' : 'offline',
    assigned_accounts: accountCount,
    last_heartbeat: toSeconds(status?.lastHeardAt ?? worker.changedAt),
    started_at: toSeconds(worker.changedAt),
    version: worker.version ?? null,
    capabilities: [...worker.platforms],
    max_accounts: worker.maxAccounts,
  };
}
