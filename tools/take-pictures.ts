/**
 * Takes the pictures of the README: a Master with a simulated platform, the PC client in a real Chromium, and what an
 * operator sees; and, for each language, the console of a Master with readers. `node tools/take-pictures.ts [folder]`; without
 * a folder, `docs/pictures`.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readConfig } from '@hiscrm/master/config.ts';
import { silentLogger } from '@hiscrm/master/lib/logger.ts';
import { type Master, startMaster } from '@hiscrm/master/main/start-master.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import type { TopicKind } from '@hiscrm/shared/model/topic-ref.ts';
import { type Simulator, startSimulator } from '@hiscrm/simulator/simulator.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../scripts/lib/find-chromium.mjs';
import { buildWebIfStale } from '../scripts/lib/web-build.mjs';
import { fillBell, fillConsole, speak } from './lib/picture-notices.ts';
import { smallerPng } from './lib/smaller-png.ts';
import { ROOT } from './lib/source.ts';

const PASSWORD = 'pictures of the demo';
const VIEW = { width: 1280, height: 800 };
/** A README with more loads slowly. */
const PICTURE_LIMIT_BYTES = 250_000;
/** The first reading of two accounts, in browsers that share two cores with everything else. */
const READING_DEADLINE_MS = 240_000;
const LOOK_EVERY_MS = 500;
/** So many looks without a change: the first reading has ended. */
const QUIET_LOOKS_COUNT = 12;
/** Pictures of the page itself still load, and counters move in, when everything is there. */
const SETTLE_MS = 1_200;

/** A digest that is due is sent within this. */
const DIGEST_GRACE_MS = 3_000;

/** An answer that never comes is waited for before it is called unknown. */
const GIVING_UP_DEADLINE_MS = 180_000;

/** Items that fit into one picture, about. */
const SEEN_COUNT = 8;

const LANGUAGES = ['zh-CN', 'en'] as const;
type Language = (typeof LANGUAGES)[number];
const REPLIES: Readonly<Record<Language, readonly [refused: string, unclear: string]>> = {
  en: ['Restock is due on Friday, thank you for waiting!', 'Sent you a message with the size chart 😊'],
  'zh-CN': ['周五补货，谢谢您的耐心等待！', '尺码表私信发您了 😊'],
};

const COMPOSED: Readonly<Record<Language, { readonly title: string; readonly text: string }>> = {
  en: {
    title: 'New rules for refunds',
    text: 'From Monday on, refunds up to ¥200 need no approval.\nPlease read the handbook, part 3.',
  },
  'zh-CN': { title: '退款规则调整', text: '从周一起，200 元以内的退款无需审批。\n详见帮助文档第 3 节。' },
};

type Shot = (name: string) => Promise<void>;

async function main(folder: string): Promise<void> {
  await buildWebIfStale(process.execPath);
  const dataDir = mkdtempSync(join(tmpdir(), 'hiscrm-pictures-'));
  const simulator = await startSimulator({ accounts: 2, seed: 'demo' });
  try {
    handOverSessions(simulator, dataDir);
    const master = await openMaster(simulator, dataDir);
    const browser = await chromium.launch({
      executablePath: findChromium(process.execPath).path,
      args: ['--no-sandbox', '--force-color-profile=srgb'],
    });
    try {
      // The accounts are read meanwhile.
      for (const language of LANGUAGES) await takeConsole({ browser, language, folder });
      await untilRead(master);
      await wait((await fillBell(master.url, PASSWORD)) - Date.now() + DIGEST_GRACE_MS);
      for (const language of LANGUAGES) await takeAll({ browser, master, simulator, language, folder });
    } finally {
      await browser.close();
      await master.close();
    }
  } finally {
    await simulator.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A login of each simulated account, where the Worker looks for sessions to take over. */
function handOverSessions(simulator: Simulator, dataDir: string): void {
  const place = join(dataDir, 'session-import');
  mkdirSync(place, { recursive: true, mode: 0o700 });
  for (const { key, nickname } of simulator.control.accounts()) {
    const { cookies = [] } = simulator.control.login({ account: key });
    writeFileSync(join(place, `${nickname}.json`), JSON.stringify({ cookies, origins: [] }), { mode: 0o600 });
  }
}

async function openMaster(simulator: Simulator, dataDir: string): Promise<Master> {
  const master = await startMaster({
    config: readConfig({ HISCRM_DATA_DIR: dataDir, HISCRM_ADMIN_PASSWORD: PASSWORD, PORT: '0', LOG_LEVEL: 'error' }),
    logger: silentLogger,
    mediaOrigins: [simulator.creatorBase, simulator.wwwBase],
    workerEnv: {
      HISCRM_DOUYIN_CREATOR_BASE: simulator.creatorBase,
      HISCRM_DOUYIN_WWW_BASE: simulator.wwwBase,
      HISCRM_PACE: 'fast',
    },
  });
  for (const { nickname: name } of simulator.control.accounts()) {
    await master.run({ name: 'addAccount', params: { platform: 'douyin', name }, key: randomUUID() });
  }
  return master;
}

const wait = (ms: number): Promise<void> => new Promise((resolveWait) => setTimeout(resolveWait, ms));

/** Resolves when both accounts are on line and nothing new has come for a while. */
async function untilRead({ store }: Master): Promise<void> {
  const deadline = Date.now() + READING_DEADLINE_MS;
  for (let before = '', quietCount = 0; quietCount < QUIET_LOOKS_COUNT; await wait(LOOK_EVERY_MS)) {
    if (Date.now() > deadline) throw new Error(`the accounts were not read in time: ${before}`);
    const accounts = store.accounts();
    const now = JSON.stringify(accounts.map(({ record, summary }) => [record.session.kind, summary]));
    const isFilled = accounts.every(({ record, summary }) => {
      return record.session.kind === 'online' && summary.commentCount > 0 && summary.messageCount > 0;
    });
    quietCount = isFilled && now === before ? quietCount + 1 : 0;
    before = now;
  }
}

type Scene = {
  readonly browser: Browser;
  readonly master: Master;
  readonly simulator: Simulator;
  readonly language: Language;
  readonly folder: string;
};

async function takeAll(scene: Scene): Promise<void> {
  const { browser, master, language, folder } = scene;
  await speak(master.url, PASSWORD, language);
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, shoot } = await openPage({ browser, language, folder, colorScheme });
    await page.goto(master.url);
    await (colorScheme === 'light' ? takeLight(scene, page, shoot) : takeDark(scene, page, shoot));
    await page.context().close();
  }
}

