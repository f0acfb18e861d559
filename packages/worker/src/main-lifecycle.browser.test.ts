import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import { afterEach, expect, test } from 'vitest';
import { ACCOUNT, BrowserWorld, itemId } from './testing/browser-world.ts';

let world: BrowserWorld;
afterEach(() => world?.close());

/** Pids of browsers that run on a profile of this data directory. */
function browserPids(directory: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const path = `/proc/${pid}/cmdline`;
      return (
        existsSync(path) &&
        readFileSync(path, 'utf8').includes(`--user-data-dir=${join(directory, 'worker', 'profiles')}`)
      );
    })
    .map(Number);
}

const lastSession = () => world.master.of('account.session').at(-1)?.session;

test('[AC4] a login by code: shown, renewed, refused for another user, taken for the right one', async () => {
  world = await BrowserWorld.start({ isLoggedIn: false });
  const { control } = world.simulator;
  await world.master.until(() => lastSession()?.kind === 'loginRequired');
  world.master.assignments = [
    {
      accountId: ACCOUNT,
      platform: 'douyin',
      name: 'one',
      leaseToken: 1,
      platformUserId: control.contents('a1').account.uid,
    },
  ];
  await world.master.order('master:account:assign', { ...world.master.assignments[0] });

  await world.master.order('master:login', { accountId: ACCOUNT, leaseToken: 1 });
  await world.master.until(() => lastSession()?.kind === 'awaitingScan');
  const first = lastSession();
  control.login({ action: 'expire' });
  await world.master.until(() => {
    const session = lastSession();
    return session?.kind === 'awaitingScan' && first?.kind === 'awaitingScan' && session.qrImage !== first.qrImage;
  });
  control.login({ action: 'other_user', account: 'a1' });
  await world.master.until(() => lastSession()?.kind === 'loginRequired');

  await world.master.order('master:login', { accountId: ACCOUNT, leaseToken: 1 });
  await world.master.until(() => lastSession()?.kind === 'awaitingScan');
  control.login({ action: 'scan' });
  control.login({ action: 'confirm', account: 'a1' });
  await world.master.until(() => lastSession()?.kind === 'online');
  expect(existsSync(join(world.directory, 'worker', 'sessions', `${ACCOUNT}.sealed`))).toBe(true);
});

test('[AC8] a login that is asked for while the account starts is shown without being asked for again', async () => {
  world = await BrowserWorld.start({ isLoggedIn: false });
  await world.master.until(() => lastSession()?.kind === 'starting');
  const answer = await world.master.order('master:login', { accountId: ACCOUNT, leaseToken: 1 });
  expect(answer).toEqual({ ok: true });
  await world.master.until(() => lastSession()?.kind === 'awaitingScan');
  expect(world.sessions()).not.toContain('loginRequired');
  world.simulator.control.login({ action: 'scan' });
  world.simulator.control.login({ action: 'confirm', account: 'a1' });
  await world.master.until(() => lastSession()?.kind === 'online');
});

test('[AC2] a human check stops the account until a person asks for a login', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  world.simulator.control.addFault({ kind: 'captcha', times: 1, match: { path: '/creator-micro/content/manage' } });
  await world.master.until(() => lastSession()?.kind === 'challenge');
  const { last } = world.simulator.control.log({});
  const count = world.master.heartbeatCount;
  await world.master.until(() => world.master.heartbeatCount > count);
  expect(
    world.simulator.control
      .log({ since: last, kind: 'request' })
      .entries.filter((entry) => entry.path?.startsWith('/creator-micro')),
  ).toEqual([]);
  await world.master.order('master:login', { accountId: ACCOUNT, leaseToken: 1 });
  await world.master.until(() => lastSession()?.kind === 'online');
});

test('[AC5] a killed browser is started again, and goes on where it was', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  const [main] = browserPids(world.directory);
  process.kill(Number(main), 'SIGKILL');
  await world.master.until(() => lastSession()?.kind === 'backingOff');
  await world.master.until(() => lastSession()?.kind === 'online');
  const made = world.simulator.control.event({ kind: 'dm_in', account: 'a1', user: 0, text: '还在吗' });
  await world.master.until(() =>
    world.master.of('message.observed').some((change) => change.facts.id === made.serverId),
  );
});

test('[OB4] [OB8] [OB10] what was not acknowledged goes again, to a new Master everything, and a lost lease ends the driving', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  world.master.rule = () => 'silence';
  const made = world.simulator.control.event({ kind: 'dm_in', account: 'a1', user: 0, text: '断线' });
  await world.master.until(() =>
    world.master.batches.some(({ payload }) => JSON.stringify(payload).includes(String(made.serverId))),
  );
  world.master.rule = () => undefined;
  const before = world.master.registerCount;
  world.master.cut();
  await world.master.until(() => world.master.registerCount > before);
  await world.master.until(() =>
    world.master.of('message.observed').some((change) => change.facts.id === made.serverId),
  );
  const works = () => world.master.of('content.observed').filter((change) => change.facts.title !== undefined).length;
  const toldBefore = works();
  world.master.epoch = 'epoch-2';
  world.master.cut();
  await world.master.until(() => works() >= toldBefore + world.simulator.control.contents('a1').works.length);
  world.master.rule = () => ({ ok: false, error: { code: 'STALE_LEASE', message: '', retry: 'never' } });
  await world.master.until(() => browserPids(world.directory).length === 0);
  expect(world.worker.fleet.accounts()).toEqual([]);
});

