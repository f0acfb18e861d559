import { afterAll, beforeAll, expect, test } from 'vitest';
import { BrowserWorld, itemId } from './testing/browser-world.ts';

let world: BrowserWorld;
beforeAll(async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
});
afterAll(() => world?.close());

const comments = () => world.master.of('comment.observed').map((change) => change.facts);
const messages = () => world.master.of('message.observed').map((change) => change.facts);

test('[AC1] the account comes online and its profile is told', () => {
  const { uid, nickname } = world.simulator.control.contents('a1').account;
  expect(world.sessions().slice(0, 2)).toEqual(['starting', 'online']);
  expect(world.master.of('account.profile')[0]?.facts).toMatchObject({ platformUserId: uid, nickname });
});

test('everything of a seeded account is read, once', () => {
  const { works, conversations } = world.simulator.control.contents('a1');
  expect(new Set(world.master.of('content.observed').map((change) => change.facts.id))).toEqual(
    new Set(works.map((work) => work.awemeId)),
  );
  for (const work of works) {
    const ids = comments()
      .filter((facts) => facts.topicId === work.awemeId)
      .map((facts) => facts.id);
    expect(new Set(ids).size).toBe(work.commentCount);
  }
  for (const conversation of conversations) {
    const ids = messages()
      .filter((facts) => facts.topicId === conversation.id)
      .map((facts) => facts.id);
    expect(new Set(ids).size).toBe(conversation.messageCount);
    const facts = world.master.of('conversation.observed').filter((change) => change.facts.id === conversation.id);
    expect(facts.some((change) => change.facts.peer?.name === conversation.peerName)).toBe(true);
  }
  expect(world.master.problems).toEqual([]);
});

test('[AD11] a new message and a new comment are told without a navigation', async () => {
  const before = world.simulator.control.log({}).last;
  const message = world.simulator.control.event({ kind: 'dm_in', account: 'a1', user: 0, text: '在吗？😀' });
  const comment = world.simulator.control.event({ kind: 'comment_new', account: 'a1', user: 1, text: '还有货吗' });
  await world.master.until(
    () =>
      messages().some((facts) => facts.id === message.serverId) && comments().some((facts) => facts.id === comment.cid),
  );
  expect(messages().find((facts) => facts.id === message.serverId)).toMatchObject({
    text: '在吗？😀',
    direction: 'in',
    source: 'pageState',
  });
  expect(comments().find((facts) => facts.id === comment.cid)).toMatchObject({
    text: '还有货吗',
    direction: 'in',
    source: 'notice',
  });
  const home = world.simulator.control
    .log({ since: before })
    .entries.filter((entry) => entry.kind === 'request' && entry.path === '/');
  expect(home).toEqual([]);
});

test('[DM7] what the operator wrote on the phone is outbound', async () => {
  const { conversations } = world.simulator.control.contents('a1');
  const made = world.simulator.control.event({
    kind: 'dm_out_from_phone',
    account: 'a1',
    conversation: String(conversations[0]?.id),
    text: '有的',
  });
  await world.master.until(() => messages().some((facts) => facts.id === made.serverId));
  expect(messages().find((facts) => facts.id === made.serverId)).toMatchObject({ direction: 'out', text: '有的' });
});

test('an edit, another count, a recall and a deletion become facts', async () => {
  const { control } = world.simulator;
  const edited = control.event({ kind: 'comment_new', account: 'a1', user: 2, text: '打错字了' });
  const deleted = control.event({ kind: 'comment_new', account: 'a1', user: 3, text: '会被删掉' });
  const recalled = control.event({ kind: 'dm_in', account: 'a1', user: 1, text: '发错了' });
  control.event({ kind: 'dm_in', account: 'a1', user: 1, text: '后面还有一条' });
  await world.master.until(
    () =>
      [edited.cid, deleted.cid].every((id) => comments().some((facts) => facts.id === id)) &&
      messages().some((facts) => facts.id === recalled.serverId),
  );
  control.event({ kind: 'comment_edit', account: 'a1', comment: String(edited.cid), text: '改好了' });
  control.event({ kind: 'comment_like', account: 'a1', comment: String(edited.cid), delta: 7 });
  control.event({ kind: 'comment_delete', account: 'a1', comment: String(deleted.cid) });
  control.event({
    kind: 'dm_recall',
    account: 'a1',
    conversation: String(recalled.conversationId),
    message: String(recalled.serverId),
  });
  await world.master.until(() =>
    comments().some((facts) => facts.id === edited.cid && facts.text === '改好了' && facts.likeCount === 7),
  );
  await world.master.until(() => comments().some((facts) => facts.id === deleted.cid && facts.state === 'deleted'));
  await world.master.until(() =>
    messages().some((facts) => facts.id === recalled.serverId && facts.state === 'recalled'),
  );
});

