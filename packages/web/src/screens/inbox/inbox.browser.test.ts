import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedMaster } from '@hiscrm/client/testing/scripted-master.ts';
import { type ScriptedServer, serveScriptedMaster } from '@hiscrm/client/testing/serve-scripted-master.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { CLOSE } from '@hiscrm/shared/protocol/close-codes.ts';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const ACCOUNT = 'acc-1' as AccountId;
const PEER = 'peer-1' as TopicId;
const WORK = 'work-1' as TopicId;
const BASE_AT = Date.now() - 3 * 60 * 60_000;

const webDir = await mkdtemp(join(tmpdir(), 'hiscrm-web-'));
await build({ root: ROOT, logLevel: 'error', build: { outDir: webDir, emptyOutDir: true } });
const browser = await chromium.launch({
  executablePath: must(process.env.CHROMIUM_PATH, 'CHROMIUM_PATH, which whatever runs the tests sets'),
  args: ['--no-sandbox'],
});

let master: ScriptedMaster;
let server: ScriptedServer;
let context: BrowserContext;
let page: Page;
const pageErrors: string[] = [];

beforeEach(async () => {
  master = new ScriptedMaster({ now: () => Date.now() });
  master.commit(setting());
  server = await serveScriptedMaster({ master, webDir });
  context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1360, height: 800 } });
  page = await context.newPage();
  pageErrors.length = 0;
  page.on('pageerror', (error) => pageErrors.push(error.message));
});
afterEach(async () => {
  await context.close();
  await server.close();
  expect(pageErrors).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await rm(webDir, { recursive: true });
});

function setting(): readonly Change[] {
  return [
    { kind: 'account.added', accountId: ACCOUNT, platform: 'douyin', name: '旗舰店', at: BASE_AT },
    { kind: 'account.session', accountId: ACCOUNT, session: { kind: 'online', since: BASE_AT } },
    {
      kind: 'conversation.observed',
      accountId: ACCOUNT,
      facts: { id: PEER, peer: { id: 'u-1', name: '王小明' }, source: 'api', observedAt: BASE_AT },
    },
    {
      kind: 'content.observed',
      accountId: ACCOUNT,
      facts: { id: WORK, title: '春茶采摘日记', source: 'api', observedAt: BASE_AT },
    },
  ];
}

const OTHER_ACCOUNT = {
  kind: 'account.added',
  accountId: 'acc-2' as AccountId,
  platform: 'douyin',
  name: '二店',
} as const;

const message = (n: number, text = `message ${n}`): Change => ({
  kind: 'message.observed',
  accountId: ACCOUNT,
  facts: {
    kind: 'message',
    id: `m${String(n).padStart(7, '0')}` as ItemId,
    topicId: PEER,
    type: 'text',
    direction: 'in',
    text,
    at: BASE_AT + n,
    source: 'api',
    observedAt: BASE_AT + n,
  },
});
const ownMessage = (id: string, text: string): Change => ({
  kind: 'message.observed',
  accountId: ACCOUNT,
  facts: {
    kind: 'message',
    id: id as ItemId,
    topicId: PEER,
    type: 'text',
    direction: 'out',
    text,
    at: Date.now(),
    source: 'api',
    observedAt: Date.now(),
  },
});
const comment = (
  id: string,
  n: number,
  links: { readonly parentId?: string; readonly replyToId?: string } = {},
): Change => ({
  kind: 'comment.observed',
  accountId: ACCOUNT,
  facts: {
    kind: 'comment',
    id: id as ItemId,
    topicId: WORK,
    text: `comment ${id}`,
    direction: 'in',
    at: BASE_AT + n,
    source: 'api',
    observedAt: BASE_AT + n,
    ...(links.parentId && { parentId: links.parentId as ItemId }),
    ...(links.replyToId && { replyToId: links.replyToId as ItemId }),
  },
});
const messages = (from: number, to: number): readonly Change[] =>
  Array.from({ length: to - from }, (_, index) => message(from + index));

