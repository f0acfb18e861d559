import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './ensure-installed.mjs';
import { ROOT } from './root.mjs';

/** Names under which Linux distributions and Google install the browser. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
/** The npm package unpacks about 200 MB at its first use. */
const UNPACK_DEADLINE_MS = 120_000;

/**
 * The Chromium that tests drive: CHROMIUM_PATH, else an installed one, else the one of the npm package
 * @sparticuz/chromium, which unpacks itself into the temporary folder. Throws SetupError when there is none.
 *
 * @param {string} node the Node to unpack the package on
 * @returns {{ path: string, from: string }}
 */
export function findChromium(node) {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return { path: named, from: 'CHROMIUM_PATH' };
    throw new SetupError(`CHROMIUM_PATH is ${named}, which is not a program that can be run.`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  const installed = candidates.find(isExecutable);
  if (installed !== undefined) return { path: installed, from: 'installed' };
  return { path: unpack(node), from: 'npm package @sparticuz/chromium' };
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not executable: the question was only whether
  }
}

/** @param {string} node */
function unpack(node) {
  const program =
    "const { default: chromium } = await import('@sparticuz/chromium'); console.log(await chromium.executablePath());";
  const result = spawnSync(node, ['--input-type=module', '--eval', program], {
    cwd: join(ROOT, 'packages', 'worker'),
    encoding: 'utf8',
    timeout: UNPACK_DEADLINE_MS,
  });
  const path = (result.stdout ?? '').trim().split('\n').at(-1) ?? '';
  if (result.status === 0 && isExecutable(path)) return path;
  throw new SetupError(
    `no Chromium found. Install chromium or google-chrome, or set CHROMIUM_PATH. @sparticuz/chromium did not unpack:\n${result.stderr ?? ''}`,
  );
}
