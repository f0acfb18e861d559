import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { AccountId } from '@hiscrm/shared/model/ids.ts';
import { readConfig } from '../../../config.ts';
import { silentLogger } from '../../../lib/logger.ts';
import { startMaster } from '../../../main/start-master.ts';
import { ExistingWorker, goldenSnapshot } from './existing-worker.ts';
import { type ClientVersion, Peer } from './peer.ts';

const PASSWORD = 'correct horse battery';

/** A real Master on a free port with its own folder, and existing programs around it. For tests only. */
export async function openCompatWorld(
  options: { readonly anonymous?: boolean; readonly dataDir?: string; readonly clock?: Clock } = {},
) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'hiscrm-compat-'));
  const { master, warnings, bugs } = await startQuietly(dataDir, options);
  const { url, store } = master;
  const open: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(one: T): T => {
    open.push(one);
    return one;
  };
  return {
    url,
    store,
    dataDir,
    warnings,
    bugs,
    /** Adds an account as an administrator. */
    async addAccount(name = '账号一'): Promise<AccountId> {
      const result = await master.run({
        name: 'addAccount',
        params: { platform: 'douyin', name },
        key: `key-${name}-00000000`,
      });
      return ('accountId' in result ? result.accountId : '') as AccountId; // made by the command
    },
    run: master.run,
    async login(username = 'admin', password = PASSWORD): Promise<string> {
      const response = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
      return String((await response.json()).token);
    },
    peer: (path = '', how: ConstructorParameters<typeof Peer>[1] = {}): Peer => keep(new Peer(`${url}${path}`, how)),
    /** A connected client of the root namespace. */
    async monitor(how: ConstructorParameters<typeof Peer>[1] = {}): Promise<Peer> {
      const peer = keep(new Peer(url, how));
      await peer.opened;
      return peer;
    },
    /** A Worker that has connected and not registered. */
    connectWorker: (id = 'w1', how: { readonly key?: string; readonly version?: ClientVersion } = {}): ExistingWorker =>
      keep(new ExistingWorker(url, id, how)),
    /** A registered Worker. */
    async worker(id = 'w1', how: { readonly version?: ClientVersion } = {}): Promise<ExistingWorker> {
      const worker = keep(new ExistingWorker(url, id, how));
      await worker.start();
      return worker;
    },
    /** The state that the golden exchange starts from. */
    async golden(how: { readonly version?: ClientVersion } = {}) {
      const accountId = await this.addAccount();
      const worker = await this.worker('w1', how);
      await worker.status(accountId, { worker_status: 'online', login_status: 'logged_in' });
      await worker.sync(accountId, goldenSnapshot(accountId, Date.now()));
      return { accountId, worker };
    },
    async close(keepFolder = false): Promise<void> {
      for (const one of open) one.close();
      await master.close();
      await master.close();
      if (!keepFolder) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The Master, with what it warned of and what it called a bug. */
async function startQuietly(dataDir: string, options: { readonly anonymous?: boolean; readonly clock?: Clock }) {
  const config = readConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    HISCRM_DATA_DIR: dataDir,
    HISCRM_ADMIN_PASSWORD: PASSWORD,
    HISCRM_LOCAL_WORKERS: '0',
    HISCRM_COMPAT_ANONYMOUS: (options.anonymous ?? true) ? '1' : '0',
  });
  const warnings: string[] = [];
  const bugs: unknown[] = [];
  const logger = {
    ...silentLogger,
    warn: (_fields: object, message: string) => void warnings.push(message),
    error: (fields: object, message: string) => void bugs.push({ ...fields, message }),
  };
  const master = await startMaster({ config, logger: logger as never, webDir: '/nonexistent', clock: options.clock }); // the part of pino in use
  return { master, warnings, bugs };
}
