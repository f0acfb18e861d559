import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withOp } from '../lib/op.ts';
import { AccountBrowser } from './account-browser.ts';
import { packagedChromium } from './packaged-chromium.ts';
import { resolveChromium } from './resolve-chromium.ts';
import { SessionVault } from './session-vault.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chromium-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

function program(name: string, mode = 0o755): string {
  const path = join(directory, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

test('the configured browser comes before an installed one, and Chrome before a distribution’s Chromium', async () => {
  const chromium = program('chromium');
  expect(await resolveChromium(undefined, directory)).toEqual({ executablePath: chromium, from: 'installed' });
  const chrome = program('google-chrome');
  expect(await resolveChromium('', directory)).toEqual({ executablePath: chrome, from: 'installed' });
  const own = program('own');
  expect(await resolveChromium(own, directory)).toEqual({ executablePath: own, from: 'CHROMIUM_PATH' });
  await expect(resolveChromium(program('text', 0o644), directory)).rejects.toThrow('CHROMIUM_PATH');
});

const isPackaged = process.platform === 'linux' && process.arch === 'x64';

test.runIf(isPackaged)('where none is installed the packaged one starts and opens several pages', async () => {
  const { executablePath, from } = await resolveChromium(undefined, directory);
  expect(from).toBe('npm package @sparticuz/chromium');
  await withOp({ name: 'test', clock: systemClock, timeoutMs: 60_000 }, async (op) => {
    const browser = await AccountBrowser.open(op, {
      accountId: 'acc-1' as AccountId,
      profilesDirectory: join(directory, 'profiles'),
      executablePath,
      isHeadless: true,
      vault: new SessionVault({ directory: join(directory, 'sessions'), secret: 'secret' }),
      onUnreadableSession: () => undefined,
      onGone: () => undefined,
    });
    const pages = await Promise.all([browser.newWindow(op), browser.newWindow(op)]);
    for (const page of pages) await page.setContent('<p>买家 😀</p>');
    expect(await Promise.all(pages.map((page) => page.locator('p').innerText()))).toEqual(['买家 😀', '买家 😀']);
    expect(
      await pages[0]?.evaluate(() => [navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]),
    ).toEqual(['zh-CN', 'Asia/Shanghai']);
    await browser.close();
  });
});

test.runIf(isPackaged)(
  'processes that unpack at the same time get one whole browser and leave nothing beside it',
  async () => {
    const paths = await Promise.all([packagedChromium(directory), packagedChromium(directory)]);
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(directory)).toHaveLength(1);
    const child = spawn(String(paths[0]), ['--version'], { stdio: 'ignore' });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  },
);

test.runIf(isPackaged)('a folder that others may write to is not run from', async () => {
  const [name] = readdirSync(directory).concat((await packagedChromium(directory)).split('/').at(-2) ?? '');
  const open = join(directory, 'other', String(name));
  mkdirSync(open, { recursive: true });
  chmodSync(open, 0o777);
  await expect(packagedChromium(join(directory, 'other'))).rejects.toThrow('was not made by');
});
