/**
 * The main job, with real processes and real browsers: what happens on the platform is on the operator's screen, the answer
 * goes back once, the red dots are right, and none of it depends on a process staying alive. The platform is the simulator:
 * this says nothing about the real one.
 */

import { must } from '@hiscrm/shared/lib/must.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAccount } from './harness/connect-client.ts';
import { until } from './harness/until.ts';
import type { Screen } from './screen.ts';
import { auditMaster } from './stress/audit.ts';
import { World } from './world.ts';

const SIMULATED = 'a1';
const START_DEADLINE_MS = 180_000;

let world: World;
let screen: Screen;
let accountId: AccountId;

beforeAll(async () => {
  // Edits are found by a full reading; once a minute is seldom for a test.
  world = await World.start({ env: { HISCRM_SYNC_FULL_MS: '8000' } });
  screen = await world.screen();
}, START_DEADLINE_MS);

afterAll(() => world?.close());

const control = () => world.simulator.control;
const account = () =>
  must(
    world.client.replica.accounts().find(({ record }) => record.id === accountId),
    'the account was added',
  );

/** Resolves when the Master has the account's items and nothing has changed for some looks in a row. */
async function untilQuiet(): Promise<void> {
  let before = '';
  let sameCount = 0;
  await until('the first reading to end', () => {
    const { summary } = account();
    const now = JSON.stringify(summary);
    sameCount = now === before && summary.commentCount > 0 && summary.messageCount > 0 ? sameCount + 1 : 0;
    before = now;
    return sameCount >= 40;
  });
}

/** What screen, title and rows show is what the Master counts, and that is what its items amount to. */
async function expectDotsRight(): Promise<void> {
  const audit = await auditMaster(world.client);
  expect(audit.faults).toEqual([]);
  await until('the dots on the screen to be those of the Master', async () => {
    return (
      (await screen.titleCount()) === audit.unreadCount &&
      (await screen.badge(screen.account(accountId))) === audit.unreadCount
    );
  });
}