/** Waits as long as a busy machine may need. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

const open = (route: string): Promise<unknown> => page.goto(`${server.url}#/inbox/${ACCOUNT}/${route}`);
const composer = () => page.locator('[data-composer]');
const item = (id: string) => page.locator(`[data-item="${id}"]`);
const unreadOf = (): number => must(master.accountSummary(ACCOUNT).unreadMessages, 'a counter');
const replies = () => [...master.view.replies.values()];

test('[PC9] 100,000 items: the newest are shown at once, older ones load without a jump, and few rows are drawn', async () => {
  master.commit(messages(0, 100_000));
  await open(`messages/${PEER}`);
  await item('m0099999').waitFor();
  const list = page.locator('[data-list="messages"]');
  expect(await list.locator('article').count()).toBeLessThan(60);
  // Older pages are loaded while what is on the screen stays where it is.
  const before = await list.evaluate(async (element) => {
    element.scrollTo({ top: 900 });
    const height = element.scrollHeight;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const { top } = element.getBoundingClientRect();
    const shown = [...element.querySelectorAll('article')].find((each) => each.getBoundingClientRect().top > top + 200);
    return { id: shown?.dataset.item ?? '', y: shown?.getBoundingClientRect().y ?? 0, height };
  });
  await eventually(() => list.evaluate((element) => element.scrollHeight)).toBeGreaterThan(before.height + 5_000);
  expect(Math.abs(must(await item(before.id).boundingBox(), 'the same item').y - before.y)).toBeLessThan(4);
  await page.getByRole('button', { name: '回到最新' }).click();
  await item('m0099999').waitFor();
});

test('[PC9] what arrives while one reads further up does not move the page; at the bottom it is followed', async () => {
  master.commit(messages(0, 150));
  await open(`messages/${PEER}`);
  await item('m0000149').waitFor();
  master.commit([message(150)]);
  await item('m0000150').waitFor();
  await eventually(() => item('m0000150').isVisible()).toBe(true);
  const list = page.locator('[data-list="messages"]');
  await list.evaluate((element) => element.scrollTo({ top: 2_000 }));
  await page.getByRole('button', { name: '回到最新' }).waitFor();
  const id = must(await list.locator('article').nth(10).getAttribute('data-item'), 'an item');
  const before = await item(id).boundingBox();
  master.commit([message(151)]);
  await eventually(() => page.locator('[data-topic] .row-text').first().textContent()).toContain('message 151');
  expect((await item(id).boundingBox())?.y).toBe(before?.y);
});

test('[PC9] a topic is never blank: quick changes between long and short ones, a pane without room, another size', async () => {
  master.commit([...messages(0, 3_000), comment('c1', 5), comment('c2', 6)]);
  const show = (route: string) =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, `/inbox/${ACCOUNT}/${route}`);
  const style = (display: string) =>
    page.addStyleTag({ content: `.pane-messages { display: ${display} !important; }` });
  /** The share of the list's height that rows cover; a short topic fills less than the pane and counts by its own height. */
  const covered = () =>
    page.locator('[data-list="messages"]').evaluate((list) => {
      const box = list.getBoundingClientRect();
      const heights = [...list.querySelectorAll('.virtual-row')].map((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return Math.max(0, Math.min(bottom, box.bottom) - Math.max(top, box.top));
      });
      const inside = Math.min(box.height, list.firstElementChild?.getBoundingClientRect().height ?? 0) - 24;
      return heights.reduce((sum, height) => sum + height, 0) / inside;
    });
  await open(`messages/${PEER}`);
  await item('m0002999').waitFor();
  for (const share of [0, 0.3, 0.9]) {
    await page.locator('[data-list="messages"]').evaluate((list, at) => {
      list.scrollTop = list.scrollHeight * at;
    }, share);
    await eventually(covered).toBeGreaterThan(0.95);
    for (const route of [`comments/${WORK}`, `messages/${PEER}`, `comments/${WORK}`]) await show(route);
    await item('c2').waitFor();
    await eventually(covered).toBeGreaterThan(0.95);
    await show(`messages/${PEER}`);
    await item('m0002999').waitFor();
    await eventually(covered).toBeGreaterThan(0.95);
  }
  // Opened where there is no room for it, and more arrives before there is.
  await show(`comments/${WORK}`);
  await style('none');
  await show(`messages/${PEER}`);
  await page.locator('[data-list="messages"]').waitFor({ state: 'attached' });
  master.commit(messages(3_000, 3_200));
  await style('flex');
  await item('m0003199').waitFor();
  await eventually(covered).toBeGreaterThan(0.95);
  for (const [width, height] of [
    [1100, 240],
    [420, 900],
    [1360, 1000],
  ] as const) {
    await page.setViewportSize({ width, height });
    await eventually(covered).toBeGreaterThan(0.95);
  }
});

