import { accountIdSchema, userIdSchema } from '@hiscrm/shared/model/ids.ts';
import { wireErrorSchema } from '@hiscrm/shared/protocol/errors.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import type { UserInfo } from '../auth/auth.ts';
import type { App } from './app.ts';
import { roleSchema } from './auth-routes.ts';
import type { HttpDeps } from './http-deps.ts';
import { readStatus, statusSchema } from './status.ts';
import { need } from './who-asks.ts';

const strict = { additionalProperties: false } as const;
/** More grants than accounts that one Master holds make no sense. */
const GRANTS_LIMIT_COUNT = 10_000;

const grants = Type.Union([Type.Literal('all'), Type.Array(accountIdSchema, { maxItems: GRANTS_LIMIT_COUNT })]);
const password = Type.String({ minLength: 8, maxLength: 200 });
const userSchema = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    role: roleSchema,
    grants: Type.Union([Type.Literal('all'), Type.Array(Type.String())]),
    mustChangePassword: Type.Boolean(),
    createdAt: Type.Integer(),
  },
  strict,
);
const newUserSchema = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 60 }),
    password,
    role: roleSchema,
    grants: Type.Optional(grants),
    id: Type.Optional(userIdSchema),
  },
  strict,
);
const changeSchema = Type.Object(
  { role: Type.Optional(roleSchema), grants: Type.Optional(grants), password: Type.Optional(password) },
  { ...strict, minProperties: 1 },
);
const keySchema = Type.Object({ name: Type.String(), createdAt: Type.Integer() }, strict);
const newKeySchema = Type.Object({ name: Type.String({ minLength: 1, maxLength: 60 }) }, strict);
const keyMadeSchema = Type.Object({ name: Type.String(), key: Type.String() }, strict);
const usernameParams = Type.Object({ username: Type.String({ minLength: 1, maxLength: 60 }) });
const nameParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 60 }) });
const accountParams = Type.Object({ id: accountIdSchema });

/** The family's envelope: `{code, message, data}`; an error has the HTTP status in `code`. */
const answer = (data: TSchema) => ({
  200: Type.Object({ code: Type.Literal(200), message: Type.Literal('OK'), data }),
  default: Type.Object({ code: Type.Integer(), message: Type.String(), error: wireErrorSchema }),
});
const ok = <T>(data: T) => ({ code: 200, message: 'OK', data });

const route = (summary: string, schema: object) => ({
  config: { access: 'admin' as const },
  schema: { summary, tags: ['admin'], ...schema },
});

/** Users, Worker keys and the state of things, for administrators and the CLI. */
export function addAdminRoutes(app: App, deps: HttpDeps): void {
  addUserRoutes(app, deps);
  addWorkerKeyRoutes(app, deps);
  app.get(
    '/api/admin/status',
    route('What runs, what is known, how far the log is.', { response: answer(statusSchema) }),
    () => ok(readStatus(deps)),
  );
  app.post(
    '/api/admin/accounts/:id/sync',
    route('Asks the account’s Worker to read it again now.', { params: accountParams, response: answer(Type.Null()) }),
    async (request) => {
      const { id } = request.params as Static<typeof accountParams>; // checked by the schema
      await deps.requestSync(need(request.principal, 'admin'), id);
      return ok(null);
    },
  );
}

function addUserRoutes(app: App, { auth }: HttpDeps): void {
  app.get('/api/admin/users', route('All users.', { response: answer(Type.Array(userSchema)) }), () =>
    ok(auth.users().map(shown)),
  );
  app.post(
    '/api/admin/users',
    route('Adds a user.', { body: newUserSchema, response: answer(userSchema) }),
    async (request) => {
      const { grants = 'all', ...user } = request.body as Static<typeof newUserSchema>; // checked by the schema
      return ok(shown(await auth.addUser({ ...user, grants }, byWhom(request))));
    },
  );
  app.patch(
    '/api/admin/users/:username',
    route('Changes role, grants or password. Open sessions feel it at once.', {
      params: usernameParams,
      body: changeSchema,
      response: answer(userSchema),
    }),
    async (request) => {
      const { username } = request.params as Static<typeof usernameParams>; // checked by the schema
      const { password, ...patch } = request.body as Static<typeof changeSchema>; // checked by the schema
      if (patch.role !== undefined || patch.grants !== undefined) auth.changeUser(username, patch, byWhom(request));
      if (password !== undefined) await auth.setPassword(username, password, byWhom(request));
      return ok(shown(auth.user(username)));
    },
  );
  app.delete(
    '/api/admin/users/:username',
    route('Removes the user and ends the user’s sessions.', { params: usernameParams, response: answer(Type.Null()) }),
    (request) => {
      auth.removeUser((request.params as Static<typeof usernameParams>).username, byWhom(request)); // checked by the schema
      return ok(null);
    },
  );
}

function addWorkerKeyRoutes(app: App, { auth }: HttpDeps): void {
  app.get(
    '/api/admin/worker-keys',
    route('Names of the Worker keys.', { response: answer(Type.Array(keySchema)) }),
    () => ok(auth.workerKeys()),
  );
  app.post(
    '/api/admin/worker-keys',
    route('Makes a key. It is shown in this answer and never again.', {
      body: newKeySchema,
      response: answer(keyMadeSchema),
    }),
    (request) => {
      const { name } = request.body as Static<typeof newKeySchema>; // checked by the schema
      return ok({ name, key: auth.addWorkerKey(name, byWhom(request)) });
    },
  );
  app.delete(
    '/api/admin/worker-keys/:name',
    route('Revokes a key and cuts the Workers that use it.', { params: nameParams, response: answer(Type.Null()) }),
    (request) => {
      auth.revokeWorkerKey((request.params as Static<typeof nameParams>).name, byWhom(request)); // checked by the schema
      return ok(null);
    },
  );
}

const byWhom = (request: FastifyRequest): string => need(request.principal, 'admin').username;

const shown = ({ grants, ...user }: UserInfo): Static<typeof userSchema> => ({
  ...user,
  grants: grants === 'all' ? 'all' : [...grants],
});
