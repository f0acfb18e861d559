import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/root.mjs';
import { runChild } from './lib/run-child.mjs';

const HELP = `
npm run check [-- --fast]   everything a machine can say about a change, before it is pushed

  format and lint, types, import directions, wire strings, spec rules, sizes, unit tests
  --fast                    without the unit tests
`;

/** Two checks at a time: as many as the reference machine has cores. */
const AT_ONCE = 2;
/** The unit tests are the longest check and take a minute or two; beyond this something hangs. */
const CHECK_DEADLINE_MS = 15 * 60_000;

/** @typedef {{ name: string, args: string[] }} Check */

await main(HELP, async (args) => {
  const node = ensureInstalled('checking the tree');
  const checks = list(args.includes('--fast'));
  const results = await runAll(node, checks);
  for (const { name, code, output } of results) {
    if (code !== 0) console.log(`\n=== ${name} ===\n${output.trimEnd()}`);
  }
  const width = Math.max(...results.map(({ name }) => name.length));
  console.log('');
  for (const { name, code, seconds } of results) {
    console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s`);
  }
  return results.some(({ code }) => code !== 0) ? 1 : 0;
});

/**
 * @param {boolean} fast
 * @returns {Check[]}
 */
function list(fast) {
  const bin = (/** @type {string[]} */ ...path) => join(ROOT, 'node_modules', ...path);
  const tool = (/** @type {string} */ name) => join(ROOT, 'tools', `${name}.ts`);
  const tsc = bin('typescript', 'bin', 'tsc');
  const checks = [
    {
      name: 'format and lint',
      args: [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '--colors=off', '.'],
    },
    { name: 'types', args: [tsc, '-p', 'tsconfig.json'] },
    { name: 'import directions', args: [tool('check-deps')] },
    { name: 'wire strings', args: [tool('check-wire-strings')] },
    { name: 'spec rules', args: [tool('check-spec')] },
    { name: 'sizes', args: [tool('check-sizes')] },
  ];
  if (hasSources('packages/web/src'))
    checks.splice(2, 0, { name: 'types of web', args: [tsc, '-p', 'packages/web/tsconfig.json'] });
  if (!fast)
    checks.push({
      name: 'unit tests',
      args: [bin('vitest', 'vitest.mjs'), 'run', '--project', 'unit', '--reporter=dot'],
    });
  return checks;
}

/** @param {string} folder */
function hasSources(folder) {
  const path = join(ROOT, folder);
  return existsSync(path) && readdirSync(path, { recursive: true }).some((name) => /\.tsx?$/.test(String(name)));
}

/**
 * @param {string} node
 * @param {readonly Check[]} checks
 */
async function runAll(node, checks) {
  const waiting = [...checks.entries()];
  /** @type {{ name: string, code: number, output: string, seconds: number }[]} */
  const results = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { name, args }] = next;
      const startedAt = performance.now();
      const { code, output } = await runChild({
        node,
        args,
        output: 'capture',
        deadlineMs: CHECK_DEADLINE_MS,
        env: { NO_COLOR: '1' },
      });
      results[index] = { name, code, output, seconds: (performance.now() - startedAt) / 1_000 };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
