import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpTimer, type TimedRequest } from './http-timer.ts';

const FILE_BYTES = 1_000_000;

const asked: string[] = [];
let server: Server;
let timer: HttpTimer;
let base: string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const path = request.url ?? '';
    asked.push(`${request.method} ${path} ${request.headers.authorization ?? '-'} ${body}`);
    response.statusCode = path === '/refused' ? 403 : 200;
    response.end(path === '/file' ? Buffer.alloc(FILE_BYTES) : path);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a listening TCP server has one
  timer = new HttpTimer();
});
afterAll(async () => {
  await timer.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string): TimedRequest => ({ url: base + path, method: 'GET', headers: {} });

test('each request is asked once, in order, and the other one after it', async () => {
  asked.length = 0;
  const headers = { authorization: 'Bearer t', 'content-type': 'application/json' };
  const put: TimedRequest = { url: `${base}/put`, method: 'PUT', headers, body: '{"名":1}' };
  const { answers, betweenMs } = await timer.each([put, get('/file'), get('/empty?q=假期')], get('/bare'));
  expect(asked).toEqual([
    'PUT /put Bearer t {"名":1}',
    'GET /bare - ',
    'GET /file - ',
    'GET /bare - ',
    'GET /empty?q=%E5%81%87%E6%9C%9F - ',
    'GET /bare - ',
  ]);
  expect(answers.map(({ bytes }) => bytes)).toEqual([4, FILE_BYTES, 27]);
  expect(betweenMs).toHaveLength(3);
  for (const { firstByteMs, lastByteMs } of answers) expect(firstByteMs).toBeLessThanOrEqual(lastByteMs);
});

test('a small one is asked beside files until there are enough answers', async () => {
  asked.length = 0;
  const answers = await timer.beside(get('/small'), get('/file'), 5);
  expect(answers.length).toBeGreaterThanOrEqual(5);
  expect(new Set(answers.map(({ bytes }) => bytes))).toEqual(new Set([6]));
  expect(asked).toContain('GET /file - ');
});

test('an answer that refuses is no figure', async () => {
  const other = new HttpTimer();
  await expect(other.each([get('/refused')], get('/bare'))).rejects.toThrow(/was answered 403/);
  await other.close();
});
