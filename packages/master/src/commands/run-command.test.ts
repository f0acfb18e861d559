import { FakeClock } from '@hiscrm/shared/lib/fake-clock.ts';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import type { AccountId, ItemId, ReplyId, Seq, TopicId, UserId } from '@hiscrm/shared/model/ids.ts';
import { type Principal, ROLES } from '@hiscrm/shared/model/visibility.ts';
import { COMMAND_ROLE, type CommandName } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { afterEach, expect, test } from 'vitest';
import { MemoryMaster } from '../hub/testing/memory-master.ts';
import type { CommandRequest } from './command-request.ts';
import { createRunCommand } from './run-command.ts';

const A = 'acc-a' as AccountId;
const B = 'acc-b' as AccountId;
const TOPIC = { accountId: A, kind: 'conversation', id: 'peer' as TopicId } as const;
const admin: Principal = { userId: 'u-admin' as UserId, username: 'root', role: 'admin', grants: 'all' };
const operator: Principal = { userId: 'u-op' as UserId, username: 'op', role: 'operator', grants: new Set([A]) };

let master: MemoryMaster;
/** Store from changes = rebuilt from log: what every command must leave behind. */
afterEach(() => expect(master.rebuilt()).toEqual(master.view));

function open() {
  const clock = new FakeClock();
  master = new MemoryMaster({ now: () => clock.now() });
  let ids = 0;
  const asked: string[] = [];
  const context = {
    store: master.store,
    committer: master,
    workers: {
      requestSync: async (id: AccountId) => void asked.push(`sync ${id}`),
      startLogin: () => Promise.reject(new ImError('ACCOUNT_NOT_DRIVEN')),
    },
    notices: {
      receive: async ({ state, messageIds }: { state: string; messageIds: readonly string[] }) => {
        asked.push(`${state} ${messageIds.join()}`);
        return { unknownIds: [] };
      },
      readAll: async (userId: string) => void asked.push(`all read by ${userId}`),
    },
    clock,
    newId: () => `id${++ids}`,
    platforms: ['douyin'],
  };
  const added = (accountId: AccountId): Change => ({
    kind: 'account.added',
    accountId,
    platform: 'douyin',
    name: 'n',
    at: 1,
  });
  master.commitNow([added(A), added(B), said('m1'), said('m2')]);
  return { asked, run: createRunCommand(context), restarted: () => createRunCommand(context) };
}

const said = (id: string): Change => ({
  kind: 'message.observed',
  accountId: A,
  facts: { kind: 'message', id: id as ItemId, topicId: TOPIC.id, text: '在吗', at: 5, source: 'api', observedAt: 5 },
});
const reply = (key: string, text = '在的', rest: object = {}): CommandRequest => ({
  name: 'sendReply',
  key,
  params: { topic: TOPIC, text, ...rest },
});
const kindsAfter = (seq: number): string[] => master.rows.slice(seq).map(({ change }) => change.kind);
const refusal = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'it was done',
    (error: unknown) => (error instanceof ImError ? error.code : error),
  );

test('[CM1] each command needs its role, and an account that the user may not see does not exist', async () => {
  const { run } = open();
  const viewer: Principal = { ...operator, role: 'viewer' };
  const some = {
    topic: TOPIC,
    upToSeq: 3,
    accountId: A,
    itemKind: 'message',
    ids: ['m1'],
    text: 'x',
    platform: 'douyin',
  };
  for (const name of Object.keys(COMMAND_ROLE) as CommandName[]) {
    const request = { name, key: `key-${name}`, params: { ...some, replyId: 'r', wasSent: true, name: 'n' } };
    for (const role of ROLES.slice(0, ROLES.indexOf(COMMAND_ROLE[name]))) {
      expect(await refusal(run({ ...viewer, role }, request as unknown as CommandRequest))).toBe('FORBIDDEN');
    }
  }
  const foreign = { ...TOPIC, accountId: B };
  for (const request of [
    { name: 'markRead', key: 'key-0001', params: { topic: foreign, upToSeq: 1 as Seq } },
    { name: 'sendReply', key: 'key-0002', params: { topic: foreign, text: 'x' } },
    { name: 'requestSync', key: 'key-0003', params: { accountId: B } },
  ] as const) {
    expect(await refusal(run(operator, request))).toBe('ACCOUNT_NOT_FOUND');
  }
  expect(master.rows).toHaveLength(4);
});

