import { timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { faultSchema } from '../faults/fault.ts';
import type { Control } from './control.ts';
import { ControlError } from './control-error.ts';
import { clockSchema, eventSchema, expireSchema, loginSchema, resetSchema, seedSchema } from './schemas.ts';

/** A body that does not fit its schema. */
class BadBodyError extends Error {}

function parser<S extends TSchema>(schema: S): (body: unknown) => Static<S> {
  const check = Compile(schema);
  return (body) => {
    const value: unknown = body ?? {};
    if (check.Check(value)) return value;
    const issue = [...check.Errors(value)][0];
    throw new BadBodyError(issue ? `${issue.instancePath || '/'} ${issue.message}` : 'body does not fit');
  };
}

function isAuthorised(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The control API over HTTP: bearer token, schemas, 400 with a reason, 404 for what does not exist. */
export function controlServer(control: Control, token: string): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 1024 * 1024 });
  const parse = {
    reset: parser(resetSchema),
    clock: parser(clockSchema),
    seed: parser(seedSchema),
    event: parser(eventSchema),
    fault: parser(faultSchema),
    login: parser(loginSchema),
    expire: parser(expireSchema),
  };
  app.addHook('onRequest', async (request, reply) => {
    if (!isAuthorised(request.headers.authorization, token))
      return reply.code(401).send({ error: 'bearer token required' });
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof BadBodyError) return reply.code(400).send({ error: error.message });
    if (error instanceof ControlError) return reply.code(404).send({ error: error.message });
    throw error;
  });
  app.post('/__sim/reset', (request) => control.reset(parse.reset(request.body)));
  app.post('/__sim/clock', (request) => control.clock(parse.clock(request.body)));
  app.post('/__sim/seed', (request) => control.seed(parse.seed(request.body)));
  app.post('/__sim/event', (request) => control.event(parse.event(request.body)));
  app.post('/__sim/fault', (request) => control.addFault(parse.fault(request.body)));
  app.get('/__sim/fault', () => ({ faults: control.faults() }));
  app.delete<{ Querystring: { id?: string; kind?: string } }>('/__sim/fault', ({ query }) =>
    control.removeFaults(query),
  );
  app.post('/__sim/login', (request) => control.login(parse.login(request.body)));
  app.get('/__sim/login', () => ({ attempts: control.loginAttempts() }));
  app.post('/__sim/session/expire', (request) => control.expireSession(parse.expire(request.body)));
  app.get<{ Querystring: { kind?: string; account?: string; result?: string; since?: string } }>(
    '/__sim/log',
    ({ query }) => control.log({ ...query, since: query.since === undefined ? undefined : Number(query.since) }),
  );
  app.get('/__sim/accounts', () => ({ accounts: control.accounts() }));
  app.get<{ Params: { account: string } }>('/__sim/accounts/:account', ({ params }) =>
    control.contents(params.account),
  );
  return app;
}
