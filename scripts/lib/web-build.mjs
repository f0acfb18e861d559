import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './ensure-installed.mjs';
import { ROOT } from './root.mjs';
import { runChild } from './run-child.mjs';

/** Everything that ends up in the bundle. Folders count with their own time, so that a deleted file is noticed too. */
const SOURCES = [
  'packages/web/src',
  'packages/web/public',
  'packages/web/index.html',
  'packages/web/package.json',
  'packages/web/vite.config.ts',
  'packages/client/src',
  'packages/shared/src',
  'package-lock.json',
];
const BUILT = 'packages/web/dist/index.html';
/** Vite builds this bundle in seconds; a build that hangs must not look like a slow start. */
const BUILD_DEADLINE_MS = 300_000;

/**
 * Builds the PC client when its bundle is missing or older than a source; throws SetupError with the output when the build fails.
 *
 * @param {string} node the Node to run vite on
 */
export async function buildWebIfStale(node) {
  if (!existsSync(join(ROOT, 'packages/web/index.html'))) {
    console.log('HisCRM-IM: there is no web client in this tree; starting without it.');
    return;
  }
  if (isFresh(ROOT, BUILT, SOURCES)) return;
  console.log('HisCRM-IM: building the web client (vite), as its bundle is missing or older than its sources.');
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const { code, output } = await runChild({
    node,
    args: [vite, 'build', '--logLevel', 'warn'],
    cwd: join(ROOT, 'packages', 'web'),
    deadlineMs: BUILD_DEADLINE_MS,
    output: 'capture',
  });
  if (code !== 0) throw new SetupError(`the web client could not be built (exit code ${code}):\n${output}`);
}

/**
 * @param {string} root
 * @param {string} built one file that every build writes
 * @param {readonly string[]} sources files and folders; one that does not exist is left out
 * @returns {boolean} whether `built` exists and nothing in `sources` is newer; tests do not count
 */
export function isFresh(root, built, sources) {
  const file = join(root, built);
  if (!existsSync(file)) return false;
  const builtMs = statSync(file).mtimeMs;
  return sources.every((source) => newestMs(join(root, source)) <= builtMs);
}

/**
 * @param {string} path
 * @returns {number}
 */
function newestMs(path) {
  if (!existsSync(path)) return 0;
  const stats = statSync(path);
  if (!stats.isDirectory()) return /\.test\.tsx?$/.test(path) ? 0 : stats.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stats.mtimeMs);
}
