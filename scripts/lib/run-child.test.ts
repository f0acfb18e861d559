import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ROOT } from './root.mjs';
import { runChild } from './run-child.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hiscrm-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a piece of code as the child and keeps what it prints. */
const run = (code: string, more: { deadlineMs?: number } = {}) =>
  runChild({ node: process.execPath, args: ['--input-type=module', '--eval', code], output: 'capture', ...more });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH is the answer
  }
}

/** A script that runs a child which prints its pid, and says so when a signal reaches it. */
async function launch(child: string) {
  const script = join(folder, 'script.mjs');
  const module = pathToFileURL(join(ROOT, 'scripts/lib/run-child.mjs')).href;
  const source = `import { runChild } from ${JSON.stringify(module)};
    const { code } = await runChild({ node: process.execPath, args: ['--input-type=module', '--eval', ${JSON.stringify(child)}] });
    process.exitCode = code;`;
  writeFileSync(script, source);
  const launcher = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  launcher.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await vi.waitUntil(() => printed.includes('\n'), { timeout: 15_000 });
  return { launcher, childPid: Number.parseInt(printed, 10), printed: () => printed };
}

const WAITS = `process.on('SIGINT', () => { console.log('SIGINT'); setTimeout(() => process.exit(7), 400); });
  console.log(process.pid); setInterval(() => {}, 1000);`;

test('exit code and output of the child are kept', async () => {
  expect(await run("console.log('out'); console.error('err'); process.exit(3)")).toMatchObject({ code: 3 });
  expect((await run("console.log('out'); console.error('err')")).output).toContain('err');
  expect((await run("process.kill(process.pid, 'SIGKILL')")).code).toBe(137);
});

test('a child past its deadline is stopped and fails', async () => {
  expect((await run('setInterval(() => {}, 1000)', { deadlineMs: 300 })).code).toBe(124);
});

test('what the child leaves behind is ended with it', async () => {
  const { output } = await run(`import { spawn } from 'node:child_process';
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(left.pid); left.unref(); process.exit(0);`);
  expect(isAlive(Number.parseInt(output, 10))).toBe(false);
});

test('a signal is passed on once and the exit code comes back', async () => {
  const { launcher, printed } = await launch(WAITS);
  launcher.kill('SIGINT');
  await vi.waitUntil(() => printed().includes('SIGINT'), { timeout: 15_000 });
  launcher.kill('SIGINT'); // npm repeats what the terminal already sent
  const [code] = await once(launcher, 'exit');
  expect(code).toBe(7);
  expect(printed().match(/SIGINT/g)).toHaveLength(1);
});

test('a child does not outlive a script that was killed outright', async () => {
  const { launcher, childPid } = await launch(WAITS);
  launcher.kill('SIGKILL');
  await once(launcher, 'exit');
  await vi.waitUntil(() => !isAlive(childPid), { timeout: 15_000 });
});