test('[PC8] opening an account reads nothing; what stood on the screen is read, what is above it is not (D64)', async () => {
  master.commit(messages(0, 60));
  await page.goto(`${server.url}#/inbox/${ACCOUNT}/messages`);
  await page.locator('[data-topic]').first().waitFor();
  expect(unreadOf()).toBe(60);
  await page.locator('[data-topic]').first().click();
  await eventually(unreadOf).toBeLessThan(60);
  expect(unreadOf()).toBeGreaterThan(30);
  const shown = String(unreadOf());
  await eventually(() => page.title()).toBe(`(${shown}) HisCRM-IM`);
  await eventually(() => page.locator('[data-account] .badge').first().textContent()).toContain(shown);
  await page.getByRole('button', { name: '全部已读' }).click();
  await eventually(() => page.title()).toBe('HisCRM-IM');
  expect(unreadOf()).toBe(0);
});

test('[PC8] a badge explains itself with the items behind it, and leads there', async () => {
  master.commit([...messages(0, 3), comment('c1', 5)]);
  await page.goto(`${server.url}#/inbox`);
  await page.locator('[data-account] button.badge').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('共 4 条').waitFor();
  await dialog.getByText('comment c1').click();
  await item('c1').waitFor();
  expect(page.url()).toContain(`/comments/${WORK}`);
});

test('[PC10] Enter sends, Shift+Enter makes a line, an input method keeps its Enter, drafts stay with their topic', async () => {
  master.commit([...messages(0, 3), comment('c1', 5)]);
  await open(`messages/${PEER}`);
  await item('m0000002').waitFor();
  await composer().fill('第一行');
  await composer().press('Shift+Enter');
  await composer().pressSequentially('second');
  await composer().dispatchEvent('compositionstart');
  await composer().press('Enter');
  expect(replies()).toEqual([]);
  await composer().dispatchEvent('compositionend');
  await page.goto(`${server.url}#/inbox/${ACCOUNT}/comments/${WORK}`);
  await item('c1').waitFor();
  expect(await composer().inputValue()).toBe('');
  await page.goto(`${server.url}#/inbox/${ACCOUNT}/messages/${PEER}`);
  await item('m0000002').waitFor();
  await composer().press('Enter');
  await eventually(() => replies().map(({ text }) => text)).toContainEqual(expect.stringContaining('第一行'));
  expect(await composer().inputValue()).toBe('');
});

test('[PC7] a reply is shown as what it is until its item is there; an unknown one is settled by a person', async () => {
  master.commit(messages(0, 3));
  await open(`messages/${PEER}`);
  await item('m0000002').waitFor();
  await composer().fill('马上为您查');
  await composer().press('Enter');
  await page.locator('[data-reply="requested"]').waitFor();
  const [reply] = replies();
  const base = { accountId: ACCOUNT, replyId: must(reply, 'a reply').id, at: Date.now() };
  master.commit([{ kind: 'reply.attempted', ...base }]);
  await page.locator('[data-reply="attempted"]').waitFor();
  master.commit([{ kind: 'reply.unknown', ...base }]);
  await page.locator('[data-reply="unknown"]').waitFor();
  expect(await page.getByRole('button', { name: '取回编辑' }).count()).toBe(0);
  await page.getByRole('button', { name: '已经发出' }).click();
  await page.locator('[data-reply="sent"]').waitFor();
  master.commit([ownMessage('own-1', '马上为您查')]);
  await item('own-1').waitFor();
  await eventually(() => page.locator('[data-reply]').count()).toBe(0);
});

