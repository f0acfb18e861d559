import { accountNameSchema } from '@hiscrm/shared/model/change.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { AccountView } from '@hiscrm/shared/protocol/client-link.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import {
  accountJson,
  loginStatusOf,
  platformAccountIdOf,
  toSeconds,
  userInfoOf,
  workerStatusOf,
} from '../../words/account-words.ts';
import { fieldsOf, numberOf } from '../../words/foreign-values.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { accountOf, idParams, ok, shortText, v1Route, visibleAccounts, who } from './v1-route.ts';

/** A whole browser state may come with an account. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** What the deployed system takes; its Workers and ours read at their own pace. */
const INTERVAL_S = { minimum: 10, maximum: 300 } as const;
const STATUSES = ['active', 'paused', 'error', 'expired'] as const;

const optional = Type.Optional;
const credentials = Type.Union([Type.Object({}), Type.Null()]);
const newAccountSchema = Type.Object({
  platform: optional(shortText),
  account_name: optional(shortText),
  account_id: optional(Type.Union([shortText, Type.Null()])),
  credentials: optional(credentials),
  monitor_interval: optional(Type.Integer(INTERVAL_S)),
  assigned_worker_id: optional(Type.Union([shortText, Type.Null()])),
});
const patchSchema = Type.Object({
  account_name: optional(accountNameSchema),
  credentials: optional(credentials),
  status: optional(shortText),
  monitor_interval: optional(Type.Integer(INTERVAL_S)),
  assigned_worker_id: optional(Type.Union([shortText, Type.Null()])),
});
const listQuery = Type.Object({ status: optional(shortText), platform: optional(shortText) });
const SORTS = ['last_crawl_time', 'total_comments', 'total_contents', 'last_heartbeat_time'] as const;
const statusQuery = Type.Object({
  worker_status: optional(shortText),
  login_status: optional(shortText),
  platform: optional(shortText),
  sort: optional(Type.Unsafe<(typeof SORTS)[number]>(Type.String({ enum: [...SORTS] }))),
  order: optional(Type.Unsafe<'asc' | 'desc'>(Type.String({ enum: ['asc', 'desc', 'ASC', 'DESC'] }))),
});

/** `/api/v1/accounts`. No answer holds cookies or other credentials. */
export function addAccountRoutes(app: App, deps: HttpDeps): void {
  addAccountReads(app, deps);
  const { store, v1 } = deps;
  app.post(
    '/api/v1/accounts',
    {
      ...v1Route(
        'admin',
        'Adds an account. It is listed at once and waits for its login.',
        { body: newAccountSchema },
        201,
      ),
      bodyLimit: BODY_LIMIT_BYTES,
    },
    async (request, reply) => {
      const body = request.body as Static<typeof newAccountSchema>; // checked by the schema
      const { platform, account_name: name } = checkNewAccount(deps, body);
      const result = await v1.runCommand(who(request), {
        name: 'addAccount',
        params: { platform, name },
        key: `v1-${v1.newId()}`,
      });
      const account = 'accountId' in result ? store.account(result.accountId) : undefined;
      if (!account) throw new ImError('ACCOUNT_NOT_FOUND'); // removed in the same moment
      keepCredentials(deps, account.id, body.credentials);
      return reply.code(201).send({ ...ok(accountJson(account)), ...warningsOf(body) });
    },
  );
  app.patch(
    '/api/v1/accounts/:id',
    {
      ...v1Route('admin', 'Renames, pauses or resumes an account, or keeps another login for it.', {
        params: idParams,
        body: patchSchema,
      }),
      bodyLimit: BODY_LIMIT_BYTES,
    },
    async (request) => ({ ...ok(accountJson(await patchAccount(deps, request))), ...warningsOf(request.body) }),
  );
  app.delete(
    '/api/v1/accounts/:id',
    v1Route('admin', 'Removes the account with everything that was collected for it.', { params: idParams }),
    async (request) => {
      const account = accountOf(store, who(request), paramOf(request));
      await v1.runCommand(who(request), {
        name: 'removeAccount',
        params: { accountId: account.id },
        key: `v1-${v1.newId()}`,
      });
      return { success: true, message: 'Account deleted successfully' };
    },
  );
}