test('[AD12] a comment, an answer to a comment, and a message are answered exactly once', async () => {
  const { control } = world.simulator;
  const comment = control.event({ kind: 'comment_new', account: 'a1', user: 4, text: '可以定制吗' });
  const answer = control.event({
    kind: 'reply_new',
    account: 'a1',
    parent: String(comment.cid),
    user: 5,
    text: '我也想知道',
  });
  const message = control.event({ kind: 'dm_in', account: 'a1', user: 2, text: '请问几天发货' });
  await world.master.until(
    () =>
      comments().some((facts) => facts.id === answer.cid) && messages().some((facts) => facts.id === message.serverId),
  );
  const topic = { kind: 'content', id: String(comment.awemeId) } as const;
  expect(await world.reply('r-comment', { topic, toItemId: itemId(comment.cid) }, '可以的，请私信尺寸')).toMatchObject({
    kind: 'reply.sent',
  });
  expect(
    await world.reply(
      'r-answer',
      { topic, toItemId: itemId(answer.cid), target: { parentId: itemId(comment.cid) } },
      '三天左右',
    ),
  ).toMatchObject({ kind: 'reply.sent' });
  const chat = { kind: 'conversation', id: String(message.conversationId) } as const;
  expect(
    await world.reply('r-message', { topic: chat, toItemId: itemId(message.serverId) }, '明天发货\n谢谢支持😀'),
  ).toMatchObject({ kind: 'reply.sent' });
  expect(world.delivered('comment_reply')).toEqual(['可以的，请私信尺寸', '三天左右']);
  expect(world.delivered('dm_send').map((text) => text.replace(/\n+/g, '\n'))).toEqual(['明天发货\n谢谢支持😀']);
  // The page brings what was written, as ours.
  await world.master.until(() =>
    comments().some(
      (facts) => facts.text === '三天左右' && facts.direction === 'out' && facts.parentId === comment.cid,
    ),
  );
  await world.master.until(() =>
    messages().some((facts) => facts.text?.startsWith('明天发货') && facts.direction === 'out'),
  );
});

test('[AD10] two rows that look alike, a comment that is gone and another author stop before the click', async () => {
  const { control } = world.simulator;
  const alike = [6, 6].map((user) => control.event({ kind: 'comment_new', account: 'a1', user, text: '一模一样' }));
  const gone = control.event({ kind: 'comment_new', account: 'a1', user: 7, text: '马上消失' });
  await world.master.until(() => comments().some((facts) => facts.id === gone.cid));
  control.event({ kind: 'comment_delete', account: 'a1', comment: String(gone.cid) });
  const sentCount = world.delivered('comment_reply').length;
  const topic = { kind: 'content', id: String(gone.awemeId) } as const;
  expect(await world.reply('r-alike', { topic, toItemId: itemId(alike[0]?.cid) }, '不能发')).toMatchObject({
    kind: 'reply.rejected',
    reason: 'targetAmbiguous',
  });
  expect(await world.reply('r-gone', { topic, toItemId: itemId(gone.cid) }, '不能发')).toMatchObject({
    kind: 'reply.rejected',
    reason: 'targetNotFound',
  });
  const other = { topic, toItemId: itemId(alike[0]?.cid), target: { authorId: '1' } };
  expect(await world.reply('r-other', other, '不能发')).toMatchObject({
    kind: 'reply.rejected',
    reason: 'targetNotFound',
  });
  const nowhere = { kind: 'conversation', id: '0:1:1:2' } as const;
  expect(await world.reply('r-nowhere', { topic: nowhere }, '不能发')).toMatchObject({
    kind: 'reply.rejected',
    reason: 'targetNotFound',
  });
  expect(world.delivered('comment_reply')).toHaveLength(sentCount);
});

