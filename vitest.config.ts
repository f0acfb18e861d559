import { defineConfig } from 'vitest/config';

/** A rule needs milliseconds; this only ends what hangs, also on a busy machine where a test starts several processes. */
const UNIT_TIMEOUT_MS = 60_000;
/** How long `expect.poll` waits for a condition. */
const POLL_TIMEOUT_MS = 20_000;
/** A cold Chromium start takes seconds, and one test may start several. */
const BROWSER_TIMEOUT_MS = 120_000;
/** The reference machine has two cores; more workers only make each other late. */
const MAX_WORKERS = 2;

/** Finds the browser once; test files take its path from CHROMIUM_PATH. */
const FIND_CHROMIUM = 'scripts/lib/chromium-for-tests.mjs';

const NEVER = ['**/node_modules/**', '**/dist/**'];

/** The suffix of a test file says what it needs: `.test.ts` nothing, `.browser.test.ts` Chromium, `.e2e.ts` whole processes. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: MAX_WORKERS,
    passWithNoTests: true,
    // A condition that is awaited comes late on a busy machine; the default second is a timing assertion in disguise.
    expect: { poll: { timeout: POLL_TIMEOUT_MS } },
    // Source runs as plain ES modules in production; a test must not lend it `require` or `__dirname`.
    injectCjsGlobals: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'bench/src/**/*.test.ts',
            'e2e/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: [...NEVER, '**/*.browser.test.{ts,tsx}'],
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['packages/*/src/**/*.browser.test.{ts,tsx}', 'e2e/src/**/*.browser.test.ts'],
          exclude: NEVER,
          globalSetup: FIND_CHROMIUM,
          fileParallelism: false,
          testTimeout: BROWSER_TIMEOUT_MS,
          hookTimeout: BROWSER_TIMEOUT_MS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.e2e.ts'],
          exclude: NEVER,
          globalSetup: FIND_CHROMIUM,
          fileParallelism: false,
          testTimeout: BROWSER_TIMEOUT_MS,
          hookTimeout: BROWSER_TIMEOUT_MS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
