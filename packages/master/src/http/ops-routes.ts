import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import Type from 'typebox';
import type { App } from './app.ts';
import { plainErrorSchema } from './auth-routes.ts';
import type { HttpDeps } from './http-deps.ts';
import { isDirectlyFromHere, need } from './who-asks.ts';

const stateSchema = Type.Object({ state: Type.String(), detail: Type.String() });

/** For monitors: is it up, may clients connect, figures, and what there is to call. */
export function addOpsRoutes(app: App, { health, metrics }: HttpDeps): void {
  const open = { access: 'open' as const, rateLimit: false as const };
  app.get(
    '/healthz',
    { config: open, schema: { summary: 'The process serves.', tags: ['ops'], response: { 200: stateSchema } } },
    () => {
      const reasons = health.isReady ? health.degradations() : [];
      if (reasons.length === 0) return { state: health.state.kind, detail: health.sentence() };
      return { state: 'degraded', detail: reasons.join(' ') };
    },
  );
  app.get(
    '/readyz',
    {
      config: open,
      schema: {
        summary: '200 once clients may connect, else 503.',
        tags: ['ops'],
        response: { 200: stateSchema, 503: stateSchema },
      },
    },
    (_request, reply) =>
      reply.code(health.isReady ? 200 : 503).send({ state: health.state.kind, detail: health.sentence() }),
  );
  app.get(
    '/metrics',
    {
      config: open,
      schema: {
        summary: 'Prometheus text, for this machine itself or an administrator.',
        tags: ['ops'],
        response: { 200: Type.String(), default: plainErrorSchema },
      },
    },
    async (request, reply) => {
      if (!isDirectlyFromHere(request.raw)) need(request.principal, 'admin');
      return reply.type(metrics.contentType).send(await metrics.text());
    },
  );
  app.get(
    '/openapi.json',
    { config: open, schema: { summary: 'This description.', tags: ['ops'], response: { 200: Type.Object({}) } } },
    () => app.swagger(),
  );
  // Without this an unknown address below /api would be answered with the web client.
  app.get('/api/*', { config: open, schema: { hide: true } }, () => {
    throw new ImError('NOT_FOUND');
  });
}