test.each(['no_response', 'cut'] as const)(
  '[RJ5] a reply whose answer was lost (%s) is found on the page, and is there once',
  async (mode) => {
    const { control } = world.simulator;
    const comment = control.event({ kind: 'comment_new', account: 'a1', user: 8, text: `会丢的回答 ${mode}` });
    await world.master.until(() => comments().some((facts) => facts.id === comment.cid));
    control.addFault({ kind: 'reply_ambiguous', times: 1, args: { mode } });
    const topic = { kind: 'content', id: String(comment.awemeId) } as const;
    const first = await world.reply(`r-lost-${mode}`, { topic, toItemId: itemId(comment.cid) }, `其实已经发出 ${mode}`);
    expect(first).toMatchObject({ kind: 'reply.unknown' });
    expect(await world.outcome(`r-lost-${mode}`, ['reply.sent'])).toMatchObject({ settledBy: 'page' });
    expect(world.delivered('comment_reply').filter((text) => text === `其实已经发出 ${mode}`)).toHaveLength(1);
  },
);

test('the platform\u2019s refusals are told in our words', async () => {
  const { control } = world.simulator;
  const comment = control.event({ kind: 'comment_new', account: 'a1', user: 9, text: '被拒绝的' });
  const message = control.event({ kind: 'dm_in', account: 'a1', user: 0, text: '也被拒绝' });
  await world.master.until(
    () =>
      comments().some((facts) => facts.id === comment.cid) && messages().some((facts) => facts.id === message.serverId),
  );
  const topic = { kind: 'content', id: String(comment.awemeId) } as const;
  control.addFault({ kind: 'reply_private', times: 1 });
  expect(await world.reply('r-private', { topic, toItemId: itemId(comment.cid) }, '一')).toMatchObject({
    reason: 'topicPrivate',
  });
  control.addFault({ kind: 'reply_rate', times: 1 });
  expect(await world.reply('r-rate', { topic, toItemId: itemId(comment.cid) }, '二')).toMatchObject({
    reason: 'tooFrequent',
  });
  control.addFault({ kind: 'dm_not_friend', times: 1 });
  const chat = { kind: 'conversation', id: String(message.conversationId) } as const;
  expect(await world.reply('r-friend', { topic: chat }, '三')).toMatchObject({ reason: 'peerRefuses' });
});

test('[AD8] lists that lie, break or repeat themselves end, and nothing is lost', async () => {
  const { control } = world.simulator;
  for (const kind of ['http', 'bad_json', 'truncated', 'empty', 'blocked'] as const)
    control.addFault({ kind, times: 1, match: { path: '/list/select' } });
  for (const kind of ['dup_page', 'stuck_cursor', 'empty_with_more', 'id_number'] as const)
    control.addFault({ kind, times: 2 });
  control.addFault({ kind: 'slow', times: 1, match: { path: 'work_list' }, args: { delayMs: 800 } });
  const made = Array.from({ length: 3 }, (_, index) =>
    control.event({ kind: 'comment_new', account: 'a1', user: index, text: `故障之中 ${index}` }),
  );
  await world.master.until(() => made.every((event) => comments().some((facts) => facts.id === event.cid)));
  const from = world.master.batches.length;
  await world.untilSynced(from);
  control.removeFaults({});
  const { works } = control.contents('a1');
  for (const work of works) {
    const gone = new Set(
      comments()
        .filter((facts) => facts.state === 'deleted')
        .map((facts) => facts.id),
    );
    const ids = new Set(
      comments()
        .filter((facts) => facts.topicId === work.awemeId && !gone.has(facts.id))
        .map((facts) => facts.id),
    );
    expect(ids.size).toBe(work.commentCount);
  }
  expect(world.sessions().at(-1)).toBe('online');
});

test('[DM1] a restarted Worker tells nothing again', async () => {
  // A comment that a notice told of gains its counts when its work is read in full.
  const quiet = world.master.batches.length;
  await world.master.until(
    () =>
      world.master.batches
        .slice(quiet)
        .filter(({ payload }) => payload.sync?.isLast && payload.sync.id.startsWith('full')).length > 1,
  );
  await world.worker.close();
  const from = world.master.batches.length;
  world.worker = world.startWorker();
  await world.untilSynced(from);
  const told = world.master.batches.slice(from).flatMap(({ payload }) => payload.changes);
  const known = new Set(['account.session', 'content.observed']);
  expect(told.filter((change) => !known.has(change.kind))).toEqual([]);
});

test('[AC3] one strange answer is no logout; an expired session is, and its replies wait', async () => {
  const { control } = world.simulator;
  const from = world.sessions().length;
  control.addFault({ kind: 'login_expired', times: 1, match: { path: 'work_list' } });
  const batchCount = world.master.batches.length;
  await world.untilSynced(batchCount);
  expect(world.sessions().slice(from)).toEqual([]);
  control.expireSession({ account: 'a1' });
  await world.master.until(() => world.sessions().at(-1) === 'loginRequired');
});
