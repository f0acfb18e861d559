import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, SetupError } from './lib/ensure-installed.mjs';
import { findChromium } from './lib/find-chromium.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/root.mjs';
import { runChild } from './lib/run-child.mjs';
import { countTests, summaryLine } from './lib/test-counts.mjs';

const HELP = `
npm test [-- options]       unit tests, then tests in a browser, then tests across processes, one after the other

  --project NAME            only unit, browser or e2e; may be repeated
  a path or part of one     only those files
  -t PATTERN                only tests whose name matches; like any other option it goes to vitest

The last line is "N passed, N failed, N skipped" over all projects; the exit code is 0 only when nothing failed.
`;

const PROJECTS = ['unit', 'browser', 'e2e'];
const NEEDS_CHROMIUM = new Set(['browser', 'e2e']);
/** No project takes half as long on two cores; beyond this something hangs, and CI should say so instead of waiting. */
const PROJECT_DEADLINE_MS = 15 * 60_000;

await main(HELP, async (args) => {
  const { projects, rest } = parse(args);
  const node = ensureInstalled(`running the tests (${projects.join(', ')})`);
  const env = projects.some((name) => NEEDS_CHROMIUM.has(name)) ? chromiumEnv(node) : {};
  const reports = mkdtempSync(join(tmpdir(), 'hiscrm-test-'));
  const counts = [];
  try {
    for (const project of projects) counts.push(await runProject({ node, project, rest, reports, env }));
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  const ranNothing = counts.every(({ passed, failed, skipped }) => passed + failed + skipped === 0);
  if (ranNothing) console.log('\nNo test matched: a name or a path is misspelt, or the project is empty.');
  console.log(`\n${summaryLine(counts)}`);
  return ranNothing || counts.some(({ failed }) => failed > 0) ? 1 : 0;
});

/**
 * @param {readonly string[]} args
 * @returns {{ projects: string[], rest: string[] }}
 */
function parse(args) {
  const projects = [];
  const rest = [];
  const left = args[Symbol.iterator]();
  for (const arg of left) {
    if (arg === '--project') projects.push(left.next().value ?? '');
    else if (arg.startsWith('--project=')) projects.push(arg.slice('--project='.length));
    else rest.push(arg);
  }
  const unknown = projects.find((name) => !PROJECTS.includes(name));
  if (unknown !== undefined) throw new SetupError(`no project "${unknown}": there are ${PROJECTS.join(', ')}`);
  return { projects: projects.length > 0 ? projects : PROJECTS, rest };
}

/** @param {string} node */
function chromiumEnv(node) {
  const { path, from } = findChromium(node);
  console.log(`Chromium: ${path} (${from})`);
  return { CHROMIUM_PATH: path };
}

/**
 * @param {{ node: string, project: string, rest: string[], reports: string, env: Record<string, string> }} options
 * @returns {Promise<import('./lib/test-counts.mjs').Counts>}
 */
async function runProject({ node, project, rest, reports, env }) {
  console.log(`\n--- ${project} ---`);
  const file = join(reports, `${project}.json`);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { code } = await runChild({
    node,
    args: [
      vitest,
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...rest,
    ],
    env,
    deadlineMs: PROJECT_DEADLINE_MS,
  });
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const counts = countTests(report, code);
  if (code !== 0) console.log(`${project}: vitest ended with exit code ${code}${code === 124 ? ' (deadline)' : ''}`);
  return counts;
}
