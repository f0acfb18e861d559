import { afterAll, beforeAll, expect, test } from 'vitest';
import { BrowserWorld, itemId } from './testing/browser-world.ts';

let world: BrowserWorld;
const comments = () => world.master.of('comment.observed').map((change) => change.facts);
const messages = () => world.master.of('message.observed').map((change) => change.facts);
const session = () => world.master.of('account.session').at(-1)?.session;
const untilComment = (id: string | undefined) =>
  world.master.until(() => comments().some((facts) => facts.id === id && facts.text !== undefined));
const untilMessage = (id: string | undefined) => world.master.until(() => messages().some((facts) => facts.id === id));
/** What the log says of actions that the platform took, with their targets. */
const accepted = (kind: 'comment_reply' | 'dm_send') =>
  world.simulator.control.log({ kind, result: 'accepted' }).entries.map(({ text, target }) => ({ text, ...target }));

/** Batches from one closed full sweep to the next. */
async function untilSweep(from: number) {
  const ends = () =>
    world.master.batches.flatMap(({ payload }, index) =>
      index >= from && payload.sync?.isLast && payload.sync.id.startsWith('full') ? [index] : [],
    );
  await world.master.until(() => ends().length >= 2);
  const [first = 0, second = 0] = ends();
  return world.master.batches.slice(first + 1, second + 1).map(({ payload }) => payload);
}

beforeAll(async () => {
  world = await BrowserWorld.start({ simulator: { variant: { write: 'publish', messages: 'alt' } } });
  await world.untilSynced();
});
afterAll(() => world?.close());

test('[DM1] a full sweep that finds nothing new sends no change, and a restart sends only the session', async () => {
  const sweep = await untilSweep(0);
  expect(sweep.flatMap(({ changes }) => changes)).toEqual([]);
  // A sync that read everything says so; nothing else travels.
  expect(sweep.every(({ sync }) => sync?.isLast)).toBe(true);
  await world.worker.close();
  const from = world.master.batches.length;
  world.worker = world.startWorker();
  await untilSweep(from);
  const told = world.master.batches.slice(from).flatMap(({ payload }) => payload.changes);
  expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['account.session']));
});

test('[DM1] a sweep’s cost on the wire follows the change', async () => {
  const made = world.simulator.control.event({ kind: 'dm_in', account: 'a1', user: 0, text: '一条' });
  const from = world.master.batches.length;
  await untilMessage(made.serverId);
  await untilSweep(from);
  const told = world.master.batches.slice(from).flatMap(({ payload }) => payload.changes);
  const bytes = Buffer.byteLength(JSON.stringify(told));
  expect(told.filter(({ kind }) => kind === 'message.observed')).toHaveLength(1);
  expect(told.length).toBeLessThanOrEqual(4);
  expect(bytes).toBeLessThan(8_000);
});

test('the newer write endpoint names the comment that it made', async () => {
  const comment = world.simulator.control.event({ kind: 'comment_new', account: 'a1', user: 0, text: '新接口' });
  await untilComment(comment.cid);
  const topic = { kind: 'content', id: String(comment.awemeId) } as const;
  const outcome = await world.reply('r-publish', { topic, toItemId: itemId(comment.cid) }, '收到');
  expect(outcome).toMatchObject({ kind: 'reply.sent', itemId: expect.stringMatching(/^\d{19}$/) });
});

test('[AD10] while another conversation still shows, nothing is typed into it', async () => {
  const { control } = world.simulator;
  const before = accepted('dm_send').length;
  control.addFault({ kind: 'header_lag', args: { delayMs: 1_500 } });
  const { conversations } = control.contents('a1');
  for (const [index, { id }] of conversations.slice(0, 2).entries())
    expect(
      await world.reply(`r-lag-${index}`, { topic: { kind: 'conversation', id } }, `只给第${index}位`),
    ).toMatchObject({ kind: 'reply.sent' });
  control.removeFaults({});
  expect(accepted('dm_send').slice(before)).toEqual(
    conversations.slice(0, 2).map(({ id }, index) => ({ text: `只给第${index}位`, conversation: id })),
  );
});

