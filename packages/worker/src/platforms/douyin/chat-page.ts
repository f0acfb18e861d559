import type { MessageFacts } from '@hiscrm/shared/model/facts.ts';
import type { Page } from 'playwright-core';
import type { Op } from '../../lib/op.ts';
import type { FactOf } from '../fact.ts';
import { FIBER_KEY_PREFIX, FIBER_WALK_LIMIT_COUNT, PAGES, SELECTORS } from './contract.ts';
import type { Desk } from './desk.ts';
import { inPage, readBubbles, readChatRows } from './page/in-page.ts';
import { recordOf, recordsOf } from './parse/fields.ts';
import type { JsonRecord } from './parse/lossless-json.ts';
import { parseChatRow } from './parse/parse-conversations.ts';
import { parseMessage } from './parse/parse-messages.ts';

const FIBERS = { fiberPrefix: FIBER_KEY_PREFIX, walkLimit: FIBER_WALK_LIMIT_COUNT } as const;
/** Turns of the wheel over the conversation list before a row counts as not there. */
const LIST_SCROLL_LIMIT_COUNT = 120;
/** Less than the mounted rows' height, so that no row is jumped over. */
const LIST_SCROLL_PX = 420;
/** Clicks on a row that moved away under the pointer. */
const CLICK_TRIES_COUNT = 3;

/** A page that wants older messages asks for them this soon after it was scrolled. */
const ASKS_WITHIN_MS = 300;

export type OpenChat = { readonly headerName: string; readonly bubbles: readonly JsonRecord[] };

/** The chat page of the creator centre: a virtual list of conversations and the bubbles of the open one. */
export class ChatPage {
  readonly page: Page;
  readonly #desk: Desk;

  private constructor(desk: Desk, page: Page) {
    this.#desk = desk;
    this.page = page;
  }

  /** Opens the page and waits for its first row. `noRows` may be an expired session or an empty inbox. */
  static async open(op: Op, desk: Desk, page: Page): Promise<ChatPage | 'noRows'> {
    await desk.visit(op, page, desk.creator(PAGES.chats));
    const chat = new ChatPage(desk, page);
    const rows = await desk.until(op, desk.env.pacing.patienceMs, async () => {
      const shown = await chat.rows(op);
      return shown.some((row) => typeof row.id === 'string') ? shown : undefined;
    });
    return rows ? chat : 'noRows';
  }

  /** The chat page as it stands in the tab, if it does; opened otherwise. Its list follows what arrives by itself. */
  static async reuse(op: Op, desk: Desk, page: Page): Promise<ChatPage | 'noRows'> {
    const isThere = page.url().startsWith(desk.creator(PAGES.chats));
    const chat = new ChatPage(desk, page);
    return isThere && (await chat.rows(op)).length > 0 ? chat : ChatPage.open(op, desk, page);
  }

