import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Principal, Role } from '@hiscrm/shared/model/visibility.ts';
import type { FastifyRequest } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import type { App } from '../app.ts';
import { need } from '../who-asks.ts';
import { idParamsSchema, imErrorSchema, oneOfSchema, QUERY } from './im-schemas.ts';

/** What a writing route is given, checked by its schemas. */
export type WriteCall<B> = {
  readonly principal: Principal;
  /** The `:id` of the address; empty when it has none. */
  readonly id: string;
  /** The account that the program names, in the address or in the body. */
  readonly accountId: AccountId | undefined;
  readonly body: B;
};
type Written = object | Promise<object>;

/** One route of the family: `{data, status_code: 0}`, or an error in the family's envelope. */
export function addWrite<S extends TSchema = TSchema>(
  app: App,
  route: {
    readonly method: 'POST' | 'PUT' | 'DELETE';
    readonly path: string;
    readonly summary: string;
    readonly access?: Role;
    readonly body?: S;
    readonly answer?: TSchema;
    readonly run: (call: WriteCall<Static<S>>) => Written;
  },
): void {
  const { method, path, summary, access = 'operator', body, answer = Type.Object({}), run } = route;
  const status = method === 'POST' ? 201 : 200;
  app.route({
    method,
    url: path,
    config: { access },
    schema: {
      summary,
      querystring: QUERY.one,
      ...(body && { body }),
      ...(path.includes(':id') && { params: idParamsSchema }),
      response: { [status]: oneOfSchema(answer), default: imErrorSchema },
    },
    handler: async (request, reply) => reply.code(status).send({ data: await run(callOf<S>(request)), status_code: 0 }),
  });
}

function callOf<S extends TSchema>(request: FastifyRequest): WriteCall<Static<S>> {
  const { id = '' } = request.params as Partial<Static<typeof idParamsSchema>>; // text of the address
  const { account_id } = request.query as Static<(typeof QUERY)['one']>; // checked by the schema
  const { body } = request;
  const named = typeof body === 'object' && body !== null && 'account_id' in body ? body.account_id : undefined;
  const accountId = account_id ?? (typeof named === 'string' ? (named as AccountId) : undefined); // looked up before it is believed
  return { principal: need(request.principal, 'viewer'), id, accountId, body: body as Static<S> }; // checked by the schema
}