test('[PC7] a rejected reply says why, and its text comes back for another try', async () => {
  master.commit(messages(0, 3));
  await open(`messages/${PEER}`);
  await item('m0000002').waitFor();
  await composer().fill('您好');
  await composer().press('Enter');
  await page.locator('[data-reply="requested"]').waitFor();
  const replyId: ReplyId = must(replies()[0], 'a reply').id;
  master.commit([{ kind: 'reply.rejected', accountId: ACCOUNT, replyId, at: Date.now(), reason: 'tooFrequent' }]);
  await page.getByText('操作过于频繁').waitFor();
  await page.getByRole('button', { name: '取回编辑' }).click();
  expect(await composer().inputValue()).toBe('您好');
  expect(await page.locator('[data-reply]').count()).toBe(0);
});

test('[PC7] what arrived while one wrote is shown before anything is sent', async () => {
  master.commit(messages(0, 3));
  await open(`messages/${PEER}`);
  await item('m0000002').waitFor();
  await eventually(unreadOf).toBe(0);
  await composer().fill('好的，已发货');
  master.commit([message(9, '等等，改地址')]);
  await item('m0000009').waitFor();
  await composer().press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('等等，改地址').waitFor();
  expect(replies()).toEqual([]);
  expect(await composer().inputValue()).toBe('好的，已发货');
  await dialog.getByRole('button', { name: '仍然发送' }).click();
  await eventually(() => replies().length).toBe(1);
  expect(await composer().inputValue()).toBe('');
});

test('[PC2] a lost connection is said and repaired; what was written meanwhile is sent once', async () => {
  master.commit(messages(0, 3));
  await open(`messages/${PEER}`);
  await item('m0000002').waitFor();
  server.setReachable(false);
  server.cut(CLOSE.serverRestarting);
  await page.getByText('秒后重连').waitFor();
  await composer().fill('稍后联系您');
  await composer().press('Enter');
  await page.getByText('等待连接恢复后发送').waitFor();
  server.setReachable(true);
  await page.getByText('已连接').waitFor();
  await eventually(() => replies().map(({ text }) => text)).toEqual(['稍后联系您']);
  master.commit([message(5)]);
  await item('m0000005').waitFor();
});

test('[PC2] a reply that an earlier release kept in this browser is sent by this one', async () => {
  const kept = {
    key: 'kept-reply-1',
    userId: 'user-1',
    params: { topic: { accountId: ACCOUNT, kind: 'conversation', id: PEER }, text: '稍后联系您' },
    createdAt: Date.now(),
  };
  await page.route('**/before', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  await page.goto(`${server.url}before`);
  // The database as releases up to 0.1.0 made it.
  await page.evaluate(
    (reply) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('hiscrm-outbox', 10);
        opening.onupgradeneeded = () => opening.result.createObjectStore('replies', { keyPath: 'key' }).put(reply);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
      }),
    kept,
  );
  await open(`messages/${PEER}`);
  await eventually(() => replies().map(({ text }) => text)).toEqual([kept.params.text]);
});

test('[PC1] another history on the server: the screen starts over by itself', async () => {
  master.commit(messages(0, 3));
  await open(`messages/${PEER}`);
  await item('m0000002').waitFor();
  master.restart('epoch-2');
  master.commit([...setting(), message(50, '新的历史')]);
  server.cut(CLOSE.serverRestarting);
  await page.locator('[data-item]').getByText('新的历史').waitFor();
  expect(await item('m0000002').count()).toBe(0);
});

