import { must } from '@hiscrm/shared/lib/must.ts';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startSimulator } from '../simulator.ts';

const CHAT = '/creator-micro/data/following/chat';
const COMMENTS = '/creator-micro/interactive/comment';

const simulator = await startSimulator({ seed: 'pages' });
const { control } = simulator;
const browser = await chromium.launch({
  executablePath: must(process.env.CHROMIUM_PATH, 'CHROMIUM_PATH, which whatever runs the tests sets'),
  args: ['--no-sandbox'],
});
let context: BrowserContext;
let page: Page;
const pageErrors: string[] = [];

afterAll(async () => {
  await browser.close();
  await simulator.close();
});
beforeEach(async () => {
  control.reset({ profile: 'default' });
  await context?.close();
  context = await browser.newContext({
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1280, height: 800 },
  });
  page = await context.newPage();
  pageErrors.length = 0;
  page.on('pageerror', (error) => pageErrors.push(error.message));
});

async function login(account = 'a1'): Promise<void> {
  await context.addCookies(must(control.login({ account }).cookies, 'cookies'));
}

async function open(path: string): Promise<void> {
  await page.goto(`${simulator.creatorBase}${path}`);
}

/** Reads allow-listed fields of the page state, as an adapter would. */
function readStore(): Promise<{
  conversations: { id: string; last: string }[];
  pushed: string[];
  notices: { nid: number; nidStr: string; text: string }[];
}> {
  return page.evaluate(() => {
    // biome-ignore lint/suspicious/noExplicitAny: page state has no types
    const entry: any = document.querySelector('[data-e2e="im-entry"]');
    const key = Object.keys(entry).find((name) => name.startsWith('__reactFiber$')) ?? '';
    // biome-ignore lint/suspicious/noExplicitAny: page state has no types
    const stores: any = {};
    for (let fiber = entry[key]; fiber; fiber = fiber.return) {
      for (const name of ['imStore', 'noticeStore']) stores[name] ??= fiber.memoizedProps?.[name];
    }
    // biome-ignore lint/suspicious/noExplicitAny: page state has no types
    const conversations = (stores.imStore?.converSationListOrigin ?? []).map((c: any) => ({
      id: c.id,
      last: c.lastMessage?.serverId ?? '',
    }));
    return {
      conversations,
      // biome-ignore lint/suspicious/noExplicitAny: page state has no types
      pushed: (stores.imStore?.msgListToPush ?? []).map((m: any) => m.serverId),
      // biome-ignore lint/suspicious/noExplicitAny: page state has no types
      notices: (stores.noticeStore?.noticePushList ?? []).map((n: any) => ({
        nid: n.nid,
        nidStr: n.nid_str,
        text: n.comment?.comment?.text ?? '',
      })),
    };
  });
}

test('login: QR, confirmation, home; a session skips the login page', async () => {
  await open('/');
  const image = page.locator('#animate_qrcode_container img');
  await image.evaluate((node: HTMLImageElement) => node.decode());
  expect(await image.getAttribute('src')).toMatch(/^data:image\/svg/);
  control.login({ action: 'scan' });
  await page.getByText('需在手机上进行确认').waitFor();
  control.login({ action: 'expire' });
  await page.getByText('点击刷新').click();
  await page.getByText('点击刷新').waitFor({ state: 'hidden' });
  control.login({ action: 'confirm', account: 'a2' });
  await page.waitForURL('**/creator-micro/home');
  await page.getByText(`抖音号：${control.contents('a2').account.uniqueId}`).waitFor();
  await open('/');
  expect(new URL(page.url()).pathname).toBe('/creator-micro/home');
});

test('works page: every work is loaded by scrolling and links to its comments', async () => {
  await login();
  const wanted = control.contents('a1').works.map((work) => work.awemeId);
  await open('/creator-micro/content/manage');
  await page.locator('a[href*="item_id="]').first().waitFor();
  await page.mouse.move(640, 500);
  while ((await page.getByText('没有更多了').count()) === 0) await page.mouse.wheel(0, 900);
  const links = await page
    .locator('a[href*="item_id="]')
    .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('href') ?? ''));
  expect(links.map((link) => new URLSearchParams(link.split('?')[1]).get('item_id'))).toEqual(wanted);
});

