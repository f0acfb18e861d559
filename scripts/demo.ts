/**
 * `npm start -- --demo`: a Master with its local Worker, and the simulated platform to try things on. Shows nothing about
 * the real platform.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '@hiscrm/master/config.ts';
import { runMaster } from '@hiscrm/master/main/run-master.ts';
import { StartError } from '@hiscrm/master/main/start-error.ts';
import type { Master } from '@hiscrm/master/main/start-master.ts';
import { type Simulator, startSimulator } from '@hiscrm/simulator/simulator.ts';

const ACCOUNT_COUNT = 2;
/** Lively, and still readable. */
const EVENTS_PER_MINUTE = 20;
/** Apart from real data. */
const DATA_DIR = './data-demo';
/** The same world at every start, so that a kept data folder goes on fitting. */
const SEED = 'demo';

/** Puts a login of each simulated account where the Worker looks for sessions to take over. */
function handOverSessions(simulator: Simulator, dataDir: string): readonly string[] {
  const folder = join(dataDir, 'session-import');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return simulator.control.accounts().map(({ key, nickname }) => {
    const { cookies } = simulator.control.login({ account: key });
    const state = { cookies: cookies ?? [], origins: [] };
    writeFileSync(join(folder, `${nickname}.json`), JSON.stringify(state), { mode: 0o600 });
    return nickname;
  });
}

async function addAccounts(master: Master, names: readonly string[]): Promise<void> {
  if (master.store.accounts().length > 0) return;
  for (const name of names) {
    await master.run({ name: 'addAccount', params: { platform: 'douyin', name }, key: randomUUID() });
  }
}

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    'data-dir': { type: 'string' },
    'local-workers': { type: 'string' },
    'log-level': { type: 'string' },
  },
});
try {
  const config = readConfig({ HISCRM_DATA_DIR: DATA_DIR, LOG_LEVEL: 'warn', ...process.env }, values);
  const simulator = await startSimulator({ accounts: ACCOUNT_COUNT, seed: SEED });
  try {
    const names = handOverSessions(simulator, config.dataDir);
    await runMaster({
      config,
      out: (text) => void process.stdout.write(text),
      workerEnv: {
        HISCRM_DOUYIN_CREATOR_BASE: simulator.creatorBase,
        HISCRM_DOUYIN_WWW_BASE: simulator.wwwBase,
        HISCRM_PACE: 'fast',
      },
      mediaOrigins: [simulator.creatorBase, simulator.wwwBase],
      onStarted: async (master) => {
        await addAccounts(master, names);
        simulator.startDemoTraffic({ seed: SEED, ratePerMinute: EVENTS_PER_MINUTE });
        process.stdout.write('Demo: a simulated platform, which shows nothing about the real one. Stop with Ctrl-C.\n');
      },
    });
  } finally {
    await simulator.close();
  }
} catch (error) {
  const isForPeople = error instanceof ConfigError || error instanceof StartError;
  console.error(isForPeople ? `hiscrm: ${error.message}` : error);
  process.exitCode = 1;
}
