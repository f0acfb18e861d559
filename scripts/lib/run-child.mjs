/**
 * Runs one child in the foreground for a script: signals are passed on once, the exit code is kept, and nothing the
 * child started lives on after it.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { npmProcess } from './npm-process.mjs';
import { ROOT } from './root.mjs';

/** After a signal was passed on: time for a child to write its last batch and close its browsers before it is killed. */
const STOP_GRACE_MS = 20_000;
/** After the child itself has ended: time for what it left behind. */
const LEFTOVER_GRACE_MS = 2_000;
/** When the npm above this script is killed outright, nobody else tells; a second later is soon enough. */
const PARENT_CHECK_MS = 1_000;
/** One Ctrl-C arrives twice, from the terminal and from npm; a person's second one takes longer. */
const SAME_SIGNAL_MS = 1_000;
const WINDOWS = process.platform === 'win32';
const PASSED_ON = /** @type {const} */ (['SIGINT', 'SIGTERM']);

/**
 * @typedef {object} ChildOptions
 * @property {string} node            the Node to run on
 * @property {readonly string[]} args entry file and its arguments
 * @property {string} [cwd]           default: the repository
 * @property {Record<string, string | undefined>} [env] added to this process's environment
 * @property {number} [deadlineMs]    stop it after that long, as a failure
 * @property {'inherit' | 'capture'} [output] capture: keep stdout and stderr for the caller instead of showing them
 */

/**
 * @param {ChildOptions} options
 * @returns {Promise<{ code: number, output: string }>} the exit code; 128 + n after signal n, 124 after the deadline
 */
export async function runChild(options) {
  // A group of its own: Ctrl-C in a terminal reaches this script alone and is passed on exactly once, and the whole group can be ended.
  const child = spawn(options.node, [...stopWithParent(), ...options.args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env, HISCRM_LAUNCHER_PID: String(process.pid) },
    stdio: options.output === 'capture' ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    detached: !WINDOWS,
  });
  let output = '';
  const collect = (/** @type {Buffer} */ chunk) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);

  let timedOut = false;
  /** @type {NodeJS.Timeout[]} */
  const timers = [];
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    child.kill(signal);
    timers.push(setTimeout(() => killGroup(child.pid, 'SIGKILL'), STOP_GRACE_MS));
  };
  const forwarders = PASSED_ON.map((signal) => ({ signal, forward: oncePerPress(() => stop(signal)) }));
  for (const { signal, forward } of forwarders) process.on(signal, forward);
  timers.push(...watchParent(() => stop('SIGTERM')));
  if (options.deadlineMs !== undefined) {
    timers.push(
      setTimeout(() => {
        timedOut = true;
        stop('SIGTERM');
      }, options.deadlineMs),
    );
  }

  try {
    const closed = new Promise((resolve) => child.once('close', resolve));
    const code = await ended(child);
    await endGroup(child.pid); // also closes the pipes that a leftover process may still hold
    await closed;
    return { code: timedOut ? 124 : code, output };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const { signal, forward } of forwarders) process.off(signal, forward);
  }
}

/**
 * @param {() => void} act
 * @returns {() => void} the same, deaf for SAME_SIGNAL_MS after each call
 */
function oncePerPress(act) {
  let deafUntil = 0;
  return () => {
    if (performance.now() < deafUntil) return;
    deafUntil = performance.now() + SAME_SIGNAL_MS;
    act();
  };
}

/** @returns {string[]} */
function stopWithParent() {
  return ['--import', pathToFileURL(join(ROOT, 'scripts', 'lib', 'stop-with-parent.mjs')).href];
}

/**
 * @param {() => void} onGone called once when the npm that runs this script has ended without a word
 * @returns {NodeJS.Timeout[]}
 */
function watchParent(onGone) {
  const npm = npmProcess();
  if (npm === undefined) return [];
  const timer = setInterval(() => {
    if (isAlive(npm)) return;
    clearInterval(timer);
    onGone();
  }, PARENT_CHECK_MS);
  timer.unref();
  return [timer];
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: it has ended; nothing else can happen to one's own ancestor
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/**
 * Ends what the child left in its group: a crashed process cannot close its own browsers.
 *
 * @param {number | undefined} pid
 */
async function endGroup(pid) {
  if (!killGroup(pid, 'SIGTERM')) return;
  const giveUpAt = Date.now() + LEFTOVER_GRACE_MS;
  while (Date.now() < giveUpAt) {
    if (!killGroup(pid, 0)) return;
    await wait(50);
  }
  killGroup(pid, 'SIGKILL');
}

/**
 * @param {number | undefined} pid
 * @param {NodeJS.Signals | 0} signal 0 only asks
 * @returns {boolean} whether anybody was there
 */
function killGroup(pid, signal) {
  if (pid === undefined || WINDOWS) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}