test('comment page: a reply through the page is found once in the log', async () => {
  await login();
  const work = must(control.contents('a1').works[0], 'a work').awemeId;
  const { cid } = control.event({ kind: 'comment_new', account: 'a1', work, user: 5, text: '请问还有货吗' });
  const list = page.waitForResponse((response) => response.url().includes('/comment/list/select/?'));
  await open(`${COMMENTS}?item_id=${work}&enter_from=content_manage_v2`);
  expect(await (await list).json()).toMatchObject({ status_code: 0 });
  const row = page.locator('[class*="comment-item"]', { hasText: '请问还有货吗' });
  await row.getByText('回复', { exact: true }).first().click();
  const box = row.locator('[contenteditable]');
  expect(await box.getAttribute('placeholder')).toMatch(/^回复 .+：$/);
  expect(await page.locator('[contenteditable]').first().getAttribute('placeholder')).toBe('有爱评论，说点好听的~');
  const send = row.locator('button.douyin-creator-interactive-button', { hasText: '发送' });
  expect(await send.isDisabled()).toBe(true);
  await box.pressSequentially('有的，今天发');
  const written = page.waitForResponse(
    (response) => response.request().method() === 'POST' && response.url().includes('/comment/reply'),
  );
  await send.click();
  expect(await (await written).json()).toMatchObject({ status_code: 0, comment_info: { text: '有的，今天发' } });
  await row.getByText('收起').waitFor();
  await row.getByText('有的，今天发').waitFor();
  expect(control.log({ kind: 'comment_reply' }).entries).toMatchObject([
    { text: '有的，今天发', result: 'accepted', target: { work, comment: cid } },
  ]);
  expect(pageErrors).toEqual([]);
});

test('comment page: picker, filter, top box, and a refusal that is shown', async () => {
  await login();
  await open(COMMENTS);
  await page.getByRole('button', { name: '选择作品' }).click();
  const rows = page.locator('[class*="picker-item"]');
  await rows.nth(1).waitFor();
  const picked = page.waitForRequest((request) => request.url().includes('/comment/list/select'));
  await rows.nth(1).click();
  const work = new URL((await picked).url()).searchParams.get('aweme_id');
  expect(work).toBe(control.contents('a1').works[1]?.awemeId);
  const filtered = page.waitForRequest((request) => request.url().includes('not_replied'));
  await page.getByRole('tab', { name: '未回复' }).click();
  await filtered;
  control.addFault({ kind: 'reply_rate', times: 1 });
  const top = page.locator('[contenteditable]').first();
  await top.pressSequentially('大家好');
  await page.locator('button', { hasText: '发送' }).first().click();
  await page.getByText('操作过于频繁').waitFor();
  expect(await top.innerText()).toBe('大家好');
  expect(control.log({ kind: 'comment_reply', result: 'accepted' }).entries).toEqual([]);
});

test('chat page: at most twelve rows exist, props hang above them, a message is sent once', async () => {
  await login();
  await open(CHAT);
  const rows = page.locator('.ReactVirtualized__Grid__innerScrollContainer > *');
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThanOrEqual(12);
  const wanted = must(control.contents('a1').conversations[20], 'a conversation');
  await page.locator('.ReactVirtualized__Grid').evaluate((node) => node.scrollTo(0, 105 * 18));
  const ids = async (): Promise<string[]> =>
    rows.evaluateAll((nodes) =>
      // biome-ignore lint/suspicious/noExplicitAny: page state has no types
      nodes.map((node: any) => {
        const key = Object.keys(node).find((name) => name.startsWith('__reactFiber$')) ?? '';
        let fiber = node[key];
        while (fiber && !fiber.memoizedProps?.shortId) fiber = fiber.return;
        return fiber?.memoizedProps.createdTime instanceof Date ? fiber.memoizedProps.id : '';
      }),
    );
  await expect.poll(ids).toContain(wanted.id);
  await rows.nth((await ids()).indexOf(wanted.id)).click();
  await expect.poll(() => page.locator('[class*="box-header-name"]').innerText()).toBe(wanted.peerName);
  const editor = page.locator('[contenteditable]');
  await editor.pressSequentially('第一行');
  await page.keyboard.press('Shift+Enter');
  await editor.pressSequentially('第二行');
  await page.keyboard.press('Enter');
  await page.locator('[class*="box-content"] > [data-state="sent"]', { hasText: '第二行' }).waitFor();
  expect(await page.locator('[class*="box-content"] > *', { hasText: '第二行' }).count()).toBe(1);
  expect(control.log({ kind: 'dm_send' }).entries).toMatchObject([
    { text: '第一行\n第二行', result: 'accepted', target: { conversation: wanted.id } },
  ]);
  expect(pageErrors).toEqual([]);
});

