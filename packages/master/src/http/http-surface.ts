import { createServer, type Server } from 'node:http';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';
import Fastify, { type FastifyReply, type FastifyRequest, type FastifySchemaCompiler } from 'fastify';
import helmet from 'helmet';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { isAllowedOrigin } from '../auth/origin-check.ts';
import { addAdminRoutes } from './admin-routes.ts';
import { BODY_LIMIT_BYTES, showError } from './api-error.ts';
import type { App } from './app.ts';
import { addAuthRoutes } from './auth-routes.ts';
import { CompatDoor } from './compat-door.ts';
import type { HttpDeps } from './http-deps.ts';
import { addImRoutes } from './im/im-routes.ts';
import { addImWriteRoutes } from './im/im-write-routes.ts';
import { addNoticeRoutes } from './notice-routes.ts';
import { addOpsRoutes } from './ops-routes.ts';
import { READ_CACHE_LIMIT_BYTES, ReadCache } from './read-cache.ts';
import { addTraceRoute } from './trace-route.ts';
import { addV1Routes } from './v1/v1-routes.ts';
import { addWebClient, sendWebClient } from './web-client.ts';
import { need, WhoAsks } from './who-asks.ts';

/** Requests a minute from one address that nobody is logged in for: the web client's files many times over. */
const ANONYMOUS_LIMIT_COUNT = 3_000;
/** A client that takes longer to send a request is not one of ours. */
const REQUEST_DEADLINE_MS = 30_000;
/** Longer than a proxy keeps its own connections, so that the proxy is the one to close. */
const KEEP_ALIVE_MS = 65_000;
const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export type Route = { readonly method: string; readonly url: string };

/** Everything that is HTTP. The sockets attach to `server`, so that one port serves all. */
export interface HttpSurface {
  readonly app: App;
  readonly server: Server;
  /** Every method of every address. */
  readonly routes: readonly Route[];
  /** Resolves with the address once the port is open; rejects when it cannot be opened. */
  listen(options: { readonly port: number; readonly host: string }): Promise<string>;
  /** Takes no new connections, and closes idle ones. Open requests and sockets go on. */
  stopAccepting(): void;
  /** Waits for open requests. Safe twice. */
  close(): Promise<void>;
}

export async function createHttpSurface(deps: HttpDeps): Promise<HttpSurface> {
  const cache = new ReadCache({ store: deps.store, auth: deps.auth });
  addCacheFigures(deps, cache);
  const { app, server } = createApp(deps, cache);
  const routes: Route[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
  await addPlugins(app, deps);
  await addHooks(app, deps);
  await addWebClient(app, deps.webDir);
  addAuthRoutes(app, deps);
  addImRoutes(app, deps, cache);
  addImWriteRoutes(app, deps);
  addAdminRoutes(app, deps);
  addTraceRoute(app, deps);
  addNoticeRoutes(app, deps.notices);
  addV1Routes(app, deps);
  addOpsRoutes(app, deps);
  await app.ready();
  let closing: Promise<void> | undefined;
  return {
    app,
    server,
    routes,
    listen: (options) => app.listen(options),
    stopAccepting: () => {
      if (server.listening) server.close();
      server.closeIdleConnections();
    },
    close: () => {
      closing ??= app.close();
      return closing;
    },
  };
}

function createApp(deps: HttpDeps, cache: ReadCache): { readonly app: App; readonly server: Server } {
  const observe = deps.metrics.histogram(
    'http_request',
    'Time to answer a request that was not served from kept bytes.',
  );
  let server: Server | undefined;
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: deps.trustProxy ? 'loopback' : false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => sendError(deps, error, request, reply),
    serverFactory: (handler) => {
      const limits = { requestTimeout: REQUEST_DEADLINE_MS, keepAliveTimeout: KEEP_ALIVE_MS };
      server = createServer(limits, (request, response) => {
        if (!cache.tryServe(request, response)) handler(request, response);
      });
      return server;
    },
  });
  app.addHook('onResponse', async (_request, reply) => observe(reply.elapsedTime));
  app.setValidatorCompiler(compileCheck);
  // Answers are built by typed functions; the schemas of answers describe them in /openapi.json.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler((error, request, reply) => sendError(deps, error, request, reply));
  takeEmptyJson(app);
  if (!server) throw new Error('fastify did not ask for its server');
  return { app, server };
}