  /** The rows from the top of the list on, each once, until `isEnough` or its end. */
  async list(op: Op, isEnough: (rows: readonly JsonRecord[]) => boolean): Promise<JsonRecord[]> {
    const seen = new Map<string, JsonRecord>();
    await this.#fromTop(op, (rows) => {
      for (const row of rows) if (typeof row.id === 'string') seen.set(row.id, row);
      return isEnough([...seen.values()]) ? true : undefined;
    });
    return [...seen.values()];
  }

  /** The mounted rows, in order. */
  async rows(op: Op): Promise<JsonRecord[]> {
    const program = inPage(readChatRows, { rowsSelector: SELECTORS.chatRows, ...FIBERS });
    return recordsOf(await op.race(this.page.evaluate(program)));
  }

  /** What the page shows of the open conversation. */
  async shown(op: Op): Promise<OpenChat> {
    const program = inPage(readBubbles, {
      boxSelector: SELECTORS.bubbleBox,
      headerSelector: SELECTORS.chatHeaderName,
      ...FIBERS,
    });
    const answer = recordOf(await op.race(this.page.evaluate(program)));
    return {
      headerName: typeof answer?.headerName === 'string' ? answer.headerName : '',
      bubbles: recordsOf(answer?.bubbles),
    };
  }

  /**
   * Opens the conversation of that id and waits until every bubble shown belongs to it. `notFound` also when the page never
   * shows it: nothing may be typed then.
   */
  async openConversation(op: Op, id: string): Promise<OpenChat | 'notFound'> {
    for (let tryCount = 0; tryCount < CLICK_TRIES_COUNT; tryCount += 1) {
      const index = await this.#scrollTo(op, id);
      if (index === undefined) return 'notFound';
      const row = this.page.locator(SELECTORS.chatRows).locator('> *').nth(index);
      await op.race(row.click({ timeout: op.leftMs(this.#desk.env.pacing.patienceMs) }));
      const open = await this.#desk.until(op, this.#desk.env.pacing.patienceMs, async () => {
        const shown = await this.shown(op);
        return isOnly(shown, id) ? shown : undefined;
      });
      if (open) return open;
      op.note('the row showed another conversation');
    }
    return 'notFound';
  }

  /** Scrolls the open conversation upwards until `isEnough`, its beginning, or the page limit. */
  async readHistory(
    op: Op,
    id: string,
    isEnough: (messages: readonly MessageFacts[]) => boolean,
  ): Promise<FactOf<'message'>[]> {
    let facts: FactOf<'message'>[] = [];
    for (let pageCount = 0; pageCount < this.#desk.env.pacing.pageLimitCount; pageCount += 1) {
      const shown = await this.shown(op);
      if (!isOnly(shown, id)) break;
      const read = shown.bubbles
        .map((bubble) => parseMessage(bubble, this.#desk.parseContext, 'dom'))
        .filter((fact) => fact !== undefined);
      const isGrowing = read.length > facts.length;
      facts = read;
      if (!isGrowing || isEnough(facts.map((fact) => fact.facts))) break;
      await this.#scrollUp(op, shown.bubbles.length);
    }
    return facts;
  }

  /** Asks for older bubbles. A page that asks the platform for nothing has none; an answer is waited for. */
  async #scrollUp(op: Op, bubbleCount: number): Promise<void> {
    const box = this.page.locator(SELECTORS.bubbleBox).first();
    await op.race(box.hover({ timeout: op.leftMs(this.#desk.env.pacing.patienceMs) }));
    const asked = this.page.waitForRequest(
      (request) => request.resourceType() === 'fetch' || request.resourceType() === 'xhr',
      {
        timeout: ASKS_WITHIN_MS,
      },
    );
    const settled = asked.then(
      () => true,
      () => false,
    );
    await op.race(this.page.mouse.wheel(0, -20_000));
    if (!(await op.race(settled))) return;
    await this.#desk.until(op, this.#desk.env.pacing.patienceMs / 3, async () =>
      (await this.shown(op)).bubbles.length > bubbleCount ? true : undefined,
    );
    await this.#desk.pause(op);
  }

  /** Brings the row into the mounted part of the list; its index there, or undefined when the list has no such row. */
  async #scrollTo(op: Op, id: string): Promise<number | undefined> {
    const mounted = (await this.rows(op)).find((row) => row.id === id);
    if (typeof mounted?.index === 'number') return mounted.index;
    return this.#fromTop(op, (rows) => {
      const found = rows.find((row) => row.id === id);
      return typeof found?.index === 'number' ? found.index : undefined;
    });
  }

  /** Shows the list from its top, a part at a time, until `visit` answers something or the list ends. */
  async #fromTop<T>(op: Op, visit: (rows: readonly JsonRecord[]) => T | undefined): Promise<T | undefined> {
    const list = this.page.locator(SELECTORS.chatScroller).first();
    await op.race(list.hover({ timeout: op.leftMs(this.#desk.env.pacing.patienceMs) }));
    await op.race(this.page.mouse.wheel(0, -1_000_000));
    // The wheel turns later than it is asked to; a row found before that would stand elsewhere when it is clicked.
    await this.#desk.until(op, this.#desk.env.pacing.patienceMs / 4, async () =>
      (await list.evaluate((node) => node.scrollTop)) === 0 ? true : undefined,
    );
    let lastIds = '';
    for (let turn = 0; turn < LIST_SCROLL_LIMIT_COUNT; turn += 1) {
      const rows = await this.rows(op);
      const answer = visit(rows);
      if (answer !== undefined) return answer;
      const ids = rows.map((row) => row.id).join();
      await op.race(this.page.mouse.wheel(0, LIST_SCROLL_PX));
      const moved = await this.#desk.until(op, 400, async () => {
        const now = (await this.rows(op)).map((row) => row.id).join();
        return now !== ids ? now : undefined;
      });
      if (!moved && ids === lastIds) return undefined;
      lastIds = ids;
    }
    return undefined;
  }

  /** The conversations of the mounted rows, with the names that are known by now. */
  async conversations(op: Op): Promise<FactOf<'conversation'>[]> {
    const rows = await this.rows(op);
    return rows
      .map((row) => parseChatRow(row, (secUid) => this.#desk.people.get(secUid), this.#desk.parseContext))
      .filter((fact) => fact !== undefined);
  }
}

/** Whether bubbles are shown and all of them belong to the conversation. No bubbles prove nothing. */
export function isOnly(shown: OpenChat, conversationId: string): boolean {
  return shown.bubbles.length > 0 && shown.bubbles.every((bubble) => bubble.conversationId === conversationId);
}
