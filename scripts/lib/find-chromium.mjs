import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupError } from './ensure-installed.mjs';
import { ROOT } from './root.mjs';

/** The npm package unpacks about 200 MB at its first use. */
const DEADLINE_MS = 180_000;
const RESOLVER = pathToFileURL(join(ROOT, 'packages', 'worker', 'src', 'browser', 'resolve-chromium.ts')).href;
const PROGRAM = `const { resolveChromium } = await import(${JSON.stringify(RESOLVER)});
try { console.log(JSON.stringify(await resolveChromium(process.env.CHROMIUM_PATH))); }
catch (error) { console.error(error.message); process.exitCode = 1; }`;

/**
 * The Chromium that tests drive, which is the one that a Worker would take: CHROMIUM_PATH, else an installed one, else the
 * one of the npm package @sparticuz/chromium. Throws SetupError when there is none.
 *
 * @param {string} node the pinned Node, which runs the Worker's source
 * @returns {{ path: string, from: string }}
 */
export function findChromium(node) {
  const { status, stdout, stderr } = spawnSync(node, ['--no-warnings', '--input-type=module', '--eval', PROGRAM], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  });
  if (status !== 0) throw new SetupError(`no Chromium: ${stderr?.trim() || 'looking for one took too long'}`);
  const { executablePath, from } = JSON.parse(stdout);
  return { path: executablePath, from };
}