test('[CM2] a read mark moves forward only, not past what has arrived, and is logged only when it moves', async () => {
  const { run } = open();
  const mark = (upToSeq: number, n: number): CommandRequest => ({
    name: 'markRead',
    key: `key-mark-${n}`,
    params: { topic: TOPIC, upToSeq: upToSeq as Seq },
  });
  expect(await run(operator, mark(3, 1))).toEqual({ seq: 5 });
  expect(await run(operator, mark(2, 2))).toEqual({ seq: 5 });
  await run(operator, mark(9_000, 3));
  await run(operator, mark(9_001, 4));
  expect(kindsAfter(4)).toEqual(['topic.read', 'topic.read']);
  expect(master.store.topicRecord(TOPIC)?.marks.readUpToSeq).toBe(4);
  master.commitNow([said('m3')]);
  expect(master.store.accountSummary(A)?.unreadMessages).toBe(1);
});

test('[CM3] items are marked read once; unknown ones add nothing', async () => {
  const { run } = open();
  const mark = (key: string, ids: string[]): CommandRequest => ({
    name: 'markItemsRead',
    key,
    params: { accountId: A, itemKind: 'message', ids: ids as ItemId[] },
  });
  await run(operator, mark('key-0001', ['m1', 'm1', 'none']));
  await run(operator, mark('key-0002', ['m1', 'none']));
  expect(master.rows.slice(4).map(({ change }) => change)).toMatchObject([{ kind: 'items.read', ids: ['m1'] }]);
});

test('[CM10] pins and mutes are logged when they change something; what is put away is read, and comes back with a message', async () => {
  const { run } = open();
  const mark = (key: string, wishes: object): Promise<unknown> =>
    run(operator, { name: 'markTopic', key, params: { topic: TOPIC, ...wishes } });
  await mark('key-0001', { isPinned: true, isMuted: false });
  await mark('key-0002', { isPinned: true });
  expect(kindsAfter(4)).toEqual(['topic.marked']);
  await mark('key-0003', { isHidden: true });
  expect(kindsAfter(5)).toEqual(['topic.read', 'topic.marked']);
  expect(master.store.accountSummary(A)?.unreadMessages).toBe(0);
  expect(master.store.topicRecord(TOPIC)?.marks).toMatchObject({ isPinned: true, isHidden: true });
  master.commitNow([said('m9')]);
  expect(master.store.topicRecord(TOPIC)?.marks).toMatchObject({ isPinned: true, isHidden: false });
  expect(await refusal(mark('key-0004', { topic: { ...TOPIC, id: 'none' } }))).toBe('TOPIC_NOT_FOUND');
});

test('[CM4] a reply is asked for once per key: at the same time, later, and after a restart', async () => {
  const { run, restarted } = open();
  const [first, second] = await Promise.all([run(operator, reply('key-0001')), run(operator, reply('key-0001'))]);
  expect(second).toEqual(first);
  expect(await run(operator, reply('key-0001'))).toEqual(first);
  expect(await restarted()(operator, reply('key-0001'))).toMatchObject({ replyId: 'rep-id1' });
  expect(kindsAfter(4)).toEqual(['reply.requested']);
  for (const again of [run, restarted()]) {
    expect(await refusal(again(operator, reply('key-0001', 'another text')))).toBe('KEY_REUSED');
  }
  expect(await run(admin, reply('key-0001'))).toMatchObject({ replyId: 'rep-id2' });
});

