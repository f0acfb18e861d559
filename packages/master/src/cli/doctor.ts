import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { isOpenToOthers, SECRET_KEY_FILE } from '../auth/secret-key.ts';
import type { Setting } from '../config/setting.ts';
import { ConfigError, readConfig, SETTINGS } from '../config.ts';
import { directoryErrorText, readDirectory } from '../directory/read-directory.ts';
import { sourceOf } from '../directory/source-of.ts';
import { problemsOfFile } from '../log/check-file.ts';
import type { DataFolder } from '../main/data-folder.ts';
import type { CliCommand, CliIo } from './command.ts';
import { callMaster, folderOf } from './master-client.ts';

type Finding = { readonly what: string; readonly state: 'ok' | 'warn' | 'bad'; readonly detail: string };

const RUNTIME_NODE = 24;
/** Below this a log of a busy week no longer fits. */
const DISK_WARN_BYTES = 2 * 1024 ** 3;
const DISK_BAD_BYTES = 200 * 1024 ** 2;
/** This program did not exist before. */
const EARLIEST_CLOCK_MS = Date.UTC(2026, 0, 1);
/** Names under which Linux distributions and Google install the browser. */
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const WEB_PAGE = fileURLToPath(new URL('../../../web/dist/index.html', import.meta.url));

export const doctor: CliCommand = {
  name: 'doctor',
  usage: '',
  summary: 'Looks for what would stop a start or a Worker, and says what to do.',
  argCount: [0, 0],
  run: async (call) => {
    const folder = folderOf(call);
    const findings = [
      checkNode(),
      checkSettings(call.io),
      checkFolder(folder),
      checkDisk(folder),
      await checkPort(call.io, folder),
      checkBrowser(call.io),
      checkClock(),
      checkWebClient(),
      checkDatabase(folder),
      checkSecretKey(call.io, folder),
      ...(await checkDirectory(call.io)),
    ];
    const hasFailed = findings.some(({ state }) => state === 'bad');
    const text = findings.map(({ what, state, detail }) => `${MARK[state]} ${what}: ${detail}`).join('\n');
    return { text, json: { findings }, hasFailed };
  },
};

const MARK = { ok: '✓', warn: '!', bad: '✗' } as const;
const ok = (what: string, detail: string): Finding => ({ what, state: 'ok', detail });
const warn = (what: string, detail: string): Finding => ({ what, state: 'warn', detail });
const bad = (what: string, detail: string): Finding => ({ what, state: 'bad', detail });

function checkNode(): Finding {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= RUNTIME_NODE) return ok('Node', node);
  return bad('Node', `${node}; the program needs ${RUNTIME_NODE}. Run npm ci, which installs it.`);
}

function checkSettings({ env }: CliIo): Finding {
  try {
    readConfig(env);
    const all: readonly Setting[] = Object.values(SETTINGS);
    const changed = all.filter((setting) => env[setting.env]);
    if (changed.length === 0) return ok('settings', 'every value can be used; all are the defaults');
    return ok(
      'settings',
      `every value can be used; set are ${changed.map((setting) => shown(setting, env)).join(', ')}`,
    );
  } catch (error) {
    if (error instanceof ConfigError) return bad('settings', error.message);
    throw error;
  }
}

function shown(setting: Setting, env: CliIo['env']): string {
  return setting.isSecret ? `${setting.env} (secret)` : `${setting.env}=${env[setting.env]}`;
}

function checkFolder({ path }: DataFolder): Finding {
  const nearest = nearestFolder(path);
  try {
    accessSync(nearest, constants.W_OK);
    return ok('data folder', existsSync(path) ? path : `${path} (made at the first start)`);
  } catch {
    return bad('data folder', `${nearest} cannot be written. Give this user the right to, or set HISCRM_DATA_DIR.`);
  }
}

