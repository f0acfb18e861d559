import { join } from 'node:path';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/root.mjs';
import { runChild } from './lib/run-child.mjs';
import { buildWebIfStale } from './lib/web-build.mjs';

const HELP = `
npm start [-- options]      install if needed, build the web client if needed, start the Master with its local Worker

  --demo                    with the simulated platform, accounts and messages to try things on
  --port N                  listen on N instead of PORT or 3000
  anything else             is passed on to the Master: node packages/master/src/main.ts start --help
`;

/** The simulated platform serves its pages' TypeScript through a Node function that calls itself experimental. */
const QUIET_STRIPPING = '--disable-warning=ExperimentalWarning';

await main(HELP, async (args) => {
  const node = ensureInstalled('starting the Master');
  await buildWebIfStale(node);
  const rest = args.filter((arg) => arg !== '--demo');
  const entry =
    rest.length < args.length
      ? [QUIET_STRIPPING, join(ROOT, 'scripts', 'demo.ts')]
      : [join(ROOT, 'packages', 'master', 'src', 'main.ts'), 'start'];
  const { code } = await runChild({ node, args: [...entry, ...rest] });
  return code;
});
