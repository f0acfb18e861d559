import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { repositoryFile } from '@hiscrm/e2e/harness/child.ts';
import { calmHelpers } from '@hiscrm/master/ops/helper-threads.ts';
import { machineLine, pinSelf } from './lib/machine.ts';
import { type SuiteReport, suiteText } from './lib/report.ts';
import type { Suite } from './lib/suite.ts';
import { compatMonitors } from './suites/compat-monitors.ts';
import { fanOut } from './suites/fan-out.ts';
import { firstPaint } from './suites/first-paint.ts';
import { ingest } from './suites/ingest.ts';
import { noticesSockets } from './suites/notices-sockets.ts';
import { noticesStorm } from './suites/notices-storm.ts';
import { noticesTargeted } from './suites/notices-targeted.ts';
import { noticesToAll } from './suites/notices-to-all.ts';
import { noticesWaiting } from './suites/notices-waiting.ts';
import { rest } from './suites/rest.ts';
import { restart } from './suites/restart.ts';
import { workerToScreen } from './suites/worker-to-screen.ts';

const SUITES: Readonly<Record<string, Suite>> = {
  rest,
  'fan-out': fanOut,
  'worker-to-screen': workerToScreen,
  ingest,
  restart,
  'first-paint': firstPaint,
  'compat-monitors': compatMonitors,
  'notices-sockets': noticesSockets,
  'notices-to-all': noticesToAll,
  'notices-targeted': noticesTargeted,
  'notices-waiting': noticesWaiting,
  'notices-storm': noticesStorm,
};

/** A name that stands for several suites. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  notices: Object.keys(SUITES).filter((name) => name.startsWith('notices-')),
};

const HELP = `
npm run bench -- [suite…] [options]     all suites, or those named: ${Object.keys(SUITES).join(', ')};
                                        notices stands for all that begin with it

  --quick         small and rough: whether it runs, not what it reaches
  --write         write bench/RESULTS.md
  --date TEXT     the date that RESULTS.md carries
  --note TEXT     what else a reader should know, for instance that the machine was shared

Servers run on core 0, the load generator on core 1, everything on loopback. wrk and nats-server are used where installed.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    date: { type: 'string' },
    note: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP.trim());
else await run();

async function run(): Promise<void> {
  const named = positionals.flatMap((name) => GROUPS[name] ?? [name]);
  const names = named.length > 0 ? named : Object.keys(SUITES);
  const unknown = names.find((name) => SUITES[name] === undefined);
  if (unknown !== undefined) {
    console.error(`no suite "${unknown}".\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const isPinned = pinSelf();
  calmHelpers(); // the clients' own garbage is not to be measured as the server's
  const reports: SuiteReport[] = [];
  for (const name of names) {
    console.log(`\n--- ${name} ---`);
    const suite = SUITES[name];
    if (!suite) continue;
    const report = await suite({ isQuick: values.quick }).catch((error: unknown) => brokenOff(name, error));
    console.log(suiteText(report));
    reports.push(report);
  }
  const asked = [...positionals, ...(values.quick ? ['--quick'] : [])];
  const command = ['npm run bench', ...(asked.length > 0 ? ['--', ...asked] : [])].join(' ');
  const text = page(reports, command, isPinned);
  if (values.write) writeFileSync(repositoryFile('bench', 'RESULTS.md'), text);
  const missed = reports.flatMap(({ verdicts }) => verdicts).filter(({ holds }) => !holds);
  console.log(`\n${missed.length === 0 ? 'every figure reached' : `${missed.length} figures missed`}`);
}

/** A suite that broke off takes nothing of the others with it, and is not passed over either. */
function brokenOff(name: string, error: unknown): SuiteReport {
  console.error(error);
  process.exitCode = 1;
  const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return { name, method: `Broke off: ${why}`, tables: [], verdicts: [], notes: [] };
}

function page(reports: readonly SuiteReport[], command: string, isPinned: boolean): string {
  return `${[
    '# Results',
    [
      `- ${machineLine()}${values.date === undefined ? '' : `, ${values.date}`}`,
      `- Repeat with \`${command}\``,
      isPinned
        ? '- Servers on core 0, load generator on core 1, loopback. Read the ratios; the digits belong to this machine.'
        : '- Cores could not be chosen here (`taskset`): servers and load generator shared them.',
      ...(values.note === undefined ? [] : [`- ${values.note}`]),
    ].join('\n'),
    ...reports.map(suiteText),
  ].join('\n\n')}\n`;
}