test('[CM5] a reply written before the newest item was seen is refused, and may be sent again with the same key', async () => {
  const { run } = open();
  expect(await refusal(run(operator, reply('key-0001', 'x', { expectSeq: 3 })))).toBe('STALE_VIEW');
  await expect(run(operator, reply('key-0001', 'x', { expectSeq: 2 }))).rejects.toMatchObject({
    details: { unseenCount: 2 },
  });
  expect(await run(operator, reply('key-0001', 'x', { expectSeq: 4 }))).toMatchObject({ replyId: 'rep-id1' });
});

test('[CM6] a reply needs its topic and its item', async () => {
  const { run } = open();
  const nowhere = { topic: { ...TOPIC, id: 'none' } };
  expect(await refusal(run(operator, reply('key-0001', 'x', nowhere)))).toBe('TOPIC_NOT_FOUND');
  expect(await refusal(run(operator, reply('key-0002', 'x', { toItemId: 'none' })))).toBe('ITEM_NOT_FOUND');
  expect(await run(operator, reply('key-0003', 'x', { toItemId: 'm1' }))).toMatchObject({ replyId: 'rep-id1' });
});

test('[CM7] only an unknown reply is settled by a person', async () => {
  const { run } = open();
  const ids = await Promise.all(['key-0001', 'key-0002'].map((key) => run(operator, reply(key))));
  const [sent, refused] = ids.map((result) => ('replyId' in result ? result.replyId : ('' as ReplyId)));
  const settle = (replyId: ReplyId, wasSent: boolean, key: string): Promise<unknown> =>
    run(operator, { name: 'settleReply', key, params: { replyId, wasSent } });
  const one = must(sent, 'there');
  const two = must(refused, 'there');
  expect(await refusal(settle(one, true, 'key-0003'))).toBe('REPLY_SETTLED');
  expect(await refusal(settle('none' as ReplyId, true, 'key-0004'))).toBe('REPLY_NOT_FOUND');
  for (const replyId of [one, two]) master.commitNow([{ kind: 'reply.unknown', accountId: A, replyId, at: 9 }]);
  await settle(one, true, 'key-0005');
  await settle(two, false, 'key-0006');
  expect(master.store.reply(one)?.state).toMatchObject({ kind: 'sent', settledBy: 'person' });
  expect(master.store.reply(two)?.state).toMatchObject({ kind: 'rejected', settledBy: 'person' });
});

test('[CM8] accounts are added for known platforms, changed only where they change, and removed', async () => {
  const { run } = open();
  const add = (platform: string, key: string): Promise<unknown> =>
    run(admin, { name: 'addAccount', key, params: { platform, name: '店' } });
  expect(await refusal(add('other', 'key-0001'))).toBe('UNSUPPORTED_PLATFORM');
  expect(await add('douyin', 'key-0002')).toEqual({ seq: 5, accountId: 'acc-id1' });
  expect(await add('douyin', 'key-0002')).toEqual({ seq: 5, accountId: 'acc-id1' });
  const change = (params: object, key: string): Promise<unknown> =>
    run(admin, { name: 'changeAccount', key, params: { accountId: A, ...params } });
  await change({ name: 'n', isPaused: false }, 'key-0003');
  await change({ name: 'n', isPaused: true }, 'key-0004');
  expect(master.rows.at(-1)?.change).toEqual({
    kind: 'account.changed',
    accountId: A,
    isPaused: true,
    byUserId: admin.userId,
  });
  await run(admin, { name: 'removeAccount', key: 'key-0005', params: { accountId: A } });
  expect(await refusal(change({ isPaused: false }, 'key-0006'))).toBe('ACCOUNT_NOT_FOUND');
  expect(kindsAfter(4)).toEqual(['account.added', 'account.changed', 'account.removed']);
});

test('[CM9] what Workers are asked for is passed on, and so is their refusal', async () => {
  const { run, asked } = open();
  expect(await run(operator, { name: 'requestSync', key: 'key-0001', params: { accountId: A } })).toEqual({});
  expect(asked).toEqual([`sync ${A}`]);
  const login = run(operator, { name: 'startLogin', key: 'key-0002', params: { accountId: A } });
  expect(await refusal(login)).toBe('ACCOUNT_NOT_DRIVEN');
});
