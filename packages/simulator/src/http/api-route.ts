import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type FaultArgs, type FaultKind, TRANSPORT_FAULTS } from '../faults/fault.ts';
import type { FaultSite } from '../faults/fault-registry.ts';
import { shuffleTimes } from '../faults/shuffle-times.ts';
import { encodeJson, type JsonObject } from '../lib/encode-json.ts';
import { CAPTCHA_HTML, loginExpiredCreator, loginExpiredWww, verifyRequired } from '../serialise/envelope.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { Session } from './sessions.ts';
import { faultSite, type Site } from './site.ts';

/** A request of a logged-in account. */
export type ApiCall = {
  account: AccountWorld;
  session: Session;
  query: ReadonlyMap<string, string>;
  body: JsonObject;
  /** The first of these faults that applies to this request, used up. */
  fault: (kinds: readonly FaultKind[]) => { kind: FaultKind; args: FaultArgs } | undefined;
};
/** `hang`: never answered. `cut`: the connection is closed in the middle of the answer. */
export type ApiResult = { kind: 'body'; body: JsonObject } | { kind: 'hang' } | { kind: 'cut' };
export type ApiRoute = { method: 'GET' | 'POST'; path: string; handle: (call: ApiCall) => ApiResult };
export type Origin = 'creator' | 'www';

/** Chunks of a slowly streamed body. */
const STREAM_CHUNKS = 5;

/** An ordinary answer. */
export function answer(body: JsonObject): ApiResult {
  return { kind: 'body', body };
}

/** Query of a request as a map; of repeated names the first counts. */
export function queryOf(request: FastifyRequest): Map<string, string> {
  const params = new URL(request.url, 'http://host').searchParams;
  return new Map([...params.entries()].reverse());
}

/** Registers the JSON APIs of one origin: session check, ordered faults, noise, log, and the 301 to the trailing slash. */
export function registerApi(
  app: FastifyInstance,
  site: Site,
  origin: Origin,
  routes: readonly ApiRoute[],
  closing: AbortSignal,
): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => serve({ site, origin, route, request, reply, closing }),
    });
    if (route.path.endsWith('/')) redirectToSlash(app, route.method, route.path);
  }
}

/** 301 from the path without its trailing slash to the one with it; the query goes along. */
export function redirectToSlash(app: FastifyInstance, method: 'GET' | 'POST', path: string): void {
  app.route({
    method,
    url: path.slice(0, -1),
    handler: (request, reply) => {
      const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
      return reply.code(301).header('location', `${path}${query}`).send();
    },
  });
}

type Serving = {
  site: Site;
  origin: Origin;
  route: ApiRoute;
  request: FastifyRequest;
  reply: FastifyReply;
  closing: AbortSignal;
};

async function serve(serving: Serving): Promise<FastifyReply> {
  const { site, origin, route, request, reply } = serving;
  const session = site.sessions.find(request.headers.cookie);
  const account = site.accountOf(session);
  const query = queryOf(request);
  const where = faultSite(route.method, route.path, query, account);
  const transport = site.faults.take(TRANSPORT_FAULTS, where);
  site.log.add({
    kind: 'request',
    account: account?.key,
    method: route.method,
    path: route.path,
    target: { work: query.get('aweme_id') },
    cursor: query.get('cursor'),
    fault: transport?.kind,
  });
  const spoiled = transport ? await spoilBefore(serving, transport) : undefined;
  if (spoiled) return spoiled;
  if (!account || !session) {
    const body = origin === 'creator' ? loginExpiredCreator(site.stamp()) : loginExpiredWww(site.stamp());
    return sendText(reply, encodeJson(body));
  }
  const body = asObject(request.body);
  const result = route.handle({ account, session, query, body, fault: (kinds) => site.faults.take(kinds, where) });
  if (result.kind !== 'body') {
    reply.hijack();
    if (result.kind === 'cut') cutMidAnswer(request.raw.socket);
    return reply;
  }
  return spoilAfter(serving, encodeSpoiled(site, where, result.body), transport);
}

/**
 * Begins an answer and closes. A reused connection that closes before any byte of an answer makes a browser send the
 * POST once more by itself, and the site would have two: that is the browser's doing, not what this fault is to show.
 */
function cutMidAnswer(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{', () =>
    socket.destroy(),
  );
}

/** Answers in place of the handler, or waits first. */
async function spoilBefore(
  serving: Serving,
  fault: { kind: FaultKind; args: FaultArgs },
): Promise<FastifyReply | undefined> {
  const { site, origin, reply } = serving;
  const { args } = fault;
  switch (fault.kind) {
    case 'slow':
      await delay(args.delayMs ?? 3000, undefined, { signal: serving.closing });
      return undefined;
    case 'http':
      return reply
        .code(args.status ?? 502)
        .type('text/html; charset=utf-8')
        .send('<html><body><h1>Bad Gateway</h1></body></html>');
    case 'login_expired':
      return sendText(
        reply,
        encodeJson(origin === 'creator' ? loginExpiredCreator(site.stamp()) : loginExpiredWww(site.stamp())),
      );
    case 'captcha':
      if (args.asTicket) return sendText(reply, encodeJson(verifyRequired(site.stamp())));
      return reply.type('text/html; charset=utf-8').send(CAPTCHA_HTML);
    case 'html_200':
      return reply.type('text/html; charset=utf-8').send(CAPTCHA_HTML);
    case 'empty':
      return sendText(reply, '');
    case 'blocked':
      return reply.type('text/plain; charset=utf-8').send('blocked');
    default:
      return undefined;
  }
}

/** Sends the handler's answer, broken or drop by drop when that was ordered. */
async function spoilAfter(
  serving: Serving,
  text: string,
  fault: { kind: FaultKind; args: FaultArgs } | undefined,
): Promise<FastifyReply> {
  const { reply } = serving;
  if (fault?.kind === 'truncated') return sendText(reply, text.slice(0, Math.floor(text.length * 0.6)));
  if (fault?.kind === 'bad_json') return sendText(reply, text.replace(':', '::'));
  if (fault?.kind !== 'slow' || !fault.args.isStreamed) return sendText(reply, text);
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  const bytes = Buffer.from(text);
  const step = Math.ceil(bytes.length / STREAM_CHUNKS);
  for (let at = 0; at < bytes.length; at += step) {
    reply.raw.write(bytes.subarray(at, at + step));
    await delay((fault.args.delayMs ?? 3000) / STREAM_CHUNKS, undefined, { signal: serving.closing });
  }
  reply.raw.end();
  return reply;
}

function encodeSpoiled(site: Site, where: FaultSite, body: JsonObject): string {
  const shuffle = 'comments' in body ? site.faults.take(['time_shuffle'], where) : undefined;
  const isUnquotingIds = site.faults.take(['id_number'], where) !== undefined;
  const shuffled = shuffle ? shuffleTimes(body, site.random, shuffle.args.skewMs) : body;
  return encodeJson(shuffled, { noise: site.random, isUnquotingIds });
}

function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text);
}

function asObject(value: unknown): JsonObject {
  // Request bodies come from JSON or a form, so every value in them is a JSON value.
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}
