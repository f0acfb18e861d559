import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app.ts';

const YEAR_MS = 365 * 24 * 60 * 60_000;

const MISSING_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>HisCRM-IM</title>
<body><h1>The Master runs, but the web client is not built.</h1>
<p>Start with <code>npm start</code>, which builds it, or run <code>npx vite build</code> in <code>packages/web</code> and load this page again.</p>
<h1>服务已启动，但网页客户端尚未构建。</h1>
<p>请使用 <code>npm start</code> 启动（会自动构建），或在 <code>packages/web</code> 中运行 <code>npx vite build</code>，然后刷新本页。</p>
</body></html>`;

/** Serves the built web client, as the build compressed it. Its hashed files may be kept for ever, its page never. */
export async function addWebClient(app: App, webDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: webDir,
    serve: false,
    decorateReply: true,
    index: false,
    preCompressed: true,
    maxAge: 0,
    suppressWarning: true,
  });
}

/** A file of the client, else its page, which finds its own way by the address. */
export function sendWebClient(request: FastifyRequest, reply: FastifyReply, webDir: string): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/';
  if (path.startsWith('/assets/')) {
    return reply.sendFile(path.slice(1), { maxAge: YEAR_MS, immutable: true });
  }
  if (isPlainFile(path) && existsSync(join(webDir, path))) return reply.sendFile(path.slice(1), { maxAge: 0 });
  if (existsSync(join(webDir, 'index.html'))) {
    return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  }
  return reply.code(503).type('text/html; charset=utf-8').send(MISSING_PAGE);
}

/** `/favicon.svg` and its like: one name with an ending, no folders, nothing hidden. */
const isPlainFile = (path: string): boolean => /^\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/.test(path);
