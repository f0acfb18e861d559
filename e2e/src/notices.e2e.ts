import { readFile } from 'node:fs/promises';
/** Notices as people meet them: an administrator writes one, two devices of a user show it, and one answer settles both. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_PASSWORD } from './harness/master-process.ts';
import { RestApi } from './harness/rest-api.ts';
import type { Screen } from './screen.ts';
import { World } from './world.ts';

/** The page asks who is logged in, and the answer is nobody; and an answer is lost on purpose. */
const NOT_ITS_FAULT = /401 \(Unauthorized\)|net::ERR_FAILED/;
/** A cold start of two browsers and a build of the page on a busy machine. */
const START_DEADLINE_MS = 240_000;
const SEEN = { timeout: 20_000 };

let world: World;
let desk: Screen;
let second: Screen;
beforeAll(async () => {
  world = await World.start({ localWorkers: 0 });
  desk = await world.screen();
  second = await world.screen();
}, START_DEADLINE_MS);
afterAll(async () => {
  await world.close();
}, START_DEADLINE_MS);

const badge = (screen: Screen) => screen.page.locator('[data-notices-unread]');
const dialog = (screen: Screen) => screen.page.locator('[data-answer]');
const step = (name: string) => desk.page.locator(`[data-step="console.${name}"] .num`);
const tab = (name: string) => desk.page.getByRole('tab', { name }).click();

test('what must be confirmed stands before everything on every device until one of them confirms it', async () => {
  const { page } = desk;
  await page.evaluate(() => {
    location.hash = '/admin';
  });
  await tab('发送通知');
  await page.getByLabel('标题', { exact: true }).fill('今晚维护');
  await page.getByLabel('内容').fill('22:00 起停机 30 分钟。\n请提前保存。');
  await page.getByText('接收人必须确认').click();
  await page.locator('[data-audience="1"]').waitFor(SEEN);
  await page.locator('.console-send button').click();
  await page.locator('.ant-popconfirm .ant-btn-primary').click();

  await dialog(second).waitFor(SEEN);
  await dialog(desk).waitFor(SEEN);
  await dialog(second).getByText('由 admin 发送').waitFor(SEEN);
  // The keys of somebody who was typing neither answer it nor close it.
  for (const key of ['Enter', 'Space', 'Escape', 'Escape', 'Escape']) await second.page.keyboard.press(key);
  await dialog(second).waitFor(SEEN);
  for (let n = 0; n < 5; n++) await second.page.keyboard.press('Tab');
  expect(await second.page.evaluate(() => document.activeElement?.closest('.panes, .header'))).toBeNull();
  await expect.poll(() => step('delivered').textContent(), SEEN).toBe('1，共 1');
  expect(await step('confirmed').textContent()).toBe('0，共 1');
  expect(await desk.titleCount()).toBe(0);

  await dialog(second).getByRole('button', { name: '我已知悉并确认' }).click();
  await dialog(second).waitFor({ state: 'detached', ...SEEN });
  await dialog(desk).waitFor({ state: 'detached', ...SEEN });
  await expect.poll(() => step('confirmed').textContent(), SEEN).toBe('1，共 1');
  expect(await badge(desk).count()).toBe(0);
});

test('the badge is exact, and reading on one device clears it on the other', async () => {
  const admin = await RestApi.login(world.master.baseUrl, 'admin', ADMIN_PASSWORD);
  for (const content of ['第一条', '第二条', '第三条']) {
    await admin.post('/api/admin/system/notice', { content, title: `关于${content}`, target: 'all', priority: 'high' });
  }
  await expect.poll(() => badge(desk).textContent(), SEEN).toBe('3');
  await expect.poll(() => badge(second).textContent(), SEEN).toBe('3');
  await second.page.locator('.bell').click();
  await second.page.locator('[data-notice]').first().click();
  await expect.poll(() => badge(desk).textContent(), SEEN).toBe('2');
  await second.page.getByRole('button', { name: '全部已读' }).click();
  await badge(desk).waitFor({ state: 'detached', ...SEEN });
  await badge(second).waitFor({ state: 'detached', ...SEEN });
  await second.page.getByRole('tab', { name: '全部' }).click();
  expect(await second.page.locator('[data-notice]').count()).toBe(4);
  expect(await second.page.locator('[data-notice][data-unread="true"]').count()).toBe(0);
  expect(await desk.titleCount()).toBe(0);
});

test('a reload shows the history again and asks for no second answer', async () => {
  await second.page.reload();
  await second.page.locator('.bell').click();
  await expect.poll(() => second.page.locator('[data-notice]').count(), SEEN).toBe(4);
  expect(await dialog(second).count()).toBe(0);
});

test('the console lists what was sent, draws its receipts, and says how the hub is', async () => {
  await tab('通知记录');
  const row = desk.page.getByRole('button', { name: '今晚维护' });
  await row.click();
  await desk.page.locator('[data-chart] svg text').first().waitFor(SEEN);
  await desk.page.getByText('尚未确认：0').waitFor(SEEN);
  const download = desk.page.waitForEvent('download');
  await desk.page.getByRole('link', { name: 'CSV' }).click();
  expect(await readFile(await (await download).path(), 'utf8')).toMatch(/^\ufeffmessage_id,user_id,.*\r\n$/);
  await desk.page.locator('.ant-drawer-close').click();
  await tab('推送状态');
  await desk.page.locator('[data-hub="ok"]').waitFor(SEEN);
});

