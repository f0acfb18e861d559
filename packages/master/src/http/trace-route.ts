import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import Type, { type Static } from 'typebox';
import type { Trace } from '../ops/trace.ts';
import type { App } from './app.ts';

const strict = { additionalProperties: false } as const;
const hopSchema = Type.Object(
  {
    name: Type.String(),
    at: Type.Integer(),
    seq: Type.Optional(Type.Integer()),
    by: Type.String(),
    note: Type.Optional(Type.String()),
  },
  strict,
);
const traceSchema = Type.Object(
  {
    kind: Type.String(),
    id: Type.String(),
    accountId: Type.String(),
    topicId: Type.String(),
    state: Type.String(),
    hops: Type.Array(hopSchema),
    isComplete: Type.Boolean(),
  },
  strict,
);
/** Item ids are the platform's own and may hold any character. */
const idParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });
const answers = {
  200: Type.Object({ code: Type.Literal(200), message: Type.Literal('OK'), data: Type.Array(traceSchema) }),
};

/** `GET /api/admin/trace/:id`: every hop of a comment, message or reply, with times; 404 when nothing has the id. */
export function addTraceRoute(
  app: App,
  { trace }: { readonly trace: (id: string) => Promise<readonly Trace[]> },
): void {
  app.get(
    '/api/admin/trace/:id',
    {
      config: { access: 'admin' as const },
      schema: {
        summary: 'Every hop of a comment, message or reply, with times and without its text.',
        tags: ['admin'],
        params: idParams,
        response: answers,
      },
    },
    async (request) => {
      const { id } = request.params as Static<typeof idParams>; // checked by the schema
      const data = await trace(id);
      if (data.length === 0) throw new ImError('NOT_FOUND');
      return { code: 200, message: 'OK', data };
    },
  );
}