async function openPage(options: {
  readonly browser: Browser;
  readonly language: Language;
  readonly folder: string;
  readonly colorScheme: 'light' | 'dark';
}): Promise<{ readonly page: Page; readonly shoot: Shot }> {
  const { browser, language, folder, colorScheme } = options;
  const place = join(folder, language);
  mkdirSync(place, { recursive: true });
  const context = await browser.newContext({
    viewport: VIEW,
    deviceScaleFactor: 1,
    colorScheme,
    locale: language === 'en' ? 'en-US' : 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const shoot: Shot = async (name) => {
    const path = join(place, `${name}.png`);
    const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    const exact = smallerPng(taken);
    const picture = exact.length <= PICTURE_LIMIT_BYTES ? exact : smallerPng(taken, { isRough: true });
    if (picture.length > PICTURE_LIMIT_BYTES) {
      throw new Error(`${path} has ${picture.length} bytes; at most ${PICTURE_LIMIT_BYTES}`);
    }
    writeFileSync(path, picture);
    console.log(`${path} ${Math.round(picture.length / 1_000)} kB`);
  };
  return { page, shoot };
}

async function takeLight(scene: Scene, page: Page, shoot: Shot): Promise<void> {
  const { master } = scene;
  await page.locator('button[type="submit"]').waitFor();
  await shoot('login');
  await logIn(page);
  // Another account for each language, so that answers stand under pictures of their own language only.
  const [first, second] = accountsFor(scene);
  await show(page, second, 'works');
  await shoot('works');
  await show(page, second, 'messages', topicWithMost(master, second, 'conversation'));
  await shoot('messages');
  await show(page, first, 'comments', topicWithMost(master, first, 'content'));
  await shoot('comments');
  await takeReplies(scene, page, shoot);
  await page.locator(`[data-account="${second}"] button.badge`).click();
  await page.locator('.ant-modal .row').first().waitFor();
  await wait(SETTLE_MS);
  await shoot('explain');
  await page.keyboard.press('Escape');
  await page.locator('.ant-modal').waitFor({ state: 'hidden' });
  await show(page, first, 'comments', topicWithMost(master, first, 'content'));
  await page.locator('.bell').click();
  // In the language that comes second the digest has been read in the first.
  await page.locator('.bell-panel [role="tab"]').last().click();
  await page.locator('[data-notice^="digest~"] .bell-row-main').click();
  await wait(SETTLE_MS);
  await shoot('notices');
}

/** What an administrator sees of notices, on a Master of its own: its notices are of one language. */
async function takeConsole(options: {
  readonly browser: Browser;
  readonly language: Language;
  readonly folder: string;
}): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'hiscrm-console-'));
  const env = { HISCRM_DATA_DIR: dataDir, HISCRM_ADMIN_PASSWORD: PASSWORD, PORT: '0', HISCRM_LOCAL_WORKERS: '0' };
  const master = await startMaster({ config: readConfig({ ...env, LOG_LEVEL: 'error' }), logger: silentLogger });
  try {
    const title = await fillConsole(master.url, PASSWORD, options.language);
    const { page, shoot } = await openPage({ ...options, colorScheme: 'light' });
    await page.goto(master.url);
    await logIn(page);
    await page.evaluate(() => location.assign('#/admin'));
    await answerWaiting(page);
    await takeCompose(page, options.language, shoot);
    await openTab(page, 'records');
    await page.locator('.console-link', { hasText: title }).click();
    await page.locator('[data-chart] svg text').first().waitFor();
    await wait(SETTLE_MS);
    await shoot('records');
    await page.locator('.ant-drawer-close').click();
    await openTab(page, 'hub');
    await page.locator('[data-hub="ok"]').waitFor();
    await wait(SETTLE_MS);
    await shoot('hub');
    await page.context().close();
  } finally {
    await master.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const openTab = (page: Page, key: string): Promise<void> =>
  page.locator(`.ant-tabs-tab[data-node-key="${key}"]`).click();

/** The notice that must be confirmed stands before everything. */
async function answerWaiting(page: Page): Promise<void> {
  await page.locator('[data-answer] .btn-primary').click();
  await page.locator('[data-answer]').waitFor({ state: 'detached' });
}

async function takeCompose(page: Page, language: Language, shoot: Shot): Promise<void> {
  const { title, text } = COMPOSED[language];
  await openTab(page, 'compose');
  await page
    .locator('.console-fields input:not([type])[maxlength], .console-fields input[type="text"][maxlength]')
    .first()
    .fill(title);
  await page.locator('.console-fields textarea').first().fill(text);
  await page.locator('[data-audience="12"]').waitFor();
  await page.locator('.console-send').scrollIntoViewIfNeeded();
  await wait(SETTLE_MS);
  await shoot('compose');
}

function accountsFor({ master, language }: Scene): readonly [AccountId, AccountId] {
  const [one, other] = master.store.accounts().map(({ record }) => record.id);
  const pair = [must(one, 'the demo has accounts'), must(other, 'the demo has two accounts')] as const;
  return language === 'en' ? pair : [pair[1], pair[0]];
}

async function takeDark(scene: Scene, page: Page, shoot: Shot): Promise<void> {
  await logIn(page);
  const [, account] = accountsFor(scene);
  await show(page, account, 'messages', topicWithMost(scene.master, account, 'conversation'));
  await shoot('dark');
}

/** One reply that the platform refuses, and one whose answer never comes: what is said about each is what is known. */
async function takeReplies({ simulator, language }: Scene, page: Page, shoot: Shot): Promise<void> {
  const [refused, unclear] = REPLIES[language];
  const { control } = simulator;
  control.addFault({ kind: 'reply_rate', times: 1 });
  await answer(page, refused);
  await page.locator('[data-reply="rejected"]').first().waitFor();
  control.addFault({ kind: 'reply_ambiguous', times: 1, args: { mode: 'no_response' } });
  await answer(page, unclear);
  await page.locator('[data-reply="unknown"]').first().waitFor({ timeout: GIVING_UP_DEADLINE_MS });
  await shoot('replies');
}

/** Answers the newest comment that is on the screen. */
async function answer(page: Page, text: string): Promise<void> {
  await page.locator('[data-item] .item-foot button').last().click();
  const field = page.locator('[data-composer]');
  await field.fill(text);
  await field.press('Enter');
  await page.locator('[data-reply]', { hasText: text }).waitFor();
}

async function logIn(page: Page): Promise<void> {
  await page.locator('input[autocomplete="username"]').fill('admin');
  await page.locator('input[autocomplete="current-password"]').fill(PASSWORD);
  await page.locator('button[type="submit"]').click();
  await page.locator('.header').waitFor();
}

async function show(page: Page, accountId: AccountId, tab: string, topicId?: string): Promise<void> {
  const hash = ['inbox', accountId, tab, ...(topicId === undefined ? [] : [topicId])].map(encodeURIComponent).join('/');
  await page.evaluate((address) => location.assign(`#/${address}`), hash);
  if (topicId !== undefined) await page.locator('.pane-messages [data-item]').first().waitFor();
  await wait(SETTLE_MS);
}

/** The topic whose newest items show most: answers below comments, both sides of a conversation. */
function topicWithMost({ store }: Master, accountId: AccountId, kind: TopicKind): string {
  const { topics } = store.topics({ accountId, kind, limit: 20 });
  const scored = topics.map(({ record, summary }) => {
    const { items } = store.items({ topic: summary.topic, limit: SEEN_COUNT });
    const told = items.filter(({ facts }) => facts.direction === 'out' || ('parentId' in facts && facts.parentId));
    return { id: record.id, score: 2 * told.length + items.length };
  });
  return must(scored.toSorted((one, other) => other.score - one.score)[0], 'the demo has topics').id;
}

await main(resolve(process.argv[2] ?? join(ROOT, 'docs', 'pictures')));
