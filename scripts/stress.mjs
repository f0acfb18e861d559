import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, SetupError } from './lib/ensure-installed.mjs';
import { findChromium } from './lib/find-chromium.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/root.mjs';
import { runChild } from './lib/run-child.mjs';

const HELP = `
npm run stress [-- name... [options]]   runs e2e/stress/*.ts one after the other, all or those named

  options (from the first one that starts with -) go to each of them
`;

await main(HELP, async (args) => {
  const firstOption = args.findIndex((arg) => arg.startsWith('-'));
  const names = firstOption === -1 ? args : args.slice(0, firstOption);
  const options = firstOption === -1 ? [] : args.slice(firstOption);
  const chosen = choose(names);
  const node = ensureInstalled(`running ${chosen.length} stress runs`);
  const env = { CHROMIUM_PATH: findChromium(node).path };
  let failed = 0;
  for (const name of chosen) {
    console.log(`\n--- stress: ${name} ---`);
    const { code } = await runChild({ node, args: [join(ROOT, 'e2e', 'stress', `${name}.ts`), ...options], env });
    if (code !== 0) failed += 1;
    console.log(`${code === 0 ? '✓' : '✗'} ${name}${code === 0 ? '' : ` (exit code ${code})`}`);
  }
  console.log(`\n${chosen.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
});

/**
 * @param {readonly string[]} names
 * @returns {string[]}
 */
function choose(names) {
  const folder = join(ROOT, 'e2e', 'stress');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const all = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new SetupError(`no stress run "${unknown}"; there are: ${all.join(', ') || 'none'}`);
  if (all.length === 0) throw new SetupError('e2e/stress holds no runs.');
  return names.length > 0 ? [...names] : all;
}