test('[AD10] one nickname and text in adjacent rows stops; one title on two works does not matter', async () => {
  const { control } = world.simulator;
  const count = accepted('comment_reply').length;
  control.addFault({ kind: 'same_name' });
  await world.master.until(() => comments().filter((facts) => facts.text === '同款还有吗').length === 2);
  const alike = comments().filter((facts) => facts.text === '同款还有吗');
  expect(new Set(alike.map((facts) => facts.author?.id)).size).toBe(2);
  for (const [index, facts] of alike.entries())
    expect(
      await world.reply(
        `r-same-${index}`,
        {
          topic: { kind: 'content', id: facts.topicId },
          toItemId: facts.id,
          target: { authorId: String(facts.author?.id) },
        },
        '不能发',
      ),
    ).toMatchObject({ kind: 'reply.rejected', reason: 'targetAmbiguous' });
  control.addFault({ kind: 'title_dup' });
  const works = control.contents('a1').works.slice(0, 2);
  for (const [index, { awemeId }] of works.entries()) {
    const asked = control.event({
      kind: 'comment_new',
      account: 'a1',
      work: awemeId,
      user: 3,
      text: `哪一个 ${index}`,
    });
    await untilComment(asked.cid);
    const topic = { kind: 'content', id: awemeId } as const;
    expect(
      await world.reply(`r-title-${index}`, { topic, toItemId: itemId(asked.cid) }, `这一个 ${index}`),
    ).toMatchObject({ kind: 'reply.sent' });
  }
  expect(accepted('comment_reply').slice(count)).toMatchObject(
    works.map(({ awemeId }, index) => ({ text: `这一个 ${index}`, work: awemeId })),
  );
});

test('messages that are refused, limited or under review are told as that', async () => {
  const { control } = world.simulator;
  const topic = { kind: 'conversation', id: String(control.contents('a1').conversations[0]?.id) } as const;
  control.addFault({ kind: 'dm_audit', times: 1 });
  expect(await world.reply('r-audit', { topic }, '敏感')).toMatchObject({ reason: 'contentRefused' });
  control.addFault({ kind: 'dm_touch_limit', times: 1 });
  expect(await world.reply('r-limit', { topic }, '太多')).toMatchObject({ reason: 'quotaExceeded' });
  control.addFault({ kind: 'dm_audit', times: 1, args: { code: 10502 } });
  expect(await world.reply('r-review', { topic }, '审核中')).toMatchObject({ kind: 'reply.sent' });
});

test('[RJ10] what the platform took and never shows stays sent, and is counted', async () => {
  const { control } = world.simulator;
  const vanished = () => world.worker.oddities.counts.get('replyVanished') ?? 0;
  const comment = control.event({ kind: 'comment_new', account: 'a1', user: 4, text: '会被吞掉的回答' });
  await untilComment(comment.cid);
  control.addFault({ kind: 'reply_silent_drop', times: 1 });
  const work = { kind: 'content', id: String(comment.awemeId) } as const;
  expect(await world.reply('r-drop', { topic: work, toItemId: itemId(comment.cid) }, '无影')).toMatchObject({
    kind: 'reply.sent',
  });
  control.addFault({ kind: 'reply_silent_drop', times: 1 });
  const chat = { kind: 'conversation', id: String(control.contents('a1').conversations[0]?.id) } as const;
  expect(await world.reply('r-drop-dm', { topic: chat }, '无踪')).toMatchObject({ kind: 'reply.sent' });
  await world.master.until(() => vanished() === 2);
  expect(accepted('comment_reply').some(({ text }) => text === '无影')).toBe(false);
  // The other replies of this file were found, so nothing else is missed.
  expect(vanished()).toBe(2);
});

test('[AD13] a cut channel and lost pushes lose nothing', async () => {
  const { control } = world.simulator;
  control.addFault({ kind: 'ws_drop', times: 3 });
  const cut = control.event({ kind: 'dm_in', account: 'a1', user: 1, text: '断线时' });
  await untilMessage(cut.serverId);
  control.removeFaults({});
  control.addFault({ kind: 'ws_gap' });
  const lost = control.event({ kind: 'dm_in', account: 'a1', user: 2, text: '没有推送' });
  const unseen = control.event({ kind: 'comment_new', account: 'a1', user: 2, text: '也没有推送' });
  await untilMessage(lost.serverId);
  await untilComment(unseen.cid);
  control.removeFaults({});
  expect(messages().find((facts) => facts.id === lost.serverId)).toMatchObject({ source: 'dom', direction: 'in' });
});