function addAccountReads(app: App, deps: HttpDeps): void {
  const { store } = deps;
  app.get(
    '/api/v1/accounts',
    v1Route('viewer', 'The accounts that you may see.', { querystring: listQuery }),
    (request) => {
      const { status, platform } = request.query as Static<typeof listQuery>; // checked by the schema
      const rows = visibleAccounts(store, who(request)).map(({ record }) => accountJson(record));
      return ok(
        rows.filter((row) => (status ?? row.status) === row.status && (platform ?? row.platform) === row.platform),
      );
    },
  );
  app.get('/api/v1/accounts/:id', v1Route('viewer', 'One account.', { params: idParams }), (request) =>
    ok(accountJson(accountOf(store, who(request), paramOf(request)))),
  );
  app.get(
    '/api/v1/accounts/status/all',
    v1Route('viewer', 'State and figures of the accounts that you may see.', { querystring: statusQuery }),
    (request) => {
      const query = request.query as Static<typeof statusQuery>; // checked by the schema
      const rows = visibleAccounts(store, who(request))
        .filter(({ record }) => (query.platform ?? record.platform) === record.platform)
        .map((view) => accountStatus(deps, view))
        .filter(({ login_status }) => (query.login_status ?? login_status) === login_status)
        .filter(
          ({ runtime_stats }) => (query.worker_status ?? runtime_stats.worker_status) === runtime_stats.worker_status,
        );
      const sort = query.sort ?? 'last_heartbeat_time';
      const sign = query.order?.toLowerCase() === 'asc' ? 1 : -1;
      rows.sort((a, b) => sign * (Number(a.runtime_stats[sort] ?? 0) - Number(b.runtime_stats[sort] ?? 0)));
      return { ...ok(rows), count: rows.length };
    },
  );
}

function accountStatus(deps: HttpDeps, { record, summary }: AccountView) {
  const runtime = deps.v1.runtimeOf(record.id);
  const { lease, profile, session } = record;
  const worker = lease?.workerId ? deps.store.workers().find((one) => one.id === lease.workerId) : undefined;
  const place = worker && deps.v1.placeOf(worker.id);
  const heardAt = worker && deps.v1.workerStatus().find((one) => one.id === worker.id)?.lastHeardAt;
  return {
    id: record.id,
    account_name: record.name,
    account_id: platformAccountIdOf(record),
    platform: record.platform,
    status: record.isPaused ? 'paused' : 'active',
    login_status: loginStatusOf(record) as string,
    user_info: userInfoOf(record),
    worker: worker
      ? {
          id: worker.id,
          status: worker.isOnline ? 'online' : 'offline',
          host: place?.host ?? '',
          port: place?.port ?? 0,
        }
      : null,
    runtime_stats: {
      worker_status: workerStatusOf(record) as string,
      total_comments: runtime?.total_comments ?? summary.commentCount,
      total_contents: runtime?.total_contents ?? profile?.contentCount ?? summary.contentCount,
      total_followers: profile?.followerCount ?? 0,
      total_following: profile?.followingCount ?? 0,
      recent_comments_count: runtime?.recent_comments_count ?? 0,
      recent_contents_count: runtime?.recent_contents_count ?? 0,
      last_crawl_time:
        runtime?.last_crawl_time ?? (record.lastSyncAt === undefined ? null : toSeconds(record.lastSyncAt)),
      last_heartbeat_time: runtime?.last_heartbeat_time ?? (heardAt === undefined ? null : toSeconds(heardAt)),
      error_count: runtime?.error_count ?? 0,
      last_error_message: runtime?.last_error_message ?? ('detail' in session ? (session.detail ?? null) : null),
    },
  };
}

