/**
 * Who may import whom. The only place where this is written; `tools/check-deps.ts` holds every import against it, type-only
 * and dynamic ones too. Whatever is not listed is forbidden.
 *
 * A room is a folder or a file directly under a package's `src`: `packages/master/src/hub/subscriber.ts` is in `master/hub`,
 * `packages/master/src/main.ts` is `master/main`. A name without a slash means the whole package. A room may always import itself.
 */

/** These have no rooms inside: their files import each other freely. */
export const wholePackages: readonly string[] = ['client', 'simulator', 'bench', 'e2e'];

/** A folder below one of these is a room of its own, so that one platform cannot reach into another. */
export const roomsInside: readonly string[] = ['worker/platforms'];

const platform = ['worker/platforms', 'worker/browser', 'worker/lib', 'shared'];

export const mayImport: Readonly<Record<string, readonly string[]>> = {
  'shared/lib': [],
  'shared/model': ['shared/lib'],
  'shared/protocol': ['shared/model', 'shared/lib'],

  client: ['shared'],

  // The path of a message: sockets → ingest → log → store → hub → sockets. Ingest holds the only way into the log, so whoever
  // decides something imports it. It asks the fleet about leases, so the fleet gets its way of committing handed in by main.
  'master/main': ['master', 'shared'],
  'master/cli': ['master', 'client', 'shared'],
  'master/config': ['shared'],
  'master/lib': ['shared/lib'],
  // What existing programs call things, and how they write values: shared by every edge that speaks to them.
  'master/words': ['shared'],
  'master/log': ['master/lib', 'shared'],
  'master/store': ['master/log', 'master/lib', 'shared'],
  'master/ingest': ['master/log', 'master/store', 'master/fleet', 'master/lib', 'shared'],
  'master/hub': ['master/log', 'master/store', 'master/ingest', 'master/lib', 'shared'],
  'master/fleet': ['master/log', 'master/store', 'master/lib', 'shared'],
  'master/auth': ['master/log', 'master/store', 'master/ingest', 'master/lib', 'shared'],
  'master/commands': [
    'master/log',
    'master/store',
    'master/ingest',
    'master/fleet',
    'master/auth',
    'master/lib',
    'shared',
  ],
  'master/notices': [
    'master/log',
    'master/store',
    'master/ingest',
    'master/hub',
    'master/auth',
    'master/lib',
    'shared',
  ],
  // Users of another system, over its own database.
  'master/directory': ['master/notices', 'master/lib', 'shared'],
  // main hands it functions that answer figures, so that measuring a room never makes it depend on its observer.
  'master/ops': ['master/lib', 'shared'],
  'master/sockets': [
    'master/ingest',
    'master/commands',
    'master/store',
    'master/hub',
    'master/fleet',
    'master/notices',
    'master/auth',
    'master/words',
    'master/lib',
    'shared',
  ],
  'master/http': [
    'master/commands',
    'master/store',
    'master/hub',
    'master/fleet',
    'master/notices',
    'master/auth',
    'master/ops',
    'master/words',
    'master/lib',
    'shared',
  ],
  // Reads another system's database into ours, with the translation of the edge that its Workers speak to.
  'master/import': [
    'master/ingest',
    'master/store',
    'master/log',
    'master/auth',
    'master/fleet',
    'master/sockets',
    'master/words',
    'master/lib',
    'shared',
  ],

  'worker/main': ['worker', 'shared'],
  'worker/config': ['shared'],
  'worker/lib': ['shared/lib'],
  'worker/browser': ['worker/lib', 'shared'],
  'worker/outbox': ['worker/lib', 'shared'],
  // Its registry is the only file that names platforms.
  'worker/platforms': ['worker/platforms/*', 'worker/browser', 'worker/lib', 'shared'],
  'worker/platforms/*': platform,
  'worker/accounts': ['worker/platforms', 'worker/browser', 'worker/outbox', 'worker/lib', 'shared'],
  'worker/link': ['worker/outbox', 'worker/lib', 'shared'],

  'web/main': ['web', 'client', 'shared'],
  'web/lib': ['shared/lib'],
  'web/i18n': ['shared'],
  'web/link': ['client', 'web/lib', 'shared'],
  'web/store': ['web/link', 'client', 'web/lib', 'shared'],
  'web/hooks': ['web/store', 'web/link', 'web/i18n', 'client', 'web/lib', 'shared'],
  'web/ui': ['web/i18n', 'web/lib', 'shared/model', 'shared/lib'],
  'web/screens': ['web/hooks', 'web/store', 'web/link', 'web/ui', 'web/i18n', 'web/lib', 'client', 'shared'],

  simulator: ['shared'],
  // The harness that starts real processes is written once, in e2e.
  bench: ['e2e', 'client', 'simulator', 'shared', 'master', 'worker'],
  e2e: ['client', 'simulator', 'shared', 'master', 'worker'],
};

/** A test drives its whole package, against the simulated platform or through the client library. */
export const testsMayAlsoImport: readonly string[] = ['simulator', 'client', 'shared'];

const react = ['web/main', 'web/hooks', 'web/screens', 'web/ui', 'web/i18n'];

/** Third-party packages and built-in modules that belong to few rooms. `tests` of a package are named `package#test`. */
export const onlyIn: Readonly<Record<string, readonly string[]>> = {
  'playwright-core': [
    'worker/browser',
    'worker/platforms',
    'worker/platforms/*',
    'worker#test',
    'simulator#test',
    'web#test',
    'e2e',
  ],
  '@sparticuz/chromium': ['worker/browser', 'simulator#test', 'e2e'],
  'node:sqlite': ['master/log', 'worker/outbox', 'master#test', 'worker#test', 'bench', 'e2e'],
  kysely: ['master/log'],
  pg: ['master/log', 'master/directory', 'master#test'],
  mysql2: ['master/directory', 'master#test'],
  ioredis: ['master/hub', 'master/fleet', 'master#test'],
  ws: ['master/sockets', 'master/main', 'master/ops', 'master#test', 'client', 'simulator', 'bench', 'e2e'],
  'socket.io': ['master/sockets', 'master/main', 'worker#test', 'bench'],
  'socket.io-client': ['worker/link', 'master#test', 'bench', 'e2e'],
  fastify: [
    'master/http',
    'master/main',
    'master/auth',
    'master/ops',
    'master/notices',
    'master#test',
    'simulator',
    'bench',
  ],
  typebox: [
    'shared',
    'master/config',
    'master/sockets',
    'master/http',
    'master/notices',
    'worker/config',
    'worker/platforms/*',
    'simulator',
  ],
  react,
  'react-dom': react,
  'react-i18next': react,
  antd: react,
  echarts: ['web/ui', 'web/screens'],
  '@ant-design/icons': ['web/ui', 'web/screens'],
  idb: ['client'],
};

/** Packages that must run in a browser: no `node:*` outside their tests. */
export const noNodeModules: readonly string[] = ['shared', 'web'];

/**
 * Statements live where their tables live. Everybody else asks these rooms. Another system's table has its statement in a
 * setting, which `directory` runs.
 */
export const sqlOnlyIn: readonly string[] = [
  'master/log',
  'master/directory',
  'master/config',
  'worker/outbox',
  'bench',
  'e2e',
];
