/** What most servers of this kind do: Express, the answer serialised at every request, with its ETag. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { must } from '@hiscrm/shared/lib/must.ts';
import { listenAndTell } from './listen.ts';

type App = RequestListener & {
  get(path: string, handle: (request: unknown, response: { json(body: unknown): void }) => void): void;
};

// Express 4 has no types of its own; this is the part that is used.
const express = createRequire(import.meta.url)('express') as () => App;
const answer: unknown = JSON.parse(readFileSync(must(process.argv[2], 'a file is named'), 'utf8'));
const app = express();
app.get('/list', (_request, response) => response.json(answer));

listenAndTell(createServer(app));
