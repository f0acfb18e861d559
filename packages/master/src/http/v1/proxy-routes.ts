import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { type KeptRecord, RECORDS_LIMIT_COUNT } from '../../auth/sealed-records.ts';
import { toSeconds } from '../../words/account-words.ts';
import { PROXY_ADDRESS, PROXY_PROTOCOLS, PROXY_STATUSES, type ProxyServer } from '../../words/proxy-server.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../http-deps.ts';
import { LegacyError } from './legacy-error.ts';
import { reachServer } from './reach-server.ts';
import { idParams, ok, shortText, v1Route } from './v1-route.ts';

/** As long as the deployed system waits. */
const TEST_DEADLINE_MS = 10_000;

const optional = Type.Optional(Type.Union([shortText, Type.Null()]));
const bodySchema = Type.Object({
  name: optional,
  server: optional,
  protocol: optional,
  username: optional,
  password: optional,
  country: optional,
  city: optional,
  status: optional,
});
type Body = Static<typeof bodySchema>;
const listQuery = Type.Object({ status: Type.Optional(shortText), country: Type.Optional(shortText) });

/** `/api/v1/proxies`: a list that administrators keep. Passwords go in and never come out. */
export function addProxyRoutes(app: App, deps: HttpDeps): void {
  const { proxies, newId } = deps.v1;
  app.get(
    '/api/v1/proxies',
    v1Route('admin', 'The proxies, without passwords.', { querystring: listQuery }),
    (request) => {
      const { status, country } = request.query as Static<typeof listQuery>; // checked by the schema
      const rows = proxies.list().filter(({ value }) => (status ?? value.status) === value.status);
      return ok(rows.filter(({ value }) => (country ?? value.country) === value.country).map(proxyJson));
    },
  );
  app.get('/api/v1/proxies/:id', v1Route('admin', 'One proxy.', { params: idParams }), (request) =>
    ok(proxyJson(known(deps, request))),
  );
  app.post('/api/v1/proxies', v1Route('admin', 'Adds a proxy.', { body: bodySchema }, 201), (request, reply) => {
    const body = request.body as Body; // checked by the schema
    if (!body.name || !body.server || !body.protocol) {
      throw new LegacyError('BAD_REQUEST', 'Missing required fields: name, server, protocol');
    }
    if (proxies.list().length >= RECORDS_LIMIT_COUNT) {
      throw new LegacyError('BAD_REQUEST', `There are ${RECORDS_LIMIT_COUNT} proxies already, which is the most`);
    }
    const now = toSeconds(deps.clock.now());
    const fresh: ProxyServer = {
      name: '',
      server: '',
      protocol: 'http',
      username: null,
      country: null,
      city: null,
      status: 'active',
      success_rate: null,
      testCount: 0,
      last_check_time: null,
      response_time: null,
      created_at: now,
      updated_at: now,
    };
    const id = `proxy-${newId()}`;
    proxies.put(id, changed(deps, id, fresh, body), body.password || null);
    return reply.code(201).send(ok(proxyJson(need(proxies.get(id)))));
  });
  app.patch(
    '/api/v1/proxies/:id',
    v1Route('admin', 'Changes a proxy.', { params: idParams, body: bodySchema }),
    (request) => {
      const { id, value } = known(deps, request);
      const body = request.body as Body; // checked by the schema
      const secret = body.password === undefined ? undefined : body.password || null;
      proxies.put(id, { ...changed(deps, id, value, body), updated_at: toSeconds(deps.clock.now()) }, secret);
      return ok(proxyJson(need(proxies.get(id))));
    },
  );
  app.delete('/api/v1/proxies/:id', v1Route('admin', 'Removes a proxy.', { params: idParams }), (request) => {
    proxies.drop(known(deps, request).id);
    return { success: true, message: 'Proxy deleted successfully' };
  });
  app.post(
    '/api/v1/proxies/:id/test',
    v1Route('admin', 'Whether somebody listens at the proxy’s own address. Nothing is sent through it.', {
      params: idParams,
    }),
    (request) => testProxy(deps, known(deps, request)),
  );
}

async function testProxy(deps: HttpDeps, { id }: KeptRecord<ProxyServer>): Promise<object> {
  const { proxies } = deps.v1;
  const [, host = '', port = ''] = PROXY_ADDRESS.exec(need(proxies.get(id)).value.server) ?? [];
  const { isReached, durationMs, error } = await reachServer({
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    deadlineMs: TEST_DEADLINE_MS,
  });
  const status = isReached ? 'active' : 'failed';
  const tested = proxies.get(id); // it may have been removed meanwhile
  if (tested) {
    const { testCount, success_rate } = tested.value;
    const value: ProxyServer = {
      ...tested.value,
      status,
      testCount: testCount + 1,
      success_rate: ((success_rate ?? 0) * testCount + Number(isReached)) / (testCount + 1),
      last_check_time: toSeconds(deps.clock.now()),
      response_time: isReached ? durationMs : null,
    };
    proxies.put(id, value, undefined);
  }
  return ok({
    proxy_id: id,
    test_success: isReached,
    response_time: isReached ? durationMs : null,
    error_message: error,
    status,
  });
}

/** The record with what the body names; throws when that cannot be. */
function changed({ v1 }: HttpDeps, id: string, before: ProxyServer, body: Body): ProxyServer {
  const { server, protocol, status } = body;
  const port = Number(PROXY_ADDRESS.exec(server ?? '')?.[2] ?? 0);
  if (server && (port < 1 || port > 65_535)) throw new LegacyError('BAD_REQUEST', 'Invalid server format: host:port');
  if (server && v1.proxies.list().some((one) => one.id !== id && one.value.server === server)) {
    throw new LegacyError('BAD_REQUEST', 'Proxy server already exists');
  }
  return {
    ...before,
    ...(body.name && { name: body.name }),
    ...(server && { server }),
    ...(protocol && { protocol: oneOf(PROXY_PROTOCOLS, protocol, 'protocol') }),
    ...(status && { status: oneOf(PROXY_STATUSES, status, 'status') }),
    ...(body.username !== undefined && { username: body.username }),
    ...(body.country !== undefined && { country: body.country }),
    ...(body.city !== undefined && { city: body.city }),
  };
}

function oneOf<T extends string>(allowed: readonly T[], value: string, name: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new LegacyError('BAD_REQUEST', `Invalid ${name}: must be one of ${allowed.join(', ')}`);
  return found;
}

function known({ v1 }: HttpDeps, request: FastifyRequest): KeptRecord<ProxyServer> {
  const record = v1.proxies.get((request.params as Static<typeof idParams>).id); // checked by the schema
  if (!record) throw new LegacyError('NOT_FOUND', 'Proxy not found');
  return record;
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new ImError('NOT_FOUND'); // removed in the same moment
  return value;
}

function proxyJson({ id, value, hasSecret }: KeptRecord<ProxyServer>): object {
  const { testCount: _testCount, ...shown } = value;
  return { id, ...shown, has_password: hasSecret };
}
