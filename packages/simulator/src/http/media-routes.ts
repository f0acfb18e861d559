import type { FastifyInstance } from 'fastify';
import { avatarSvg, coverSvg } from '../lib/pictures.ts';
import { queryOf } from './api-route.ts';

/** Pictures are drawn from their key, so any link that was ever handed out keeps working. */
export function registerMedia(app: FastifyInstance): void {
  app.get<{ Params: { kind: string; file: string } }>('/__media/:kind/:file', (request, reply) => {
    const { kind, file } = request.params;
    const key = file.replace(/\.\w+$/, '');
    const label = queryOf(request).get('t') ?? '';
    if (kind !== 'avatar' && kind !== 'cover' && kind !== 'image') return reply.code(404).send();
    const picture = kind === 'avatar' ? avatarSvg(key, label) : coverSvg(key, label);
    return reply.type('image/svg+xml').header('cache-control', 'max-age=3600').send(picture);
  });
}