test('[PC9] one pane at a time on a narrow screen, and the main job with nothing but keys', async () => {
  master.commit([...messages(0, 3), comment('c1', 5), { ...OTHER_ACCOUNT, at: BASE_AT }]);
  await page.setViewportSize({ width: 400, height: 800 });
  await page.goto(`${server.url}#/inbox`);
  const list = (name: string) => page.locator(`[data-list="${name}"]`);
  const isFocused = (selector: string) => page.evaluate((of) => document.activeElement?.matches(of) ?? false, selector);
  /** Tab until the focus is there; every place on the way has a name. */
  const tabTo = async (selector: string): Promise<void> => {
    for (let steps = 0; steps < 20 && !(await isFocused(selector)); steps++) await page.keyboard.press('Tab');
    expect(await isFocused(selector), selector).toBe(true);
  };
  const expectToFit = async (): Promise<void> => {
    const shell = page.locator('.shell');
    expect(await shell.evaluate(({ scrollWidth }) => scrollWidth)).toBeLessThanOrEqual(400);
    const poor = await shell.evaluate((element) =>
      [...element.querySelectorAll('button')]
        .filter((button) => button.checkVisibility())
        .filter((button) => button.getBoundingClientRect().right > 400 || !(button.ariaLabel ?? button.textContent))
        .map(({ outerHTML }) => outerHTML),
    );
    expect(poor).toEqual([]);
  };
  await page.locator('[data-account]').nth(1).waitFor();
  await expectToFit();
  expect(await page.locator('main.pane').isVisible()).toBe(false);
  // Nothing was taken away yet, so nothing takes the focus.
  expect(await isFocused('body')).toBe(true);
  await tabTo('[data-list="accounts"]');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  const account = await list('accounts').getAttribute('aria-activedescendant');
  expect(await page.locator(`[id="${account}"]`).getAttribute('data-account')).toBe(ACCOUNT);
  await page.keyboard.press('Enter');

  await list('topics').waitFor();
  await expectToFit();
  expect(await list('accounts').isVisible()).toBe(false);
  await tabTo('[role="tab"]:nth-child(1)');
  await page.keyboard.press('Shift+Tab');
  await tabTo('[role="tab"][aria-selected="false"]');
  await page.keyboard.press('Enter');
  await page.locator(`[data-topic="${PEER}"]`).waitFor();
  await eventually(() => isFocused('[role="tab"][aria-selected="true"]')).toBe(true);
  await tabTo('[data-list="topics"]');
  await page.keyboard.press('ArrowDown');
  expect(await page.locator('.pane-messages').isVisible()).toBe(false);
  await page.keyboard.press('Enter');

  await item('m0000002').waitFor();
  await expectToFit();
  expect(await list('topics').isVisible()).toBe(false);
  expect(await page.evaluate(() => document.activeElement?.closest('.pane-messages') !== null)).toBe(true);
  await tabTo('[data-composer]');
  await page.keyboard.type('只用键盘');
  await page.keyboard.press('Enter');
  await eventually(() => replies().map(({ text }) => text)).toEqual(['只用键盘']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await eventually(() => isFocused('[data-list="topics"]')).toBe(true);
  await page.keyboard.press('Escape');
  await eventually(() => isFocused('[data-list="accounts"]')).toBe(true);
  // The dialog for a quick change gives the focus back to where it was.
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').locator('input').waitFor();
  await page.keyboard.press('Escape');
  await eventually(() => isFocused('[data-list="accounts"]')).toBe(true);
});

test('[PC9] answers to answers and orphans are drawn (D46)', async () => {
  master.commit([
    comment('a', 1),
    comment('b', 2, { parentId: 'a' }),
    comment('c', 3, { parentId: 'a', replyToId: 'b' }),
    comment('x', 4, { parentId: 'gone' }),
  ]);
  await open(`comments/${WORK}`);
  for (const id of ['a', 'b', 'c', 'x']) await item(id).waitFor();
  const left = async (id: string): Promise<number> =>
    must(await item(id).locator('.bubble').boundingBox(), 'a bubble').x;
  expect(await left('b')).toBeGreaterThan(await left('a'));
  expect(await left('c')).toBeGreaterThan(await left('b'));
  await item('x').getByText('未采集').waitFor();
});