test('an answer that is lost after the notice went out is asked for again, and nothing is sent twice', async () => {
  const { page } = desk;
  await tab('发送通知');
  await page.getByLabel('内容').fill('只发一次');
  await page.locator('[data-audience="1"]').waitFor(SEEN);
  await page.route('**/api/admin/system/notice', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.locator('.console-send button').click();
  await page.locator('.ant-popconfirm .ant-btn-primary').click();
  await page.getByText('通知可能已经发出').waitFor(SEEN);
  await page.unroute('**/api/admin/system/notice');
  await page.getByRole('button', { name: '再次发送' }).click();
  await expect.poll(() => step('accepted').textContent(), SEEN).toBe('1，共 1');
  const admin = await RestApi.login(world.master.baseUrl, 'admin', ADMIN_PASSWORD);
  const sent = await admin.get(`/api/admin/notification/push-records?keyword=${encodeURIComponent('只发一次')}`);
  expect(sent).toMatchObject({ data: { total: 1 } });
});

test('a template is written once and sent with its variables, in both languages, to a group', async () => {
  const { page } = desk;
  const save = () => page.locator('.console-send .ant-btn-primary').click();
  await tab('用户分组');
  await page.getByRole('button', { name: '新建分组' }).click();
  await page.getByLabel('分组名').fill('值班');
  await page.getByLabel('成员').fill('admin');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await save();
  await page.getByRole('cell', { name: '值班', exact: true }).waitFor(SEEN);

  await tab('通知模板');
  await page.getByRole('button', { name: '新建模板' }).click();
  await page.getByLabel('模板名').fill('维护');
  await page.getByLabel('内容（中文）').fill('{{时间}} 起停机');
  await page.getByLabel('内容（English）').fill('Down from {{时间}}');
  await page.getByLabel('试填 时间').fill('22:00');
  await page.locator('[data-preview="zh"]').getByText('22:00 起停机').waitFor(SEEN);
  await page.locator('[data-preview="en"]').getByText('Down from 22:00').waitFor(SEEN);
  await save();
  await page.getByRole('cell', { name: '中文 · English' }).waitFor(SEEN);

  const choose = async (label: string, option: string) => {
    await page.getByRole('combobox', { name: label, exact: true }).click();
    await page.locator('.ant-select-item-option').getByText(option, { exact: true }).click();
  };
  await tab('发送通知');
  await choose('模板', '维护');
  await choose('接收人', '某个分组');
  await choose('某个分组', '值班');
  await page.locator('[data-audience="1"]').waitFor(SEEN);
  expect(await page.locator('.console-send button').isDisabled()).toBe(true);
  await page.getByLabel('变量：时间').fill('23:00');
  await page.locator('.console-send button').click();
  await page.locator('.ant-popconfirm .ant-btn-primary').click();
  await expect.poll(() => step('delivered').textContent(), SEEN).toBe('1，共 1');
  await second.page.reload();
  await second.page.locator('.bell').click();
  await second.page.locator('[data-notice]').getByText('23:00 起停机').waitFor(SEEN);

  await tab('用户分组');
  await page.getByRole('button', { name: '删除 值班' }).click();
  await page.locator('.ant-popconfirm .ant-btn-primary').click();
  await page.getByText('还没有分组').waitFor(SEEN);
});

test('what somebody chooses about the own notices is shown as it is kept, and is in force', async () => {
  const { page } = second;
  const open = async () => {
    await page.reload();
    await page.locator('.bell').click();
    await page.getByRole('button', { name: '通知设置' }).click();
  };
  await page.route('**/api/admin/notification/preferences', (route) => route.abort(), { times: 1 });
  await open();
  await page.getByRole('dialog', { name: '通知设置' }).getByRole('button', { name: '重试' }).click();
  await page.locator('[data-preferences]').waitFor(SEEN);
  await page.getByLabel('通知的语言').selectOption('en');
  await page.getByLabel('免打扰时段').check();
  await page.getByLabel('开始').fill('21:30');
  await page.getByLabel('新评论').check();
  await page.getByLabel('不接收的类型').fill('system_upgrade');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.route('**/api/admin/notification/preferences', (route) => route.abort(), { times: 1 });
  await page.getByRole('button', { name: '保存' }).click();
  await page.locator('[data-preferences="failed"]').waitFor(SEEN);
  await page.getByRole('button', { name: '保存' }).click();
  await page.locator('[data-preferences="saved"]').waitFor(SEEN);

  await open();
  await page.locator('[data-preferences]').waitFor(SEEN);
  expect(await page.getByLabel('通知的语言').inputValue()).toBe('en');
  expect(await page.getByLabel('开始').inputValue()).toBe('21:30');
  expect(await page.getByLabel('新评论').isChecked()).toBe(true);
  expect(await page.getByLabel('新私信').isChecked()).toBe(false);
  await page.getByText('系统升级').waitFor(SEEN);
  const admin = await RestApi.login(world.master.baseUrl, 'admin', ADMIN_PASSWORD);
  const muted = { content: '-', target: 'all', type: 'system_upgrade' };
  expect(await admin.post('/api/admin/system/notice', muted)).toMatchObject({ data: { recipients: 0 } });
});

test('neither page had anything to complain about', () => {
  const complaints = [...desk.complaints, ...second.complaints];
  expect(complaints.filter((text) => !NOT_ITS_FAULT.test(text))).toEqual([]);
});
