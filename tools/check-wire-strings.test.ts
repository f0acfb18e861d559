import { expect, test } from 'vitest';
import { literalsIn, wireNamesOf } from './check-wire-strings.ts';
import { parseSource } from './lib/source.ts';

const protocol = parseSource(
  'packages/shared/src/protocol/worker-link.ts',
  `export const WORKER_EVENT = 'message';
export const NAMESPACE = '/worker';
export const WORKER_MESSAGE = { register: 'worker:register', 'heart-beat': 'worker:heartbeat', plain: 'register' } as const;
export const TYPED = { one: 'monitor:one' } as const satisfies Record<string, string>;
export const ERRORS = { BAD: { status: 400, en: 'a:b' } } as const;
const hidden = { x: 'not:exported' } as const;`,
);

test('exported values that look like wire names are collected, with the constant to use', () => {
  expect(Object.fromEntries(wireNamesOf(protocol))).toEqual({
    '/worker': 'NAMESPACE',
    'worker:register': 'WORKER_MESSAGE.register',
    'worker:heartbeat': 'WORKER_MESSAGE.heart-beat',
    'monitor:one': 'TYPED.one',
  });
});

test('a name written again is found in code, in types and in templates, not in comments, imports or longer strings', () => {
  const source = parseSource(
    'packages/master/src/sockets/edge.ts',
    `import x from '/worker';
socket.on('worker:register', x); // 'worker:heartbeat'
type T = 'monitor:one';
const t = \`worker:heartbeat\`;
const longer = 'a worker:register b';`,
  );
  const found = literalsIn(source, wireNamesOf(protocol)).map(({ line, text }) => `${line} ${text}`);
  expect(found).toEqual([
    "2 'worker:register' is WORKER_MESSAGE.register",
    "3 'monitor:one' is TYPED.one",
    "4 'worker:heartbeat' is WORKER_MESSAGE.heart-beat",
  ]);
});