test('[AD14] without the page state messages come from the chat page, and the operator is told', async () => {
  const { control } = world.simulator;
  control.addFault({ kind: 'store_rename' });
  await world.master.until(() => session()?.kind === 'online' && 'detail' in (session() ?? {}));
  expect(world.worker.oddities.counts.get('imStoreMissing')).toBeGreaterThan(0);
  const inbound = control.event({ kind: 'dm_in', account: 'a1', user: 0, text: '页面变了' });
  const fresh = control.event({ kind: 'dm_in', account: 'a1', user: 9, text: '第一次来' });
  await untilMessage(inbound.serverId);
  await untilMessage(fresh.serverId);
  expect(messages().find((facts) => facts.id === fresh.serverId)).toMatchObject({
    text: '第一次来',
    direction: 'in',
  });
  const topic = { kind: 'conversation', id: String(fresh.conversationId) } as const;
  expect(await world.reply('r-renamed', { topic }, '您好')).toMatchObject({ kind: 'reply.sent' });
  control.removeFaults({});
  await world.master.until(() => session()?.kind === 'online' && !('detail' in (session() ?? {})));
});

/** From here on no reading of everything comes by itself. */
async function restartWithoutSweeps(): Promise<void> {
  await world.worker.close();
  world.worker = world.startWorker({ HISCRM_SYNC_FULL_MS: '3600000' });
}

test('[DM6] a deleted comment is told after two readings of its work, without waiting for a full sweep', async () => {
  const { control } = world.simulator;
  await restartWithoutSweeps();
  const comment = control.event({ kind: 'comment_new', account: 'a1', user: 5, text: '马上删' });
  await untilComment(comment.cid);
  await world.untilSynced(world.master.batches.length);
  control.event({ kind: 'comment_delete', account: 'a1', comment: String(comment.cid) });
  await world.master.until(() => comments().some((facts) => facts.id === comment.cid && facts.state === 'deleted'));
});

test('[AD16] an edited comment and its number of likes are told without waiting for a full sweep', async () => {
  const { control } = world.simulator;
  await restartWithoutSweeps();
  const comment = control.event({ kind: 'comment_new', account: 'a1', user: 4, text: '打错字了' });
  await untilComment(comment.cid);
  await world.untilSynced(world.master.batches.length);
  control.event({ kind: 'comment_edit', account: 'a1', comment: String(comment.cid), text: '改好了' });
  control.event({ kind: 'comment_like', account: 'a1', comment: String(comment.cid), delta: 7 });
  await world.master.until(() =>
    comments().some((facts) => facts.id === comment.cid && facts.text === '改好了' && facts.likeCount === 7),
  );
});

test('[AD15] of a work with ten thousand comments the newest are read, once; a new one is met without reading them again', async () => {
  const { control } = world.simulator;
  await restartWithoutSweeps();
  const capped = () => world.worker.oddities.counts.get('commentsCapped') ?? 0;
  const huge = String(control.event({ kind: 'work_new', account: 'a1', title: '爆款' }).awemeId);
  const deepestCursor = (since: number): number =>
    control
      .log({ since, kind: 'request' })
      .entries.filter((entry) => entry.path?.includes('/comment/list/select') && entry.target?.work === huge)
      .reduce((deepest, entry) => Math.max(deepest, Number(entry.cursor)), -1);
  control.seed({ account: 'a1', comments: { work: huge, count: 10_000 } });
  await world.master.until(() => capped() > 0);
  await world.untilSynced(world.master.batches.length);
  // The page that was walked may load one more by itself; the next reading of the works leaves it.
  await world.untilSynced(world.master.batches.length);
  const read = new Set(comments().flatMap((facts) => (facts.topicId === huge ? [facts.id] : [])));
  expect(read.size).toBeGreaterThan(500);
  expect(read.size).toBeLessThan(2_000);
  expect(deepestCursor(0)).toBeGreaterThan(500);
  const { last } = control.log({});
  const made = control.event({ kind: 'comment_new', account: 'a1', work: huge, user: 0, text: '第一万零一条' });
  await untilComment(made.cid);
  await world.untilSynced(world.master.batches.length);
  control.addFault({ kind: 'ws_gap' });
  const unseen = control.event({ kind: 'comment_new', account: 'a1', work: huge, user: 1, text: '没有推送的那条' });
  await untilComment(unseen.cid);
  control.removeFaults({});
  await world.untilSynced(world.master.batches.length);
  expect(deepestCursor(last)).toBeGreaterThanOrEqual(0);
  expect(deepestCursor(last)).toBeLessThan(100);
  expect(capped()).toBe(1);
});
