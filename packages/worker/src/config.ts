import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { WorkerId } from '@hiscrm/shared/model/ids.ts';
import { workerIdSchema } from '@hiscrm/shared/model/ids.ts';
import { parserOf } from '@hiscrm/shared/protocol/validate.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A human pace: what an attentive operator would do by hand, not what the machine could. */
const HUMAN_PACING = {
  stepMs: 1_500,
  keyMs: 90,
  patienceMs: 15_000,
  verdictMs: 15_000,
  stateMs: 250,
  // Counts are said to lag by five to ten minutes.
  countLagMs: 15 * 60_000,
  pageLimitCount: 60,
  openLimitCount: 20,
};
/** No limits are documented for replies on the web; these are careful guesses (docs/platforms/douyin.md). */
const HUMAN_REPLIES = {
  timeoutMs: 120_000,
  attemptAckMs: 10_000,
  gapMs: 10_000,
  hourLimitCount: 20,
  checkDelaysMs: [20_000, 120_000, 480_000],
  // After the next reading of the works, which mostly brings it without a visit of its own.
  confirmDelaysMs: [15 * 60_000, 60 * 60_000],
};
/** Works are asked for seldom: their counts lag by minutes anyway. */
const HUMAN_INTERVALS = { stateMs: 30_000, worksMs: 5 * 60_000, fullMs: 24 * 3_600_000 };

/** `HISCRM_PACE=fast`: for the simulator, where nobody is in a hurry to notice a machine. */
const FAST_PACING = {
  ...HUMAN_PACING,
  stepMs: 0,
  keyMs: 0,
  patienceMs: 6_000,
  verdictMs: 4_000,
  stateMs: 50,
  // The simulator counts at once; what happens while the list of works is being read is uncertain all the same.
  countLagMs: 2_000,
  openLimitCount: 100,
};
const FAST_REPLIES = {
  ...HUMAN_REPLIES,
  timeoutMs: 60_000,
  gapMs: 0,
  hourLimitCount: 10_000,
  checkDelaysMs: [1_000, 5_000, 20_000],
  confirmDelaysMs: [6_000, 6_000],
};
const FAST_INTERVALS = { stateMs: 2_000, worksMs: 5_000, fullMs: 60_000 };

/** Beyond it accounts stop reading until the Master takes batches again. */
const OUTBOX_LIMIT_BYTES = 256 * 1024 * 1024;
/** A browser takes 350–600 MB. */
const MAX_ACCOUNTS = 10;

const parseWorkerId = parserOf(workerIdSchema);

export type WorkerConfig = Readonly<ReturnType<typeof readConfig>>;

/** Reads the environment. Throws with the variable's name when one is missing or wrong. */
export function readConfig(env: Environment) {
  const dataDirectory = resolve(env.HISCRM_DATA_DIR ?? './data', 'worker');
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const isFast = env.HISCRM_PACE === 'fast';
  const intervals = isFast ? FAST_INTERVALS : HUMAN_INTERVALS;
  return {
    masterUrl: urlOf(env, 'HISCRM_MASTER_URL', 'http://127.0.0.1:3000'),
    key: required(env, 'HISCRM_WORKER_KEY'),
    workerId: workerIdOf(env.HISCRM_WORKER_ID, dataDirectory),
    name: (env.HISCRM_WORKER_NAME ?? hostname()).slice(0, 100),
    maxAccounts: numberOf(env, 'HISCRM_MAX_ACCOUNTS', MAX_ACCOUNTS),
    dataDirectory,
    chromiumPath: filled(env.CHROMIUM_PATH),
    isHeadless: env.HISCRM_HEADLESS !== '0',
    secretKey: filled(env.HISCRM_SECRET_KEY),
    importDirectory: filled(env.HISCRM_SESSION_IMPORT_DIR),
    douyin: { creator: filled(env.HISCRM_DOUYIN_CREATOR_BASE), www: filled(env.HISCRM_DOUYIN_WWW_BASE) },
    outboxLimitBytes: numberOf(env, 'HISCRM_OUTBOX_LIMIT_BYTES', OUTBOX_LIMIT_BYTES),
    logLevel: env.LOG_LEVEL ?? 'info',
    pacing: isFast ? FAST_PACING : HUMAN_PACING,
    replyPacing: isFast ? FAST_REPLIES : HUMAN_REPLIES,
    intervals: {
      stateMs: numberOf(env, 'HISCRM_SYNC_STATE_MS', intervals.stateMs),
      worksMs: numberOf(env, 'HISCRM_SYNC_WORKS_MS', intervals.worksMs),
      fullMs: numberOf(env, 'HISCRM_SYNC_FULL_MS', intervals.fullMs),
    },
  };
}

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function required(env: Environment, name: string): string {
  const value = filled(env[name]);
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function urlOf(env: Environment, name: string, fallback: string): string {
  const value = filled(env[name]) ?? fallback;
  if (!URL.canParse(value)) throw new Error(`${name} is not a URL`);
  return value;
}

function numberOf(env: Environment, name: string, fallback: number): number {
  const value = filled(env[name]);
  if (value === undefined) return fallback;
  if (!/^\d{1,15}$/.test(value)) throw new Error(`${name} is not a whole number`);
  return Number(value);
}

/** The id that the Master knows this Worker by. Made once and kept: another one at every start would orphan its accounts. */
function workerIdOf(configured: string | undefined, directory: string): WorkerId {
  const path = join(directory, 'worker-id');
  const text = filled(configured) ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : `worker-${randomUUID()}`);
  const parsed = parseWorkerId(text);
  if (!parsed.ok) throw new Error(`the Worker's id is not valid: ${parsed.reason}`);
  if (!configured) writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return parsed.value;
}