function checkNewAccount(
  { store, v1 }: HttpDeps,
  body: Static<typeof newAccountSchema>,
): { readonly platform: string; readonly account_name: string } {
  const { platform, account_id: platformId } = body;
  const account_name = body.account_name?.trim();
  if (!platform || !account_name) {
    throw new LegacyError('BAD_REQUEST', 'Missing required fields: platform, account_name');
  }
  if (!v1.platforms.includes(platform)) {
    throw new LegacyError('BAD_REQUEST', `Validation failed: platform must be one of ${v1.platforms.join(', ')}`);
  }
  if (account_name.length > 50) {
    throw new LegacyError('BAD_REQUEST', 'Validation failed: account_name must be 1-50 characters');
  }
  checkWorker(store.workers(), body.assigned_worker_id);
  const isKnown = store
    .accounts()
    .some(({ record }) => record.platform === platform && record.profile?.platformUserId === platformId);
  if (platformId && isKnown) throw new LegacyError('BAD_REQUEST', 'Account already exists');
  return { platform, account_name };
}

function checkWorker(
  workers: readonly { readonly id: string; readonly isOnline: boolean }[],
  wanted: string | null | undefined,
): void {
  if (!wanted) return;
  const worker = workers.find((one) => one.id === wanted);
  if (!worker) throw new LegacyError('BAD_REQUEST', `Worker not found: ${wanted}`);
  if (!worker.isOnline) throw new LegacyError('BAD_REQUEST', `Worker is not online: ${wanted}`);
}

async function patchAccount(deps: HttpDeps, request: FastifyRequest): Promise<AccountRecord> {
  const { store, v1 } = deps;
  const principal = who(request);
  const body = request.body as Static<typeof patchSchema>; // checked by the schema
  const account = accountOf(store, principal, paramOf(request));
  const { status } = body;
  if (status !== undefined && !STATUSES.some((one) => one === status)) {
    throw new LegacyError('BAD_REQUEST', `Validation failed: status must be one of ${STATUSES.join(', ')}`);
  }
  if (status === 'error' || status === 'expired') {
    throw new LegacyError('BAD_REQUEST', `Validation failed: ${status} is what the Worker finds; set active or paused`);
  }
  checkWorker(store.workers(), body.assigned_worker_id);
  const patch = {
    ...(body.account_name !== undefined && { name: body.account_name }),
    ...(status !== undefined && { isPaused: status === 'paused' }),
  };
  if (Object.keys(patch).length === 0 && !body.credentials) {
    throw new LegacyError('BAD_REQUEST', noEffect(body) ?? 'No valid fields to update');
  }
  keepCredentials(deps, account.id, body.credentials);
  await v1.runCommand(principal, {
    name: 'changeAccount',
    params: { accountId: account.id, ...patch },
    key: `v1-${v1.newId()}`,
  });
  return store.account(account.id) ?? account;
}

/** Adds to the sealed login; what is empty replaces nothing. */
function keepCredentials({ v1 }: HttpDeps, accountId: AccountId, given: unknown): void {
  const fields = fieldsOf(given);
  if (!fields || Object.keys(fields).length === 0) return;
  const { cookies } = fields;
  const fingerprint = fieldsOf(fields.fingerprint);
  const localStorage = fieldsOf(fields.localStorage);
  const cookiesValidUntilS = numberOf(fields.cookies_valid_until);
  const isKept = v1.keepCredentials(accountId, {
    ...(Array.isArray(cookies) && { cookies }),
    ...(fingerprint && { fingerprint }),
    ...(localStorage && { localStorage }),
    ...(cookiesValidUntilS !== undefined && { cookiesValidUntilS }),
  });
  if (!isKept) throw new ImError('TOO_LARGE', { limitBytes: BODY_LIMIT_BYTES });
}

/** What was asked for and has no effect here is said, not hidden. */
function warningsOf(body: unknown): { readonly warnings?: readonly string[] } {
  const text = noEffect(fieldsOf(body) ?? {});
  return text === undefined ? {} : { warnings: [text] };
}

function noEffect(body: Readonly<Record<string, unknown>>): string | undefined {
  const parts: string[] = [];
  if (body.account_id) parts.push('account_id comes with the login');
  if (body.monitor_interval !== undefined) parts.push('monitor_interval: Workers read as the platform pushes');
  if (body.assigned_worker_id) parts.push('assigned_worker_id: the Master places accounts by itself');
  return parts.length > 0 ? `without effect: ${parts.join('; ')}` : undefined;
}

const paramOf = (request: FastifyRequest): string => (request.params as Static<typeof idParams>).id; // checked by the schema
