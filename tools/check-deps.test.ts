import { expect, test } from 'vitest';
import { mayImport } from '../deps.config.ts';
import { importsOf, judge, roomOf, sqlIn, targetOf } from './check-deps.ts';
import { parseSource } from './lib/source.ts';

const declared = new Set(['ws', 'typebox', 'playwright-core', 'react', 'vitest', '#own-name']);
const verdict = (from: string, specifier: string) => judge(from, specifier, declared);

test('a room is the folder or the file directly under src; a platform is a room of its own', () => {
  expect(roomOf('packages/master/src/hub/subscriber.ts')).toBe('master/hub');
  expect(roomOf('packages/master/src/main.ts')).toBe('master/main');
  expect(roomOf('packages/master/src/config.test.ts')).toBe('master/config');
  expect(roomOf('packages/worker/src/platforms/registry.ts')).toBe('worker/platforms');
  expect(roomOf('packages/worker/src/platforms/douyin/parse.ts')).toBe('worker/platforms/douyin');
  expect(roomOf('packages/client/src/link/link.ts')).toBe('client');
  expect(roomOf('bench/src/main.ts')).toBe('bench');
  expect(roomOf('tools/check-deps.ts')).toBeUndefined();
});

test('every way to import is seen, whatever stands in comments and strings', () => {
  const source = parseSource(
    'a.tsx',
    `import type { A } from './type.ts';
import './effect.ts';
export { b } from './again.ts';
export * from './all.ts';
// import x from './comment.ts'
const text = "import y from './string.ts'";
const later = () => import('./dynamic.ts');
type T = import('./in-type.ts').T;
export const view = <p>don't // import z from './jsx.ts'</p>;`,
  );
  expect(importsOf(source).map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
    '1 ./type.ts',
    '2 ./effect.ts',
    '3 ./again.ts',
    '4 ./all.ts',
    '7 ./dynamic.ts',
    '8 ./in-type.ts',
  ]);
});

test('specifiers lead to files of ours or to packages', () => {
  expect(targetOf('packages/master/src/hub/hub.ts', '../log/change-log.ts')).toEqual({
    kind: 'file',
    path: 'packages/master/src/log/change-log.ts',
  });
  expect(targetOf('x.ts', '@hiscrm/shared/lib/must.ts')).toEqual({
    kind: 'file',
    path: 'packages/shared/src/lib/must.ts',
  });
  expect(targetOf('x.ts', '@fastify/cookie/deep')).toEqual({ kind: 'package', name: '@fastify/cookie' });
  expect(targetOf('x.ts', 'fs')).toEqual({ kind: 'package', name: 'node:fs' });
});

test.each([
  ['packages/master/src/hub/hub.ts', '../log/change-log.ts'],
  ['packages/master/src/hub/hub.ts', '@hiscrm/shared/model/change.ts'],
  ['packages/master/src/main.ts', './sockets/edge.ts'],
  ['packages/master/src/store/store.test.ts', '../ingest/ingest.ts'],
  ['packages/master/src/sockets/edge.ts', 'ws'],
  ['packages/master/src/sockets/edge.ts', 'node:http'],
  ['packages/worker/src/platforms/registry.ts', './douyin/adapter.ts'],
  ['packages/worker/src/platforms/douyin/adapter.ts', '../platform-adapter.ts'],
  ['packages/worker/src/platforms/douyin/adapter.ts', 'playwright-core'],
  ['packages/web/src/main.tsx', 'react'],
  ['packages/shared/src/protocol/validate.ts', '#own-name'],
  ['tools/check-deps.ts', '../deps.config.ts'],
])('%s may import %s', (from, specifier) => {
  expect(verdict(from, specifier)).toBeUndefined();
});

test.each([
  ['packages/master/src/ingest/ingest.ts', '../hub/hub.ts', 'master/ingest must not import master/hub'],
  ['packages/master/src/store/store.ts', '../sockets/edge.ts', 'must not import master/sockets'],
  ['packages/master/src/main.ts', '@hiscrm/worker/main.ts', 'must not import worker/main'],
  ['packages/worker/src/link/link.ts', '@hiscrm/master/log/change-log.ts', 'must not import master/log'],
  ['packages/master/src/main.ts', '../../shared/src/lib/must.ts', 'import it by name'],
  [
    'packages/worker/src/accounts/session.ts',
    '../platforms/douyin/adapter.ts',
    'must not import worker/platforms/douyin',
  ],
  ['packages/worker/src/platforms/weibo/adapter.ts', '../douyin/parse.ts', 'must not import worker/platforms/douyin'],
  ['packages/shared/src/model/change.ts', '../protocol/errors.ts', 'must not import shared/protocol'],
  ['packages/shared/src/lib/must.ts', '../model/change.ts', 'it may import: nothing'],
  ['packages/shared/src/lib/must.ts', 'node:fs', 'runs in a browser'],
  ['packages/master/src/hub/hub.ts', 'ws', 'must not import ws'],
  ['packages/worker/src/accounts/session.ts', 'playwright-core', 'must not import playwright-core'],
  ['packages/master/src/store/store.ts', 'node:sqlite', 'must not import node:sqlite'],
  ['packages/web/src/store/view.ts', 'react', 'must not import react'],
  ['packages/master/src/hub/hub.ts', 'lodash', 'not in the package.json of master'],
  ['packages/master/src/hub/hub.ts', '#no-name', 'not in the package.json of master'],
  ['packages/master/src/hub/hub.ts', './subscriber', 'without its extension'],
  ['packages/master/src/log/log.ts', './log.contract.ts', undefined],
  ['packages/master/src/hub/hub.ts', '../log/log.contract.ts', 'is a test'],
  ['packages/master/src/cupboard/x.ts', '../log/log.ts', 'a room that deps.config.ts does not know'],
])('%s importing %s: %s', (from, specifier, complaint) => {
  if (complaint === undefined) expect(verdict(from, specifier)).toBeUndefined();
  else expect(verdict(from, specifier)).toContain(complaint);
});

test('statements outside their rooms are found with their line, prose is not', () => {
  const text = `const a = 'Select an account from the list';
const b = \`SELECT seq, change FROM change_log WHERE seq > \${n} \`;
const c = 'UPDATE account SET name = ?';`;
  const at = (path: string) => sqlIn(parseSource(path, text)).map(({ line }) => line);
  expect(at('packages/master/src/store/store.ts')).toEqual([2, 3]);
  expect(at('packages/master/src/log/sqlite.ts')).toEqual([]);
  expect(at('packages/master/src/store/store.test.ts')).toEqual([]);
});

test('the rules themselves hold no cycle between rooms', () => {
  const open = new Set<string>();
  const enter = (room: string, trail: readonly string[]): void => {
    expect(open.has(room), `cycle: ${[...trail, room].join(' → ')}`).toBe(false);
    open.add(room);
    for (const next of mayImport[room] ?? [])
      if (next in mayImport && next !== 'worker/platforms/*') enter(next, [...trail, room]);
    open.delete(room);
  };
  for (const room of Object.keys(mayImport)) enter(room, []);
});
