/** The bound for REST: Node's own server, bytes ready in memory. Argument: a file with them. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { must } from '@hiscrm/shared/lib/must.ts';
import { listenAndTell } from './listen.ts';

const body = readFileSync(must(process.argv[2], 'a file is named'));
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };

listenAndTell(
  createServer((_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  }),
);
