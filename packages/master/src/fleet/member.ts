import type { AccountId, WorkerId } from '@hiscrm/shared/model/ids.ts';
import type { WorkerRecord } from '@hiscrm/shared/model/records.ts';
import type { WORKER_MESSAGE, WorkerUp } from '@hiscrm/shared/protocol/worker-link.ts';
import type { WorkerChannel } from './worker-channel.ts';

export type RegisterPayload = Extract<WorkerUp, { type: (typeof WORKER_MESSAGE)['register'] }>['payload'];
export type HeartbeatPayload = Extract<WorkerUp, { type: (typeof WORKER_MESSAGE)['heartbeat'] }>['payload'];

/** One Worker that is on line, connected or waited for. Only the fleet changes it. */
export type Member = {
  readonly id: WorkerId;
  readonly about: Pick<WorkerRecord, 'name' | 'platforms' | 'maxAccounts' | 'version'>;
  /** Absent while it is away and waited for. */
  channel: WorkerChannel | undefined;
  lastHeardAt: number;
  isOnline: boolean;
  load: Pick<HeartbeatPayload, 'memoryBytes' | 'outboxCount'>;
  /** Accounts that it was told to drive: the lease token, and since when. */
  /** From its register answer on; nothing is sent before that. */
  isTold: boolean;
  readonly told: Map<AccountId, { readonly token: number; readonly at: number }>;
};