test('[AC6] closing leaves no browser and no profile; a killed Worker takes its browsers along', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  expect(browserPids(world.directory).length).toBeGreaterThan(0);
  await world.worker.close();
  await world.worker.close();
  expect(browserPids(world.directory)).toEqual([]);
  const profiles = join(world.directory, 'worker', 'profiles');
  expect(readdirSync(profiles, { withFileTypes: true }).filter((entry) => entry.isDirectory())).toEqual([]);

  const before = world.master.batches.length;
  const child = startProcess(world);
  await world.untilSynced(before);
  const pids = browserPids(world.directory);
  expect(pids.length).toBeGreaterThan(0);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  await world.master.until(() =>
    pids.every((pid) => !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, 'utf8') === ''),
  );
});

test('[AC6] a Worker ends in order when the Master that started it goes away', async () => {
  world = await BrowserWorld.start();
  await world.worker.close();
  const before = world.master.batches.length;
  const child = startProcess(world);
  await world.untilSynced(before);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.disconnect();
  expect(await ended).toBe(0);
  expect(browserPids(world.directory)).toEqual([]);
});

test('[RJ8] a reply that is asked for while the login is gone goes once the account is back', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  const { control } = world.simulator;
  const comment = control.event({ kind: 'comment_new', account: 'a1', user: 0, text: '等一下' });
  await world.master.until(() => world.master.of('comment.observed').some((change) => change.facts.id === comment.cid));
  control.expireSession({ account: 'a1' });
  await world.master.until(() => lastSession()?.kind === 'loginRequired');
  const outcome = world.reply(
    'r-waits',
    { topic: { kind: 'content', id: String(comment.awemeId) }, toItemId: itemId(comment.cid) },
    '来了',
  );
  await world.master.order('master:login', { accountId: ACCOUNT, leaseToken: 1 });
  await world.master.until(() => lastSession()?.kind === 'awaitingScan');
  expect(world.delivered('comment_reply')).toEqual([]);
  control.login({ action: 'confirm', account: 'a1' });
  expect(await outcome).toMatchObject({ kind: 'reply.sent' });
  expect(world.delivered('comment_reply')).toEqual(['来了']);
});

test('[RJ9] [AC7] a reply that the Master gave up is not sent late; a login sealed under another key is asked for again', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  const { control } = world.simulator;
  const [conversation] = control.contents('a1').conversations;
  const topic = { kind: 'conversation', id: String(conversation?.id) } as const;
  await world.worker.close();
  world.worker = world.startWorker({ HISCRM_SECRET_KEY: 'another key than before' });
  await world.master.until(() => lastSession()?.kind === 'loginRequired');
  expect(world.worker.oddities.counts.get('sessionUnreadable')).toBe(1);

  const givenUp = world.reply('r-given-up', { topic }, '太晚了');
  givenUp.catch(() => undefined); // it never has an outcome
  await world.master.until(() => world.worker.fleet.session(ACCOUNT) !== undefined);
  const count = world.master.registerCount;
  world.master.cut();
  await world.master.until(() => world.master.registerCount > count && world.worker.link.isRegistered);
  await world.master.order('master:login', { accountId: ACCOUNT, leaseToken: 1 });
  await world.master.until(() => lastSession()?.kind === 'awaitingScan');
  control.login({ action: 'confirm', account: 'a1' });
  expect(await world.reply('r-wanted', { topic }, '这个要')).toMatchObject({ kind: 'reply.sent' });
  expect(world.delivered('dm_send')).toEqual(['这个要']);
});

test('[RJ3] a reply attempted under a lease that moved and came back is found on the page, not sent again', async () => {
  world = await BrowserWorld.start();
  await world.untilSynced();
  const { control } = world.simulator;
  const [conversation] = control.contents('a1').conversations;
  const reply = {
    id: 'r-moved' as ReplyId,
    accountId: ACCOUNT,
    topic: { accountId: ACCOUNT, kind: 'conversation' as const, id: String(conversation?.id) as TopicId },
    text: '只有一次',
    requestedAt: Date.now(),
  };
  control.addFault({ kind: 'reply_ambiguous', times: 1, args: { mode: 'no_response' } });
  await world.master.order('master:reply', { leaseToken: 1, reply });
  await world.master.until(() => world.delivered('dm_send').length === 1);
  await world.master.order('master:account:revoke', { accountId: ACCOUNT, leaseToken: 1 });
  await world.master.until(() => browserPids(world.directory).length === 0);
  await world.master.order('master:account:assign', { ...world.master.assignments[0], leaseToken: 3 });
  expect(await world.master.order('master:reply', { leaseToken: 1, reply })).toMatchObject({ ok: false });
  expect(await world.master.order('master:reply', { leaseToken: 3, reply })).toMatchObject({ ok: true });
  expect(await world.outcome('r-moved', ['reply.sent'])).toMatchObject({ settledBy: 'page' });
  expect(world.delivered('dm_send')).toEqual(['只有一次']);
});

function startProcess({ env }: BrowserWorld): ChildProcess {
  const script = fileURLToPath(new URL('./main.ts', import.meta.url));
  return spawn(process.execPath, ['--no-warnings', script], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
