/**
 * One account's own Chromium: its own process, its own profile directory, which holds a login only while it runs. Nothing of
 * the browser's identity is changed beyond language and time zone, which are those of the platform's users.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { Lane } from '../lib/lane.ts';
import type { Op } from '../lib/op.ts';
import { resolveChromium } from './resolve-chromium.ts';
import type { SessionVault } from './session-vault.ts';

/** How long a browser may take to close itself before its processes are ended. */
const CLOSE_GRACE_MS = 5_000;
const VIEWPORT = { width: 1440, height: 900 } as const;

export type BrowserOptions = {
  readonly accountId: AccountId;
  /** Holds one profile directory per account. */
  readonly profilesDirectory: string;
  readonly executablePath: string | undefined;
  readonly isHeadless: boolean;
  readonly vault: SessionVault;
  /** Called when the kept session cannot be opened; the account then starts without a login. */
  readonly onUnreadableSession: () => void;
  /** Called once when the browser is gone without having been closed. */
  readonly onGone: () => void;
};

export class AccountBrowser {
  readonly context: BrowserContext;
  readonly #options: BrowserOptions;
  readonly #profile: string;
  readonly #opening = new Lane();
  #isClosed = false;

  private constructor(options: BrowserOptions, context: BrowserContext, profile: string) {
    this.#options = options;
    this.context = context;
    this.#profile = profile;
    context.on('close', () => {
      if (!this.#isClosed) options.onGone();
    });
  }

  /** Starts the browser and puts the kept session into it. */
  static async open(op: Op, options: BrowserOptions): Promise<AccountBrowser> {
    const profile = join(options.profilesDirectory, options.accountId);
    endLeftovers(profile);
    rmSync(profile, { recursive: true, force: true });
    mkdirSync(profile, { recursive: true, mode: 0o700 });
    chmodSync(profile, 0o700);
    const choice = await resolveChromium(options.executablePath);
    if (!options.isHeadless && choice.from === 'npm package @sparticuz/chromium')
      throw new Error('HISCRM_HEADLESS=0 needs a browser with windows; install Chrome or Chromium');
    op.note('starting the browser');
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: choice.executablePath,
      headless: options.isHeadless,
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      viewport: VIEWPORT,
      // The Worker ends its browsers itself, in order.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      // Chromium's sandbox cannot run as root, which is how containers run it.
      chromiumSandbox: process.getuid?.() !== 0,
      args: ['--disable-dev-shm-usage', '--no-first-run'],
      timeout: op.leftMs(),
    });
    const browser = new AccountBrowser(options, context, profile);
    try {
      await browser.#restore();
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * A page in a window of its own: Chromium slows input in tabs that another tab covers down to one frame a second, and the
   * tabs of an account are read and acted in at the same time.
   */
  newWindow(op: Op): Promise<Page> {
    return this.#opening.run(async () => {
      const first = this.context.pages()[0] ?? (await this.context.newPage());
      const devtools = await op.race(this.context.newCDPSession(first));
      const opened = this.context.waitForEvent('page', { timeout: op.leftMs() });
      // An early failure of the request below must not leave this without a listener.
      opened.catch(() => undefined);
      try {
        await op.race(devtools.send('Target.createTarget', { url: 'about:blank', newWindow: true }));
        return await op.race(opened);
      } catch (error) {
        op.signal.throwIfAborted();
        // A headless shell has no windows; its pages are not slowed down either.
        if (!String(error).includes('Protocol error')) throw error;
        return await op.race(this.context.newPage());
      } finally {
        await devtools.detach();
      }
    });
  }

  /** Seals what the browser needs to be logged in again. */
  async keepSession(): Promise<void> {
    const state = await this.context.storageState();
    this.#options.vault.keep(this.#options.accountId, {
      cookies: state.cookies.map((cookie) => ({ ...cookie })),
      origins: state.origins.map((origin) => ({ ...origin })),
    });
  }

  /** Ends the browser and wipes its profile. Safe twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const graceful = this.context.close().catch(() => undefined); // a browser that is gone already is closed
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([graceful, new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_GRACE_MS)))]);
    clearTimeout(timer);
    endLeftovers(this.#profile);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #restore(): Promise<void> {
    const state = this.#options.vault.open(this.#options.accountId);
    if (state === 'unreadable') this.#options.onUnreadableSession();
    if (!state || state === 'unreadable') return;
    // A storage state that this program sealed, or one that was imported and that Playwright checks itself.
    await this.context.setStorageState(state as unknown as Parameters<BrowserContext['setStorageState']>[0]);
  }
}

/**
 * Ends browsers that a killed Worker left on this profile. Only processes whose command line names exactly this directory are
 * touched. Where there is no /proc the browser's own profile lock stands in.
 */
export function endLeftovers(profile: string): number {
  if (!existsSync('/proc')) return 0;
  let endedCount = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    if (!commandLine(entry).includes(`--user-data-dir=${profile}`)) continue;
    try {
      process.kill(Number(entry), 'SIGKILL');
      endedCount += 1;
    } catch (error) {
      // It ended between the look and the signal; anything else is a reason to stop.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
  return endedCount;
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it ended meanwhile
  }
}

/** Ends the leftovers of every account that a killed Worker with this data directory drove, and wipes their profiles. */
export function sweepProfiles(profilesDirectory: string): number {
  mkdirSync(profilesDirectory, { recursive: true, mode: 0o700 });
  // Playwright's own files of a run stay inside the profile, so removing it removes all of them.
  writeFileSync(join(profilesDirectory, 'CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55\n', {
    mode: 0o600,
  });
  let endedCount = 0;
  for (const entry of readdirSync(profilesDirectory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    endedCount += endLeftovers(join(profilesDirectory, entry.name));
    rmSync(join(profilesDirectory, entry.name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  return endedCount;
}
