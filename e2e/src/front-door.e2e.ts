/** What a newcomer does first: the one command of the README, on a machine where the packages are installed. */

import type { Browser } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { Child, repositoryFile } from './harness/child.ts';
import { tempFolder } from './harness/temp-folder.ts';
import { openBrowser, Screen } from './screen.ts';

/** The promise of the README, with room for a busy machine: the time is printed, not asserted. */
const START_DEADLINE_MS = 110_000;
const PASSWORD = 'correct-horse-battery';

const folder = tempFolder('front-door');
let child: Child | undefined;
let browser: Browser | undefined;

afterAll(async () => {
  await browser?.close();
  await child?.close();
  folder.remove();
});

test('npm start -- --demo shows messages on the screen', { timeout: START_DEADLINE_MS * 2 }, async () => {
  const startedAt = performance.now();
  child = new Child({
    args: [repositoryFile('scripts', 'start.mjs'), '--demo', '--port', '0'],
    env: { HISCRM_DATA_DIR: folder.path, HISCRM_ADMIN_PASSWORD: PASSWORD, HISCRM_LAUNCHER_PID: undefined },
    ownGroup: true,
  });
  const url = await child.line(
    'the address',
    START_DEADLINE_MS,
    (line) => /(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1],
  );
  browser = await openBrowser();
  const screen = await Screen.open(browser, url);
  await screen.login('admin', PASSWORD);
  await screen.page.locator('[data-account] .dot-good').first().waitFor({ timeout: START_DEADLINE_MS });
  await screen.page.locator('[data-account] .badge').first().waitFor({ timeout: START_DEADLINE_MS });
  await screen.page.locator('[data-account]').first().click();
  await screen.page.locator('[data-topic]').first().click();
  await screen.page.locator('[data-item]').first().waitFor();
  console.log(`messages on the screen after ${Math.round(performance.now() - startedAt)} ms`);
  expect(await screen.page.locator('[data-item]').count()).toBeGreaterThan(0);
});
