import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { Browser, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

/** A page of ours is quick; a busy machine with two browsers is not. */
const ACTION_DEADLINE_MS = 30_000;

export type Tab = 'comments' | 'messages' | 'works';

/** The browser that the PC client runs in. */
export function openBrowser(): Promise<Browser> {
  const executablePath = must(process.env.CHROMIUM_PATH, 'CHROMIUM_PATH, which whatever runs the tests sets');
  return chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--lang=zh-CN'] });
}

/** The PC client in a browser, used as an operator uses it: what is asked of it is what can be seen. */
export class Screen {
  readonly page: Page;
  /** What the page complained about: a console error or an exception is a bug. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(ACTION_DEADLINE_MS);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  static async open(browser: Browser, url: string): Promise<Screen> {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1440, height: 900 } });
    const screen = new Screen(await context.newPage());
    await screen.page.goto(url);
    return screen;
  }

  async login(username: string, password: string): Promise<void> {
    await this.page.locator('input[autocomplete="username"]').fill(username);
    await this.page.locator('input[autocomplete="current-password"]').fill(password);
    await this.page.locator('button[type="submit"]').click();
    await this.page.locator('.header').waitFor();
  }

  account(id: AccountId): Locator {
    return this.page.locator(`[data-account="${id}"]`);
  }

  topic(id: string): Locator {
    return this.page.locator(`[data-topic="${id}"]`);
  }

  item(id: string): Locator {
    return this.page.locator(`[data-item="${id}"]`);
  }

  /** Shows a topic by its address, as a link to it would. */
  async show(accountId: AccountId, tab: Tab, topicId?: string): Promise<void> {
    const parts = ['inbox', accountId, tab, ...(topicId === undefined ? [] : [topicId])].map(encodeURIComponent);
    await this.page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      `/${parts.join('/')}`,
    );
    if (topicId !== undefined) await this.page.locator('.pane-messages').waitFor();
  }

  /** Leaves every topic, so that nothing is read by being on the screen. */
  async showNothing(): Promise<void> {
    await this.page.evaluate(() => {
      location.hash = '/inbox';
    });
  }

  /** The number on a row's badge; 0 when there is none. */
  async badge(row: Locator): Promise<number> {
    const badge = row.locator('.badge:not(.badge-muted)');
    if ((await badge.count()) === 0) return 0;
    return Number((await badge.first().innerText()).replace(/\D/g, ''));
  }

  /** The number in the window's title; 0 when there is none. */
  async titleCount(): Promise<number> {
    return Number(/^\((\d+)\)/.exec(await this.page.title())?.[1] ?? 0);
  }

  /** Answers one comment of the topic on show. */
  async answerItem(itemId: string, text: string): Promise<void> {
    await this.item(itemId).locator('.item-foot button').click();
    await this.page.locator('.composer-target').waitFor();
    await this.answer(text);
  }

  /** Writes into the topic on show and sends it with Enter. */
  async answer(text: string): Promise<void> {
    const field = this.page.locator('[data-composer]');
    await field.fill(text);
    await field.press('Enter');
  }

  /** The states of the replies that the topic on show tells of. */
  async replyStates(): Promise<string[]> {
    const rows = await this.page.locator('[data-reply]').all();
    return Promise.all(rows.map(async (row) => (await row.getAttribute('data-reply')) ?? ''));
  }

  /** Safe twice. */
  async close(): Promise<void> {
    await this.page.context().close();
  }
}
