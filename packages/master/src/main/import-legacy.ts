import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@hiscrm/shared/lib/clock.ts';
import { CredentialVault } from '../auth/credential-vault.ts';
import { SealedRecords } from '../auth/sealed-records.ts';
import { SecretBox } from '../auth/secret-box.ts';
import { loadSecretKey, SecretKeyError } from '../auth/secret-key.ts';
import type { WorkerConfig } from '../fleet/worker-desk.ts';
import type { ImportResult } from '../import/import-report.ts';
import type { ImportTarget } from '../import/import-target.ts';
import { runImport } from '../import/run-import.ts';
import { FactRecorder } from '../ingest/fact-recorder.ts';
import { LogCommitter } from '../ingest/log-committer.ts';
import { silentLogger } from '../lib/logger.ts';
import type { LoggedRow } from '../log/change-log.ts';
import { copyDatabase } from '../log/copy-database.ts';
import { CredentialTables } from '../log/credential-tables.ts';
import { LegacyDatabase, NotLegacyDatabase } from '../log/legacy-database.ts';
import { openMasterDatabase } from '../log/open-database.ts';
import { RecordTables } from '../log/record-tables.ts';
import { openStore } from '../store/open-store.ts';
import type { ProxyServer } from '../words/proxy-server.ts';
import { Closer } from './closer.ts';
import type { DataFolder } from './data-folder.ts';
import { RECORD_KIND } from './open-worker-desk.ts';

const KEY_BYTES = 32;

/** The import cannot be; the message says what to do. */
export class ImportError extends Error {}

/**
 * Takes over the database of the existing system. A dry run does the same on a copy of the Master's data, which goes
 * afterwards; a Master may run meanwhile. Rejects with an ImportError.
 */
export async function importLegacy(options: {
  readonly sourcePath: string;
  readonly folder: DataFolder;
  /** HISCRM_SECRET_KEY. */
  readonly secretKey: string | undefined;
  readonly isDryRun: boolean;
}): Promise<ImportResult> {
  const { sourcePath, folder, isDryRun } = options;
  const closer = new Closer();
  try {
    const source = new LegacyDatabase(sourcePath);
    closer.add('source', () => source.close());
    const target = await (isDryRun ? openCopy(folder, closer) : openOwn(folder, options.secretKey, closer));
    return await runImport({ source, sourcePath, target, isDryRun });
  } catch (error) {
    throw toImportError(error, folder);
  } finally {
    await closer.close();
  }
}

function toImportError(error: unknown, { path }: DataFolder): unknown {
  if (error instanceof NotLegacyDatabase || error instanceof SecretKeyError) {
    return new ImportError(error.message, { cause: error });
  }
  const isHeld = error instanceof Error && error.message.startsWith('another process has it open');
  return isHeld
    ? new ImportError(`a Master runs on ${path}. Stop it, import, and start it again.`, { cause: error })
    : error;
}

/** The Master's own data; no Master may run on it. */
function openOwn(folder: DataFolder, fromEnv: string | undefined, closer: Closer): Promise<ImportTarget> {
  folder.prepare();
  const key = (): Buffer => loadSecretKey({ dataDir: folder.path, fromEnv });
  return openTarget({ path: folder.database, closer, key });
}

/** A copy of the Master's data, or nothing when there is none yet. What is sealed in it is not opened. */
function openCopy({ database }: DataFolder, closer: Closer): Promise<ImportTarget> {
  const directory = mkdtempSync(join(tmpdir(), 'hiscrm-import-'));
  closer.add('copy', () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'hiscrm.db');
  if (existsSync(database)) copyDatabase(database, path);
  return openTarget({ path, closer, key: () => randomBytes(KEY_BYTES) });
}

async function openTarget(options: {
  readonly path: string;
  readonly closer: Closer;
  readonly key: () => Buffer;
}): Promise<ImportTarget> {
  const { path, closer } = options;
  const clock = systemClock;
  // The log calls back only after the first append, and the committer below is the only one who appends.
  const onDurable = (rows: readonly LoggedRow[]): void => committer.onDurable(rows);
  const database = await openMasterDatabase({ path, clock, onDurable });
  closer.add('database', () => database.close());
  const store = await openStore({ log: database.log, state: database.state, clock });
  closer.add('store', () => store.close());
  const committer = new LogCommitter({ log: database.log, store, publish: () => undefined });
  closer.add('committer', () => committer.close());
  const logins = new CredentialTables(path);
  closer.add('logins', () => logins.close());
  const records = new RecordTables(path);
  closer.add('records', () => records.close());
  const box = new SecretBox(options.key());
  const lc = silentLogger;
  const vault = new CredentialVault({ tables: logins, box, lc });
  const recordsOf = <T>(kind: string): SealedRecords<T> => new SealedRecords<T>({ kind, tables: records, box, lc });
  return {
    store,
    committer,
    recorder: new FactRecorder({ store, committer }),
    credentials: {
      has: (accountId) => logins.read(accountId) !== undefined,
      put: (accountId, credentials) => vault.put(accountId, credentials),
    },
    proxies: recordsOf<ProxyServer>(RECORD_KIND.proxy),
    configs: recordsOf<WorkerConfig>(RECORD_KIND.workerConfig),
    now: clock.now(),
  };
}
