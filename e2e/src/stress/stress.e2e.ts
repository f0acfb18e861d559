/** Each stress run in small, so that every test run kills and cuts a little. `npm run stress` does the same at length. */
import { expect, test } from 'vitest';
import { bigAccount } from './big-account.ts';
import { fuzz } from './fuzz.ts';
import { killMaster } from './kill-master.ts';
import { killNotices } from './kill-notices.ts';
import { killWorker } from './kill-worker.ts';
import { mixedHour } from './mixed-hour.ts';
import { resume } from './resume.ts';
import type { Stress } from './stress-run.ts';
import { twoWorkers } from './two-workers.ts';

const RUNS: readonly (readonly [name: string, run: Stress, rounds: number])[] = [
  ['kill-master', killMaster, 3],
  ['kill-notices', killNotices, 3],
  ['kill-worker', killWorker, 3],
  ['resume', resume, 40],
  ['big-account', bigAccount, 5],
  ['two-workers', twoWorkers, 10],
  ['mixed-hour', mixedHour, 3],
  ['fuzz', fuzz, 5],
];
/** Three restarts of a Worker with its browser on a busy machine. */
const DEADLINE_MS = 300_000;

test.each(RUNS)('stress: %s', { timeout: DEADLINE_MS }, async (name, run, rounds) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`${name}: --seed ${seed} --rounds ${rounds}`);
  const result = await run({ seed, rounds, say: (line) => console.log(`  ${line}`) });
  console.log(`${name}: ${JSON.stringify(result)}`);
  expect(Object.keys(result)).not.toHaveLength(0);
});