test('an account is logged in with the QR code that the screen shows', async () => {
  accountId = await addAccount(world.client, '杂货铺一店');
  const row = screen.account(accountId);
  await row.locator('.btn-small', { hasText: '登录' }).click();
  const code = screen.page.locator('img[alt="平台登录二维码"]');
  await code.waitFor();
  expect(await code.getAttribute('src')).toMatch(/^data:image\//);
  world.scan(SIMULATED);
  await row.locator('.dot-good').waitFor();
  await screen.page.keyboard.press('Escape');
  await untilQuiet();
  await screen.showNothing();
  await expectDotsRight();
});

test('a comment on the platform is on the screen, is answered once, and its dot goes', async () => {
  const before = account().summary.unreadComments;
  const text = '这个怎么卖？🙏 <b>不是标记</b>';
  const { cid, awemeId } = control().event({ kind: 'comment_new', account: SIMULATED, text });
  const commentId = must(cid, 'the simulator names what it made');
  const workId = must(awemeId, 'the simulator names the work');
  await until('the comment to be counted', () => account().summary.unreadComments === before + 1);
  await expectDotsRight();

  await screen.show(accountId, 'comments', workId);
  const item = screen.item(commentId);
  await item.waitFor();
  expect(await item.locator('.item-text').innerText()).toBe(text);
  await screen.answerItem(commentId, '亲，私信发您价格 😊');
  await until('the platform to have the answer', () => world.accepted('comment_reply').length > 0);
  await screen.page.locator('[data-item]', { hasText: '亲，私信发您价格' }).waitFor();
  await until('the comment to count as answered', async () => (await item.locator('.item-answered').count()) === 1);
  await until('no reply to be under way', async () => (await screen.replyStates()).length === 0);
  expect(world.accepted('comment_reply')).toEqual(['亲，私信发您价格 😊']);
  await screen.showNothing();
  await expectDotsRight();
});

test('a direct message is on the screen and is answered once', async () => {
  const before = account().summary.unreadMessages;
  const { conversationId, serverId } = control().event({ kind: 'dm_in', account: SIMULATED, text: '在吗？想订一百个' });
  const topicId = must(conversationId, 'the simulator names the conversation');
  await until('the message to be counted', () => account().summary.unreadMessages > before);
  await expectDotsRight();

  await screen.show(accountId, 'messages', topicId);
  await screen.item(must(serverId, 'the simulator names the message')).waitFor();
  await screen.answer('在的，请稍等');
  await until('the platform to have the answer', () => world.accepted('dm_send').length > 0);
  await screen.page.locator('[data-item]', { hasText: '在的，请稍等' }).waitFor();
  await until('no reply to be under way', async () => (await screen.replyStates()).length === 0);
  expect(world.accepted('dm_send')).toEqual(['在的，请稍等']);
  expect(await screen.page.locator('[data-item]', { hasText: '在的，请稍等' }).count()).toBe(1);
  await screen.showNothing();
  await expectDotsRight();
});

test('what changes on the platform changes on the screen', async () => {
  const made = control().event({ kind: 'comment_new', account: SIMULATED, text: '写错字了' });
  const commentId = must(made.cid, 'the simulator names the comment');
  await screen.show(accountId, 'comments', must(made.awemeId, 'the simulator names the work'));
  await screen.item(commentId).waitFor();
  control().event({ kind: 'comment_edit', account: SIMULATED, comment: commentId, text: '改好了' });
  control().event({ kind: 'comment_like', account: SIMULATED, comment: commentId, delta: 7 });
  await until(
    'the edited text',
    async () => (await screen.item(commentId).locator('.item-text').innerText()) === '改好了',
  );
  await until('the changed count', async () =>
    (await screen.item(commentId).locator('.item-foot').innerText()).includes('7'),
  );

  const sent = control().event({ kind: 'dm_in', account: SIMULATED, text: '发错了' });
  const messageId = must(sent.serverId, 'the simulator names the message');
  const conversation = must(sent.conversationId, 'the simulator names the conversation');
  await screen.show(accountId, 'messages', conversation);
  await screen.item(messageId).waitFor();
  control().event({ kind: 'dm_recall', account: SIMULATED, conversation, message: messageId });
  await screen.item(messageId).locator('.gone').waitFor();
  await screen.showNothing();
  await expectDotsRight();
});

test('a deleted work is shown as deleted and keeps its comments', async () => {
  const { works } = control().contents(SIMULATED);
  const work = must(works.at(-1), 'the world has works');
  control().event({ kind: 'work_delete', account: SIMULATED, work: work.awemeId });
  await until('the work to be known as deleted', async () => {
    const topic = { accountId, kind: 'content', id: work.awemeId } as Parameters<typeof world.client.openTopic>[0]; // an id of the simulator
    const outcome = await world.client.query('topic', { topic });
    const found = outcome.kind === 'done' && !('missing' in outcome.value) ? outcome.value.record : undefined;
    return found?.kind === 'content' && found.facts?.state === 'deleted';
  });
});

test.each(['stop', 'kill'] as const)(
  'a Master after a %s has everything, and the screen comes back by itself',
  async (how) => {
    const before = await auditMaster(world.client);
    await world.restartMaster(how);
    await until('the client to be live again', () => world.client.connection().kind === 'live');
    const after = await auditMaster(world.client);
    expect(after.faults).toEqual([]);
    for (const [key, item] of before.items) expect(after.items.get(key)?.facts.text, key).toBe(item.facts.text);
    await world.session(accountId, (session) => session.kind === 'online');
    const { cid } = control().event({ kind: 'comment_new', account: SIMULATED, text: `重启之后还能收到吗 ${how}` });
    await until('a comment after the restart', async () =>
      (await auditMaster(world.client)).items.has(`${accountId}:comment:${cid}`),
    );
    await expectDotsRight();
    expect(world.accepted('comment_reply')).toHaveLength(1);
    expect(world.accepted('dm_send')).toHaveLength(1);
  },
);

/** Not the page's doing: the Master was away, and its policy keeps out pictures from the simulator's plain http. */
const NOT_ITS_FAULT = /WebSocket connection|ERR_CONNECTION|Failed to load resource|Loading the image 'http:/;

test('the page had nothing to complain about', () => {
  expect(screen.complaints.filter((text) => !NOT_ITS_FAULT.test(text))).toEqual([]);
});
