import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import type { FastifyInstance } from 'fastify';
import { hashedClass } from '../pages/hashed-class.ts';

const PAGES_DIR = new URL('../pages/', import.meta.url);
/** Only modules of the pages folder; no dots or slashes can lead out of it. */
const MODULE_PATH = /^(client\/)?[a-z-]+\.ts$/;

/** Serves the pages' modules with their types taken off, and the style sheet with this build's class suffixes. */
export function registerStatic(app: FastifyInstance, buildId: string): void {
  const modules = new Map<string, string>();

  app.get<{ Params: { '*': string } }>('/__static/*', async (request, reply) => {
    const path = request.params['*'];
    if (path === 'site.css') {
      const css = await readFile(new URL('site.css', PAGES_DIR), 'utf8');
      return reply
        .type('text/css; charset=utf-8')
        .send(css.replace(/\.h-([a-z-]+)/g, (_all, name: string) => `.${hashedClass(name, buildId)}`));
    }
    if (!MODULE_PATH.test(path)) return reply.code(404).send();
    const code = modules.get(path) ?? stripTypeScriptTypes(await readFile(new URL(path, PAGES_DIR), 'utf8'));
    modules.set(path, code);
    return reply.type('text/javascript; charset=utf-8').send(code);
  });
}
