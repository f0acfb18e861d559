import { randomUUID } from 'node:crypto';
import { createRecordFacts } from '../commands/record-facts.ts';
import type { V1Deps } from '../http/v1/v1-deps.ts';
import { FactRecorder } from '../ingest/fact-recorder.ts';
import type { EdgeParts } from './edge-parts.ts';
import type { Compat } from './open-compat.ts';
import type { DeskParts } from './open-worker-desk.ts';
import { PLATFORMS } from './platforms.ts';

/** What the REST API of existing programs stands on. The edges of their sockets are there once they are open. */
export function makeV1(parts: EdgeParts, desk: DeskParts, compat: () => Compat | undefined): V1Deps {
  const { core, fleet, runCommand } = parts;
  const { store, committer } = core;
  return {
    runCommand,
    recordFacts: createRecordFacts({ store, recorder: new FactRecorder({ store, committer }) }),
    platforms: PLATFORMS,
    workerStatus: () => fleet.status(),
    placeOf: (workerId) => compat()?.workers.placeOf(workerId),
    runtimeOf: (accountId) => compat()?.workers.runtimeOf(accountId),
    keepCredentials: (accountId, credentials) => compat()?.vault.put(accountId, credentials) ?? false,
    desk: desk.desk,
    proxies: desk.proxies,
    newId: randomUUID,
    storeFigures: () => store.figures(),
    checkpoint: () => store.checkpoint(),
  };
}
