/** What the surfaces of existing programs stand on, over a store in memory and without Workers. For tests only. */
import type { Clock } from '@hiscrm/shared/lib/clock.ts';
import type { Change } from '@hiscrm/shared/model/change.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import type { Auth } from '../../auth/auth.ts';
import { SealedRecords } from '../../auth/sealed-records.ts';
import { SecretBox } from '../../auth/secret-box.ts';
import { createRecordFacts } from '../../commands/record-facts.ts';
import { createRunCommand } from '../../commands/run-command.ts';
import { LocalWorkers } from '../../fleet/local-workers.ts';
import { type WorkerConfig, WorkerDesk } from '../../fleet/worker-desk.ts';
import { FactRecorder } from '../../ingest/fact-recorder.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { LoggedRow } from '../../log/change-log.ts';
import { RecordTables } from '../../log/record-tables.ts';
import type { NoticeHub } from '../../notices/notice-hub.ts';
import type { Store } from '../../store/store.ts';
import type { ProxyServer } from '../../words/proxy-server.ts';
import type { V1Deps } from '../v1/v1-deps.ts';

const absent = async (): Promise<never> => {
  throw new ImError('ACCOUNT_NOT_DRIVEN');
};

export function makeV1(core: {
  readonly store: Store;
  readonly commit: (changes: readonly Change[]) => Promise<readonly LoggedRow[]>;
  readonly auth: Auth;
  readonly notices: NoticeHub;
  readonly clock: Clock;
}): V1Deps {
  const { store, commit, clock } = core;
  const committer = { commit };
  let ids = 0;
  const newId = (): string => `id${++ids}`;
  const tables = new RecordTables(':memory:');
  const shared = { tables, box: new SecretBox(Buffer.alloc(32, 7)), lc: silentLogger };
  const platforms = ['douyin'];
  return {
    runCommand: createRunCommand({
      store,
      committer,
      workers: { requestSync: absent, startLogin: absent },
      notices: core.notices,
      clock,
      newId,
      platforms,
    }),
    recordFacts: createRecordFacts({ store, recorder: new FactRecorder({ store, committer }) }),
    platforms,
    workerStatus: () => [],
    placeOf: () => undefined,
    runtimeOf: () => undefined,
    keepCredentials: () => true,
    desk: new WorkerDesk({
      keeper: new SealedRecords<WorkerConfig>({ ...shared, kind: 'workerConfig' }),
      workers: new LocalWorkers({ specs: [], script: '', env: {}, clock, lc: silentLogger }),
      specOf: (workerId) => ({ workerId, dataDir: '', masterUrl: '', workerKey: '' }),
      fleetStatus: () => [],
      builtInIds: [],
      clock,
      lc: silentLogger,
    }),
    proxies: new SealedRecords<ProxyServer>({ ...shared, kind: 'proxy' }),
    newId,
    storeFigures: () => store.figures(),
    checkpoint: () => store.checkpoint(),
  };
}
