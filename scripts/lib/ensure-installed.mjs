/**
 * Every script starts here. It runs on any Node from 20 on, before anything is installed, so it uses nothing but
 * `node:*`; what it hands back is the Node 24 that the lock file pins, on which everything else runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { firstDifference } from './lockfile.mjs';
import { ROOT } from './root.mjs';

/** The oldest Node whose npm can install the project. */
const OLDEST_NODE = 20;
/** The oldest Node that runs the TypeScript source and has the SQLite the log uses. */
const RUNTIME_NODE = 24;
const WINDOWS = process.platform === 'win32';
const PINNED_NODE = join(ROOT, 'node_modules', 'node', 'bin', WINDOWS ? 'node.exe' : 'node');

/** A problem the person at the keyboard can act on: shown as text, without a stack. */
export class SetupError extends Error {}

/**
 * Makes sure that the packages of the lock file are installed and answers the path of the Node to run on.
 * The first line printed says what happens. Throws SetupError when the person has to do something.
 *
 * @param {string} purpose what happens afterwards, for the first line: "running the tests"
 * @returns {string}
 */
export function ensureInstalled(purpose) {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new SetupError(
      `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer (https://nodejs.org), then run this again.`,
    );
  }
  const reason = whyInstall();
  if (reason === undefined) {
    console.log(`HisCRM-IM: ${purpose}.`);
  } else {
    console.log(`HisCRM-IM: installing packages (${reason}), then ${purpose}. The first time takes a minute or two.`);
    install();
  }
  return runtimeNode();
}

/** @returns {string | undefined} why `npm ci` must run, or undefined */
function whyInstall() {
  const hidden = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return 'node_modules is missing';
  try {
    return firstDifference(readJson(join(ROOT, 'package-lock.json')), readJson(hidden));
  } catch (cause) {
    return `the installed state cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function install() {
  // Development packages hold vite and the tests; optional ones hold the prebuilt binaries. A machine-wide `omit` must not lose either.
  // Warnings are left out: on Node 20 npm warns for each package that wants the newer Node it is just about to install.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync('npm', args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: systemPathEnv(),
    shell: WINDOWS,
  });
  if (result.error) {
    throw new SetupError(`npm could not be started (${result.error.message}). It comes with Node: https://nodejs.org`);
  }
  if (result.status !== 0) {
    throw new SetupError(
      [
        `npm ci failed (${result.signal ?? `exit code ${result.status}`}); its own message is above. What to try:`,
        '  - no network or a registry of your own: npm config get registry, npm ping, then run this again',
        '  - behind a proxy: npm config set proxy / https-proxy',
        '  - "package-lock.json and package.json are not in sync": npm install, and commit package-lock.json',
      ].join('\n'),
    );
  }
}

/**
 * `npm ci` deletes node_modules, and `npm run` puts node_modules/.bin (with the pinned node) first in PATH:
 * npm must not run on the file it is deleting.
 */
function systemPathEnv() {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const folders = (process.env[name] ?? '').split(delimiter);
  return {
    ...process.env,
    [name]: folders.filter((folder) => !folder.startsWith(join(ROOT, 'node_modules'))).join(delimiter),
  };
}

/** @returns {string} */
function runtimeNode() {
  if (majorOf(PINNED_NODE) >= RUNTIME_NODE) return PINNED_NODE;
  // With ignore-scripts the pinned binary is never linked; a new enough Node of the machine does as well.
  if (Number.parseInt(process.versions.node, 10) >= RUNTIME_NODE) return process.execPath;
  throw new SetupError(
    [
      `Node ${RUNTIME_NODE} is pinned as an npm package, but its binary is not in node_modules.`,
      'Usually npm is told not to run install scripts. Either allow this one:',
      '  npm rebuild node --ignore-scripts=false --foreground-scripts',
      `or use Node ${RUNTIME_NODE} or newer on this machine, then run this again.`,
    ].join('\n'),
  );
}

/**
 * @param {string} path
 * @returns {number} major version of a Node binary, 0 when it does not run
 */
function majorOf(path) {
  if (!existsSync(path)) return 0;
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? Number.parseInt(stdout.replace(/^v/, ''), 10) : 0;
}
