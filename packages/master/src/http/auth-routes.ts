import { ROLES, type Role } from '@hiscrm/shared/model/visibility.ts';
import { ImError, wireErrorSchema } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { UserInfo } from '../auth/auth.ts';
import { SESSION_COOKIE, sessionTokenOf } from '../auth/session-token.ts';
import type { App } from './app.ts';
import type { HttpDeps } from './http-deps.ts';
import { need } from './who-asks.ts';

const strict = { additionalProperties: false } as const;
const password = Type.String({ minLength: 1, maxLength: 200 });
const loginSchema = Type.Object({ username: Type.String({ minLength: 1, maxLength: 60 }), password }, strict);
const changeSchema = Type.Object({ oldPassword: password, newPassword: password }, strict);

export const roleSchema = Type.Unsafe<Role>(Type.String({ enum: [...ROLES] }));
export const grantsSchema = Type.Union([Type.Literal('all'), Type.Array(Type.String())]);
const ownUserSchema = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    role: roleSchema,
    grants: grantsSchema,
    mustChangePassword: Type.Boolean(),
  },
  strict,
);
const loggedInSchema = Type.Object({ token: Type.String(), expiresAt: Type.Integer(), user: ownUserSchema }, strict);
const meSchema = Type.Object({ user: ownUserSchema }, strict);
export const plainErrorSchema = Type.Object({ error: wireErrorSchema }, strict);

const docs = <S extends object>(summary: string, schema: S) => ({ summary, tags: ['auth'], ...schema });

/** Log in, log out, who am I, another password. */
export function addAuthRoutes(app: App, deps: HttpDeps): void {
  const { auth } = deps;
  app.post(
    '/api/auth/login',
    {
      config: { access: 'open' },
      schema: docs('A session: its token in the answer and as a cookie.', {
        body: loginSchema,
        response: { 200: loggedInSchema, default: plainErrorSchema },
      }),
    },
    async (request, reply) => {
      const { username, password } = request.body as Static<typeof loginSchema>; // checked by the schema
      const { token, principal, expiresAt } = await auth.login({ username, password, address: request.ip });
      setSessionCookie(request, reply, { token, maxAgeS: Math.floor((expiresAt - deps.clock.now()) / 1_000) });
      return { token, expiresAt, user: ownUser(auth.user(principal.username)) };
    },
  );
  app.post(
    '/api/auth/logout',
    {
      config: { access: 'open' },
      schema: docs('Ends the session; also without one the cookie goes.', { response: { 204: Type.Null() } }),
    },
    async (request, reply) => {
      const token = sessionTokenOf(request.headers, request.raw.url ?? '');
      if (token !== undefined) auth.logout(token);
      setSessionCookie(request, reply, { token: '', maxAgeS: 0 });
      return reply.code(204).send();
    },
  );
  app.post(
    '/api/auth/password',
    {
      config: { access: 'viewer' },
      schema: docs('Another password of one’s own. Ends the other sessions.', {
        body: changeSchema,
        response: { 204: Type.Null(), default: plainErrorSchema },
      }),
    },
    async (request, reply) => {
      const { oldPassword, newPassword } = request.body as Static<typeof changeSchema>; // checked by the schema
      const token = sessionTokenOf(request.headers, request.raw.url ?? '');
      if (token === undefined) throw new ImError('NOT_LOGGED_IN');
      await auth.changeOwnPassword({ token, oldPassword, newPassword, address: request.ip });
      return reply.code(204).send();
    },
  );
  app.get(
    '/api/auth/me',
    {
      config: { access: 'viewer' },
      schema: docs('Who is logged in.', { response: { 200: meSchema, default: plainErrorSchema } }),
    },
    async (request) => ({ user: ownUser(auth.user(need(request.principal, 'viewer').username)) }),
  );
}

function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  { token, maxAgeS }: { readonly token: string; readonly maxAgeS: number },
): void {
  reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: request.protocol === 'https',
    maxAge: maxAgeS,
  });
}

function ownUser({ id, username, role, grants, mustChangePassword }: UserInfo): Static<typeof ownUserSchema> {
  return { id, username, role, grants: grants === 'all' ? 'all' : [...grants], mustChangePassword };
}
