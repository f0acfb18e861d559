import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, readSource } from './lib/source.ts';
import { testNamesIn } from './lib/test-names.ts';

const PAGE = readFileSync(join(ROOT, 'docs/compat.md'), 'utf8');
const SOCKETS = 'packages/master/src/sockets';
const HTTP = 'packages/master/src/http';

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
/** The golden exchange of the PC client, its tolerances, a Worker's script, an admin page's. */
const SOCKET_ROWS = [...numbered('M', 17), ...numbered('T', 8), ...numbered('W', 11), 'A1'];

/** `GET POST /x` for each method of a path: every live row of the deployed system's REST, and of its historic inbox API. */
const REST_PATHS = [
  'GET /health',
  'GET /status',
  'GET POST /accounts',
  'GET PATCH DELETE /accounts/:id',
  'GET /accounts/status/all',
  'GET /workers',
  'GET /workers/:id',
  'GET POST /worker-configs',
  'GET PATCH DELETE /worker-configs/:id',
  'GET /worker-configs/by-worker-id/:worker_id',
  'GET /worker-configs/stats/summary',
  'POST /worker-lifecycle/:id/start',
  'POST /worker-lifecycle/:id/stop',
  'POST /worker-lifecycle/:id/restart',
  'GET /worker-lifecycle/:id/status',
  'GET /worker-lifecycle/status/all',
  'GET /worker-lifecycle/:id/logs',
  'POST /worker-lifecycle/batch',
  'GET /worker-lifecycle/stats/overview',
  'GET /worker-lifecycle/:id/health',
  'GET POST /proxies',
  'GET PATCH DELETE /proxies/:id',
  'POST /proxies/:id/test',
  'GET /platforms',
  'GET /platforms/:platform',
  'GET /platforms/stats/summary',
  'GET /statistics',
  'GET /statistics/summary',
  'GET /cache/comments',
  'GET /cache/messages',
  'GET /cache/stats',
  'GET POST /replies',
  'GET /replies/:replyId',
  'GET /replies/account/:accountId/stats',
  'GET /api/debug/browser-status',
  'GET /api/debug/accounts/:id',
  'GET /api/debug/messages/:id',
  'GET /api/debug/workers',
  'GET /api/debug/workers/:id',
  'GET /api/debug/persistence/stats',
  'POST /api/debug/persistence/persist',
  'POST /api/debug/persistence/reload',
  'POST /api/debug/persistence/cleanup/:dataType',
  'GET /api/debug/persistence/cache-stats',
  'GET POST /api/im/accounts',
  'GET PUT DELETE /api/im/accounts/:userId',
  'GET POST /api/im/conversations',
  'GET DELETE /api/im/conversations/:id',
  'PUT /api/im/conversations/:id/read',
  'PUT DELETE /api/im/conversations/:id/pin',
  'PUT DELETE /api/im/conversations/:id/mute',
  'GET POST /api/im/messages',
  'GET DELETE /api/im/messages/:id',
  'PUT /api/im/messages/:id/read',
  'PUT /api/im/messages/:id/status',
  'PUT /api/im/messages/:id/recall',
  'GET /api/im/messages/conversations/:cid/messages',
  'GET POST /api/im/contents',
  'GET PUT DELETE /api/im/contents/:id',
  'PUT /api/im/contents/:id/read',
  'GET /api/im/contents/:id/stats',
  'GET POST /api/im/discussions',
  'GET PUT DELETE /api/im/discussions/:id',
  'PUT /api/im/discussions/:id/read',
  'GET /api/im/discussions/comments/:commentId/discussions',
  'GET /api/im/unified-messages',
  'GET /api/im/unified-messages/stats',
  'PUT /api/im/unified-messages/:id/read',
  'PUT /api/im/unified-messages/read-many',
  'GET /api/im/health',
  'GET /api/im/version',
];
const REST_ROWS = REST_PATHS.flatMap((line) => {
  const words = line.split(' ');
  return words.slice(0, -1).map((method) => `${method} ${words.at(-1)}`);
});

type Row = { readonly ids: readonly string[]; readonly shownBy: string };

/** Rows of the page's tables whose first cell names rows of the contract. */
function rowsOf(page: string, id: RegExp): Row[] {
  return page.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const ids = (cells[1] ?? '').split(', ');
    return ids.every((one) => id.test(one)) ? [{ ids, shownBy: cells.at(-2) ?? '' }] : [];
  });
}

const socketRows = rowsOf(PAGE, /^[MTWA]\d+$/);
const restRows = rowsOf(PAGE, /^(?:GET|POST|PUT|PATCH|DELETE) \//);

test('every row of the contract has its line, once', () => {
  expect(socketRows.flatMap(({ ids }) => ids)).toEqual(SOCKET_ROWS);
  expect(restRows.flatMap(({ ids }) => ids).sort()).toEqual([...REST_ROWS].sort());
});

test('every line names tests that exist', () => {
  const faults = [...faultsOf(SOCKETS, socketRows), ...faultsOf(HTTP, restRows)];
  expect(faults).toEqual([]);
});

test('what the sockets’ lines name runs with both client libraries', () => {
  const files = new Set(socketRows.flatMap(({ shownBy }) => evidenceIn(shownBy).map(({ file }) => file)));
  for (const file of files) {
    const source = readFileSync(join(ROOT, SOCKETS, file), 'utf8');
    expect([
      file,
      /describe\.each(?:<ClientVersion>\(\['4\.6', '4\.8'\]\)|\(Object\.keys\(CLIENT_VERSIONS\))/.test(source),
    ]).toEqual([file, true]);
  }
});

test('a line without a test, and a test that is gone, are found', () => {
  const named = (shownBy: string) => faultsOf('tools', [{ ids: ['X1'], shownBy }]);
  expect(named('')).toEqual(['X1: names no test']);
  expect(named('`none.test.ts` [row 1]')).toEqual(['X1: there is no tools/none.test.ts']);
  expect(named('`compat-docs.test.ts` [row 0]')).toEqual(['X1: no test of tools/compat-docs.test.ts is named [row 0]']);
  expect(named('`compat-docs.test.ts` "every line names"')).toEqual([]);
  expect(named('`compat-docs.test.ts`')).toEqual(['X1: says no test of tools/compat-docs.test.ts']);
});

type Evidence = { readonly file: string; readonly names: readonly string[] };

/** `file` [tag] "part of a name", several apart by semicolons. */
function evidenceIn(shownBy: string): Evidence[] {
  return [...shownBy.matchAll(/`([\w./-]+\.ts)`((?: (?:\[[^\]]+\]|"[^"]+"))*)/g)].map(([, file = '', names = '']) => ({
    file,
    names: [...names.matchAll(/\[[^\]]+\]|"[^"]+"/g)].map(([name]) => name.replace(/^"|"$/g, '')),
  }));
}

function faultsOf(folder: string, rows: readonly Row[]): string[] {
  return rows.flatMap(({ ids, shownBy }) => {
    const evidence = evidenceIn(shownBy);
    const faults = evidence.length === 0 ? ['names no test'] : evidence.flatMap((one) => missingIn(folder, one));
    return faults.map((fault) => `${ids.join(', ')}: ${fault}`);
  });
}

function missingIn(folder: string, { file, names }: Evidence): string[] {
  const path = `${folder}/${file}`;
  if (!existsSync(join(ROOT, path))) return [`there is no ${path}`];
  if (names.length === 0) return [`says no test of ${path}`];
  const titles = testNamesIn(readSource(ROOT, path));
  return names.flatMap((name) =>
    titles.some((title) => title.name.includes(name)) ? [] : [`no test of ${path} is named ${name}`],
  );
}