test('chat page: failures are marked; header_lag shows the previous chat first', async () => {
  await login();
  await open(CHAT);
  const rows = page.locator('.ReactVirtualized__Grid__innerScrollContainer > *');
  const [first, second, third] = control.contents('a1').conversations;
  await rows.first().click();
  const header = page.locator('[class*="box-header-name"]');
  await expect.poll(() => header.innerText()).toBe(first?.peerName);
  control.addFault({ kind: 'dm_not_friend', times: 1 });
  await page.locator('[contenteditable]').pressSequentially('你好');
  await page.locator('button', { hasText: '发送' }).click();
  await page.getByText('不是你的好友').waitFor();
  expect(await page.locator('[data-state="failed"]').count()).toBe(1);
  control.addFault({ kind: 'header_lag', args: { delayMs: 1500 } });
  await page.waitForFunction(() => true);
  await rows.nth(2).click();
  await page.locator('[aria-selected="true"][role="listitem"]').waitFor();
  expect(await header.innerText()).toBe(first?.peerName);
  await expect.poll(() => header.innerText(), { timeout: 5000 }).toBe(third?.peerName);
  expect(second?.peerName).toBe(first?.peerName);
});

test('chat page without a session: tabs and no rows', async () => {
  await open(CHAT);
  await page.getByRole('tab', { name: '全部' }).waitFor();
  expect(await page.locator('.ReactVirtualized__Grid__innerScrollContainer > *').count()).toBe(0);
});

test('www home: page state is filled without hovering, pushes arrive and pass, the panel needs a real pointer', async () => {
  await login();
  await page.goto(simulator.wwwBase);
  await expect
    .poll(async () => (await readStore()).conversations.length)
    .toBe(control.contents('a1').conversations.length);
  const message = control.event({ kind: 'dm_in', account: 'a1', user: 3, text: '在线等' });
  await expect.poll(async () => (await readStore()).pushed).toEqual([message.serverId]);
  expect((await readStore()).conversations[0]).toEqual({ id: message.conversationId, last: message.serverId });
  await expect.poll(async () => (await readStore()).pushed).toEqual([]);
  const comment = control.event({ kind: 'comment_new', account: 'a1', text: '好看' });
  await expect.poll(async () => (await readStore()).notices.length).toBe(1);
  const [notice] = (await readStore()).notices;
  if (notice) {
    expect(notice).toMatchObject({ text: comment.text });
    expect(BigInt(notice.nid)).not.toBe(BigInt(notice.nidStr));
  }
  await page.evaluate(() =>
    document.querySelector('[data-e2e="im-entry"]')?.dispatchEvent(new MouseEvent('mouseenter')),
  );
  expect(await page.locator('[data-e2e="conversation-item"]').count()).toBe(0);
  await page.hover('[data-e2e="im-entry"]');
  await page.locator('[data-e2e="conversation-item"]').first().waitFor();
  expect(pageErrors).toEqual([]);
});

test('a renamed store, a cut channel and a captcha', async () => {
  await login();
  await page.goto(simulator.wwwBase);
  await expect.poll(async () => (await readStore()).conversations.length).toBeGreaterThan(0);
  const fault = control.addFault({ kind: 'store_rename' });
  await page.reload();
  await page.locator('[data-e2e="im-entry"]').waitFor();
  await expect.poll(async () => (await readStore()).conversations.length).toBe(0);
  control.removeFaults({ id: fault.id });
  control.addFault({ kind: 'ws_drop', times: 1 });
  const message = control.event({ kind: 'dm_in', account: 'a1', user: 4, text: '断线时' });
  await expect.poll(async () => (await readStore()).conversations[0]?.last, { timeout: 10_000 }).toBe(message.serverId);
  control.addFault({ kind: 'captcha', times: 1 });
  await open(COMMENTS);
  expect(await page.title()).toBe('验证码中间页');
});

test('class suffixes and fiber keys differ between servers', async () => {
  const other = await startSimulator();
  const suffixes: string[] = [];
  for (const site of [simulator, other]) {
    await context.clearCookies();
    await context.addCookies(must(site.control.login({ account: 'a1' }).cookies, 'cookies'));
    await page.goto(`${site.creatorBase}${CHAT}`);
    suffixes.push(must(await page.locator('[class*="box-content"]').getAttribute('class'), 'class'));
  }
  expect(suffixes[0]).not.toBe(suffixes[1]);
  await other.close();
});
