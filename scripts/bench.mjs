import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { findChromium } from './lib/find-chromium.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/root.mjs';
import { runChild } from './lib/run-child.mjs';

const HELP = `
npm run bench [-- options]  measure against the figures the project promises; results are ratios of one run on one machine

  everything after -- goes to the bench itself: node bench/src/main.ts --help
`;

await main(HELP, async (args) => {
  const node = ensureInstalled('running the bench');
  // The suite of the PC client measures where people see it.
  const env = { CHROMIUM_PATH: findChromium(node).path };
  const { code } = await runChild({ node, args: [join(ROOT, 'bench', 'src', 'main.ts'), ...args], env });
  return code;
});
