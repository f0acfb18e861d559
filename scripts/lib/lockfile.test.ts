import { expect, test } from 'vitest';
import { firstDifference } from './lockfile.mjs';

const wanted = {
  packages: {
    '': {},
    'packages/shared': { version: '0.1.0' },
    'node_modules/@hiscrm/shared': { link: true },
    'node_modules/fastify': { version: '5.12.8' },
    'node_modules/@x/linux': { version: '1.0.0', optional: true },
    'packages/web/node_modules/react': { version: '19.3.1' },
  },
};
const complete = {
  packages: {
    'node_modules/@hiscrm/shared': { link: true },
    'node_modules/fastify': { version: '5.12.8' },
    'packages/web/node_modules/react': { version: '19.3.1' },
  },
};

test('a complete installation differs in nothing, though binaries of other platforms are absent', () => {
  expect(firstDifference(wanted, complete)).toBeUndefined();
});

test('another version is a difference', () => {
  const old = { packages: { ...complete.packages, 'node_modules/fastify': { version: '5.0.0' } } };
  expect(firstDifference(wanted, old)).toBe('node_modules/fastify is 5.0.0, wanted 5.12.8');
});

test('a missing package is a difference, a nested one and a workspace too', () => {
  for (const path of Object.keys(complete.packages)) {
    const rest = Object.fromEntries(Object.entries(complete.packages).filter(([name]) => name !== path));
    expect(firstDifference(wanted, { packages: rest })).toBe(`${path} is not installed`);
  }
});

test('an optional package that is present must have the right version', () => {
  const other = { packages: { ...complete.packages, 'node_modules/@x/linux': { version: '0.9.0' } } };
  expect(firstDifference(wanted, other)).toContain('@x/linux is 0.9.0');
});
