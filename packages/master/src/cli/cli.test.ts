import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/hiscrm.mjs', import.meta.url));
type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

let dataDir: string;
let children: ChildProcess[];

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'hiscrm-cli-')), 'data');
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

function launch(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, HISCRM_DATA_DIR: dataDir, HISCRM_LOCAL_WORKERS: '0', PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

function toEnd(child: ChildProcess, stdin = ''): Promise<Ended> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin?.end(stdin);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

const hiscrm = (args: readonly string[], stdin?: string): Promise<Ended> => toEnd(launch(args), stdin);

/** Resolves with the address once it is ready, and keeps what is printed. */
async function startMaster(env: Record<string, string> = {}) {
  const child = launch(['start'], env);
  let out = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      const found = /is ready: (\S+)\n/.exec(out)?.[1];
      if (found && (out.includes('one-time') || env.HISCRM_ADMIN_PASSWORD !== undefined)) resolve(found);
    });
    child.once('close', (code) => reject(new Error(`ended with ${code}`)));
  });
  const stop = (signal: NodeJS.Signals): Promise<number | null> => {
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.kill(signal);
    return ended;
  };
  return { child, url, out: () => out, stop };
}

test('the first start prints a one-time password that logs in, and a stop leaves nothing but data', async () => {
  const master = await startMaster();
  const password = /one-time password (\S+) /.exec(master.out())?.[1];
  const answer = await fetch(`${master.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ user: { role: 'admin', mustChangePassword: true } });
  expect(statSync(join(dataDir, 'control-token')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, 'hiscrm.db')).mode & 0o777).toBe(0o600);
  expect(await master.stop('SIGTERM')).toBe(0);
  expect(readdirSync(dataDir).sort()).toEqual(['hiscrm.db', 'hiscrm.db.lock', 'secret-key']);
});

test('two Masters never share a data folder, and a kill leaves no lock', async () => {
  const first = await startMaster();
  const second = await toEnd(launch(['start']));
  expect(second).toMatchObject({ code: 1, out: '' });
  expect(second.err).toContain('another Master uses the data folder');
  expect((await hiscrm(['status'])).code).toBe(0);
  await first.stop('SIGKILL');
  expect(await hiscrm(['status'])).toMatchObject({ code: 1, err: expect.stringContaining('no Master runs') });
  expect((await hiscrm(['worker-key', 'add', 'after-kill'])).code).toBe(0);
  const third = await startMaster({ HISCRM_ADMIN_PASSWORD: 'unused, there is one' });
  expect(await third.stop('SIGINT')).toBe(0);
});

test('a start that cannot be says what to do', async () => {
  const master = await startMaster();
  const port = new URL(master.url).port;
  const busy = await toEnd(launch(['start', '--port', port, '--data-dir', `${dataDir}-2`]));
  expect(busy).toMatchObject({ code: 1, err: expect.stringContaining('choose another one: --port') });
  expect(existsSync(join(`${dataDir}-2`, 'master.json'))).toBe(false);
  const wrong = await toEnd(launch(['start'], { PORT: 'many' }));
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('PORT is "many"') });
  const file = await toEnd(launch(['start', '--data-dir', '/dev/null/x']));
  expect(file).toMatchObject({ code: 1, err: expect.stringContaining('/dev/null/x') });
  expect(file.err).not.toContain('    at ');
});

test.each(['running', 'stopped'])('users and keys are managed while the Master is %s', async (state) => {
  const master = state === 'running' ? await startMaster() : undefined;
  const key = await hiscrm(['worker-key', 'add', 'w1']);
  expect(key).toMatchObject({ code: 0, err: '' });
  expect(key.out).toMatch(/^hwk_[\w-]{43}\n$/);
  expect(await hiscrm(['worker-key', 'add', 'w1'])).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('w1'),
  });
  expect(JSON.parse((await hiscrm(['worker-key', 'list', '--json'])).out)).toMatchObject([{ name: 'w1' }]);
  expect((await hiscrm(['worker-key', 'revoke', 'w1'])).code).toBe(0);
  const add = ['user', 'add', 'lena', '--role', 'operator', '--id', '42', '--password-stdin'];
  expect((await hiscrm(add, 'correct horse\n')).code).toBe(0);
  expect(JSON.parse((await hiscrm([...add, '--json'], 'correct horse\n')).out)).toMatchObject({
    error: { code: 'ALREADY_EXISTS' },
  });
  expect((await hiscrm(['user', 'grant', 'lena', 'acc-1,acc-2'])).code).toBe(0);
  expect((await hiscrm(['user', 'role', 'lena', 'viewer'])).code).toBe(0);
  expect(JSON.parse((await hiscrm(['user', 'list', '--json'])).out)).toContainEqual(
    expect.objectContaining({ id: '42', username: 'lena', role: 'viewer', grants: ['acc-1', 'acc-2'] }),
  );
  expect((await hiscrm(['user', 'remove', 'lena'])).code).toBe(0);
  await master?.stop('SIGTERM');
});

test('wrong usage exits with 2 and says what is right', async () => {
  const wrong: readonly (readonly string[])[] = [
    [],
    ['bogus'],
    ['user'],
    ['user', 'add'],
    ['user', 'add', 'x'],
    ['user', 'role', 'x', 'king'],
    ['status', '--bogus'],
    ['sync'],
    ['worker-key', 'add', 'a', 'b'],
  ];
  const ended = await Promise.all(wrong.map((args) => hiscrm(args)));
  expect(ended.map(({ code }) => code)).toEqual(wrong.map(() => 2));
  for (const { out, err } of ended) expect([out, err.startsWith('hiscrm: ')]).toEqual(['', true]);
  const help = await hiscrm(['user', 'add', '--help']);
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toContain('--password-stdin');
  expect((await hiscrm(['--help'])).code).toBe(0);
});

test('verify holds a running and a stopped Master to its log, changes nothing, and says what to do', async () => {
  const master = await startMaster();
  const live = JSON.parse((await hiscrm(['verify', '--json'])).out);
  expect(live).toMatchObject({ isSound: true, problems: [], isRebuilt: true, live: 'same' });
  await master.stop('SIGTERM');
  const before = readdirSync(dataDir).sort();
  const stopped = await hiscrm(['verify']);
  expect(stopped).toMatchObject({ code: 0, err: '', out: expect.stringContaining('is sound: log at') });
  expect(readdirSync(dataDir).sort()).toEqual(before);

  const database = new DatabaseSync(join(dataDir, 'hiscrm.db'));
  database.exec(`INSERT INTO topics (no, account_no, kind, id, item_count, body) VALUES (1, 1, 'content', 'w', 2,
    '{"accountId":"a","kind":"content","id":"w","marks":{}}')`);
  database.exec(`INSERT INTO accounts (no, id, version, body) VALUES (1, 'a', 1, '{"id":"a"}')`);
  database.close();
  const wrong = await hiscrm(['verify']);
  expect(wrong).toMatchObject({ code: 1, out: expect.stringContaining('What to do: ') });
  expect(wrong.out).toContain('topic a:content:w: 2 items counted, 0 stored');
  expect(wrong.out).toContain('accounts: a is not what the log gives');
});

test('a backup of a running Master is restored under a new history, and what was there is kept', async () => {
  const master = await startMaster();
  const file = join(dataDir, '..', 'copy.db');
  const key = await hiscrm(['worker-key', 'add', 'before']);
  expect(key.code).toBe(0);
  expect(await hiscrm(['backup', file])).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('secret-key'),
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await hiscrm(['backup', file])).toMatchObject({ code: 1, err: expect.stringContaining('exists already') });
  expect(await hiscrm(['restore', file])).toMatchObject({ code: 1, err: expect.stringContaining('Stop it first') });
  expect((await hiscrm(['worker-key', 'add', 'after'])).code).toBe(0);
  const { epoch } = JSON.parse((await hiscrm(['verify', '--json'])).out);
  await master.stop('SIGKILL');

  expect(JSON.parse((await hiscrm(['restore', file, '--json'])).out)).toMatchObject({
    replacedBy: expect.stringContaining('hiscrm.db.replaced-'),
  });
  expect(readdirSync(dataDir).filter((name) => name.includes('.part'))).toEqual([]);
  const restored = JSON.parse((await hiscrm(['verify', '--json'])).out);
  expect(restored).toMatchObject({ isSound: true, isRebuilt: true });
  expect(restored.epoch).not.toBe(epoch);
  const names = JSON.parse((await hiscrm(['worker-key', 'list', '--json'])).out);
  expect(names.map(({ name }: { name: string }) => name)).toEqual(['before']);
  const again = await startMaster({ HISCRM_ADMIN_PASSWORD: 'unused, there is one' });
  expect(await again.stop('SIGTERM')).toBe(0);
});

test('doctor and verify judge a fresh and a damaged folder', async () => {
  const fresh = await hiscrm(['doctor', '--json']);
  const { findings } = JSON.parse(fresh.out);
  expect(findings.map(({ what }: { what: string }) => what)).toEqual(
    expect.arrayContaining(['Node', 'disk', 'port', 'browser', 'database', 'secret key']),
  );
  expect((await hiscrm(['verify'])).code).toBe(1);
  await hiscrm(['worker-key', 'add', 'w1']);
  expect((await hiscrm(['verify'])).code).toBe(0);
  const file = openSync(join(dataDir, 'hiscrm.db'), 'r+');
  writeSync(file, Buffer.alloc(4_096, 7), 0, 4_096, 4_096);
  closeSync(file);
  const damaged = await hiscrm(['verify', '--json']);
  expect(damaged.code).toBe(1);
  expect(JSON.parse(damaged.out).problems.length).toBeGreaterThan(0);
});
