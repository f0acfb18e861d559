import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { SealedRecords } from '../auth/sealed-records.ts';
import { SecretBox } from '../auth/secret-box.ts';
import { LocalWorkers } from '../fleet/local-workers.ts';
import { type WorkerConfig, WorkerDesk } from '../fleet/worker-desk.ts';
import { RecordTables } from '../log/record-tables.ts';
import type { ProxyServer } from '../words/proxy-server.ts';
import { fromThisMachine } from './data-folder.ts';
import type { EdgeParts } from './edge-parts.ts';
import type { MasterOptions } from './master-options.ts';

/** A Worker is a process of its own, never imported. */
const WORKER_ENTRY = fileURLToPath(new URL('../../../worker/src/main.ts', import.meta.url));
/** Settings of the Master that are not a Worker's business. */
const OWN_SETTINGS = ['HISCRM_ADMIN_PASSWORD', 'DATABASE_URL', 'REDIS_URL', 'HISCRM_LAUNCHER_PID', 'PORT', 'HOST'];

/** What administrators keep beside the inbox, and the Workers of this machine. */
export type DeskParts = {
  readonly desk: WorkerDesk;
  readonly proxies: SealedRecords<ProxyServer>;
  /** Starts the Workers that are to start by themselves, once the Master is reached under `url`. */
  readonly startWorkers: (url: string) => void;
};

/** The kinds under which administrators' records are kept. */
export const RECORD_KIND = { proxy: 'proxy', workerConfig: 'workerConfig' } as const;

/** Opens the records. Local Workers are one process each, told where the Master is and given a key of their own. */
export function openWorkerDesk(parts: EdgeParts): DeskParts {
  const { options, auth, fleet, folder, clock, closer } = parts;
  const lc = options.logger;
  const tables = new RecordTables(folder.database);
  closer.add('record tables', () => tables.close());
  const shared = { tables, box: new SecretBox(parts.secretKey), lc };
  const proxies = new SealedRecords<ProxyServer>({ ...shared, kind: RECORD_KIND.proxy });
  const keeper = new SealedRecords<WorkerConfig>({ ...shared, kind: RECORD_KIND.workerConfig });
  const workers = new LocalWorkers({ specs: [], script: WORKER_ENTRY, env: workerEnv(options), clock, lc });
  const workerKey = auth.issueLocalKey('local');
  const builtInIds = Array.from({ length: options.config.localWorkers }, (_, index) => `local-${index + 1}`);
  let masterUrl = ''; // known once the port is open; no Worker starts before
  const desk = new WorkerDesk({
    keeper,
    workers,
    specOf: (workerId) => {
      const place = builtInIds.indexOf(workerId);
      const name = place >= 0 ? String(place + 1) : `config-${workerId}`;
      return { workerId, dataDir: join(folder.workers, name), masterUrl, workerKey };
    },
    fleetStatus: () => fleet.status(),
    builtInIds,
    clock,
    lc,
  });
  const startWorkers = (url: string): void => {
    masterUrl = fromThisMachine(url);
    closer.addBefore('client sockets', 'local workers', () => workers.close());
    desk.open();
  };
  return { desk, proxies, startWorkers };
}

function workerEnv({ config, workerEnv: extra }: MasterOptions): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_SETTINGS.includes(name));
  return {
    ...Object.fromEntries(inherited),
    LOG_LEVEL: config.logLevel,
    HISCRM_SECRET_KEY: config.secretKey,
    CHROMIUM_PATH: config.chromiumPath,
    HISCRM_SESSION_IMPORT_DIR: join(config.dataDir, 'session-import'),
    ...extra,
  };
}