function checkDisk({ path }: DataFolder): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(path));
  const freeBytes = bavail * bsize;
  const free = `${Math.floor(freeBytes / 1024 ** 2)} MiB free`;
  if (freeBytes < DISK_BAD_BYTES) return bad('disk', `${free}. Make room, or move the data folder.`);
  return freeBytes < DISK_WARN_BYTES ? warn('disk', `${free}. Make room soon.`) : ok('disk', free);
}

async function checkPort(io: CliIo, folder: DataFolder): Promise<Finding> {
  const port = Number(io.env.PORT || '3000');
  const host = io.env.HOST || '127.0.0.1';
  const master = folder.running();
  if (master && (await callMaster(folder, 'GET', '/api/admin/status').catch(() => 'notRunning')) !== 'notRunning') {
    return ok('port', `the Master runs on ${master.url}`);
  }
  const problem = await tryPort(port, host);
  if (problem === undefined) return ok('port', `${port} on ${host} is free`);
  return bad('port', `${port} on ${host}: ${problem}. Stop what holds it, or set PORT.`);
}

function tryPort(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function checkBrowser({ env }: CliIo): Finding {
  const named = env.CHROMIUM_PATH;
  if (named) {
    if (isProgram(named)) return ok('browser', `${named} (CHROMIUM_PATH)`);
    return bad('browser', `CHROMIUM_PATH is ${named}, which is not a program that can be run.`);
  }
  const folders = (env.PATH ?? '').split(delimiter);
  const installed = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
  if (installed) return ok('browser', installed);
  if (canResolve('@sparticuz/chromium'))
    return ok('browser', 'npm package @sparticuz/chromium, unpacked at its first use');
  return bad('browser', 'none found. Install chromium or google-chrome, or set CHROMIUM_PATH.');
}

function checkClock(): Finding {
  const now = systemClock.now();
  const text = new Date(now).toISOString();
  if (now >= EARLIEST_CLOCK_MS) return ok('clock', text);
  return bad('clock', `${text} is in the past. Set it: unread marks and sessions depend on it.`);
}

function checkWebClient(): Finding {
  if (existsSync(WEB_PAGE)) return ok('web client', 'built');
  return warn('web client', 'not built. npm start builds it.');
}

function checkDatabase({ database }: DataFolder): Finding {
  if (!existsSync(database)) return ok('database', 'none yet (made at the first start)');
  const [problem] = problemsOfFile(database);
  return problem === undefined ? ok('database', 'sound') : bad('database', `${problem}. Restore the backup.`);
}

function checkSecretKey({ env }: CliIo, { path }: DataFolder): Finding {
  if (env.HISCRM_SECRET_KEY) return ok('secret key', 'from HISCRM_SECRET_KEY');
  const file = join(path, SECRET_KEY_FILE);
  if (!existsSync(file)) return ok('secret key', 'none yet (made at the first start)');
  if (isOpenToOthers(file)) return bad('secret key', `${file} can be read by others. Run: chmod 600 ${file}`);
  return ok('secret key', `${file}, readable by its owner alone`);
}

/** Reads the users of another system once, where one is configured. The Master starts without them. */
async function checkDirectory({ env }: CliIo): Promise<readonly Finding[]> {
  const what = 'user directory';
  try {
    const { directoryUrl: url, directoryQuery: query } = readConfig(env);
    if (url === undefined) return [];
    const { people, refusedCount, refused } = await readDirectory({
      source: sourceOf({ url, query }),
      clock: systemClock,
    });
    if (refusedCount === 0) return [ok(what, `${people.length} users`)];
    const [first] = refused;
    return [warn(what, `${people.length} users; ${refusedCount} rows are none, row ${first?.rowNo}: ${first?.reason}`)];
  } catch (error) {
    if (error instanceof ConfigError) return []; // told among the settings
    return [warn(what, `${directoryErrorText(error)}. Notices to its users are refused until it can be read.`)];
  }
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not executable: the question was only whether
  }
}

function canResolve(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false; // not installed: the question was only whether
  }
}