/** Many programs say "JSON" where they send nothing. That is no body, which a route with a schema refuses by itself. */
function takeEmptyJson(app: App): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parseJson(request, String(body), done);
  });
}

/** Queries arrive as text and are converted; a body must be right as it is. */
const compileCheck: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const parse = parserOf(schema);
  return (input: unknown) => {
    const value = httpPart === 'body' ? input : Value.Convert(schema, input);
    const parsed = parse(value);
    if (parsed.ok) return { value: parsed.value };
    return { error: new ImError('BAD_REQUEST', { reason: `${httpPart} ${parsed.reason}` }) };
  };
};

async function addPlugins(app: App, { mediaOrigins }: HttpDeps): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'HisCRM-IM', version: '1', description: 'The inbox for programs, and its administration.' },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'hiscrm_session' },
        },
      },
      security: [{ bearer: [] }, { cookie: [] }],
    },
  });
  await app.register(cookie);
  addSecurityHeaders(app, mediaOrigins);
}

/**
 * Made once, for every answer. With `@fastify/helmet`, which makes them anew for each request, answers that are long over
 * outlive V8's collections of young garbage, which then stop the process for 10 to 20 ms instead of one or two.
 */
function addSecurityHeaders(app: App, mediaOrigins: readonly string[]): void {
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // The component library writes its styles at run time.
        styleSrc: ["'self'", "'unsafe-inline'"],
        // Avatars, covers and voice messages come from the platforms' own servers.
        imgSrc: ["'self'", 'https:', 'data:', 'blob:', ...mediaOrigins],
        mediaSrc: ["'self'", 'https:', 'blob:', ...mediaOrigins],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    // Whether TLS is there for good is known to the proxy that ends it.
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', (request, reply, done) =>
    setHeaders(request.raw, reply.raw, (error) => (error instanceof Error ? done(error) : done())),
  );
}

async function addHooks(app: App, deps: HttpDeps): Promise<void> {
  const who = new WhoAsks(deps.auth, deps.controlToken);
  app.decorateRequest('principal', undefined);
  const door = new CompatDoor(deps);
  app.addHook('onRequest', async (request, reply) => {
    if (door.prepare(request, reply)) return reply.code(200).send();
    request.principal = who.of(request.raw) ?? door.principalOf(request);
    if (CHANGING.has(request.method)) refuseForeignOrigin(request, deps.allowedOrigins);
    if (request.is404) return;
    const access = request.routeOptions.config.access ?? 'admin';
    if (access !== 'open') need(request.principal, access);
  });
  await app.register(rateLimit, {
    max: ANONYMOUS_LIMIT_COUNT,
    timeWindow: 60_000,
    allowList: (request) => request.principal !== undefined,
    errorResponseBuilder: (_request, { ttl }) => new ImError('TOO_MANY', { retryAfterMs: ttl }),
  });
  app.setNotFoundHandler((request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new ImError('NOT_FOUND');
    return sendWebClient(request, reply, deps.webDir);
  });
}

function refuseForeignOrigin(request: FastifyRequest, allowedOrigins: readonly string[]): void {
  const { origin, host } = request.headers;
  if (!isAllowedOrigin({ origin, host, allowedOrigins })) throw new ImError('BAD_ORIGIN');
}

function sendError(deps: HttpDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '';
  const shown = showError(error, path, request.id);
  if (shown.isBug)
    deps.logger.error({ err: error, requestId: request.id, method: request.method, path }, 'request failed');
  if (shown.retryAfterS !== undefined) reply.header('retry-after', String(shown.retryAfterS));
  return reply.code(shown.status).type('application/json; charset=utf-8').send(JSON.stringify(shown.body));
}

function addCacheFigures({ metrics }: HttpDeps, cache: ReadCache): void {
  metrics.buffer({ name: 'rest_read_cache', unit: 'bytes', limit: READ_CACHE_LIMIT_BYTES, read: () => cache.bytes });
  metrics.counter({
    name: 'http_kept_answers_total',
    help: 'Requests answered from kept bytes.',
    read: () => cache.hitCount,
  });
}
