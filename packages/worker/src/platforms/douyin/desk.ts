import { wait } from '@hiscrm/shared/lib/clock.ts';
import type { Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { SessionEnv } from '../platform-adapter.ts';
import type { AnswerBus } from './answer-bus.ts';
import { type DouyinBases, FIBER_KEY_PREFIX, FIBER_WALK_LIMIT_COUNT, PAGES, SELECTORS, WORDS } from './contract.ts';
import type { PageConfig } from './page/in-page.ts';
import type { ParseContext } from './parse/parse-context.ts';

/** The windows of an account: one that new items arrive on, one to read in, one to act in. */
export type TabName = 'realtime' | 'crawl' | 'action';

/** A page that could not be used, and why. */
export class PageRefused extends Error {
  readonly why: 'loginRequired' | 'challenge';

  constructor(why: 'loginRequired' | 'challenge') {
    super(`the page asks for ${why === 'challenge' ? 'a human check' : 'a login'}`);
    this.name = 'PageRefused';
    this.why = why;
  }
}

/** Name of the function that the page state is handed over by. */
export const STATE_BINDING = '__onImState';

/** What the readers and writers of one account share. */
export class Desk {
  readonly env: SessionEnv;
  readonly bases: DouyinBases;
  readonly bus: AnswerBus;
  /** Names and pictures by `sec_uid`: the chat page's rows have neither. */
  readonly people = new Map<string, { name?: string | undefined; avatarUrl?: string | undefined }>();
  /** Encrypted work ids and the plain ones they stand for, as this session has seen them. */
  readonly plainWorkIds = new Map<string, string>();
  /** Conversations whose older messages changed: to be read again. */
  readonly touched = new Set<string>();
  /** The page state is not where it should be: messages are read from the chat page. */
  isStateMissing = false;
  /** The outbox took nothing of the last observation: reading goes on when it has room. */
  isFull = false;
  selfId = '';
  readonly #tabs = new Map<TabName, Page>();

  constructor(env: SessionEnv, bases: DouyinBases, bus: AnswerBus) {
    this.env = env;
    this.bases = bases;
    this.bus = bus;
  }

  get parseContext(): ParseContext {
    return { selfId: this.selfId, observedAt: this.env.clock.now() };
  }

  get pageConfig(): PageConfig {
    return {
      entrySelector: SELECTORS.imEntry,
      toastSelector: SELECTORS.toastBox,
      fiberPrefix: FIBER_KEY_PREFIX,
      walkLimit: FIBER_WALK_LIMIT_COUNT,
      binding: STATE_BINDING,
      pollMs: this.env.pacing.stateMs,
    };
  }

  /** The window of that name, opened when there is none. */
  async tab(op: Op, name: TabName): Promise<Page> {
    const open = this.#tabs.get(name);
    if (open && !open.isClosed()) return open;
    const page = await op.race(this.env.browser.newWindow(op));
    this.#tabs.set(name, page);
    return page;
  }

  /** Opens an address. Throws `PageRefused` when a login or a human check stands there instead. */
  async visit(op: Op, page: Page, url: string): Promise<void> {
    op.note(`open ${new URL(url).pathname}`);
    await op.race(page.goto(url, { waitUntil: 'domcontentloaded', timeout: op.leftMs(this.env.pacing.patienceMs) }));
    if ((await op.race(page.title())).includes(WORDS.challengeTitle)) throw new PageRefused('challenge');
    const target = new URL(url);
    const shown = new URL(page.url());
    const isSentAway =
      target.pathname.startsWith(PAGES.loggedInPrefix) && !shown.pathname.startsWith(PAGES.loggedInPrefix);
    if (isSentAway) throw new PageRefused('loginRequired');
  }

  creator(path: string): string {
    return new URL(path, this.bases.creator).href;
  }

  www(path: string): string {
    return new URL(path, this.bases.www).href;
  }

  /** A pause between two steps, as a person makes: between half and the whole of `pacing.stepMs`. */
  async pause(op: Op): Promise<void> {
    const { stepMs } = this.env.pacing;
    if (stepMs > 0) await wait(this.env.clock, stepMs * (0.5 + this.env.clock.random() / 2), op.signal);
  }

  /** Asks again until there is an answer or `withinMs` is over. */
  async until<T>(op: Op, withinMs: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const endMs = this.env.clock.now() + op.leftMs(withinMs);
    for (;;) {
      const answer = await op.race(ask());
      if (answer !== undefined || this.env.clock.now() >= endMs) return answer;
      await wait(this.env.clock, ASK_AGAIN_MS, op.signal);
    }
  }
}

/** Short against what a person notices, long against what a page evaluation costs. */
const ASK_AGAIN_MS = 60;
